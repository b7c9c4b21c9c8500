//! What can go wrong with chats.

use std::io;
use std::path::PathBuf;

use crate::ChatsFault;

/// An error of the chats; [`ChatsError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ChatsError {
    /// The chats cannot be read or written.
    #[error("the chats in {} cannot be used", path.display())]
    Database { path: PathBuf, source: rusqlite::Error },
    /// Chats that a newer version wrote, which this one would damage.
    #[error("the chats in {} are of version {found}, and this program knows {known}", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    /// Another window holds the chats.
    #[error("the chats in {} are open in another window", path.display())]
    InUse { path: PathBuf },
    /// Something that was deleted, or never was.
    #[error("{what} is not there")]
    NotFound { what: &'static str },
    /// A file that cannot be written; the source names it.
    #[error(transparent)]
    Write(io::Error),
}

impl ChatsError {
    /// What is wrong with the file of chats, for [`Self::Database`].
    pub fn fault(&self) -> Option<ChatsFault> {
        match self {
            Self::Database { source, .. } => Some(ChatsFault::of(source)),
            _ => None,
        }
    }

    /// What to do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Database { source, .. } => ChatsFault::of(source).hint(),
            Self::Newer { .. } => "install the newest version",
            Self::InUse { .. } => "go to the other window, or close it",
            Self::NotFound { .. } => "look again: it may have been deleted",
            Self::Write(_) => "choose another place, or free some space",
        }
    }
}
