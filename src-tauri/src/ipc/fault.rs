//! Errors, as the page says them in its own words.

use lorgnette_app::chats::ChatsError;
use lorgnette_app::desktop::DesktopError;
use lorgnette_app::{AppError, Fault, FaultDetails, FaultId, FaultKind, PictureError, With};
use serde::Serialize;
use specta::Type;

/// An error as the page shows it.
#[derive(Debug, Clone, Serialize, Type)]
pub struct UiError {
    /// What the page can do about it.
    code: FaultKind,
    /// In English, for an error that has no words in the page.
    message: String,
    hint: String,
    /// Which words the page has for it.
    id: FaultId,
    /// What fills the gaps of those words.
    with: With,
}

impl UiError {
    /// Something that this machine or program does not do.
    pub fn unavailable(message: impl Into<String>, hint: &str) -> Self {
        Self::of(FaultKind::Unavailable, FaultDetails::Other, message.into(), hint)
    }

    /// Something that the system refused.
    pub fn of_system(details: FaultDetails, message: impl Into<String>, hint: &str) -> Self {
        Self::of(FaultKind::Other, details, message.into(), hint)
    }

    /// What happened and what to do, in English.
    pub fn words(&self) -> (&str, &str) {
        (&self.message, &self.hint)
    }

    fn of(kind: FaultKind, details: FaultDetails, message: String, hint: &str) -> Self {
        let (id, with) = details.into();
        Fault { kind, message, hint: hint.into(), id, with }.into()
    }
}

impl From<Fault> for UiError {
    fn from(fault: Fault) -> Self {
        Self {
            code: fault.kind,
            message: sentence(&fault.message),
            hint: sentence(&fault.hint),
            id: fault.id,
            with: fault.with,
        }
    }
}

impl From<PictureError> for UiError {
    fn from(error: PictureError) -> Self {
        AppError::from(error).into()
    }
}

impl From<AppError> for UiError {
    fn from(error: AppError) -> Self {
        Fault::from(error).into()
    }
}

impl From<ChatsError> for UiError {
    fn from(error: ChatsError) -> Self {
        AppError::from(error).into()
    }
}

impl From<DesktopError> for UiError {
    fn from(error: DesktopError) -> Self {
        AppError::from(error).into()
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
