//! What can be done about chats that cannot be opened. Nothing is lost by any of it: the file that
//! could not be opened is kept beside, under a name with the day.

use std::path::{Path, PathBuf};

use super::salvage::Salvage;
use super::{ChatsCopy, PictureInfo, copies, place};
use crate::ChatsError;

/// Where the file is now that could not be opened.
pub type BesideChats = PathBuf;

/// How many chats and messages a repaired copy of damaged chats would have.
pub fn damage(folder: &Path) -> (usize, usize) {
    let salvage = Salvage::read(&place::file(folder));
    salvage.map_or((0, 0), |salvage| salvage.n_chats_and_messages())
}

/// The copies of the chats of a folder, the newest first.
pub fn copies_of(folder: &Path) -> Vec<ChatsCopy> {
    copies::list(folder)
}

/// Puts a repaired copy of damaged chats in their place. `picture` says what is known of a picture of
/// which only the file is left.
///
/// # Errors
/// [`ChatsError::InUse`], [`ChatsError::Database`], [`ChatsError::Write`]; then all is as it was.
pub fn repair(
    folder: &Path,
    picture: impl Fn(&str) -> Option<PictureInfo>,
) -> Result<BesideChats, ChatsError> {
    let _lock = place::lock(folder)?;
    let path = place::file(folder);
    let salvage = Salvage::read(&path).map_err(ChatsError::Write)?;
    let new = place::new_file(folder).map_err(ChatsError::Write)?;
    salvage.write(&new, picture).map_err(|source| ChatsError::Database { path, source })?;
    place::replace(folder, Some(&new), "damaged").map_err(ChatsError::Write)
}

/// Puts a copy of the chats in their place.
///
/// # Errors
/// [`ChatsError::InUse`], [`ChatsError::NotFound`], [`ChatsError::Database`] for a copy that is damaged,
/// [`ChatsError::Write`]; then all is as it was.
pub fn restore_copy(folder: &Path, name: &str) -> Result<BesideChats, ChatsError> {
    let _lock = place::lock(folder)?;
    let new = copies::fetch(folder, name)?;
    place::replace(folder, Some(&new), "before-restoring").map_err(ChatsError::Write)
}

/// Begins without chats.
///
/// # Errors
/// [`ChatsError::InUse`], [`ChatsError::Write`]; then all is as it was.
pub fn begin_anew(folder: &Path) -> Result<BesideChats, ChatsError> {
    let _lock = place::lock(folder)?;
    place::replace(folder, None, "set-aside").map_err(ChatsError::Write)
}
