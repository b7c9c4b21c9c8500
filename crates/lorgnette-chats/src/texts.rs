//! What is written in the pictures of chats, as a reader read it. It is gone with its picture.

use rusqlite::{OptionalExtension as _, params};

use super::{Chats, first};
use crate::ChatsError;

/// The text of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureText {
    /// All of it, in reading order; this is searched.
    pub text: String,
    /// JSON, in the reader's own form.
    pub reading: String,
}

impl Chats {
    /// Remembers the text of a picture, as that version of the reader read it. Whether the picture is
    /// still there: the text of one that was removed is not kept.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn set_text(
        &self,
        picture: &str,
        reader: u32,
        read: &PictureText,
    ) -> Result<bool, ChatsError> {
        self.with(|db| {
            let n = db
                .prepare_cached(
                    "INSERT INTO texts (picture, reader, text, reading)
                     SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM pictures WHERE id = ?1)
                     ON CONFLICT (picture) DO UPDATE SET reader = ?2, text = ?3, reading = ?4",
                )?
                .execute(params![picture, reader, read.text, read.reading])?;
            db.prepare_cached("DELETE FROM forgotten_texts WHERE picture = ?1")?
                .execute([picture])?;
            Ok(n > 0)
        })
    }

    /// The text of a picture; `None` when that version of the reader has not read it.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn text(&self, picture: &str, reader: u32) -> Result<Option<PictureText>, ChatsError> {
        let sql = "SELECT text, reading FROM texts WHERE picture = ?1 AND reader = ?2";
        self.with(|db| {
            db.prepare_cached(sql)?
                .query_row(params![picture, reader], |row| {
                    Ok(PictureText { text: row.get(0)?, reading: row.get(1)? })
                })
                .optional()
        })
    }

    /// The pictures of chats that this version of the reader has not read, the latest chats' first,
    /// without those whose text was removed.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn unread_pictures(&self, reader: u32) -> Result<Vec<String>, ChatsError> {
        let sql = "SELECT picture FROM attachments
                   WHERE picture NOT IN (SELECT picture FROM texts WHERE reader = ?1)
                   AND picture NOT IN (SELECT picture FROM forgotten_texts)
                   GROUP BY picture ORDER BY max(message) DESC";
        self.with(|db| db.prepare_cached(sql)?.query_map([reader], first)?.collect())
    }

    /// Forgets the text of all pictures. None of them is read again before it is shown.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn forget_texts(&self) -> Result<(), ChatsError> {
        self.with(|db| {
            db.execute_batch(
                "DELETE FROM texts;
                 INSERT OR IGNORE INTO forgotten_texts SELECT id FROM pictures;",
            )
        })
    }
}
