//! Where the files of pictures are: on the disk, or for a private chat in memory alone.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::PictureError;
use crate::file;
use lorgnette_models::whole_file;

#[derive(Debug, Clone)]
pub(super) enum Files {
    OnDisk,
    InMemory(Arc<Mutex<HashMap<PathBuf, Vec<u8>>>>),
}

impl Files {
    pub fn in_memory() -> Self {
        Self::InMemory(Arc::default())
    }

    pub fn is_there(&self, path: &Path) -> bool {
        match self {
            Self::OnDisk => path.is_file(),
            Self::InMemory(files) => lock(files).contains_key(path),
        }
    }

    /// Reads a file that is there.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, PictureError> {
        match self {
            Self::OnDisk => Ok(file::read(path)?.1),
            Self::InMemory(files) => {
                let gone = PictureError::NotFound { what: "that picture" };
                lock(files).get(path).cloned().ok_or(gone)
            }
        }
    }

    /// What was made of a picture earlier.
    pub fn made_before(&self, path: &Path) -> Option<Vec<u8>> {
        match self {
            Self::OnDisk => fs_err::read(path).ok(),
            Self::InMemory(files) => lock(files).get(path).cloned(),
        }
    }

    /// Writes a file whole or not at all.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::OnDisk => whole_file::write(path, bytes),
            Self::InMemory(files) => {
                lock(files).insert(path.to_owned(), bytes.to_vec());
                Ok(())
            }
        }
    }

    /// Removes a file, if it is there.
    pub fn remove(&self, path: &Path) {
        match self {
            Self::OnDisk => drop(fs_err::remove_file(path)),
            Self::InMemory(files) => drop(lock(files).remove(path)),
        }
    }

    /// Removes the files of a folder whose names begin so.
    pub fn remove_all(&self, folder: &Path, prefix: &str) {
        let begins = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str());
            path.parent() == Some(folder) && name.is_some_and(|name| name.starts_with(prefix))
        };
        match self {
            Self::OnDisk => {
                let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
                let paths = entries.map(|entry| entry.path()).filter(|path| begins(path));
                paths.for_each(|path| drop(fs_err::remove_file(path)));
            }
            Self::InMemory(files) => lock(files).retain(|path, _| !begins(path)),
        }
    }
}

/// A thread that panicked leaves whole values behind: every change under the lock is one call.
fn lock(files: &Mutex<HashMap<PathBuf, Vec<u8>>>) -> MutexGuard<'_, HashMap<PathBuf, Vec<u8>>> {
    files.lock().unwrap_or_else(PoisonError::into_inner)
}
