//! What is left of chats in a damaged file, and a whole file that is made of it.

mod pages;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, params_from_iter};

use self::pages::{Pages, Row};
use super::{Attachment, ChatId, MessageId, PictureInfo, one_line, prepare, schema};

/// The rows of each table that could be read, by their keys.
#[derive(Default)]
pub struct Salvage {
    chats: BTreeMap<ChatId, Vec<Value>>,
    messages: BTreeMap<MessageId, Vec<Value>>,
    pictures: BTreeMap<String, Vec<Value>>,
    attachments: BTreeMap<(MessageId, i64), Vec<Value>>,
    drafts: BTreeMap<ChatId, Vec<Value>>,
}

/// Columns of a message that are looked at here.
const CHAT: usize = 1;
const PARENT: usize = 2;
const TEXT: usize = 4;
const STATE: usize = 5;
const CREATED_MS: usize = 9;
const BY_READER: usize = 10;
/// The last column of a message, and how many there are.
const THOUGHTS: usize = 11;
const N_MESSAGE: usize = THOUGHTS + 1;
/// The last column of a picture, and how many there are.
const NOTES: usize = 8;
const N_PICTURE: usize = NOTES + 1;

/// A table, by what its rows look like.
enum Table {
    Chats,
    Messages,
    Pictures,
    Attachments,
    Drafts,
}

impl Table {
    /// No two of our tables have rows of the same columns.
    fn of(row: &Row) -> Option<Self> {
        use Value::{Integer, Null, Text};
        Some(match (row.id.is_some(), &row.values[..]) {
            (
                true,
                [
                    Null,
                    Integer(_),
                    Null | Integer(_),
                    Integer(_),
                    Text(_),
                    _,
                    _,
                    _,
                    _,
                    _,
                    // Who answered, and what was thought; rows of 0.1 do not say it.
                    ..,
                ],
            ) if row.values.len() <= N_MESSAGE => Self::Messages,
            (true, [Null, Text(_), Integer(_), Integer(_), _, Integer(_), Integer(_), _]) => {
                Self::Chats
            }
            (true, [Null, Text(_), Text(_)]) => Self::Drafts,
            (
                false,
                [
                    Text(_),
                    Text(_),
                    Integer(_),
                    Integer(_),
                    Text(_),
                    Integer(_),
                    Integer(_),
                    Integer(_),
                    // Notes; rows of 0.1 have none.
                    ..,
                ],
            ) if row.values.len() <= N_PICTURE => Self::Pictures,
            (
                false,
                [
                    Integer(_),
                    Integer(_),
                    Text(_),
                    Text(_),
                    Null | Text(_),
                    Integer(_),
                    Null | Integer(_),
                ],
            ) => Self::Attachments,
            _ => return None,
        })
    }
}

/// What a chat is called of which only messages are left.
const TITLE_CHARS: usize = 60;

