//! The start, the menu, links, and the proof that nothing leaves.

use lorgnette_app::system::links::{Link, Refused};
use lorgnette_app::system::sockets::Sockets;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{ChatSummaryDto, ModelDto, SettingsDto, StatusDto};

/// Everything for the first paint.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Boot")]
pub struct BootDto {
    pub(crate) version: String,
    pub(crate) platform: PlatformDto,
    pub(crate) locale: String,
    pub(crate) settings: SettingsDto,
    pub(crate) status: StatusDto,
    pub(crate) chats: Vec<ChatSummaryDto>,
    pub(crate) models: Vec<ModelDto>,
    pub(crate) samples: Vec<SampleDto>,
}

/// The system.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "lowercase")]
#[serde(rename = "Platform")]
pub enum PlatformDto {
    /// Linux, and whatever else has no entry here.
    Linux,
    /// macOS.
    Macos,
    /// Windows.
    Windows,
}

/// A picture to try.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "Sample")]
pub struct SampleDto {
    pub(crate) name: String,
    pub(crate) question: String,
}

/// What the program has open to the network.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Network")]
pub struct NetworkDto {
    supported: bool,
    sockets: Vec<SocketDto>,
    n_downloads: usize,
}

/// One connection.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "Socket")]
pub struct SocketDto {
    protocol: String,
    local: String,
    remote: String,
    state: String,
}

/// Where things lie.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "Folders")]
pub struct FoldersDto {
    pub(crate) data: String,
    pub(crate) config: String,
    pub(crate) models: String,
}

/// An address, before it is opened.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "Link")]
pub struct LinkDto {
    address: String,
    opens: bool,
    refused: Option<RefusedDto>,
}

/// Why an address is not opened.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Refused")]
pub enum RefusedDto {
    TooLong,
    Hidden,
    NoAddress,
    NoHost,
    Credentials,
    Attachment,
    Scheme,
}

impl From<Refused> for RefusedDto {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TooLong => Self::TooLong,
            Refused::Hidden => Self::Hidden,
            Refused::NoAddress => Self::NoAddress,
            Refused::NoHost => Self::NoHost,
            Refused::Credentials => Self::Credentials,
            Refused::Attachment => Self::Attachment,
            Refused::Scheme => Self::Scheme,
        }
    }
}

/// What this machine has, as text.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "Doctor")]
pub struct DoctorDto {
    pub(crate) text: String,
}

/// A menu of the menu bar.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename = "Menu")]
pub struct MenuDto {
    pub(crate) label: String,
    pub(crate) items: Vec<MenuItemDto>,
}

/// An entry of a menu.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[serde(rename = "MenuItem")]
pub enum MenuItemDto {
    /// Something that the page does.
    Action {
        /// What it calls it.
        action: String,
        /// What the person reads.
        label: String,
        /// Keys, such as `Ctrl+O`.
        keys: Option<String>,
        /// Whether it can be done now.
        enabled: bool,
    },
    /// A line between entries.
    Separator,
    /// Something that the system does with text.
    Edit {
        /// What.
        edit: EditDto,
        /// What the person reads.
        label: String,
    },
}

/// Something that the system does with text.
#[derive(Debug, Clone, Copy, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Edit")]
pub enum EditDto {
    Undo,
    Redo,
    Cut,
    Copy,
    Paste,
    SelectAll,
}

impl PlatformDto {
    /// Where this runs.
    pub fn here() -> Self {
        if cfg!(target_os = "macos") {
            Self::Macos
        } else if cfg!(windows) {
            Self::Windows
        } else {
            Self::Linux
        }
    }
}

impl NetworkDto {
    /// What is open, and how many models are fetched.
    pub fn new(sockets: Option<Sockets>, n_downloads: usize) -> Self {
        let supported = sockets.is_some();
        let sockets = sockets.unwrap_or_default().0.into_iter().map(|socket| SocketDto {
            protocol: socket.protocol.into(),
            local: socket.local,
            remote: socket.remote,
            state: socket.state,
        });
        Self { supported, sockets: sockets.collect(), n_downloads }
    }
}

impl From<Link> for LinkDto {
    fn from(link: Link) -> Self {
        let opens = link.refused.is_none();
        Self { address: link.address, opens, refused: link.refused.map(Into::into) }
    }
}
