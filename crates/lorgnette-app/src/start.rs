//! What can be done when the program cannot start. Nothing is lost by any of it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::chats::{self, ChatsCopy, ChatsError, ChatsFault};
use crate::error::AppError;
use crate::folders::Folders;
use crate::picture_store::PictureStore;
use crate::settings::Settings;

/// A way on from a start that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(tag = "way", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum WayOn {
    /// Open what can still be read of damaged chats, as a new file.
    Repair {
        n_chats: usize,
        n_messages: usize,
    },
    /// Open a copy of the chats as they were.
    Restore {
        copy: ChatsCopy,
    },
    /// Begin without chats; the file is kept beside.
    BeginAnew,
    /// Begin with the usual settings; the file is kept beside.
    UsualSettings,
    /// Start again, because the cause may be gone.
    TryAgain,
    /// Show the folder in the file manager.
    ShowFolder,
    Quit,
}

/// The ways on from this error, the best one first.
pub fn ways_on(error: &AppError, folders: &Folders) -> Vec<WayOn> {
    let mut ways = Vec::new();
    let chats_error = match error {
        AppError::Chats(error) => Some(error),
        _ => None,
    };
    let is_damaged = chats_error.and_then(ChatsError::fault) == Some(ChatsFault::Damaged);
    if is_damaged {
        let (n_chats, n_messages) = chats::damage(&folders.data);
        if n_chats > 0 {
            ways.push(WayOn::Repair { n_chats, n_messages });
        }
    }
    if !is_damaged {
        match error {
            AppError::Settings { .. } => ways.push(WayOn::UsualSettings),
            _ => ways.push(WayOn::TryAgain),
        }
    }
    if is_damaged || matches!(chats_error, Some(ChatsError::Newer { .. })) {
        let copies = chats::copies_of(&folders.data);
        ways.extend(copies.into_iter().map(|copy| WayOn::Restore { copy }));
        ways.push(WayOn::BeginAnew);
    }
    if matches!(error, AppError::Settings { .. }) {
        ways.push(WayOn::TryAgain);
    }
    ways.extend([WayOn::ShowFolder, WayOn::Quit]);
    ways
}

/// Prepares another start. Says where the file is now that could not be opened, if it was moved.
///
/// # Errors
/// Those of [`chats::repair()`], [`chats::restore_copy`], [`chats::begin_anew`]; [`AppError::Write`].
pub fn take(way: &WayOn, folders: &Folders) -> Result<Option<PathBuf>, AppError> {
    let data = &folders.data;
    match way {
        WayOn::Repair { .. } => {
            let pictures = PictureStore::new(data, &folders.cache);
            Ok(Some(chats::repair(data, |id| pictures.info(id, "").ok())?))
        }
        WayOn::Restore { copy } => Ok(Some(chats::restore_copy(data, &copy.name)?)),
        WayOn::BeginAnew => Ok(Some(chats::begin_anew(data)?)),
        WayOn::UsualSettings => {
            Settings::set_aside(&settings_file(folders)).map(Some).map_err(AppError::Write)
        }
        WayOn::TryAgain | WayOn::ShowFolder | WayOn::Quit => Ok(None),
    }
}

/// The folder of what could not be opened.
pub fn folder_of<'a>(error: &AppError, folders: &'a Folders) -> &'a Path {
    if matches!(error, AppError::Settings { .. }) { &folders.config } else { &folders.data }
}

/// The file of settings.
pub(crate) fn settings_file(folders: &Folders) -> PathBuf {
    folders.config.join("settings.toml")
}

#[cfg(test)]
mod tests;
