//! The chats that are kept: questions, answers and their branches, pictures, drafts, search.
//!
//! One `SQLite` file in the data folder. What is asked is on disk before it is answered, and what is
//! answered while it is written: a crash costs at most the last half second of an answer.

mod list;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lorgnette_image::Region;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use crate::Timings;
use crate::error::{AppError, Fault};
use crate::files::now_ms;

pub use list::{Filter, Summary};

/// Names a chat.
pub type ChatId = i64;
/// Names a message, in whichever chat.
pub type MessageId = i64;

/// A picture that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureInfo {
    /// SHA-256 of the file, in hex.
    pub id: String,
    /// What it was called where it came from.
    pub name: String,
    /// In pixels, upright.
    pub width: u32,
    /// In pixels, upright.
    pub height: u32,
    /// Its format.
    pub format: String,
    /// Bytes of the file.
    pub n_bytes: u64,
    /// Only its first frame is shown.
    pub is_animation: bool,
}

/// A picture as it is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// [`PictureInfo::id`].
    pub picture: String,
    /// What it is called in this question.
    pub name: String,
    /// The part that is asked about, in pixels of the upright picture before it is turned.
    #[serde(with = "region")]
    pub region: Option<Region>,
    /// Quarters that it is turned by, clockwise.
    pub turn: u8,
    /// Longest side that the model sees, in pixels; `None`: all that it takes.
    pub max_side: Option<u32>,
}

/// `lorgnette-image` knows no serde.
mod region {
    use lorgnette_image::Region;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "as serde calls it")]
    pub fn serialize<S: Serializer>(region: &Option<Region>, to: S) -> Result<S::Ok, S::Error> {
        region.map(|region| [region.x, region.y, region.width, region.height]).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Region>, D::Error> {
        let numbers = Option::<[u32; 4]>::deserialize(from)?;
        Ok(numbers.map(|[x, y, width, height]| Region { x, y, width, height }))
    }
}

/// What is written and not yet sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Words.
    pub text: String,
    /// Pictures.
    pub pictures: Vec<Attachment>,
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The model ended it.
    Whole,
    /// It has the length that was allowed.
    Length,
    /// The chat holds no more tokens.
    ContextFull,
    /// The person stopped it.
    Stopped,
    /// The program ended meanwhile.
    Cut,
    /// It went wrong.
    Failed(Fault),
}

/// A question or an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// Its name.
    pub id: MessageId,
    /// What it goes on from.
    pub parent: Option<MessageId>,
    /// The model's; else the person's.
    pub is_model: bool,
    /// Words.
    pub text: String,
    /// Pictures, of a question.
    pub pictures: Vec<Attachment>,
    /// When it was begun, in milliseconds since 1970.
    pub created_ms: i64,
    /// All that go on from the same, itself too, in the order they were made.
    pub siblings: Vec<MessageId>,
    /// `None` while an answer is being written, and for questions.
    pub end: Option<End>,
    /// What answered.
    pub model: Option<String>,
    /// What the answer took.
    pub timings: Option<Timings>,
}

/// A chat as far as it is shown: one branch of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredChat {
    /// Its name.
    pub id: ChatId,
    /// What it is called; empty until something is.
    pub title: String,
    /// It stands first.
    pub is_pinned: bool,
    /// When it was begun, in milliseconds since 1970.
    pub created_ms: i64,
    /// The branch that is shown, oldest first.
    pub messages: Vec<Message>,
    /// The pictures of the branch.
    pub pictures: Vec<PictureInfo>,
}

/// A message of a chat that is added whole.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Which of those before it goes on from.
    pub parent: Option<usize>,
    /// The model's; else the person's.
    pub is_model: bool,
    /// Words.
    pub text: String,
    /// Pictures, which were added already.
    pub pictures: Vec<Attachment>,
    /// When it was begun, in milliseconds since 1970.
    pub created_ms: i64,
    /// What answered.
    pub model: Option<String>,
}

/// All chats of a person. Only one program at a time holds them.
pub struct Chats {
    path: PathBuf,
    connection: Mutex<Connection>,
    /// Locked until the program ends, however it ends.
    _lock: fs_err::File,
}

const TITLE_CHARS: usize = 60;

