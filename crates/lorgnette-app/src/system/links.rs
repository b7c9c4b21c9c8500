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
mod tests {
    use super::*;

    #[track_caller]
    fn check_opens(text: &str, address: &str) {
        assert_eq!(check(text), Link { address: address.into(), refused: None });
    }

    #[track_caller]
    fn check_refused(text: &str) {
        assert!(check(text).refused.is_some(), "{text} would be opened");
    }

    #[test]
    fn pages_and_mail_open_with_their_real_address() {
        check_opens("https://example.org/a?b#c", "https://example.org/a?b#c");
        check_opens(" HTTPS://EXAMPLE.ORG ", "https://example.org/");
        check_opens("mailto:a@example.org?subject=x", "mailto:a@example.org?subject=x");
        // Cyrillic а: what is looked up is shown.
        check_opens("https://ex\u{430}mple.org/", "https://xn--exmple-4nf.org/");
    }

    #[test]
    fn nothing_else_opens() {
        for text in [
            "http://example.org/",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\nscript:alert(1)",
            " data:text/html,<script>alert(1)</script>",
            "file:///etc/passwd",
            "FILE:///C:/Windows/System32/calc.exe",
            "smb://host/share",
            "\\\\host\\share",
            "//host/share",
            "ms-msdt:/id",
            "vbscript:x",
            "tauri://localhost/",
            "ipc://localhost/",
            "picture://localhost/x",
            "https:",
            "https://user:pass@example.org/",
            "https://google.com@example.org/",
            "https://example.org/\u{202e}gpj.exe",
            "https://exam\u{200b}ple.org/",
            "mailto:a@example.org?attach=/etc/passwd",
            "mailto:a@example.org?Attachment=x",
            "example.org",
            "",
        ] {
            check_refused(text);
        }
        check_refused(&format!("https://example.org/{}", "a".repeat(MAX_CHARS)));
    }
}
