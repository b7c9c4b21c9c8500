//! What can be wished for from anywhere on the desktop: by keys of the whole system, or by
//! `lorgnette-window --do NAME`, which a desktop's own shortcuts can call.

use std::collections::BTreeMap;
use std::str::FromStr;

use lorgnette_image::Picture;

use crate::error::AppError;
use crate::purpose::Purpose;
use crate::settings::Settings;
use crate::system::capture::{self, Area};

/// A wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Errand {
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

/// What the person wants of an errand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Which.
    pub errand: Errand,
    /// Its keys, such as `Ctrl+Alt+Shift+S`; empty: none.
    pub keys: String,
    /// What its description is for; of those that describe something.
    pub purpose: Option<Purpose>,
}

impl Errand {
    /// All of them, in the order in which people see them.
    pub const ALL: [Self; 7] = [
        Self::Screen,
        Self::Window,
        Self::Region,
        Self::Text,
        Self::Clipboard,
        Self::Again,
        Self::Silence,
    ];

    /// As a person writes it.
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

    /// What its description is for, until the person has another wish.
    pub fn usual_purpose(self) -> Option<Purpose> {
        match self {
            Self::Screen | Self::Window | Self::Region | Self::Clipboard => Some(Purpose::Brief),
            Self::Text => Some(Purpose::Text),
            Self::Again | Self::Silence => None,
        }
    }

    /// Takes its picture, with what it is called; `None` for one that needs none. The pointer is
    /// in pixels from the top left of the screen.
    ///
    /// # Errors
    /// [`AppError::Capture`] says why there is none, and what to do.
    pub fn picture(
        self,
        pointer: (u32, u32),
        side: u32,
    ) -> Result<Option<(&'static str, Picture)>, AppError> {
        let area = match self {
            Self::Screen => Area::Screen,
            Self::Window | Self::Text => Area::Window,
            Self::Region => Area::Around { pointer, side },
            Self::Clipboard => return Ok(Some(("clipboard", capture::clipboard()?))),
            Self::Again | Self::Silence => return Ok(None),
        };
        Ok(Some((area.name(), capture::screen(area)?)))
    }
}

impl FromStr for Errand {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|errand| errand.name() == text);
        found.ok_or_else(|| format!("use {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// All wishes, as the settings have them. What a hand-written file says wrongly is as usual.
pub fn wishes(settings: &Settings) -> Vec<Wish> {
    let wish = |errand: Errand| {
        let of = |map: &BTreeMap<String, String>| map.get(errand.name()).cloned();
        let purpose = of(&settings.anywhere_purposes).and_then(|name| name.parse().ok());
        Wish {
            errand,
            keys: of(&settings.anywhere_keys).unwrap_or_else(|| errand.usual_keys().into()),
            purpose: errand.usual_purpose().map(|usual| purpose.unwrap_or(usual)),
        }
    };
    Errand::ALL.map(wish).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_change_keys_and_purposes_one_by_one() {
        let mut settings = Settings::default();
        settings.anywhere_keys.insert("screen".into(), String::new());
        settings.anywhere_purposes.insert("window".into(), "form".into());
        settings.anywhere_purposes.insert("region".into(), "poem".into());
        settings.anywhere_purposes.insert("silence".into(), "form".into());
        let wishes = wishes(&settings);
        let of = |errand| wishes.iter().find(|wish| wish.errand == errand).unwrap();
        assert_eq!(of(Errand::Screen).keys, "");
        assert_eq!(of(Errand::Window).purpose, Some(Purpose::Form));
        assert_eq!(of(Errand::Region).purpose, Some(Purpose::Brief));
        assert_eq!(of(Errand::Silence).purpose, None);
        assert_eq!(of(Errand::Text).keys, "Ctrl+Alt+Shift+T");
    }

    #[test]
    fn no_two_have_the_same_keys_or_name() {
        for one in [Errand::name as fn(Errand) -> &'static str, Errand::usual_keys] {
            let mut all = Errand::ALL.map(one).to_vec();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), Errand::ALL.len());
        }
        assert_eq!("text".parse(), Ok(Errand::Text));
        assert!("nothing".parse::<Errand>().is_err());
    }
}
