//! Names from people and from the network. Only a name that passes here becomes part of an address
//! or a path.

use std::fmt;

use crate::error::WeightsError;

const MAX_NAME_BYTES: usize = 128;

/// Whether a name is one component of a path on every system: letters, digits, `.`, `-` and `_`,
/// beginning with a letter, digit or `_`.
fn is_plain(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    name.len() <= MAX_NAME_BYTES
        && name.bytes().all(plain)
        && !name.starts_with(['.', '-'])
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.is_empty()
        && !is_device(name)
}

/// Names that Windows gives to devices, with any extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.as_bytes()[3].is_ascii_digit())
}

fn fault(name: &str, what: &'static str) -> WeightsError {
    WeightsError::Name { name: name.chars().take(MAX_NAME_BYTES).collect(), what }
}

/// The name of a repository, as `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoName {
    owner: String,
    name: String,
}

impl RepoName {
    /// Reads a name of the form `owner/name`.
    ///
    /// # Errors
    /// [`WeightsError::Name`] if the name is not allowed.
    pub fn new(text: &str) -> Result<Self, WeightsError> {
        let parts = text.split_once('/').filter(|(owner, name)| is_plain(owner) && is_plain(name));
        let (owner, name) = parts.ok_or_else(|| fault(text, "a repository"))?;
        Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
    }

    /// The person or organisation that publishes it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The second half, without the owner's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// A branch, tag or commit of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision(String);

impl Revision {
    /// The branch `main`, which repositories publish.
    pub fn main() -> Self {
        Self("main".into())
    }

    /// Reads a revision; slashes are allowed, as in `refs/pr/1`.
    ///
    /// # Errors
    /// [`WeightsError::Name`] if the name is not allowed.
    pub fn new(text: &str) -> Result<Self, WeightsError> {
        if !text.is_empty() && text.len() <= MAX_NAME_BYTES && text.split('/').all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(fault(text, "a revision"))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a file at the top of a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName(String);

impl FileName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`WeightsError::Name`] if the name is not allowed.
    pub fn new(name: &str) -> Result<Self, WeightsError> {
        if is_plain(name) { Ok(Self(name.to_owned())) } else { Err(fault(name, "a file")) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_where_they_are() {
        for name in ["model-00001-of-00006.safetensors", "config.json", "_x", "a"] {
            assert!(FileName::new(name).is_ok(), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "C:x",
            "/etc/passwd",
            ".hidden",
            "a..b",
            "x.",
            "nul",
            "NUL.gguf",
            "com1.txt",
            "a b",
            "a\0b",
            "-rf",
            "é",
            "a\nb",
        ] {
            assert!(FileName::new(name).is_err(), "{name:?}");
        }
        assert!(FileName::new(&"a".repeat(129)).is_err());
    }

    #[test]
    fn repositories_and_revisions() {
        assert_eq!(RepoName::new("a/b.c-d").expect("name").to_string(), "a/b.c-d");
        for name in ["a", "a/", "/b", "a/b/c", "../b", "a/.."] {
            assert!(RepoName::new(name).is_err(), "{name}");
        }
        assert!(Revision::new("refs/pr/1").is_ok());
        for revision in ["", "a//b", "../main", "main/..", "a?b", "a#b"] {
            assert!(Revision::new(revision).is_err(), "{revision}");
        }
    }
}
