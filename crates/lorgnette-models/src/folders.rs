//! Where things lie on this machine.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;
pub use lorgnette_weights::at_home;
use lorgnette_weights::is_of_other;
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
    /// `LORGNETTE_HOME`; models in `LORGNETTE_MODELS` if that is set. `~` in them is the home
    /// folder: where a shell has not replaced it, a folder of that name would be made.
    ///
    /// # Errors
    /// [`ModelsError::NoHome`] when the system names no home folder, and
    /// [`ModelsError::FolderOfOther`] for `~name`.
    pub fn find() -> Result<Self, ModelsError> {
        let variable = |name: &'static str| match std::env::var_os(name) {
            Some(folder) if !folder.is_empty() => named(name, Path::new(&folder)).map(Some),
            _ => Ok(None),
        };
        let mut folders = if let Some(home) = variable("LORGNETTE_HOME")? {
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
        if let Some(models) = variable("LORGNETTE_MODELS")? {
            folders.models = models;
        }
        Ok(folders)
    }
}

/// The folder that a variable names.
fn named(variable: &'static str, folder: &Path) -> Result<PathBuf, ModelsError> {
    let folder = at_home(folder).ok_or(ModelsError::NoHome)?;
    if is_of_other(&folder) {
        return Err(ModelsError::FolderOfOther { variable, folder });
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_folder_may_be_written_as_a_tilde() {
        let home = std::env::home_dir().unwrap();
        let named = |folder| named("LORGNETTE_MODELS", Path::new(folder));
        assert_eq!(named("~").unwrap(), home);
        assert_eq!(named("~/models/~").unwrap(), home.join("models/~"));
        assert_eq!(named("/~/models").unwrap(), Path::new("/~/models"));
        let error = named("~ada/models").unwrap_err();
        assert!(error.to_string().contains("LORGNETTE_MODELS is ~ada/models"), "{error}");
    }
}
