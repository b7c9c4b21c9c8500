//! The chats that are kept: questions, answers and their branches, pictures, drafts, search.
//!
//! One `SQLite` file in the data folder. What is asked is on disk before it is answered, and what is
//! answered while it is written: a crash costs at most the last half second of an answer.

mod answers;
pub mod clock;
mod copies;
mod drafts;
mod error;
mod fault;
mod list;
pub mod picture_id;
mod pictures;
mod place;
mod private;
mod questions;
mod reading;
mod records;
mod repair;
mod salvage;
mod schema;
mod texts;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use crate::clock::now_ms;

pub use copies::ChatsCopy;
pub use error::ChatsError;
pub use fault::ChatsFault;
pub use list::{Filter, Summary};
pub use private::is_private;
pub use records::{
    AnswerBy, Attachment, Draft, End, Failure, Message, NewMessage, PictureInfo, StoredChat,
};
pub use repair::{BesideChats, begin_anew, copies_of, damage, repair, restore_copy};
pub use texts::PictureText;

pub type ChatId = i64;
/// Names a message; no two chats share one.
pub type MessageId = i64;

/// All chats of a person. Only one program at a time holds them.
pub struct Chats {
    path: PathBuf,
    connection: Mutex<Connection>,
    /// Locked until the program ends, however it ends; `None` for chats that are in memory alone.
    lock: Option<place::Lock>,
}

impl Chats {
    /// Opens the chats in a folder, and makes them when there are none. Answers that were being
    /// written when the program ended are marked so. Of chats of an older version a copy is kept.
    ///
    /// # Errors
    /// [`ChatsError::InUse`], [`ChatsError::Newer`], [`ChatsError::Database`], [`ChatsError::Write`].
    pub fn open(folder: &Path) -> Result<Self, ChatsError> {
        let lock = place::lock(folder)?;
        let connection = place::connect(folder, &schema::STEPS)?;
        let (path, connection) = (place::file(folder), Mutex::new(connection));
        Ok(Self { path, connection, lock: Some(lock) })
    }

    /// The folder on disk; `None` for chats that are in memory alone.
    fn folder(&self) -> Option<&Path> {
        self.lock.as_ref().and_then(|_| self.path.parent())
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere left no half-done work: it was rolled back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An error of the database as one of these chats.
    fn in_chats<T>(&self, done: rusqlite::Result<T>) -> Result<T, ChatsError> {
        done.map_err(|source| ChatsError::Database { path: self.path.clone(), source })
            .inspect_err(|error| self.suspect_if_damaged(error))
    }

    /// Has the next start look at all of a file that turned out to be damaged.
    fn suspect_if_damaged(&self, error: &ChatsError) {
        if let ChatsError::Database { source, .. } = error
            && ChatsFault::of(source) == ChatsFault::Damaged
            && let Some(folder) = self.folder()
        {
            place::suspect(folder);
        }
    }

    /// Runs `work` whole or not at all.
    fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, ChatsError> {
        let mut connection = self.connection();
        let run = || {
            let transaction = connection.transaction()?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        match run() {
            Err(rusqlite::Error::QueryReturnedNoRows) => {
                Err(ChatsError::NotFound { what: "that chat or message" })
            }
            done => self.in_chats(done),
        }
    }

    /// Shows the branch that goes through a message, as it went on last.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] if it is not there.
    pub fn choose_branch(&self, message: MessageId) -> Result<StoredChat, ChatsError> {
        self.with(|db| {
            let id: ChatId =
                db.query_row("SELECT chat FROM messages WHERE id = ?1", [message], first)?;
            let mut leaf = message;
            let mut children = db.prepare("SELECT max(id) FROM messages WHERE parent = ?1")?;
            while let Some(child) = children.query_row([leaf], first::<Option<MessageId>>)? {
                leaf = child;
            }
            db.execute("UPDATE chats SET leaf = ?2 WHERE id = ?1", params![id, leaf])?;
            reading::chat(db, id)
        })
    }

    /// Calls a chat as the person wants.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] if it is not there.
    pub fn rename(&self, id: ChatId, title: &str) -> Result<(), ChatsError> {
        let title = one_line(title, 200);
        self.change("UPDATE chats SET title = ?2, is_named = 1 WHERE id = ?1", params![id, title])
    }

    /// Puts a chat first, or no longer.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] if it is not there.
    pub fn pin(&self, id: ChatId, pinned: bool) -> Result<(), ChatsError> {
        self.change("UPDATE chats SET is_pinned = ?2 WHERE id = ?1", params![id, pinned])
    }

    /// Deletes a chat, which [`Self::restore`] takes back.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] if it is not there.
    pub fn delete(&self, id: ChatId) -> Result<(), ChatsError> {
        self.change("UPDATE chats SET deleted_ms = ?2 WHERE id = ?1", params![id, now_ms()])
    }

    /// Takes back a deletion.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] if it is not there.
    pub fn restore(&self, id: ChatId) -> Result<(), ChatsError> {
        self.change("UPDATE chats SET deleted_ms = NULL WHERE id = ?1", params![id])
    }

    /// Really removes chats that were deleted before that time. How many.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn purge(&self, deleted_before_ms: i64) -> Result<usize, ChatsError> {
        self.with(|db| {
            let n = db.execute("DELETE FROM chats WHERE deleted_ms < ?1", [deleted_before_ms])?;
            db.execute(
                "DELETE FROM drafts WHERE chat <> 0 AND chat NOT IN (SELECT id FROM chats)",
                [],
            )?;
            Ok(n)
        })
    }

    fn change(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), ChatsError> {
        self.with(|db| match db.execute(sql, values)? {
            0 => Err(rusqlite::Error::QueryReturnedNoRows),
            _ => Ok(()),
        })
    }
}

fn prepare(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A crash of the program loses nothing; one of the machine at most the last moments.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // What is removed for good is not left in pages that are free.
    connection.pragma_update(None, "secure_delete", true)?;
    schema::migrate(connection, steps)?;
    connection.execute("UPDATE messages SET state = 'cut' WHERE state = 'writing'", [])?;
    Ok(())
}

fn has_chats(db: &Connection) -> rusqlite::Result<bool> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM chats)", [], first)
}

/// The value of a row's first column.
fn first<T: rusqlite::types::FromSql>(row: &Row<'_>) -> rusqlite::Result<T> {
    row.get(0)
}

/// What is kept as JSON: only types whose JSON always can be made.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn show(db: &Connection, chat: ChatId, leaf: MessageId, now: i64) -> rusqlite::Result<usize> {
    db.execute(
        "UPDATE chats SET leaf = ?2, updated_ms = ?3 WHERE id = ?1",
        params![chat, leaf, now],
    )
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
