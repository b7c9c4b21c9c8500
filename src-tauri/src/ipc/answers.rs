//! Questions, and what is told of an answer while it is made.

use lorgnette_app::chats::AnswerBy;
use lorgnette_app::coordinator::{Ask, Asked, Progress};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{AttachmentDto, ChatDto, MessageDto, attachments};

/// What is asked.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[serde(rename = "Ask")]
pub enum AskDto {
    /// Asks a question.
    New {
        /// The chat that it is asked in; null for a new chat.
        chat_id: Option<i64>,
        /// The message that it goes on from.
        leaf: Option<i64>,
        text: String,
        pictures: Vec<AttachmentDto>,
        by: AnswerBy,
    },
    /// Asks for another answer to the same question.
    Again { answer: i64, by: AnswerBy },
    /// Asks another question in the place of one.
    Edit { question: i64, text: String, pictures: Vec<AttachmentDto>, by: AnswerBy },
    /// Asks for more of an answer. With `at_once` the model thinks no further and answers.
    Continue { answer: i64, at_once: bool },
}

/// What is told of an answer: its beginning and its end, and its progress in between.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "it is sent on at once, and never stored")]
pub enum AnswerEvent {
    Progress(Progress),
    Bound(BoundDto),
}

/// The beginning of an answer, or its end.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[serde(rename = "AnswerBound")]
#[expect(clippy::large_enum_variant, reason = "it is sent on at once, and never stored")]
pub enum BoundDto {
    /// The question is on disk, and waits for its turn.
    Started {
        /// The chat with the question and the empty answer.
        chat: ChatDto,
        answer_id: i64,
    },
    /// The answer has ended, in whichever way.
    Ended {
        /// The answer as it is kept.
        message: MessageDto,
    },
}

impl From<AskDto> for Ask {
    fn from(ask: AskDto) -> Self {
        match ask {
            AskDto::New { chat_id, leaf, text, pictures, by } => {
                Self::New { chat: chat_id, leaf, text, pictures: attachments(pictures), by }
            }
            AskDto::Again { answer, by } => Self::Again { answer, by },
            AskDto::Edit { question, text, pictures, by } => {
                Self::Edit { question, text, pictures: attachments(pictures), by }
            }
            AskDto::Continue { answer, at_once } => Self::Continue { answer, at_once },
        }
    }
}

impl From<&Asked> for AnswerEvent {
    fn from(asked: &Asked) -> Self {
        let chat = asked.chat.clone().into();
        Self::Bound(BoundDto::Started { chat, answer_id: asked.answer })
    }
}

impl From<Progress> for AnswerEvent {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Ended(message) => Self::Bound(BoundDto::Ended { message: (*message).into() }),
            progress => Self::Progress(progress),
        }
    }
}
