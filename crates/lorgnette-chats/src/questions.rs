//! Questions, and whole chats, as they are added.

use rusqlite::{Connection, params};

use super::{Attachment, ChatId, Chats, MessageId, NewMessage, first, json, one_line, show};
use crate::ChatsError;
use crate::clock::now_ms;

const TITLE_CHARS: usize = 60;

impl Chats {
    /// Adds a question to a chat, or to a new one, behind `leaf`.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] when one of them is gone.
    pub fn add_question(
        &self,
        chat: Option<ChatId>,
        leaf: Option<MessageId>,
        text: &str,
        pictures: &[Attachment],
    ) -> Result<(ChatId, MessageId), ChatsError> {
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
    /// [`ChatsError::Database`]; then nothing was added.
    pub fn add_whole(&self, title: &str, messages: &[NewMessage]) -> Result<ChatId, ChatsError> {
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
                    "INSERT INTO messages
                     (chat, parent, is_model, by_reader, thoughts, text, state, model, created_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'whole', ?7, ?8)",
                )?
                .execute(params![
                    chat,
                    parent,
                    message.is_model,
                    message.by.stored(),
                    message.thoughts,
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

/// What a chat is called that nobody has named: the first words of the first question, or the
/// first picture.
fn title_of(text: &str, pictures: &[Attachment]) -> String {
    let title = one_line(text, TITLE_CHARS);
    match pictures.first() {
        Some(picture) if title.is_empty() => one_line(&picture.name, TITLE_CHARS),
        _ => title,
    }
}