impl Salvage {
    /// Reads what is left in a file.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut salvage = Self::default();
        for row in Pages::read(path)?.rows() {
            salvage.take(row);
        }
        Ok(salvage)
    }

    /// How many chats and messages can be read.
    pub fn n_chats_and_messages(&self) -> (usize, usize) {
        let of_messages = self.messages.values().filter_map(|values| as_integer(&values[CHAT]));
        let chats: HashSet<ChatId> = self.chats.keys().copied().chain(of_messages).collect();
        (chats.len(), self.messages.len())
    }

    /// Sorts a row into its table.
    fn take(&mut self, row: Row) {
        let Some(table) = Table::of(&row) else { return };
        let Row { id, mut values, is_cut } = row;
        let id = id.unwrap_or_default();
        match table {
            Table::Messages => {
                let is_whole = !is_cut && matches!(values[STATE], Value::Text(_));
                if !is_whole {
                    // An answer that is cut short says so.
                    values[STATE] = Value::Text("cut".into());
                }
                keep_if(&mut values[6..9], |value| matches!(value, Value::Text(_)));
                if as_integer(&values[CREATED_MS]).is_none() {
                    values[CREATED_MS] = Value::Integer(0);
                }
                if !matches!(values.get(BY_READER), Some(Value::Integer(0 | 1))) {
                    values.truncate(BY_READER);
                    values.push(Value::Integer(0));
                }
                if !matches!(values.get(THOUGHTS), Some(Value::Text(_))) {
                    values.truncate(THOUGHTS);
                    values.push(Value::Text(String::new()));
                }
                let known = self.messages.get(&id).map(|known| n_written(known));
                // Of two states of an answer that grew, the later one is the longer.
                if known.is_none_or(|known| known < n_written(&values)) {
                    self.messages.insert(id, values);
                }
            }
            Table::Chats => {
                keep_if(&mut values[7..], |value| matches!(value, Value::Integer(_)));
                self.chats.insert(id, values);
            }
            Table::Pictures => {
                if !matches!(values.get(NOTES), Some(Value::Text(_))) {
                    values.truncate(NOTES);
                    values.push(Value::Text("[]".into()));
                }
                self.pictures.insert(as_text(&values[0]).to_owned(), values);
            }
            Table::Attachments => {
                let key = as_integer(&values[0]).zip(as_integer(&values[1]));
                self.attachments.extend(key.map(|key| (key, values)));
            }
            Table::Drafts => {
                // Pictures that cannot be read as a list would stand in the way of every query.
                let pictures = serde_json::from_str::<Vec<Attachment>>(as_text(&values[2]));
                if pictures.is_err() {
                    values[2] = Value::Text("[]".into());
                }
                self.drafts.insert(id, values);
            }
        }
    }

    /// Makes a new file of it. `picture` says what is known of a picture whose row is lost.
    pub fn write(
        mut self,
        path: &Path,
        picture: impl Fn(&str) -> Option<PictureInfo>,
    ) -> rusqlite::Result<()> {
        let mut connection = Connection::open(path)?;
        prepare(&mut connection, &schema::STEPS)?;
        self.complete(picture);
        let transaction = connection.transaction()?;
        self.insert(&transaction)?;
        transaction.commit()?;
        connection.close().map_err(|(_, error)| error)
    }

    /// Adds the chats whose rows are lost, and takes away what refers to something that is lost.
    fn complete(&mut self, picture: impl Fn(&str) -> Option<PictureInfo>) {
        for message in self.messages.values() {
            let Some(id) = as_integer(&message[CHAT]) else { continue };
            self.chats.entry(id).or_insert_with(|| {
                let title = Value::Text(one_line(as_text(&message[TEXT]), TITLE_CHARS));
                let (no, none, created) = (Value::Integer(0), Value::Null, &message[CREATED_MS]);
                let times = [created.clone(), created.clone()];
                [none.clone(), title, no.clone(), no, none.clone()]
                    .into_iter()
                    .chain(times)
                    .chain([none])
                    .collect()
            });
        }
        // Parents have smaller ids and are of the same chat.
        let chat_of: BTreeMap<MessageId, Value> =
            self.messages.iter().map(|(id, values)| (*id, values[CHAT].clone())).collect();
        for (id, values) in &mut self.messages {
            let parent = as_integer(&values[PARENT]).filter(|parent| parent < id);
            let is_there = parent.is_some_and(|parent| chat_of.get(&parent) == Some(&values[CHAT]));
            if !is_there {
                values[PARENT] = Value::Null;
            }
        }
        for (id, values) in &mut self.chats {
            let leaf = as_integer(&values[4]).and_then(|leaf| chat_of.get(&leaf));
            if leaf != Some(&Value::Integer(*id)) {
                values[4] = Value::Null;
            }
        }
        self.attachments.retain(|(message, _), values| {
            if !chat_of.contains_key(message) {
                return false;
            }
            match self.pictures.entry(as_text(&values[2]).to_owned()) {
                Entry::Occupied(_) => true,
                Entry::Vacant(lost) => {
                    let Some(info) = picture(lost.key()) else { return false };
                    lost.insert(row_of(&info));
                    true
                }
            }
        });
    }

    /// Parents come before what refers to them.
    fn insert(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        for values in self.pictures.values() {
            let sql = "INSERT OR IGNORE INTO pictures
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
            transaction.prepare_cached(sql)?.execute(params_from_iter(values))?;
        }
        for (id, values) in &self.chats {
            let sql = "INSERT OR IGNORE INTO chats VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            transaction.prepare_cached(sql)?.execute(keyed(*id, values))?;
        }
        for (id, values) in &self.messages {
            let sql = "INSERT OR IGNORE INTO messages
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
            transaction.prepare_cached(sql)?.execute(keyed(*id, values))?;
        }
        for values in self.attachments.values() {
            let sql = "INSERT OR IGNORE INTO attachments VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            transaction.prepare_cached(sql)?.execute(params_from_iter(values))?;
        }
        for (id, values) in &self.drafts {
            let sql = "INSERT OR IGNORE INTO drafts VALUES (?1, ?2, ?3)";
            transaction.prepare_cached(sql)?.execute(keyed(*id, values))?;
        }
        // Answers that were cut by the damage are none that are being written.
        transaction.execute("UPDATE messages SET state = 'cut' WHERE state = 'writing'", [])?;
        Ok(())
    }
}

/// A row with its key, which lies beside the row's other values.
fn keyed(id: i64, values: &[Value]) -> impl rusqlite::Params {
    let key = std::iter::once(Value::Integer(id));
    params_from_iter(key.chain(values[1..].iter().cloned()).collect::<Vec<_>>())
}

fn row_of(info: &PictureInfo) -> Vec<Value> {
    vec![
        Value::Text(info.id.clone()),
        Value::Text(info.name.clone()),
        Value::Integer(info.width.into()),
        Value::Integer(info.height.into()),
        Value::Text(info.format.clone()),
        Value::Integer(info.n_bytes.cast_signed()),
        Value::Integer(info.is_animation.into()),
        Value::Integer(0),
        Value::Text(serde_json::to_string(&info.notes).unwrap_or_else(|_| "[]".into())),
    ]
}

/// Bytes that a message has, thoughts and all.
fn n_written(message: &[Value]) -> usize {
    as_text(&message[TEXT]).len() + as_text(&message[THOUGHTS]).len()
}

/// Makes nothing of what is not of a column's type.
fn keep_if(values: &mut [Value], is_right: impl Fn(&Value) -> bool) {
    for value in values.iter_mut().filter(|value| !is_right(value)) {
        *value = Value::Null;
    }
}

fn as_integer(value: &Value) -> Option<i64> {
    if let Value::Integer(number) = value { Some(*number) } else { None }
}

fn as_text(value: &Value) -> &str {
    if let Value::Text(text) = value { text } else { "" }
}

#[cfg(test)]
mod tests;
