//! What the window begins with, and what of the machine it shows.

use lorgnette_app::chats::Summary;
use lorgnette_app::desktop::sockets::{Socket, Sockets};
use lorgnette_app::samples::Sample;
use serde::Serialize;
use specta::Type;

use super::{ModelDto, SettingsDto, StatusDto};

/// Everything that the page needs for its first paint.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Boot")]
pub struct BootDto {
    pub(crate) version: String,
    /// Who is asked for the newest version, if the person wants to know; `None` if nobody can be.
    pub(crate) releases_host: Option<String>,
    pub(crate) platform: PlatformDto,
    pub(crate) locale: String,
    pub(crate) settings: SettingsDto,
    pub(crate) status: StatusDto,
    pub(crate) chats: Vec<Summary>,
    pub(crate) models: Vec<ModelDto>,
    pub(crate) samples: Vec<Sample>,
}

/// The operating system.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "lowercase")]
#[serde(rename = "Platform")]
pub enum PlatformDto {
    /// Linux, and whatever else has no entry here.
    Linux,
    Macos,
    Windows,
}

/// What the program has open to the network.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Network")]
pub struct NetworkDto {
    /// Whether the system tells a program its connections.
    supported: bool,
    sockets: Vec<Socket>,
    n_downloads: usize,
}

/// What this machine has, as text.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "Doctor")]
pub struct DoctorDto {
    pub(crate) text: String,
}

/// The newest version that is published.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "NewestVersion")]
pub struct NewestVersionDto {
    pub(crate) version: String,
    /// The address of its page, from the network.
    pub(crate) page: String,
    /// Whether it is newer than this program.
    pub(crate) is_newer: bool,
}

impl PlatformDto {
    /// The system that this runs on.
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
    /// The open connections, and how many models are being fetched.
    pub fn new(sockets: Option<Sockets>, n_downloads: usize) -> Self {
        let supported = sockets.is_some();
        Self { supported, sockets: sockets.unwrap_or_default().0, n_downloads }
    }
}
