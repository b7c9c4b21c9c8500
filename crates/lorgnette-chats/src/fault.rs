//! Why chats cannot be used, as far as a person can do something about it.

use rusqlite::{ErrorCode, ffi};

/// What is wrong with a file of chats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatsFault {
    /// Its bytes are not what was written.
    Damaged,
    /// Another program holds it.
    Locked,
    /// The system does not let it be read or written.
    Forbidden,
    /// The disk is full.
    NoRoom,
    /// Anything else, in the words of `SQLite`.
    Other,
}

impl ChatsFault {
    /// What an error of `SQLite` says about the file.
    pub fn of(error: &rusqlite::Error) -> Self {
        let Some(error) = error.sqlite_error() else { return Self::Other };
        match (error.code, error.extended_code) {
            // The memory that connections share cannot be had on a full disk.
            (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => Self::NoRoom,
            (ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt, _) => Self::Damaged,
            (
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed,
                _,
            ) => Self::Locked,
            (ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen, _) => {
                Self::Forbidden
            }
            _ => Self::Other,
        }
    }

    /// What to do now.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::Damaged => {
                "start the window: it opens a repaired copy, or an earlier one, and keeps this file"
            }
            Self::Locked => "close the program that has them open, then try again",
            Self::Forbidden => {
                "make the file and its folder yours to read and write, then try again"
            }
            Self::NoRoom => "free some space, then try again; nothing that is here is lost",
            Self::Other => "check that the folder can be written and the disk is not full",
        }
    }
}

/// An error that says that a file is damaged, for what we find ourselves.
pub(super) fn damaged(why: impl Into<String>) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(why.into()))
}
