//! Errors, as the page says them in its own words.

use std::collections::BTreeMap;

use lorgnette_app::{AppError, Fault, FaultId, FaultKind, FaultValue, With};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

/// An error as the page shows it.
#[derive(Debug, Clone, Serialize, Type)]
pub struct UiError {
    code: ErrorCode,
    /// In English, for an error that has no words in the page.
    message: String,
    hint: String,
    id: FaultIdDto,
    with: BTreeMap<String, FaultValueDto>,
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

/// What fills a gap of an error's words.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(untagged)]
#[serde(rename = "FaultValue")]
enum FaultValueDto {
    Number(#[specta(type = Number)] u64),
    Text(String),
}

/// The app's names of errors under the same names.
macro_rules! ids {
    ($($id:ident),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, Serialize, Type)]
        #[serde(rename_all = "camelCase")]
        #[serde(rename = "FaultId")]
        enum FaultIdDto { $($id),+ }

        impl From<FaultId> for FaultIdDto {
            fn from(id: FaultId) -> Self {
                match id { $(FaultId::$id => Self::$id),+ }
            }
        }
    };
}

ids!(
    PictureNotThere,
    PictureForbidden,
    PictureIsFolder,
    PictureRead,
    PictureEmpty,
    PictureIsText,
    PictureUnknown,
    PictureFormat,
    PictureKind,
    PictureCut,
    PictureDamaged,
    PictureNoPixels,
    PictureTooLong,
    PictureTooManyPixels,
    PictureTooManyBytes,
    PictureWork,
    ModelRead,
    ModelNotThere,
    ModelNone,
    ModelAmbiguous,
    ModelMalformed,
    ModelUnsupported,
    ModelDevice,
    ModelTokenizer,
    ModelUnknown,
    ModelDamaged,
    ModelBuiltIn,
    ModelInUse,
    ModelFetching,
    ModelDoesNotFit,
    ContextFull,
    NoQuestion,
    NoPictures,
    NotNumbers,
    EnginePanicked,
    EngineStopped,
    EngineFailed,
    NoRoom,
    DiskFull,
    FolderBusy,
    Offline,
    NetworkSettings,
    Connect,
    Status,
    Gated,
    HubNotFound,
    WebPage,
    WrongAnswer,
    WrongBytes,
    LockedHash,
    Fetch,
    Write,
    Chats,
    NewerChats,
    ChatsInUse,
    NotFound,
    Settings,
    Import,
    FileManager,
    Browser,
    Menu,
    Clipboard,
    Speech,
    Capture,
    Program,
    Other,
);

impl UiError {
    /// What this machine or program does not do.
    pub fn unavailable(message: impl Into<String>, hint: &str) -> Self {
        Self::of(FaultKind::Unavailable, FaultId::Other, message.into(), hint, None)
    }

    /// What the system refused; `reason` is what it said.
    pub fn of_system(
        id: FaultId,
        message: impl Into<String>,
        hint: &str,
        reason: Option<String>,
    ) -> Self {
        Self::of(FaultKind::Other, id, message.into(), hint, reason)
    }

    fn of(
        kind: FaultKind,
        id: FaultId,
        message: String,
        hint: &str,
        reason: Option<String>,
    ) -> Self {
        let with: With =
            reason.into_iter().map(|reason| ("reason".to_owned(), reason.into())).collect();
        Fault { kind, message, hint: hint.into(), id, with }.into()
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
        let with = fault.with.into_iter().map(|(name, value)| {
            let value = match value {
                FaultValue::Number(number) => FaultValueDto::Number(number),
                FaultValue::Text(text) => FaultValueDto::Text(text),
            };
            (name, value)
        });
        Self {
            code,
            message: sentence(&fault.message),
            hint: sentence(&fault.hint),
            id: fault.id.into(),
            with: with.collect(),
        }
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
