//! The servers that were connected, in one file beside the settings.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::error::RemoteError;
use crate::key::KeySource;

/// The file, in the folder of settings.
const FILE_NAME: &str = "servers.json";
/// A larger file is none of ours.
const MAX_BYTES: u64 = 1 << 20;
/// Letters of a name at the most.
const MAX_NAME: usize = 64;

/// A server that was connected, and which of its models answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// What the person calls it.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// The id of the model that answers, as the server has it.
    pub model: String,
    /// Where its key is.
    #[serde(default)]
    pub key: KeySource,
}

impl Server {
    /// What the settings know it by; the ids of other models are paths.
    pub fn id(&self) -> String {
        format!("{ID_PREFIX}{}", self.name)
    }
}

/// What an id begins with that is of a server.
const ID_PREFIX: &str = "server:";

/// The servers of a folder of settings.
#[derive(Debug, Clone)]
pub struct Servers {
    folder: PathBuf,
}

/// The file. What another version adds to a server is not known here and is left out when it is written.
#[derive(Default, Serialize, Deserialize)]
struct Stored {
    servers: Vec<Server>,
}

impl Servers {
    /// Those in that folder, which need not be there yet.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The name of a server in an id; `None` for the ids of other models.
    pub fn name_of_id(id: &str) -> Option<&str> {
        id.strip_prefix(ID_PREFIX)
    }

    /// Checks what a server is to be called: letters, digits, and `-`, `_` and `.` between them.
    ///
    /// # Errors
    /// [`RemoteError::Name`] for anything else.
    pub fn check_name(name: &str) -> Result<(), RemoteError> {
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if begins && !name.ends_with('.') && name.len() <= MAX_NAME && name.bytes().all(is_good) {
            Ok(())
        } else {
            Err(RemoteError::Name { name: name.to_owned() })
        }
    }

    /// All of them, in the order of their names.
    ///
    /// # Errors
    /// [`RemoteError::Servers`] for a file that cannot be read; it is left as it is.
    pub fn list(&self) -> Result<Vec<Server>, RemoteError> {
        let path = self.path();
        let wrong = |reason: String| RemoteError::Servers { path: path.clone(), reason };
        let mut text = String::new();
        match fs_err::File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(RemoteError::file(error)),
            Ok(file) => {
                let read = file.take(MAX_BYTES).read_to_string(&mut text);
                read.map_err(|error| wrong(error.to_string()))?;
            }
        }
        let stored: Stored =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let mut servers = stored.servers;
        for server in &servers {
            Self::check_name(&server.name).map_err(|error| wrong(error.to_string()))?;
        }
        servers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(servers)
    }

    /// The one of that name.
    ///
    /// # Errors
    /// [`RemoteError::UnknownServer`]; those of [`Self::list`].
    pub fn find(&self, name: &str) -> Result<Server, RemoteError> {
        let found = self.list()?.into_iter().find(|server| server.name == name);
        found.ok_or_else(|| RemoteError::UnknownServer { name: name.to_owned() })
    }

    /// Adds a server, in place of the one of its name.
    ///
    /// # Errors
    /// [`RemoteError::File`]; those of [`Self::list`].
    pub fn put(&self, server: Server) -> Result<(), RemoteError> {
        Self::check_name(&server.name)?;
        let mut servers = self.list()?;
        servers.retain(|other| other.name != server.name);
        servers.push(server);
        self.write(servers)
    }

    /// Removes a server, and its key if that is ours.
    ///
    /// # Errors
    /// [`RemoteError::UnknownServer`]; those of [`Self::list`]; the key's, and the server stays then.
    pub fn remove(&self, name: &str) -> Result<(), RemoteError> {
        let server = self.find(name)?;
        server.key.forget(name, &self.folder)?;
        let mut servers = self.list()?;
        servers.retain(|other| other.name != name);
        self.write(servers)
    }

    fn write(&self, mut servers: Vec<Server>) -> Result<(), RemoteError> {
        servers.sort_by(|a, b| a.name.cmp(&b.name));
        let text = serde_json::to_string_pretty(&Stored { servers });
        let text = text.map_err(|error| RemoteError::file(io::Error::other(error)))?;
        lorgnette_files::write_whole(&self.path(), (text + "\n").as_bytes())
            .map_err(RemoteError::file)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE_NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(name: &str) -> Server {
        Server {
            name: name.into(),
            address: Address::new("http://127.0.0.1:8000", false).unwrap(),
            model: "pixtral".into(),
            key: KeySource::Env("KEY".into()),
        }
    }

    #[test]
    fn servers_are_added_replaced_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let servers = Servers::at(&folder.path().join("config"));
        assert_eq!(servers.list().unwrap(), []);
        servers.put(server("lan")).unwrap();
        servers.put(server("a")).unwrap();
        let other = Server { model: "another".into(), ..server("lan") };
        servers.put(other.clone()).unwrap();
        assert_eq!(servers.list().unwrap(), [server("a"), other.clone()]);
        assert_eq!(servers.find("lan").unwrap(), other);
        assert_eq!(Servers::name_of_id(&other.id()), Some("lan"));
        assert_eq!(Servers::name_of_id("/models/lan"), None);
        servers.remove("a").unwrap();
        assert!(matches!(servers.remove("a"), Err(RemoteError::UnknownServer { .. })));
        assert_eq!(servers.list().unwrap(), [other]);
    }

    #[test]
    fn a_name_is_that_of_a_file() {
        for name in ["lan", "gpu-box.2", "A_1"] {
            Servers::check_name(name).unwrap();
        }
        for name in ["", "../a", "a/b", ".", "a.", "-rf", "a b", "é", &"a".repeat(65)] {
            assert!(Servers::check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let servers = Servers::at(folder.path());
        for text in
            ["{", r#"{"servers":[{"name":"../a","address":{"url":"https://a"},"model":""}]}"#]
        {
            fs_err::write(servers.path(), text).unwrap();
            assert!(matches!(servers.put(server("lan")), Err(RemoteError::Servers { .. })));
            assert_eq!(fs_err::read_to_string(servers.path()).unwrap(), text);
        }
    }
}
