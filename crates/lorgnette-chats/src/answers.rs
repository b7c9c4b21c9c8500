//! Answers while they are written, and how they ended.

use lorgnette_engine::Timings;
use rusqlite::params;

use super::{AnswerBy, ChatId, Chats, End, MessageId, first, json, show};
use crate::ChatsError;
use crate::clock::now_ms;

impl Chats {
    /// Begins an answer to a question.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] when it is gone.
    pub fn begin_answer(
        &self,
        question: MessageId,
        by: AnswerBy,
    ) -> Result<(ChatId, MessageId), ChatsError> {
        let now = now_ms();
        self.with(|db| {
            let chat = db.query_row(
                "SELECT chat FROM messages WHERE id = ?1 AND NOT is_model",
                [question],
                first,
            )?;
            db.execute(
                "INSERT INTO messages (chat, parent, is_model, by_reader, text, state, created_ms)
                 VALUES (?1, ?2, 1, ?3, '', 'writing', ?4)",
                params![chat, question, by.stored(), now],
            )?;
            let answer = db.last_insert_rowid();
            show(db, chat, answer, now)?;
            Ok((chat, answer))
        })
    }

    /// Goes on with an answer that has ended.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`] when it is gone.
    pub fn continue_answer(&self, answer: MessageId) -> Result<ChatId, ChatsError> {
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
    /// [`ChatsError::Database`] if the database fails.
    pub fn write(&self, answer: MessageId, text: &str) -> Result<(), ChatsError> {
        self.with(|db| {
            db.prepare_cached("UPDATE messages SET text = ?2 WHERE id = ?1 AND state = 'writing'")?
                .execute(params![answer, text])
        })?;
        Ok(())
    }

    /// Keeps what is thought for an answer that is being written.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn write_thoughts(&self, answer: MessageId, thoughts: &str) -> Result<(), ChatsError> {
        let sql = "UPDATE messages SET thoughts = ?2 WHERE id = ?1 AND state = 'writing'";
        self.with(|db| db.prepare_cached(sql)?.execute(params![answer, thoughts]))?;
        Ok(())
    }

    /// Keeps an answer that has ended.
    ///
    /// # Errors
    /// [`ChatsError::Database`] if the database fails.
    pub fn end_answer(
        &self,
        answer: MessageId,
        text: &str,
        end: &End,
        model: Option<&str>,
        timings: Option<&Timings>,
    ) -> Result<(), ChatsError> {
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
}

/// How an answer with that state in the table ended; `None`: it is being written.
pub(super) fn end(state: &str, fault: Option<&str>) -> Option<End> {
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
