//! Questions, and what their answers tell while they are made.

use lorgnette_app::coordinator::{Ask, Asked, Progress};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{AttachmentDto, ChatDto, MessageDto, attachments};

/// What is asked.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[serde(rename = "Ask")]
pub enum AskDto {
    /// A question.
    New {
        /// Where; nowhere: in a new chat.
        chat_id: Option<i64>,
        /// What it goes on from.
        leaf: Option<i64>,
        /// Words.
        text: String,
        /// Pictures.
        pictures: Vec<AttachmentDto>,
    },
    /// Another answer.
    Again {
        /// In the place of which.
        answer: i64,
    },
    /// Another question.
    Edit {
        /// In the place of which.
        question: i64,
        /// Words.
        text: String,
        /// Pictures.
        pictures: Vec<AttachmentDto>,
    },
    /// More of an answer.
    Continue {
        /// Which.
        answer: i64,
    },
}

/// What an answer tells while it is made.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AnswerEvent {
    /// The question is kept and waits for its turn.
    Started {
        /// With the question and the empty answer.
        chat: ChatDto,
        /// Which.
        answer_id: i64,
    },
    /// Others are answered first.
    Queued {
        /// How many.
        n_before: usize,
    },
    /// The model is loaded first.
    Loading {
        /// Bytes read.
        done_bytes: u64,
        /// All of them.
        total_bytes: u64,
    },
    /// A picture is encoded.
    Encoding {
        /// Which, from 0.
        picture: usize,
        /// Of how many.
        n_pictures: usize,
        /// Steps.
        done: usize,
        /// All of them.
        total: usize,
    },
    /// Tokens are read.
    Reading {
        /// Read.
        done_tokens: usize,
        /// To read.
        total_tokens: usize,
        /// Known from before.
        cached_tokens: usize,
    },
    /// More of the text.
    Text {
        /// The next piece.
        piece: String,
        /// So far, about.
        n_tokens: usize,
        /// How fast.
        #[specta(type = Number)]
        tokens_per_s: f64,
    },
    /// It has ended, in whichever way.
    Ended {
        /// As it is kept.
        message: MessageDto,
    },
}

impl From<AskDto> for Ask {
    fn from(ask: AskDto) -> Self {
        match ask {
            AskDto::New { chat_id, leaf, text, pictures } => {
                Self::New { chat: chat_id, leaf, text, pictures: attachments(pictures) }
            }
            AskDto::Again { answer } => Self::Again { answer },
            AskDto::Edit { question, text, pictures } => {
                Self::Edit { question, text, pictures: attachments(pictures) }
            }
            AskDto::Continue { answer } => Self::Continue { answer },
        }
    }
}

impl From<&Asked> for AnswerEvent {
    fn from(asked: &Asked) -> Self {
        Self::Started { chat: asked.chat.clone().into(), answer_id: asked.answer }
    }
}

impl From<Progress> for AnswerEvent {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Queued { n_before } => Self::Queued { n_before },
            Progress::Loading { done_bytes, total_bytes } => {
                Self::Loading { done_bytes, total_bytes }
            }
            Progress::Encoding { picture, n_pictures, done, total } => {
                Self::Encoding { picture, n_pictures, done, total }
            }
            Progress::Reading { done_tokens, total_tokens, cached_tokens } => {
                Self::Reading { done_tokens, total_tokens, cached_tokens }
            }
            Progress::Text { piece, n_tokens, tokens_per_s } => {
                Self::Text { piece, n_tokens, tokens_per_s }
            }
            Progress::Ended(message) => Self::Ended { message: (*message).into() },
        }
    }
}
