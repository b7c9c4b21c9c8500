//! What is written and not yet sent.

use rusqlite::{OptionalExtension as _, Row, params};

use super::pictures::picture;
use super::{Attachment, ChatId, Chats, Draft, PictureInfo, is_private, json};
use crate::ChatsError;

impl Chats {
    /// Keeps what is written and not yet sent; `None`: in a chat that is not there yet.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn set_draft(&self, chat: Option<ChatId>, draft: &Draft) -> Result<(), ChatsError> {
        // A private chat is gone when it is left, and what was written in it too.
        if chat.is_some_and(is_private) {
            return Ok(());
        }
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
    /// [`ChatsError::Database`] if the database fails.
    pub fn draft(&self, chat: Option<ChatId>) -> Result<(Draft, Vec<PictureInfo>), ChatsError> {
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
}
