//! The panel and its keys, as they cross.

use lorgnette_app::errand::{Errand, Wish};
use serde::Serialize;
use specta::Type;

use super::{AnswerEvent, SettingsDto, UiError};

/// What the panel is told.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PanelEvent {
    /// A wish is fulfilled from now on.
    Begun {
        /// Which.
        errand: ErrandDto,
        /// As it is to look and be said.
        settings: Box<SettingsDto>,
    },
    /// What its answer tells.
    Answer {
        /// That.
        event: Box<AnswerEvent>,
    },
    /// It could not be.
    Failed {
        /// Why.
        error: UiError,
    },
}

/// What can be wished for.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Errand")]
pub enum ErrandDto {
    /// The screen.
    Screen,
    /// The window.
    Window,
    /// Around the pointer.
    Region,
    /// The window's text.
    Text,
    /// The clipboard.
    Clipboard,
    /// Once more.
    Again,
    /// Silence.
    Silence,
}

impl From<Errand> for ErrandDto {
    fn from(errand: Errand) -> Self {
        match errand {
            Errand::Screen => Self::Screen,
            Errand::Window => Self::Window,
            Errand::Region => Self::Region,
            Errand::Text => Self::Text,
            Errand::Clipboard => Self::Clipboard,
            Errand::Again => Self::Again,
            Errand::Silence => Self::Silence,
        }
    }
}

/// A wish with its keys.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Wish")]
pub struct WishDto {
    errand: ErrandDto,
    /// Empty: none.
    keys: String,
    /// Until the person has others.
    usual_keys: String,
    /// As `lorgnette describe --for` names it; null for one that describes nothing.
    purpose: Option<String>,
    /// Why its keys could not be had.
    fault: Option<String>,
}

impl WishDto {
    /// With what is known of keys that could not be had.
    pub fn new(wish: Wish, faults: &[(Errand, String)]) -> Self {
        let fault = faults.iter().find(|(errand, _)| *errand == wish.errand);
        Self {
            errand: wish.errand.into(),
            keys: wish.keys,
            usual_keys: wish.errand.usual_keys().into(),
            purpose: wish.purpose.map(|purpose| purpose.name().into()),
            fault: fault.map(|(_, reason)| reason.clone()),
        }
    }
}
