//! What the program needs to take a chat back: it is what stands in `chat.json`, and at the end of a page.

use std::collections::BTreeMap;
use std::path::Path;

use lorgnette_app::AppError;
use lorgnette_app::chats::{AnswerBy, Attachment, Message};
use serde::{Deserialize, Serialize};

/// What an exported chat is told by.
pub(crate) const KIND: &str = "lorgnette-chat";
/// The newest form of it that this version knows.
pub(crate) const VERSION: u32 = 1;
/// More than this is no chat: pictures are at most as large each.
const MAX_BYTES: u64 = 1 << 30;

/// A chat with all its branches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exported {
    pub(crate) kind: String,
    pub(crate) version: u32,
    pub(crate) title: String,
    /// Parents come before what goes on from them.
    pub(crate) messages: Vec<ExportedMessage>,
    /// Names of files, by the ids of the pictures. The pages of a document have one file.
    pub(crate) pictures: BTreeMap<String, String>,
}

/// A question or an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ExportedMessage {
    /// Which of the messages it goes on from.
    pub(crate) parent: Option<usize>,
    pub(crate) is_model: bool,
    #[serde(default, skip_serializing_if = "AnswerBy::is_model")]
    pub(crate) by: AnswerBy,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) thoughts: String,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) pictures: Vec<Attachment>,
    pub(crate) created_ms: i64,
    pub(crate) model: Option<String>,
}

impl Exported {
    /// All branches of a chat, from its messages in the order in which they were written.
    pub(crate) fn new(title: String, all: &[Message], pictures: BTreeMap<String, String>) -> Self {
        let place = |id| all.iter().position(|message| message.id == id);
        let message = |message: &Message| ExportedMessage {
            parent: message.parent.and_then(place),
            is_model: message.is_model,
            by: message.by,
            thoughts: message.thoughts.clone(),
            text: message.text.clone(),
            pictures: message.pictures.clone(),
            created_ms: message.created_ms,
            model: message.model.clone(),
        };
        let messages = all.iter().map(message).collect();
        Self { kind: KIND.into(), version: VERSION, title, messages, pictures }
    }

    /// Reads it back.
    pub(crate) fn parse(path: &Path, json: &str) -> Result<Self, AppError> {
        serde_json::from_str(json).map_err(|error| AppError::Import {
            path: path.to_owned(),
            reason: format!("what the program needs of it is damaged ({error})"),
        })
    }
}

/// Reads a file that may not be larger than a chat.
pub(crate) fn read_text(path: &Path) -> Result<String, AppError> {
    let wrong = |reason: String| AppError::Import { path: path.to_owned(), reason };
    let size = path.metadata().map_err(|error| wrong(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(wrong("it is too large".into()));
    }
    fs_err::read_to_string(path).map_err(|error| wrong(error.to_string()))
}
