//! Which addresses of an answer may be opened. An answer is not to be trusted: it may repeat what
//! stands in a picture.

use url::Url;

/// An address, as it would be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
pub struct Link {
    /// In full: the host as it is looked up, nothing hidden.
    pub address: String,
    /// Why it is not opened; `None`: it may be, when the person has seen it.
    pub refused: Option<Refused>,
}

/// Why an address is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename_all = "camelCase"))]
pub enum Refused {
    /// Too long to be looked at.
    TooLong,
    /// It has characters that cannot be seen.
    Hidden,
    /// It is no address.
    NoAddress,
    /// It names no host.
    NoHost,
    /// It hides the host behind a name and a password.
    Credentials,
    /// It would attach a file.
    Attachment,
    /// Neither `https:` nor `mailto:`.
    Scheme,
}

/// No longer addresses are shown, so none is opened.
const MAX_CHARS: usize = 2000;

/// Reads an address. Only `https:` and `mailto:` may be opened: everything else makes other
/// programs act, or goes unprotected.
pub fn check(text: &str) -> Link {
    let shown = |text: &str| -> String {
        text.chars().filter(|c| !is_hidden(*c)).take(MAX_CHARS).collect()
    };
    let refuse = |refused| Link { address: shown(text), refused: Some(refused) };
    if text.chars().count() > MAX_CHARS {
        return refuse(Refused::TooLong);
    }
    if text.chars().any(is_hidden) {
        return refuse(Refused::Hidden);
    }
    let Ok(url) = Url::parse(text.trim()) else {
        return refuse(Refused::NoAddress);
    };
    match url.scheme() {
        "https" if url.host_str().is_none_or(str::is_empty) => refuse(Refused::NoHost),
        "https" if !url.username().is_empty() || url.password().is_some() => {
            refuse(Refused::Credentials)
        }
        "mailto" if url.query().is_some_and(|query| query.to_lowercase().contains("attach")) => {
            refuse(Refused::Attachment)
        }
        "https" | "mailto" => Link { address: url.into(), refused: None },
        _ => refuse(Refused::Scheme),
    }
}

/// Control characters, and those that turn the direction of text or take no room.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests;
