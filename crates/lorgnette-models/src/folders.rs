//! Where things lie on this machine.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use serde::Serialize;

use crate::error::AppError;

/// The person's folders for this program. None is made here.
#[derive(Debug, Clone, Serialize)]
pub struct Folders {
    /// Chats and settings that must not be lost.
    pub data: PathBuf,
    /// Settings.
    pub config: PathBuf,
    /// What can be made again.
    pub cache: PathBuf,
    /// Models.
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
    /// [`AppError::NoHome`] when the system names no home folder.
    pub fn find() -> Result<Self, AppError> {
        let variable = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let mut folders = if let Some(home) = variable("LORGNETTE_HOME") {
            Self::below(&home)
        } else {
            let dirs = ProjectDirs::from("", "", "lorgnette").ok_or(AppError::NoHome)?;
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

    /// What lies in the models folder and looks like a model: folders and `.gguf` files that are
    /// no vision parts.
    pub fn installed_models(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs_err::read_dir(&self.models) else {
            return Vec::new();
        };
        let is_gguf = |path: &PathBuf| {
            path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
        };
        let is_model = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            // Hidden: models that are not finished.
            !name.starts_with('.')
                && (path.is_dir() || (is_gguf(path) && !name.starts_with("mmproj")))
        };
        let mut models: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(is_model).collect();
        models.sort();
        models
    }
}
