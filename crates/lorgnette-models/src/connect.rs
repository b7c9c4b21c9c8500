//! Servers that are connected: a model in the list, which answers elsewhere.

use lorgnette_interrupt::Cancel;
use lorgnette_remote::{Address, KeySource, RemoteError, RemoteModel, Server, Servers, StoredIn};

use crate::BUILT_IN;
use crate::error::ModelsError;
use crate::library::Library;

/// A server that is to be connected.
#[derive(Debug, Clone)]
pub struct NewServer {
    /// What it is to be called.
    pub name: String,
    /// Its address, as a person writes it.
    pub url: String,
    /// Which of its models answers; `None`: the only one.
    pub model: Option<String>,
    pub key: NewKey,
    /// http is wanted, also to another machine.
    pub allow_http: bool,
}

/// The key of a server that is to be connected.
#[derive(Clone)]
pub enum NewKey {
    /// It is there already, or none is needed.
    At(KeySource),
    /// It goes into the system's keyring.
    Typed(String),
}

/// It may be a key.
impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(source) => f.debug_tuple("At").field(source).finish(),
            Self::Typed(_) => f.write_str("Typed(…)"),
        }
    }
}

/// A server that was connected.
#[derive(Debug, Clone)]
pub struct Connected {
    pub server: Server,
    /// Tokens of a chat, where the server says so.
    pub context: Option<usize>,
    /// Where a key was put that was typed.
    pub key_in: Option<StoredIn>,
}

impl Library {
    /// Asks a server for its models, and remembers it if it answers. One of that name is replaced. `None`
    /// when it was cancelled.
    ///
    /// # Errors
    /// [`ModelsError::Remote`]; then nothing has changed.
    pub fn connect(
        &self,
        new: &NewServer,
        servers: &Servers,
        cancel: &Cancel,
    ) -> Result<Option<Connected>, ModelsError> {
        Servers::check_name(&new.name)?;
        let is_listed = self.list()?.iter().any(|model| model.name == new.name);
        if new.name == BUILT_IN || is_listed || self.path(&new.name).is_ok() {
            return Err(RemoteError::NameTaken { name: new.name.clone() }.into());
        }
        let (source, typed) = match &new.key {
            NewKey::At(source) => (source.clone(), None),
            NewKey::Typed(key) => (KeySource::None, Some(key.as_str())),
        };
        let address = Address::new(&new.url, new.allow_http)?;
        let server = Server { name: new.name.clone(), address, model: String::new(), key: source };
        let found = RemoteModel::find(server, new.model.as_deref(), typed, servers, cancel)?;
        let Some(model) = found else { return Ok(None) };
        let mut server = model.server().clone();
        // The key that the server had before, if it was ours, goes with it.
        if let Ok(before) = servers.find(&new.name)
            && before.key != server.key
        {
            servers.remove(&new.name)?;
        }
        let key_in =
            typed.map(|key| KeySource::store(&new.name, key, servers.folder())).transpose()?;
        if let Some(stored) = &key_in {
            server.key = stored.source();
        }
        servers.put(server.clone())?;
        Ok(Some(Connected { server, context: model.context(), key_in }))
    }
}
