//! Keys of servers. They are in a variable, in the system's keyring or in a file, and never in the
//! file of servers.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use fs_err::OpenOptions;
use serde::{Deserialize, Serialize};

use crate::error::RemoteError;

/// What the keyring has the keys under.
const SERVICE: &str = "lorgnette server key";
/// The folder of the keys on a system without a keyring.
const FOLDER: &str = "server-keys";
/// A longer file is no key.
const MAX_BYTES: u64 = 16 << 10;

/// Where the key of a server is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeySource {
    /// The server wants none.
    #[default]
    None,
    /// In this variable, each time the program starts.
    Env(String),
    /// In the first line of this file, which is the person's.
    File(PathBuf),
    /// In the system's keyring.
    Keyring,
    /// In a file of ours that its owner alone may read: this system has no keyring.
    OwnFile,
}

/// Where a key was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredIn {
    /// The system's keyring.
    Keyring,
    /// A file that its owner alone may read, because there is no keyring, for this reason.
    File {
        /// Where it is.
        path: PathBuf,
        /// What the keyring said.
        reason: String,
    },
}

impl StoredIn {
    /// What the file of servers says of it.
    pub fn source(&self) -> KeySource {
        match self {
            Self::Keyring => KeySource::Keyring,
            Self::File { .. } => KeySource::OwnFile,
        }
    }
}

/// A key, which no message shows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// A key that a person gave.
    ///
    /// # Errors
    /// [`RemoteError::Key`] for what is none.
    pub(crate) fn typed(text: &str) -> Result<Self, RemoteError> {
        Self::new(text).map_err(|reason| RemoteError::Key { from: "what was given".into(), reason })
    }

    /// # Errors
    /// What is wrong with it.
    fn new(text: &str) -> Result<Self, String> {
        let text = text.lines().next().unwrap_or_default().trim();
        if text.is_empty() {
            return Err("it is empty".into());
        }
        // What a header cannot hold would be an error of the request, with the key in it.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("there are characters in it that no key has".into());
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl KeySource {
    /// Reads the key of the server of that name, whose file of servers is in `folder`.
    ///
    /// # Errors
    /// [`RemoteError::Key`] if it is not where it should be.
    pub(crate) fn read(&self, name: &str, folder: &Path) -> Result<Option<Key>, RemoteError> {
        let text = match self {
            Self::None => return Ok(None),
            Self::Env(variable) => {
                std::env::var(variable).map_err(|_| "it is not set, or no text".to_owned())
            }
            Self::File(path) => read_file(path).map_err(|error| error.to_string()),
            Self::OwnFile => read_file(&own_file(folder, name)).map_err(|error| error.to_string()),
            Self::Keyring => entry(name).and_then(|entry| entry.get_password()).map_err(in_words),
        };
        let key = text.and_then(|text| Key::new(&text));
        key.map(Some).map_err(|reason| RemoteError::Key { from: self.to_string(), reason })
    }

    /// Puts a key into the keyring, or into a file where there is none.
    ///
    /// # Errors
    /// [`RemoteError::Key`] for what is no key; [`RemoteError::File`] if neither takes it.
    pub fn store(name: &str, key: &str, folder: &Path) -> Result<StoredIn, RemoteError> {
        let Key(key) = Key::typed(key)?;
        let stored = entry(name).and_then(|entry| {
            entry.set_password(&key)?;
            // A keyring that is locked takes a key and does not give it back.
            entry.get_password().map(drop)
        });
        let Err(error) = stored else { return Ok(StoredIn::Keyring) };
        let path = own_file(folder, name);
        write_own(&path, &key).map_err(RemoteError::file)?;
        Ok(StoredIn::File { path, reason: in_words(error) })
    }

    /// Forgets a key that is ours: a file of the person's and a variable stay as they are. What is gone
    /// already is no error.
    ///
    /// # Errors
    /// [`RemoteError::Key`], [`RemoteError::File`] if it cannot be removed.
    pub(crate) fn forget(&self, name: &str, folder: &Path) -> Result<(), RemoteError> {
        match self {
            Self::None | Self::Env(_) | Self::File(_) => Ok(()),
            Self::Keyring => match entry(name).and_then(|entry| entry.delete_credential()) {
                Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
                Err(error) => {
                    Err(RemoteError::Key { from: self.to_string(), reason: in_words(error) })
                }
            },
            Self::OwnFile => match fs_err::remove_file(own_file(folder, name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(RemoteError::file(error))
                }
                _ => Ok(()),
            },
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("nowhere"),
            Self::Env(variable) => write!(f, "the variable {variable}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Keyring => f.write_str("the system's keyring"),
            Self::OwnFile => f.write_str("the file of this server's key"),
        }
    }
}

fn entry(name: &str) -> keyring::Result<keyring::Entry> {
    if let Err(error) = keyring::Entry::store_status() {
        let reason = error.to_string();
        return Err(keyring::Error::NotSupportedByStore(reason));
    }
    keyring::Entry::new(SERVICE, name)
}

/// Errors of the keyring may have the secret in them, when it is no text.
fn in_words(error: keyring::Error) -> String {
    match error {
        keyring::Error::NoEntry => "it is not there".into(),
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => {
            "what is there is no text".into()
        }
        keyring::Error::NotSupportedByStore(reason) => reason,
        error => error.to_string(),
    }
}

fn own_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(FOLDER).join(name)
}

fn read_file(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs_err::File::open(path)?.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// Writes a file that is readable for its owner alone from its first byte on.
fn write_own(path: &Path, key: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(format!("{key}\n").as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_the_first_line_of_a_file_and_shown_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs_err::write(&path, "sk-secret\r\nand more\n").unwrap();
        let source = KeySource::File(path.clone());
        let key = source.read("lan", folder.path()).unwrap().unwrap();
        assert_eq!(key.header(), "Bearer sk-secret");
        assert!(!format!("{key:?}").contains("secret"));
        for wrong in ["", "\n", "schlüssel", "a b"] {
            fs_err::write(&path, wrong).unwrap();
            let error = source.read("lan", folder.path()).unwrap_err();
            assert!(matches!(error, RemoteError::Key { .. }), "{error}");
        }
        fs_err::remove_file(&path).unwrap();
        assert!(source.read("lan", folder.path()).is_err());
        assert!(KeySource::Env("LORGNETTE_NO_SUCH_KEY".into()).read("lan", folder.path()).is_err());
        assert_eq!(KeySource::None.read("lan", folder.path()).unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_of_ours_is_for_its_owner_alone_and_goes_when_the_key_is_forgotten() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = own_file(folder.path(), "lan");
        for key in ["one", "two"] {
            write_own(&path, key).unwrap();
            let mode = fs_err::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let read = KeySource::OwnFile.read("lan", folder.path()).unwrap().unwrap();
            assert_eq!(read.header(), format!("Bearer {key}"));
        }
        for _ in 0..2 {
            KeySource::OwnFile.forget("lan", folder.path()).unwrap();
            assert!(!path.exists());
        }
    }
}
