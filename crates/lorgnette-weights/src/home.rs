//! The home folder in paths that no shell has read.

use std::path::{Path, PathBuf};

/// Returns a path with the home folder in place of a `~` that is its first part; `None` if the system
/// names no home folder.
pub fn at_home(path: &Path) -> Option<PathBuf> {
    match path.strip_prefix("~") {
        Ok(below) => Some(std::env::home_dir()?.join(below)),
        Err(_) => Some(path.to_owned()),
    }
}

/// Returns whether a path begins in the home folder of another person: `~ada/models`. Where that is,
/// only a shell knows. Call it on a path of [`at_home`].
pub fn is_of_other(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().starts_with(b"~")
}
