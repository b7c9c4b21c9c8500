//! Copies of the chats, which are kept before each new version and once a week.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use lorgnette_files::rename;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};

use super::{Chats, place, schema};
use crate::ChatsError;
use crate::clock::{DAY_MS, moment, now_ms, stamp};

/// The folder of copies, beside the chats.
const FOLDER: &str = "copies";
/// A week lies between two copies.
const EVERY_MS: i64 = 7 * DAY_MS;
const MAX_COPIES: usize = 4;
/// All copies together take at most this much of the disk; the newest is kept in any case.
const MAX_BYTES: u64 = 1 << 30;

/// A copy of the chats as they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ChatsCopy {
    /// The name of its file.
    pub name: String,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: i64,
    pub n_bytes: u64,
}

impl Chats {
    /// The copies that there are, the newest first.
    pub fn copies(&self) -> Vec<ChatsCopy> {
        self.folder().map_or_else(Vec::new, list)
    }

    /// Keeps a copy, if the newest is older than a week and there is something to be kept.
    ///
    /// # Errors
    /// [`ChatsError::Database`], also for chats that are damaged: the older copies are kept then.
    pub fn keep_weekly_copy(&self) -> Result<(), ChatsError> {
        let newest = self.copies().first().map_or(i64::MIN, |copy| copy.made_ms);
        let is_due = !(newest..newest.saturating_add(EVERY_MS)).contains(&now_ms());
        if is_due && self.with(super::has_chats)? { self.keep_copy() } else { Ok(()) }
    }

    /// Keeps a copy now.
    ///
    /// # Errors
    /// [`ChatsError::Database`], [`ChatsError::Write`].
    pub fn keep_copy(&self) -> Result<(), ChatsError> {
        let Some(folder) = self.folder() else { return Ok(()) };
        // By a connection of its own: it takes a second, and nobody should wait for it.
        let connection = self.in_chats(read_only(&self.path))?;
        make(&connection, folder).inspect_err(|error| self.suspect_if_damaged(error))
    }

    /// Removes the copies of what was removed for good, and keeps one of what is there now.
    ///
    /// # Errors
    /// Those of [`Self::keep_copy`].
    pub fn renew_copies(&self) -> Result<(), ChatsError> {
        let Some(folder) = self.folder() else { return Ok(()) };
        for copy in self.copies() {
            fs_err::remove_file(folder.join(FOLDER).join(copy.name)).map_err(ChatsError::Write)?;
        }
        if self.with(super::has_chats)? { self.keep_copy() } else { Ok(()) }
    }

    /// Goes on with the chats of a copy. Those of now are kept beside, under a name with the day.
    ///
    /// # Errors
    /// [`ChatsError::NotFound`], [`ChatsError::Database`], [`ChatsError::Newer`], [`ChatsError::Write`];
    /// then the chats are those of now.
    pub fn restore_copy(&self, name: &str) -> Result<(), ChatsError> {
        let gone = ChatsError::NotFound { what: "that copy" };
        let folder = self.folder().ok_or(gone)?;
        let new = fetch(folder, name)?;
        let mut connection = self.connection();
        // Closes the file, and so writes back what was written last.
        *connection = self.in_chats(Connection::open_in_memory())?;
        let reopen = || place::connect(folder, &schema::STEPS);
        let aside = match place::replace(folder, Some(&new), "before-restoring") {
            Ok(aside) => aside,
            Err(error) => {
                *connection = reopen()?;
                return Err(ChatsError::Write(error));
            }
        };
        match reopen() {
            Ok(restored) => *connection = restored,
            Err(error) => {
                place::restore(folder, &aside).map_err(ChatsError::Write)?;
                *connection = reopen()?;
                return Err(error);
            }
        }
        Ok(())
    }
}

/// The copies in a folder of chats, the newest first.
pub(super) fn list(folder: &Path) -> Vec<ChatsCopy> {
    let Ok(entries) = fs_err::read_dir(folder.join(FOLDER)) else { return Vec::new() };
    let copy = |entry: fs_err::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let made_ms = moment(name.strip_prefix("chats-")?.strip_suffix(".sqlite3")?)?;
        Some(ChatsCopy { name, made_ms, n_bytes: entry.metadata().ok()?.len() })
    };
    let mut copies: Vec<ChatsCopy> = entries.flatten().filter_map(copy).collect();
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.made_ms));
    copies
}

/// Makes a copy that is there whole or not at all, and removes the oldest ones.
pub(super) fn make(connection: &Connection, folder: &Path) -> Result<(), ChatsError> {
    let copies = folder.join(FOLDER);
    fs_err::create_dir_all(&copies).map_err(ChatsError::Write)?;
    let new = copies.join("new");
    match fs_err::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(ChatsError::Write(error)),
        _ => {}
    }
    let copied = connection.execute("VACUUM INTO ?1", [new.to_string_lossy()]).map(drop);
    let copied = copied.and_then(|()| remove_texts(&new));
    // Search can be made again, but what it needs is copied too: damage there is damage.
    let copied = copied.and_then(|()| place::check_all(&read_only(&new)?));
    if let Err(source) = copied {
        let _ = fs_err::remove_file(&new);
        return Err(ChatsError::Database { path: place::file(folder), source });
    }
    let path = copies.join(format!("chats-{}.sqlite3", stamp(now_ms())));
    let synced = fs_err::OpenOptions::new().write(true).open(&new).and_then(|file| file.sync_all());
    synced.and_then(|()| rename(&new, &path)).map_err(ChatsError::Write)?;
    let mut n_bytes = 0;
    for (i, copy) in list(folder).into_iter().enumerate() {
        n_bytes += copy.n_bytes;
        if i >= MAX_COPIES || (i > 0 && n_bytes > MAX_BYTES) {
            // What cannot be removed now goes another time.
            let _ = fs_err::remove_file(copies.join(copy.name));
        }
    }
    Ok(())
}

/// Brings a copy to where it can take the place of the chats, if it is whole and can be read here.
pub(super) fn fetch(folder: &Path, name: &str) -> Result<PathBuf, ChatsError> {
    let known = list(folder).into_iter().find(|copy| copy.name == name);
    let copy = known.ok_or(ChatsError::NotFound { what: "that copy" })?;
    let path = folder.join(FOLDER).join(copy.name);
    let fault = |source| ChatsError::Database { path: path.clone(), source };
    let connection = read_only(&path).map_err(fault)?;
    place::check_all(&connection).map_err(fault)?;
    let (found, known) = (schema::version(&connection).map_err(fault)?, schema::NEWEST);
    if found > known {
        return Err(ChatsError::Newer { path, found, known });
    }
    let new = place::new_file(folder).map_err(ChatsError::Write)?;
    fs_err::copy(&path, &new).map_err(ChatsError::Write)?;
    Ok(new)
}

/// Removes the text of pictures from a copy: it can be read again, and a person who removes it wants it
/// to be gone.
fn remove_texts(path: &Path) -> rusqlite::Result<()> {
    let copy = Connection::open(path)?;
    if copy.table_exists(None, "texts")? {
        copy.execute_batch("DELETE FROM texts; VACUUM")?;
    }
    Ok(())
}

fn read_only(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

#[cfg(test)]
mod tests;
