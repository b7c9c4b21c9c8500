//! Servers that answer instead of a model of this machine, and the program as the server of others.

use std::fmt;
use std::net::SocketAddr;
use std::time::UNIX_EPOCH;

use lorgnette_app::models::connect::{Connected, NewKey, NewServer};
use lorgnette_app::models::remote::{KeySource, StoredIn};
use lorgnette_serve::{LastUse, Status};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::UiError;

/// A server that is to be connected, as the form has it.
#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "NewServer")]
pub struct NewServerDto {
    name: String,
    url: String,
    /// Which of its models answers; empty: the only one.
    model: String,
    /// Its key; empty: it needs none.
    key: String,
    /// Whether http is wanted, also to another machine.
    allow_http: bool,
}

/// Leaves out the key.
impl fmt::Debug for NewServerDto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewServerDto")
            .field("name", &self.name)
            .field("url", &self.url)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// A server that was connected.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "ConnectedServer")]
pub struct ConnectedDto {
    /// The id by which it can be chosen.
    id: String,
    model: String,
    host: String,
    /// The file that the key is in, on a system without a keyring.
    key_file: Option<String>,
}

impl From<NewServerDto> for NewServer {
    fn from(server: NewServerDto) -> Self {
        let model = server.model.trim();
        Self {
            name: server.name.trim().to_owned(),
            url: server.url,
            model: (!model.is_empty()).then(|| model.to_owned()),
            key: match server.key.trim() {
                "" => NewKey::At(KeySource::None),
                key => NewKey::Typed(key.to_owned()),
            },
            allow_http: server.allow_http,
        }
    }
}

impl From<Connected> for ConnectedDto {
    fn from(Connected { server, key_in, .. }: Connected) -> Self {
        Self {
            id: server.id(),
            host: server.address.host(),
            model: server.model,
            key_file: match key_in {
                Some(StoredIn::File { path, .. }) => Some(path.display().to_string()),
                Some(StoredIn::Keyring) | None => None,
            },
        }
    }
}

/// What the server for other programs is doing.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Served")]
pub struct ServedDto {
    /// Where it listens; `None`: there is none.
    address: Option<String>,
    /// Why there is none, though one is wanted.
    error: Option<UiError>,
    last_use: Option<LastUseDto>,
}

/// Who asked last.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "LastUse")]
struct LastUseDto {
    /// Milliseconds since 1970.
    at_ms: i64,
    /// What it calls itself, which any program can claim; may be empty.
    client: String,
}

impl ServedDto {
    pub fn new(status: Option<(SocketAddr, Status)>, error: Option<UiError>) -> Self {
        let (address, status) = status.unzip();
        Self {
            address: address.map(|address| format!("http://{address}")),
            error,
            last_use: status.and_then(|status| status.last_use).map(Into::into),
        }
    }
}

impl From<LastUse> for LastUseDto {
    fn from(LastUse { at, client, .. }: LastUse) -> Self {
        let since_1970 = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { at_ms: i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX), client }
    }
}