impl Chats {
    /// Opens the chats in a folder, and makes them when there are none. Answers that were being
    /// written when the program ended are marked so.
    ///
    /// # Errors
    /// [`AppError::InUse`], [`AppError::NewerChats`], [`AppError::Chats`], [`AppError::Write`].
    pub fn open(folder: &Path) -> Result<Self, AppError> {
        fs_err::create_dir_all(folder).map_err(AppError::Write)?;
        let lock = fs_err::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("chats.lock"))
            .map_err(AppError::Write)?;
        if lock.file().try_lock().is_err() {
            return Err(AppError::InUse { path: folder.to_owned() });
        }
        let path = folder.join("chats.sqlite3");
        let fault = |source| AppError::Chats { path: path.clone(), source };
        let mut connection = Connection::open(&path).map_err(fault)?;
        let found = schema::version(&connection).map_err(fault)?;
        if found > schema::NEWEST {
            return Err(AppError::NewerChats { path, found, known: schema::NEWEST });
        }
        prepare(&mut connection).map_err(fault)?;
        Ok(Self { path, connection: Mutex::new(connection), _lock: lock })
    }

    /// Runs `work` whole or not at all.
    fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, AppError> {
        // A panic elsewhere left no half-done work: it was rolled back.
        let mut connection: MutexGuard<'_, Connection> =
            self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let run = || {
            let transaction = connection.transaction()?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        run().map_err(|source| match source {
            rusqlite::Error::QueryReturnedNoRows => {
                AppError::NotFound { what: "that chat or message" }
            }
            source => AppError::Chats { path: self.path.clone(), source },
        })
    }

    /// Remembers a picture; one that is known keeps its first name.
    ///
    /// # Errors
    /// [`AppError::Chats`].
    pub fn add_picture(&self, picture: &PictureInfo) -> Result<(), AppError> {
        self.with(|db| {
            db.prepare_cached(
                "INSERT INTO pictures VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                picture.id,
                picture.name,
                picture.width,
                picture.height,
                picture.format,
                picture.n_bytes.cast_signed(),
                picture.is_animation,
                now_ms(),
            ])
        })?;
        Ok(())
    }

    /// A picture that was added.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn picture(&self, id: &str) -> Result<PictureInfo, AppError> {
        self.with(|db| picture(db, id)).map_err(|error| match error {
            AppError::NotFound { .. } => AppError::NotFound { what: "that picture" },
            error => error,
        })
    }

    /// Adds a question to a chat, or to a new one, behind `leaf`.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when one of them is gone.
    pub fn add_question(
        &self,
        chat: Option<ChatId>,
        leaf: Option<MessageId>,
        text: &str,
        pictures: &[Attachment],
    ) -> Result<(ChatId, MessageId), AppError> {
        let now = now_ms();
        self.with(|db| {
            if let Some(leaf) = leaf {
                let of: ChatId =
                    db.query_row("SELECT chat FROM messages WHERE id = ?1", [leaf], first)?;
                if chat != Some(of) {
                    return Err(rusqlite::Error::QueryReturnedNoRows);
                }
            }
            let title = title_of(text, pictures);
            let chat = if let Some(chat) = chat {
                let named: bool = db.query_row(
                    "SELECT is_named OR title <> '' FROM chats WHERE id = ?1",
                    [chat],
                    first,
                )?;
                if !named {
                    db.execute("UPDATE chats SET title = ?2 WHERE id = ?1", params![chat, title])?;
                }
                chat
            } else {
                db.execute(
                    "INSERT INTO chats (title, created_ms, updated_ms) VALUES (?1, ?2, ?2)",
                    params![title, now],
                )?;
                db.last_insert_rowid()
            };
            db.execute(
                "INSERT INTO messages (chat, parent, is_model, text, state, created_ms)
                 VALUES (?1, ?2, 0, ?3, 'whole', ?4)",
                params![chat, leaf, text, now],
            )?;
            let question = db.last_insert_rowid();
            attach(db, question, pictures)?;
            show(db, chat, question, now)?;
            Ok((chat, question))
        })
    }

    /// Adds a chat with all its messages; the last one's branch is shown.
    ///
    /// # Errors
    /// [`AppError::Chats`]; then nothing was added.
    pub fn add_whole(&self, title: &str, messages: &[NewMessage]) -> Result<ChatId, AppError> {
        let now = now_ms();
        self.with(|db| {
            db.execute(
                "INSERT INTO chats (title, is_named, created_ms, updated_ms) VALUES (?1, 1, ?2, ?2)",
                params![one_line(title, 200), now],
            )?;
            let chat = db.last_insert_rowid();
            let mut ids = Vec::<MessageId>::with_capacity(messages.len());
            for message in messages {
                let parent = message.parent.and_then(|parent| ids.get(parent));
                db.prepare_cached(
                    "INSERT INTO messages (chat, parent, is_model, text, state, model, created_ms)
                     VALUES (?1, ?2, ?3, ?4, 'whole', ?5, ?6)",
                )?
                .execute(params![
                    chat,
                    parent,
                    message.is_model,
                    message.text,
                    message.model,
                    message.created_ms,
                ])?;
                let id = db.last_insert_rowid();
                attach(db, id, &message.pictures)?;
                ids.push(id);
            }
            if let Some(last) = ids.last() {
                show(db, chat, *last, now)?;
            }
            Ok(chat)
        })
    }

    /// All messages of a chat, whatever branch they are on, in the order they were made.
    ///
    /// # Errors
    /// [`AppError::Chats`].
    pub fn messages(&self, chat: ChatId) -> Result<Vec<Message>, AppError> {
        self.with(|db| messages(db, chat))
    }

    /// Begins an answer to a question.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is gone.
    pub fn begin_answer(&self, question: MessageId) -> Result<(ChatId, MessageId), AppError> {
        let now = now_ms();
        self.with(|db| {
            let chat = db.query_row(
                "SELECT chat FROM messages WHERE id = ?1 AND NOT is_model",
                [question],
                first,
            )?;
            db.execute(
                "INSERT INTO messages (chat, parent, is_model, text, state, created_ms)
                 VALUES (?1, ?2, 1, '', 'writing', ?3)",
                params![chat, question, now],
            )?;
            let answer = db.last_insert_rowid();
            show(db, chat, answer, now)?;
            Ok((chat, answer))
        })
    }

    /// Goes on with an answer that has ended.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is gone.
    pub fn continue_answer(&self, answer: MessageId) -> Result<ChatId, AppError> {
        let now = now_ms();
        self.with(|db| {
            let chat = db.query_row(
                "SELECT chat FROM messages WHERE id = ?1 AND is_model AND state <> 'writing'",
                [answer],
                first,
            )?;
            db.execute("UPDATE messages SET state = 'writing' WHERE id = ?1", [answer])?;
            show(db, chat, answer, now)?;
            Ok(chat)
        })
    }

    /// Keeps what an answer has become while it is written.
    ///
    /// # Errors
    /// [`AppError::Chats`].
    pub fn write(&self, answer: MessageId, text: &str) -> Result<(), AppError> {
        self.with(|db| {
            db.prepare_cached("UPDATE messages SET text = ?2 WHERE id = ?1 AND state = 'writing'")?
                .execute(params![answer, text])
        })?;
        Ok(())
    }

    /// Keeps an answer that has ended.
    ///
    /// # Errors
    /// [`AppError::Chats`].
    pub fn end_answer(
        &self,
        answer: MessageId,
        text: &str,
        end: &End,
        model: Option<&str>,
        timings: Option<&Timings>,
    ) -> Result<(), AppError> {
        let (state, fault) = match end {
            End::Whole => ("whole", None),
            End::Length => ("length", None),
            End::ContextFull => ("context-full", None),
            End::Stopped => ("stopped", None),
            End::Cut => ("cut", None),
            End::Failed(fault) => ("failed", Some(json(fault))),
        };
        self.with(|db| {
            // The text first: the state's change is what puts it into the index.
            db.execute("UPDATE messages SET text = ?2 WHERE id = ?1", params![answer, text])?;
            db.execute(
                "UPDATE messages SET state = ?2, fault = ?3, model = coalesce(?4, model),
                 timings = coalesce(?5, timings) WHERE id = ?1",
                params![answer, state, fault, model, timings.map(json)],
            )?;
            db.execute(
                "UPDATE chats SET updated_ms = ?2 WHERE id = (SELECT chat FROM messages WHERE id = ?1)",
                params![answer, now_ms()],
            )
        })?;
        Ok(())
    }

    /// A chat with the branch that is shown.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn chat(&self, id: ChatId) -> Result<StoredChat, AppError> {
        self.with(|db| chat(db, id))
    }

    /// The chat of a message.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn chat_of(&self, message: MessageId) -> Result<ChatId, AppError> {
        self.with(|db| db.query_row("SELECT chat FROM messages WHERE id = ?1", [message], first))
    }

    /// A message.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn message(&self, id: MessageId) -> Result<Message, AppError> {
        self.with(|db| {
            let chat = db.query_row("SELECT chat FROM messages WHERE id = ?1", [id], first)?;
            let found = messages(db, chat)?.into_iter().find(|message| message.id == id);
            found.ok_or(rusqlite::Error::QueryReturnedNoRows)
        })
    }

    /// The messages from the first one to this one.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn path_to(&self, message: MessageId) -> Result<Vec<Message>, AppError> {
        self.with(|db| {
            let chat = db.query_row("SELECT chat FROM messages WHERE id = ?1", [message], first)?;
            Ok(path(messages(db, chat)?, message))
        })
    }

    /// Shows the branch that goes through a message, as it went on last.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn choose_branch(&self, message: MessageId) -> Result<StoredChat, AppError> {
        self.with(|db| {
            let id: ChatId =
                db.query_row("SELECT chat FROM messages WHERE id = ?1", [message], first)?;
            let mut leaf = message;
            let mut children = db.prepare("SELECT max(id) FROM messages WHERE parent = ?1")?;
            while let Some(child) = children.query_row([leaf], first::<Option<MessageId>>)? {
                leaf = child;
            }
            db.execute("UPDATE chats SET leaf = ?2 WHERE id = ?1", params![id, leaf])?;
            chat(db, id)
        })
    }

    /// Calls a chat as the person wants.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn rename(&self, id: ChatId, title: &str) -> Result<(), AppError> {
        let title = one_line(title, 200);
        self.change("UPDATE chats SET title = ?2, is_named = 1 WHERE id = ?1", params![id, title])
    }

    /// Puts a chat first, or no longer.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn pin(&self, id: ChatId, pinned: bool) -> Result<(), AppError> {
        self.change("UPDATE chats SET is_pinned = ?2 WHERE id = ?1", params![id, pinned])
    }

    /// Deletes a chat, which [`Self::restore`] takes back.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn delete(&self, id: ChatId) -> Result<(), AppError> {
        self.change("UPDATE chats SET deleted_ms = ?2 WHERE id = ?1", params![id, now_ms()])
    }

    /// Takes back a deletion.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn restore(&self, id: ChatId) -> Result<(), AppError> {
        self.change("UPDATE chats SET deleted_ms = NULL WHERE id = ?1", params![id])
    }

    /// Really removes chats that were deleted before that time. How many.
    ///
    /// # Errors
    /// [`AppError::Chats`].
    pub fn purge(&self, deleted_before_ms: i64) -> Result<usize, AppError> {
        self.with(|db| {
            let n = db.execute("DELETE FROM chats WHERE deleted_ms < ?1", [deleted_before_ms])?;
            db.execute(
                "DELETE FROM drafts WHERE chat <> 0 AND chat NOT IN (SELECT id FROM chats)",
                [],
            )?;
            Ok(n)
        })
    }

    /// Forgets pictures that nothing refers to and that were added before that time: their ids.
    ///
    /// # Errors
    /// [`AppError::Chats`].
    pub fn forget_pictures(&self, added_before_ms: i64) -> Result<Vec<String>, AppError> {
        self.with(|db| {
            let drafts =
                "SELECT json_extract(value, '$.picture') FROM drafts, json_each(drafts.pictures)";
            let unused = format!(
                "DELETE FROM pictures WHERE added_ms < ?1
                 AND id NOT IN (SELECT picture FROM attachments) AND id NOT IN ({drafts})
                 RETURNING id"
            );
            db.prepare(&unused)?.query_map([added_before_ms], first)?.collect()
        })
    }

    /// Keeps what is written and not yet sent; `None`: in a chat that is not there yet.
    ///
    /// # Errors
    /// [`AppError::Chats`].
    pub fn set_draft(&self, chat: Option<ChatId>, draft: &Draft) -> Result<(), AppError> {
        let chat = chat.unwrap_or(0);
        self.with(|db| {
            if *draft == Draft::default() {
                return db.execute("DELETE FROM drafts WHERE chat = ?1", [chat]);
            }
            db.execute(
                "INSERT OR REPLACE INTO drafts VALUES (?1, ?2, ?3)",
                params![chat, draft.text, json(&draft.pictures)],
            )
        })?;
        Ok(())
    }

    /// What was written and not sent, and the pictures in it that are still there.
    ///
    /// # Errors
    /// [`AppError::Chats`].
    pub fn draft(&self, chat: Option<ChatId>) -> Result<(Draft, Vec<PictureInfo>), AppError> {
        self.with(|db| {
            let row = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?));
            let found = db
                .query_row(
                    "SELECT text, pictures FROM drafts WHERE chat = ?1",
                    [chat.unwrap_or(0)],
                    row,
                )
                .optional()?;
            let Some((text, pictures)) = found else {
                return Ok((Draft::default(), Vec::new()));
            };
            let mut pictures: Vec<Attachment> = serde_json::from_str(&pictures).unwrap_or_default();
            let mut infos = Vec::new();
            pictures.retain(|attachment| {
                let info = picture(db, &attachment.picture).ok();
                let there = info.is_some();
                infos.extend(info);
                there
            });
            Ok((Draft { text, pictures }, infos))
        })
    }

    fn change(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), AppError> {
        self.with(|db| match db.execute(sql, values)? {
            0 => Err(rusqlite::Error::QueryReturnedNoRows),
            _ => Ok(()),
        })
    }
}

fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A crash of the program loses nothing; one of the machine at most the last moments.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    schema::migrate(connection)?;
    connection.execute("UPDATE messages SET state = 'cut' WHERE state = 'writing'", [])?;
    Ok(())
}

/// The first column.
fn first<T: rusqlite::types::FromSql>(row: &Row<'_>) -> rusqlite::Result<T> {
    row.get(0)
}

/// What is kept as JSON: only types whose JSON always can be made.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn attach(db: &Connection, message: MessageId, pictures: &[Attachment]) -> rusqlite::Result<()> {
    let mut statement =
        db.prepare_cached("INSERT INTO attachments VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for (idx, attachment) in (0_i64..).zip(pictures) {
        let region = attachment.region.map(|r| json(&[r.x, r.y, r.width, r.height]));
        statement.execute(params![
            message,
            idx,
            attachment.picture,
            attachment.name,
            region,
            attachment.turn,
            attachment.max_side,
        ])?;
    }
    Ok(())
}

fn show(db: &Connection, chat: ChatId, leaf: MessageId, now: i64) -> rusqlite::Result<usize> {
    db.execute(
        "UPDATE chats SET leaf = ?2, updated_ms = ?3 WHERE id = ?1",
        params![chat, leaf, now],
    )
}

fn picture(db: &Connection, id: &str) -> rusqlite::Result<PictureInfo> {
    db.prepare_cached(
        "SELECT id, name, width, height, format, n_bytes, is_animation FROM pictures WHERE id = ?1",
    )?
    .query_row([id], |row| {
        Ok(PictureInfo {
            id: row.get(0)?,
            name: row.get(1)?,
            width: row.get(2)?,
            height: row.get(3)?,
            format: row.get(4)?,
            n_bytes: row.get::<_, i64>(5)?.unsigned_abs(),
            is_animation: row.get(6)?,
        })
    })
}

