//! Quick actions, which work from anywhere on the desktop: by keys of the whole system, or by
//! `lorgnette-window --do NAME`, which a desktop's own shortcuts can call.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use lorgnette_image::Picture;

use crate::desktop::capture::{self, Area};
use crate::desktop::clipboard::{self, CopiedPicture};
use crate::error::AppError;
use crate::purpose::Purpose;
use crate::settings::Settings;

/// A quick action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename_all = "camelCase"))]
pub enum QuickAction {
    /// Describe the screen.
    Screen,
    /// Describe the window that has the focus.
    Window,
    /// Describe what is around the pointer.
    Region,
    /// Read the text of the window that has the focus.
    Text,
    /// Describe the picture in the clipboard.
    Clipboard,
    /// Answer the last of these once more.
    Again,
    /// Stop speaking, and take the panel away.
    Silence,
}

/// What a quick action describes, as it was taken.
#[derive(Debug, Clone)]
pub enum Taken {
    /// A picture of the screen, and what it is called.
    Pixels { name: String, picture: Arc<Picture> },
    /// A picture file that was copied.
    File(PathBuf),
    /// The bytes of a picture file, and what it is called.
    Bytes { name: String, bytes: Vec<u8> },
}

/// A quick action as the settings have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyBinding {
    /// The quick action.
    pub action: QuickAction,
    /// Its keys, such as `Ctrl+Alt+Shift+S`; empty where the person wants none.
    pub keys: String,
    /// What its description is for; `None` for an action that describes nothing.
    pub purpose: Option<Purpose>,
}

impl QuickAction {
    /// All quick actions, in the order in which people see them.
    pub const ALL: [Self; 7] = [
        Self::Screen,
        Self::Window,
        Self::Region,
        Self::Text,
        Self::Clipboard,
        Self::Again,
        Self::Silence,
    ];

    /// Its name in settings and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Window => "window",
            Self::Region => "region",
            Self::Text => "text",
            Self::Clipboard => "clipboard",
            Self::Again => "again",
            Self::Silence => "silence",
        }
    }

    /// Its keys, until the person has others. Desktops leave three modifiers to programs.
    pub fn usual_keys(self) -> &'static str {
        match self {
            Self::Screen => "Ctrl+Alt+Shift+S",
            Self::Window => "Ctrl+Alt+Shift+W",
            Self::Region => "Ctrl+Alt+Shift+R",
            Self::Text => "Ctrl+Alt+Shift+T",
            Self::Clipboard => "Ctrl+Alt+Shift+V",
            Self::Again => "Ctrl+Alt+Shift+A",
            Self::Silence => "Ctrl+Alt+Shift+X",
        }
    }

    /// What its description is for, until the person chooses something else.
    pub fn usual_purpose(self) -> Option<Purpose> {
        match self {
            Self::Screen | Self::Window | Self::Region | Self::Clipboard => Some(Purpose::Brief),
            Self::Text => Some(Purpose::Text),
            Self::Again | Self::Silence => None,
        }
    }

    /// Takes what it describes; nothing for one that describes nothing. The pointer is in pixels
    /// from the top left of the screen.
    ///
    /// # Errors
    /// [`AppError::Capture`] and those of [`clipboard::pictures`] say why there is none, and what
    /// to do.
    pub fn take(self, pointer: (u32, u32), side: u32) -> Result<Vec<Taken>, AppError> {
        let area = match self {
            Self::Screen => Area::Screen,
            Self::Window | Self::Text => Area::Window,
            Self::Region => Area::Around { pointer, side },
            Self::Clipboard => {
                let taken = |copied| match copied {
                    CopiedPicture::File(path) => Taken::File(path),
                    CopiedPicture::Bytes(bytes) => Taken::Bytes { name: "clipboard".into(), bytes },
                };
                return Ok(clipboard::pictures()?.into_iter().map(taken).collect());
            }
            Self::Again | Self::Silence => return Ok(Vec::new()),
        };
        let name = format!("{}.png", area.name());
        Ok(vec![Taken::Pixels { name, picture: Arc::new(capture::screen(area)?) }])
    }
}

impl FromStr for QuickAction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|action| action.name() == text);
        found.ok_or_else(|| format!("use {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// All quick actions as the settings have them. What a hand-written file says wrongly is as usual.
pub fn key_bindings(settings: &Settings) -> Vec<KeyBinding> {
    let binding = |action: QuickAction| {
        let of = |map: &BTreeMap<String, String>| map.get(action.name()).cloned();
        let purpose = of(&settings.anywhere_purposes).and_then(|name| name.parse().ok());
        KeyBinding {
            action,
            keys: of(&settings.anywhere_keys).unwrap_or_else(|| action.usual_keys().into()),
            purpose: action.usual_purpose().map(|usual| purpose.unwrap_or(usual)),
        }
    };
    QuickAction::ALL.map(binding).into()
}

#[cfg(test)]
mod tests;
