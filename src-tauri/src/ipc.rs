//! What crosses to the page and back: the types of `ui/src/backend/bindings.ts`.

mod answers;
mod chats;
mod events;
mod models;
mod pictures;
mod rest;
mod settings;
mod speech;
mod status;

pub use answers::{AnswerEvent, AskDto};
pub use chats::{ChatDto, ChatSummaryDto, DraftDto, ImportedDto, MessageDto, OpenDraftDto};
pub use events::{AppEvent, AppEvents, FromDto};
pub use models::{ModelDto, ModelStateDto};
pub use pictures::{
    AddedDto, AttachmentDto, EstimateDto, FaultDto, PastedDto, PictureDto, attachments,
};
pub use rest::{
    BootDto, DoctorDto, EditDto, FoldersDto, LinkDto, MenuDto, MenuItemDto, NetworkDto,
    PlatformDto, SampleDto,
};
pub use settings::SettingsDto;
pub use speech::{AloudDoDto, AloudDto, CheckDto, VoiceDto};
pub use status::{MemoryDto, PreparationDto, StatusDto};

use lorgnette_app::{AppError, Fault, FaultKind};
use serde::Serialize;
use specta::Type;

/// An error as the page shows it.
#[derive(Debug, Clone, Serialize, Type)]
pub struct UiError {
    code: ErrorCode,
    message: String,
    hint: String,
}

/// What kind of error: one for each that the page does something about.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
enum ErrorCode {
    Picture,
    ContextFull,
    Model,
    NotFound,
    Storage,
    Unavailable,
    Engine,
    Other,
}

impl UiError {
    /// What this machine or program does not do.
    pub fn unavailable(message: impl Into<String>, hint: &str) -> Self {
        Self { code: ErrorCode::Unavailable, message: message.into(), hint: hint.into() }
    }

    /// What the system refused.
    pub fn of_system(message: impl Into<String>, hint: &str) -> Self {
        Self { code: ErrorCode::Other, message: message.into(), hint: hint.into() }
    }
}

impl From<Fault> for UiError {
    fn from(fault: Fault) -> Self {
        let code = match fault.kind {
            FaultKind::Picture => ErrorCode::Picture,
            FaultKind::ContextFull => ErrorCode::ContextFull,
            FaultKind::Model => ErrorCode::Model,
            FaultKind::NotFound => ErrorCode::NotFound,
            FaultKind::Storage => ErrorCode::Storage,
            FaultKind::Unavailable => ErrorCode::Unavailable,
            FaultKind::Engine => ErrorCode::Engine,
            FaultKind::Other => ErrorCode::Other,
        };
        Self { code, message: sentence(&fault.message), hint: sentence(&fault.hint) }
    }
}

impl From<AppError> for UiError {
    fn from(error: AppError) -> Self {
        Fault::from(error).into()
    }
}

/// Errors begin small, for lines of a terminal; here they stand alone.
fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    // Names of files keep their letters.
    let is_word = text.split(' ').next().is_some_and(|word| word.chars().all(char::is_alphabetic));
    match first {
        Some(first) if is_word => format!("{first}{}.", chars.as_str()),
        Some(_) => format!("{text}."),
        None => String::new(),
    }
}
