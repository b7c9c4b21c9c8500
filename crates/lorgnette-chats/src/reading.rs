//! Chats as they are read back: all messages, or one branch of them.

use lorgnette_image::Region;
use rusqlite::{Connection, Row};

use super::answers::end;
use super::pictures::picture;
use super::{AnswerBy, Attachment, ChatId, Chats, Message, MessageId, StoredChat, first};
use crate::ChatsError;

impl Chats {
    /// All messages of a chat, whatever branch they are on, in the order they were made.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn messages(&self, chat: ChatId) -> Result<Vec<Message>, ChatsError> {
        self.with(|db| messages(db, chat))
    }

    /// A chat with the branch that is shown.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] if it is not there.
    pub fn chat(&self, id: ChatId) -> Result<StoredChat, ChatsError> {
        self.with(|db| chat(db, id))
    }

    /// The chat of a message.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] if it is not there.
    pub fn chat_of(&self, message: MessageId) -> Result<ChatId, ChatsError> {
        self.with(|db| db.query_row("SELECT chat FROM messages WHERE id = ?1", [message], first))
    }

    /// Returns a message.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] if it is not there.
    pub fn message(&self, id: MessageId) -> Result<Message, ChatsError> {
        self.with(|db| {
            let found = select(db, "m.id = ?1", id)?.pop();
            let mut message = found.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let mut statement = db.prepare_cached(
                "SELECT s.id FROM messages m JOIN messages s ON s.chat = m.chat AND s.parent IS m.parent
                 WHERE m.id = ?1 ORDER BY s.id",
            )?;
            message.siblings = statement.query_map([id], first)?.collect::<Result<_, _>>()?;
            Ok(message)
        })
    }

    /// The messages from the first one to this one.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] if it is not there.
    pub fn path_to(&self, message: MessageId) -> Result<Vec<Message>, ChatsError> {
        self.with(|db| {
            let chat = db.query_row("SELECT chat FROM messages WHERE id = ?1", [message], first)?;
            Ok(path(messages(db, chat)?, message))
        })
    }
}

pub(super) fn chat(db: &Connection, id: ChatId) -> rusqlite::Result<StoredChat> {
    let row = |row: &Row<'_>| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Option<MessageId>>(3)?))
    };
    let sql = "SELECT title, is_pinned, created_ms, leaf FROM chats WHERE id = ?1";
    let (title, is_pinned, created_ms, leaf) = db.query_row(sql, [id], row)?;
    let all = messages(db, id)?;
    let leaf = leaf.or_else(|| all.last().map(|message| message.id));
    let messages = leaf.map_or_else(Vec::new, |leaf| path(all, leaf));
    let mut ids: Vec<&str> = messages
        .iter()
        .flat_map(|message| message.pictures.iter().map(|attachment| attachment.picture.as_str()))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let pictures = ids.into_iter().map(|id| picture(db, id)).collect::<rusqlite::Result<_>>()?;
    Ok(StoredChat { id, title, is_pinned, created_ms, messages, pictures })
}

/// All messages of a chat, in the order they were made, whatever branch they are on.
fn messages(db: &Connection, chat: ChatId) -> rusqlite::Result<Vec<Message>> {
    select(db, "m.chat = ?1", chat)
}

/// The messages that meet the condition, in the order they were made, without their siblings.
fn select(db: &Connection, condition: &str, id: i64) -> rusqlite::Result<Vec<Message>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT id, parent, is_model, text, created_ms, state, fault, model, timings, by_reader,
                thoughts
         FROM messages m WHERE {condition} ORDER BY id"
    ))?;
    let rows = statement.query_map([id], |row| {
        let is_model = row.get(2)?;
        let end = end(&row.get::<_, String>(5)?, row.get::<_, Option<String>>(6)?.as_deref());
        let timings: Option<String> = row.get(8)?;
        Ok(Message {
            id: row.get(0)?,
            parent: row.get(1)?,
            is_model,
            by: AnswerBy::from_stored(row.get(9)?),
            thoughts: row.get(10)?,
            text: row.get(3)?,
            pictures: Vec::new(),
            created_ms: row.get(4)?,
            siblings: Vec::new(),
            end: if is_model { end } else { None },
            model: row.get(7)?,
            timings: timings.and_then(|timings| serde_json::from_str(&timings).ok()),
        })
    })?;
    let mut messages = rows.collect::<rusqlite::Result<Vec<Message>>>()?;
    let mut statement = db.prepare_cached(&format!(
        "SELECT message, picture, a.name, region, turn, max_side FROM attachments a
         JOIN messages m ON m.id = a.message WHERE {condition} ORDER BY message, idx"
    ))?;
    let rows = statement.query_map([id], |row| {
        let region: Option<String> = row.get(3)?;
        let region = region.and_then(|region| serde_json::from_str::<[u32; 4]>(&region).ok());
        Ok((
            row.get::<_, MessageId>(0)?,
            Attachment {
                picture: row.get(1)?,
                name: row.get(2)?,
                region: region.map(|[x, y, width, height]| Region { x, y, width, height }),
                turn: row.get(4)?,
                max_side: row.get(5)?,
            },
        ))
    })?;
    for row in rows {
        let (id, attachment) = row?;
        if let Ok(place) = messages.binary_search_by_key(&id, |message| message.id) {
            messages[place].pictures.push(attachment);
        }
    }
    Ok(messages)
}

/// The messages from the first one to the leaf, each with its siblings.
fn path(all: Vec<Message>, leaf: MessageId) -> Vec<Message> {
    let mut siblings = std::collections::HashMap::<Option<MessageId>, Vec<MessageId>>::new();
    for message in &all {
        siblings.entry(message.parent).or_default().push(message.id);
    }
    let mut next = Some(leaf);
    let mut path = Vec::new();
    // Parents have smaller ids, so one pass from behind finds them all.
    for mut message in all.into_iter().rev() {
        if Some(message.id) == next {
            next = message.parent;
            message.siblings = siblings.get(&message.parent).cloned().unwrap_or_default();
            path.push(message);
        }
    }
    path.reverse();
    path
}
