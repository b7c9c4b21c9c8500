//! The pictures that chats and drafts refer to; their bytes are the pictures's.

use rusqlite::{Connection, params};

use super::{Chats, PictureInfo, first};
use crate::ChatsError;
use crate::clock::now_ms;
use crate::picture_id::file_of;

impl Chats {
    /// Remembers a picture; one that is known keeps its first name.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn add_picture(&self, picture: &PictureInfo) -> Result<(), ChatsError> {
        let notes = serde_json::to_string(&picture.notes).unwrap_or_else(|_| "[]".into());
        self.with(|db| {
            db.prepare_cached(
                "INSERT INTO pictures VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
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
                notes,
            ])
        })?;
        Ok(())
    }

    /// A picture that was added.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] if it is not there.
    pub fn picture(&self, id: &str) -> Result<PictureInfo, ChatsError> {
        self.with(|db| picture(db, id)).map_err(|error| match error {
            ChatsError::NotFound { .. } => ChatsError::NotFound { what: "that picture" },
            error => error,
        })
    }

    /// Whether a picture is known that is this one or another page of its file.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn is_file_used(&self, id: &str) -> Result<bool, ChatsError> {
        // A page that was chosen has its number behind the file's id.
        let sql = "SELECT EXISTS (SELECT 1 FROM pictures WHERE id = ?1 OR id LIKE ?1 || '-%')";
        self.with(|db| db.query_row(sql, [file_of(id)], first))
    }

    /// Forgets pictures that nothing refers to and that were added before that time: their ids.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn forget_pictures(&self, added_before_ms: i64) -> Result<Vec<String>, ChatsError> {
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
}

pub(super) fn picture(db: &Connection, id: &str) -> rusqlite::Result<PictureInfo> {
    db.prepare_cached(
        "SELECT id, name, width, height, format, n_bytes, is_animation, notes
         FROM pictures WHERE id = ?1",
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
            // Notes of a newer version that this one cannot read are left out.
            notes: serde_json::from_str(&row.get::<_, String>(7)?).unwrap_or_default(),
        })
    })
}