fn chat(db: &Connection, id: ChatId) -> rusqlite::Result<StoredChat> {
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
    let mut statement = db.prepare_cached(
        "SELECT id, parent, is_model, text, created_ms, state, fault, model, timings
         FROM messages WHERE chat = ?1 ORDER BY id",
    )?;
    let rows = statement.query_map([chat], |row| {
        let is_model = row.get(2)?;
        let end = end(&row.get::<_, String>(5)?, row.get::<_, Option<String>>(6)?.as_deref());
        let timings: Option<String> = row.get(8)?;
        Ok(Message {
            id: row.get(0)?,
            parent: row.get(1)?,
            is_model,
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
    let mut statement = db.prepare_cached(
        "SELECT message, picture, a.name, region, turn, max_side FROM attachments a
         JOIN messages m ON m.id = a.message WHERE m.chat = ?1 ORDER BY message, idx",
    )?;
    let rows = statement.query_map([chat], |row| {
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

fn end(state: &str, fault: Option<&str>) -> Option<End> {
    Some(match state {
        "writing" => return None,
        "length" => End::Length,
        "context-full" => End::ContextFull,
        "stopped" => End::Stopped,
        "cut" => End::Cut,
        "failed" => match fault.and_then(|fault| serde_json::from_str(fault).ok()) {
            Some(fault) => End::Failed(fault),
            None => End::Stopped,
        },
        _ => End::Whole,
    })
}

/// What a chat is called that nobody has named: the first words of the first question, or the
/// first picture.
fn title_of(text: &str, pictures: &[Attachment]) -> String {
    let title = one_line(text, TITLE_CHARS);
    match pictures.first() {
        Some(picture) if title.is_empty() => one_line(&picture.name, TITLE_CHARS),
        _ => title,
    }
}

/// A line of at most that many characters, without control characters.
fn one_line(text: &str, max_chars: usize) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max_chars {
        return line;
    }
    let cut: String = line.chars().take(max_chars - 1).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests;
