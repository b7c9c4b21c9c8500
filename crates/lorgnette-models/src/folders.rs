//! Where things lie on this machine.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use serde::Serialize;

use crate::error::ModelsError;

/// The person's folders for this program, which need not be there yet.
#[derive(Debug, Clone, Serialize)]
pub struct Folders {
    /// Chats and pictures, which must not be lost.
    pub data: PathBuf,
    /// The file of settings.
    pub config: PathBuf,
    /// What can be made again.
    pub cache: PathBuf,
    pub models: PathBuf,
}

impl Folders {
    /// All of them in one folder.
    #[must_use]
    pub fn below(home: &Path) -> Self {
        Self {
            data: home.join("data"),
            config: home.join("config"),
            cache: home.join("cache"),
            models: home.join("models"),
        }
    }

    /// The platform's customary folders (XDG, `Application Support`, `AppData`), or all below
    /// `LORGNETTE_HOME`; models in `LORGNETTE_MODELS` if that is set.
    ///
    /// # Errors
    /// [`ModelsError::NoHome`] when the system names no home folder.
    pub fn find() -> Result<Self, ModelsError> {
        let variable = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let mut folders = if let Some(home) = variable("LORGNETTE_HOME") {
            Self::below(&home)
        } else {
            let dirs = ProjectDirs::from("", "", "lorgnette").ok_or(ModelsError::NoHome)?;
            Self {
                data: dirs.data_dir().to_owned(),
                config: dirs.config_dir().to_owned(),
                cache: dirs.cache_dir().to_owned(),
                models: dirs.data_dir().join("models"),
            }
        };
        if let Some(models) = variable("LORGNETTE_MODELS") {
            folders.models = models;
        }
        Ok(folders)
    }
}
