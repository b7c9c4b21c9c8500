//! Where things lie on this machine.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;
pub use lorgnette_weights::at_home;
use lorgnette_weights::is_of_other;
use serde::Serialize;

use crate::error::ModelsError;
use crate::whole_file;

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
            // On Windows, a domain copies the other data folder at each log-on.
            let data = moved(dirs.data_dir(), dirs.data_local_dir());
            Self {
                models: data.join("models"),
                data,
                config: dirs.config_dir().to_owned(),
                cache: dirs.cache_dir().to_owned(),
            }
        };
        if let Some(models) = variable("LORGNETTE_MODELS")? {
            folders.models = models;
        }
        Ok(folders)
    }
}

/// The folder for what an earlier version had in `from`, which it moves to `to`. Where that fails, as it
/// does while a program has a file open, it stays for this time.
fn moved(from: &Path, to: &Path) -> PathBuf {
    if from == to || to.exists() || !from.exists() {
        return to.to_owned();
    }
    let parent = to.parent().map_or(Ok(()), fs_err::create_dir_all);
    match parent.and_then(|()| whole_file::rename(from, to)) {
        Ok(()) => to.to_owned(),
        Err(error) => {
            tracing::warn!("the folder of models and chats stays where it was: {error}");
            from.to_owned()
        }
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
    fn what_an_earlier_version_had_elsewhere_is_moved_once() {
        let home = tempfile::tempdir().unwrap();
        let (from, to) = (home.path().join("Roaming/data"), home.path().join("Local/data"));
        // Nothing is there yet.
        assert_eq!(moved(&from, &to), to);
        fs_err::create_dir_all(from.join("models/a")).unwrap();
        assert_eq!(moved(&from, &to), to);
        assert!(to.join("models/a").is_dir() && !from.exists());
        // A version before that ran once more: what is there stays, and nothing is mixed.
        fs_err::create_dir_all(from.join("models/b")).unwrap();
        assert_eq!(moved(&from, &to), to);
        assert!(from.join("models/b").is_dir() && !to.join("models/b").exists());
        assert_eq!(moved(&to, &to), to);
        // It cannot be moved: a file stands where the folder above it should.
        fs_err::write(home.path().join("file"), b"").unwrap();
        assert_eq!(moved(&from, &home.path().join("file/data")), from);
    }

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
