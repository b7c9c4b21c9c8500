//! The published checksum of a file, and a hash whose state survives a kill.

use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest as _, Sha256};

/// A published hash of a file's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checksum {
    /// SHA-256 of the content in hexadecimal, which the hub has for large files.
    Sha256(String),
    /// Git's name of the content in hexadecimal, which the hub has for small files.
    GitBlob(String),
}

impl Checksum {
    /// Whether `content` is what was published. Large files are hashed as they come, by [`Hash`].
    pub fn matches(&self, content: &[u8]) -> bool {
        match self {
            Self::Sha256(expected) => *expected == hex::encode(Sha256::digest(content)),
            Self::GitBlob(expected) => {
                let mut hash = Sha1::new();
                hash.update(format!("blob {}\0", content.len()));
                hash.update(content);
                *expected == hex::encode(hash.finalize())
            }
        }
    }

    /// The hexadecimal digits.
    pub fn text(&self) -> &str {
        match self {
            Self::Sha256(hash) | Self::GitBlob(hash) => hash,
        }
    }

    /// Takes a hash from the network; `None` unless it is 64 small hexadecimal digits.
    pub fn sha256(hash: &str) -> Option<Self> {
        is_hex(hash, 64).then(|| Self::Sha256(hash.to_owned()))
    }

    /// Takes a hash from the network; `None` unless it is 40 small hexadecimal digits.
    pub fn git_blob(hash: &str) -> Option<Self> {
        is_hex(hash, 40).then(|| Self::GitBlob(hash.to_owned()))
    }
}

fn is_hex(text: &str, n_digits: usize) -> bool {
    text.len() == n_digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A hash whose state can be stored, so that each byte of a file is hashed once, over any number of
/// runs.
#[derive(Debug, Clone)]
pub enum Hash {
    /// The hash of the content.
    Sha256(Sha256),
    /// The hash of git's header and the content.
    GitBlob(Sha1),
}

impl Hash {
    /// Begins the hash that a file of `n_bytes` is compared with `checksum` by; SHA-256 without one.
    pub fn begin(checksum: Option<&Checksum>, n_bytes: u64) -> Self {
        match checksum {
            None | Some(Checksum::Sha256(_)) => Self::Sha256(Sha256::new()),
            Some(Checksum::GitBlob(_)) => {
                let mut hash = Sha1::new();
                hash.update(format!("blob {n_bytes}\0"));
                Self::GitBlob(hash)
            }
        }
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::GitBlob(hash) => hash.update(bytes),
        }
    }

    /// Writes the state as text, from which [`Hash::from_state`] goes on.
    pub fn state(&self) -> String {
        match self {
            Self::Sha256(hash) => format!("sha256:{}", hex::encode(hash.serialize())),
            Self::GitBlob(hash) => format!("git-blob:{}", hex::encode(hash.serialize())),
        }
    }

    /// Reads what [`Hash::state`] wrote; `None` for anything else.
    pub fn from_state(state: &str) -> Option<Self> {
        let (kind, state) = state.split_once(':')?;
        let bytes = hex::decode(state).ok()?;
        match kind {
            "sha256" => {
                let state = SerializedState::<Sha256>::try_from(bytes.as_slice()).ok()?;
                Some(Self::Sha256(Sha256::deserialize(&state).ok()?))
            }
            "git-blob" => {
                let state = SerializedState::<Sha1>::try_from(bytes.as_slice()).ok()?;
                Some(Self::GitBlob(Sha1::deserialize(&state).ok()?))
            }
            _ => None,
        }
    }

    /// Ends the hash, in the form in which hashes are published.
    pub fn finish(self) -> Checksum {
        match self {
            Self::Sha256(hash) => Checksum::Sha256(hex::encode(hash.finalize())),
            Self::GitBlob(hash) => Checksum::GitBlob(hex::encode(hash.finalize())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_goes_on_from_its_state_at_every_byte() {
        let content: Vec<u8> = (0..200).collect();
        let blob = Checksum::GitBlob(String::new());
        for checksum in [None, Some(&blob)] {
            let mut whole = Hash::begin(checksum, 200);
            whole.update(&content);
            let whole = whole.finish();
            assert!(whole.matches(&content));
            for cut in 0..content.len() {
                let mut hash = Hash::begin(checksum, 200);
                hash.update(&content[..cut]);
                let mut resumed = Hash::from_state(&hash.state()).expect("a state");
                resumed.update(&content[cut..]);
                assert_eq!(resumed.finish(), whole, "{cut}");
            }
        }
        for state in ["", "sha256:", "sha256:zz", "sha256:é", "md5:00"] {
            assert!(Hash::from_state(state).is_none(), "{state}");
        }
    }

    #[test]
    fn published_hashes_hold_for_their_content_only() {
        // `printf hello | sha256sum`, `printf hello | git hash-object --stdin`
        let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let blob = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0";
        for checksum in [Checksum::sha256(sha256), Checksum::git_blob(blob)].map(Option::unwrap) {
            assert!(checksum.matches(b"hello"));
            assert!(!checksum.matches(b"hellO"));
        }
        assert!(Checksum::sha256("../../etc/passwd").is_none());
        assert!(Checksum::git_blob(sha256).is_none());
    }
}
