//! Chats and what is in them.

use lorgnette_app::chats::{AnswerBy, Draft, End, Message, PictureInfo, StoredChat, is_private};
use lorgnette_app::{Fault, Timings, refusal, speech};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{AttachmentDto, PictureDto, RefusedFileDto, UiError, attachments};

/// A question or an answer.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Message")]
pub struct MessageDto {
    id: i64,
    parent: Option<i64>,
    role: RoleDto,
    /// Who answered.
    by: AnswerBy,
    /// The built-in model said that it cannot answer this.
    is_refusal: bool,
    /// What the model thought before it answered; empty if it did not.
    thoughts: String,
    text: String,
    language: Option<&'static str>,
    pictures: Vec<AttachmentDto>,
    created_ms: i64,
    siblings: Vec<i64>,
    end: Option<EndDto>,
    model_name: Option<String>,
    took: Option<TookDto>,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Role")]
enum RoleDto {
    Person,
    Model,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "at", rename_all = "camelCase")]
#[serde(rename = "End")]
enum EndDto {
    Whole,
    Length,
    ContextFull,
    Stopped,
    Cut,
    Failed { error: UiError },
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Took")]
struct TookDto {
    encode_s: f64,
    prefill_s: f64,
    decode_s: f64,
    first_token_s: f64,
    read_tokens: usize,
    cached_tokens: usize,
    answer_tokens: usize,
    tokens_per_s: f64,
    /// Seconds that the model thought; 0 if it did not.
    thought_s: f64,
}

/// A chat with the branch that is shown.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Chat")]
pub struct ChatDto {
    id: i64,
    title: String,
    pinned: bool,
    /// Nothing of it is on the disk, and it is gone when it is left.
    is_private: bool,
    created_ms: i64,
    messages: Vec<MessageDto>,
    pictures: Vec<PictureDto>,
}

/// What is written and not yet sent.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename = "Draft")]
pub struct DraftDto {
    text: String,
    pictures: Vec<AttachmentDto>,
}

/// A draft as it comes back, with the pictures that it refers to.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "OpenDraft")]
pub struct OpenDraftDto {
    text: String,
    pictures: Vec<AttachmentDto>,
    files: Vec<PictureDto>,
}

/// What became of files that were to be chats.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "Imported")]
pub struct ImportedDto {
    /// The new chats.
    pub chats: Vec<i64>,
    /// The files that are no chats.
    pub faults: Vec<RefusedFileDto>,
}

impl From<Message> for MessageDto {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            parent: message.parent,
            is_refusal: refusal::is_refusal(&message),
            by: message.by,
            role: if message.is_model { RoleDto::Model } else { RoleDto::Person },
            language: speech::language::of(&message.text),
            thoughts: message.thoughts,
            text: message.text,
            pictures: message.pictures.into_iter().map(Into::into).collect(),
            created_ms: message.created_ms,
            siblings: message.siblings,
            end: message.end.map(Into::into),
            model_name: message.model,
            took: message.timings.map(Into::into),
        }
    }
}

impl From<End> for EndDto {
    fn from(end: End) -> Self {
        match end {
            End::Whole => Self::Whole,
            End::Length => Self::Length,
            End::ContextFull => Self::ContextFull,
            End::Stopped => Self::Stopped,
            End::Cut => Self::Cut,
            End::Failed(failure) => Self::Failed { error: Fault::from(&failure).into() },
        }
    }
}

impl From<Timings> for TookDto {
    fn from(timings: Timings) -> Self {
        Self {
            tokens_per_s: timings.decode_tokens_per_s(),
            encode_s: timings.encode_s,
            prefill_s: timings.prefill_s,
            decode_s: timings.decode_s,
            first_token_s: timings.first_token_s,
            read_tokens: timings.n_read_tokens,
            cached_tokens: timings.n_cached_tokens,
            answer_tokens: timings.n_answer_tokens,
            thought_s: timings.thought_s,
        }
    }
}

impl From<StoredChat> for ChatDto {
    fn from(chat: StoredChat) -> Self {
        Self {
            id: chat.id,
            title: chat.title,
            pinned: chat.is_pinned,
            is_private: is_private(chat.id),
            created_ms: chat.created_ms,
            messages: chat.messages.into_iter().map(Into::into).collect(),
            pictures: chat.pictures.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<DraftDto> for Draft {
    fn from(draft: DraftDto) -> Self {
        Self { text: draft.text, pictures: attachments(draft.pictures) }
    }
}

impl From<(Draft, Vec<PictureInfo>)> for OpenDraftDto {
    fn from((draft, files): (Draft, Vec<PictureInfo>)) -> Self {
        Self {
            text: draft.text,
            pictures: draft.pictures.into_iter().map(Into::into).collect(),
            files: files.into_iter().map(Into::into).collect(),
        }
    }
}
