//! The file of chats in its folder: its lock, its health, and another one in its place.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use lorgnette_files::rename;
use rusqlite::Connection;

use super::fault::damaged;
use super::{copies, first, prepare, schema};
use crate::ChatsError;
use crate::clock::{now_ms, stamp};

/// The name of the file.
const FILE: &str = "chats.sqlite3";
/// The name of a file that takes its place as soon as it is whole.
const NEW: &str = "chats.sqlite3.new";
/// There when the file was found to be damaged: the next start looks at all of it.
const SUSPECT: &str = "chats.suspect";

/// A file of this size is looked at whole at each start, in some 0.1 seconds.
const CHECKED_BYTES: u64 = 64 << 20;
/// What cannot be made again from something else.
const TABLES: [&str; 5] = ["chats", "messages", "pictures", "attachments", "drafts"];

pub(super) fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// The right to the chats of a folder.
pub(super) struct Lock(fs_err::File);

impl Drop for Lock {
    /// Closing it would not do: a program that another thread starts right now has it open, too, until
    /// it runs.
    fn drop(&mut self) {
        // The system unlocks what cannot be unlocked here when the last one closes it.
        let _ = self.0.file().unlock();
    }
}

/// Takes the chats of a folder for this program, until what is returned is dropped.
///
/// # Errors
/// [`ChatsError::InUse`], and [`ChatsError::Write`] for a folder that cannot be written.
pub(super) fn lock(folder: &Path) -> Result<Lock, ChatsError> {
    fs_err::create_dir_all(folder).map_err(ChatsError::Write)?;
    let lock = fs_err::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("chats.lock"))
        .map_err(ChatsError::Write)?;
    match lock.file().try_lock() {
        Ok(()) => Ok(Lock(lock)),
        Err(_) => Err(ChatsError::InUse { path: folder.to_owned() }),
    }
}

/// Opens the file, which is made when it is not there, and brings it to the newest of the versions
/// that these steps make. A copy of an older one is kept before.
///
/// # Errors
/// [`ChatsError::Newer`], [`ChatsError::Database`]; then the file is as it was.
pub(super) fn connect(folder: &Path, steps: &[&str]) -> Result<Connection, ChatsError> {
    let path = file(folder);
    let fault = |source| ChatsError::Database { path: path.clone(), source };
    let known = steps.len().cast_signed() as i64;
    let mut connection = Connection::open(&path).map_err(fault)?;
    let found = schema::version(&connection).map_err(fault)?;
    if found > known {
        return Err(ChatsError::Newer { path, found, known });
    }
    check(&connection, folder, found).map_err(fault)?;
    if (1..known).contains(&found) {
        copies::make(&connection, folder)?;
    }
    prepare(&mut connection, steps).map_err(fault)?;
    Ok(connection)
}

/// Looks for damage, as far as a start has the time for it.
fn check(connection: &Connection, folder: &Path, version: i64) -> rusqlite::Result<()> {
    if version == 0 {
        let n_tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], first)?;
        // A file that is made anew has no tables; one that has some and no version has lost it.
        return if n_tables == 0 { Ok(()) } else { Err(damaged("its version is lost")) };
    }
    let suspect = folder.join(SUSPECT);
    if suspect.exists() {
        check_all(connection)?;
        // Otherwise it is looked at again, which costs time and nothing else.
        let _ = fs_err::remove_file(suspect);
    } else if file(folder).metadata().is_ok_and(|metadata| metadata.len() <= CHECKED_BYTES) {
        for table in TABLES {
            expect_ok(connection, &format!("PRAGMA quick_check({table})"))?;
        }
    }
    Ok(())
}

/// Looks for damage in all of a file, also in what search needs.
pub(super) fn check_all(connection: &Connection) -> rusqlite::Result<()> {
    expect_ok(connection, "PRAGMA quick_check")
}

fn expect_ok(connection: &Connection, pragma: &str) -> rusqlite::Result<()> {
    let found: String = connection.query_row(pragma, [], first)?;
    if found == "ok" { Ok(()) } else { Err(damaged(found)) }
}

/// Has the next start look at all of the file, because it is damaged.
pub(super) fn suspect(folder: &Path) {
    // Without it the next start finds less, and the person is told of the damage now.
    let _ = fs_err::write(folder.join(SUSPECT), b"");
}

/// Where a file is made that is to take the place of the chats.
pub(super) fn new_file(folder: &Path) -> io::Result<PathBuf> {
    let new = folder.join(NEW);
    match fs_err::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(new),
    }
}

/// Moves the file aside, beside where it was, under a name with the day and the reason; with `new`,
/// puts that one in its place. Nobody may have it open. Returns where it is now.
///
/// # Errors
/// Those of renaming; what was moved is moved back.
pub(super) fn replace(folder: &Path, new: Option<&Path>, why: &str) -> io::Result<PathBuf> {
    let path = file(folder);
    let day = stamp(now_ms());
    let free = |n: usize| {
        let nth = if n == 1 { String::new() } else { format!("-{n}") };
        let aside = folder.join(format!("chats-{}-{why}{nth}.sqlite3", &day[..10]));
        (!aside.exists() && !wal(&aside).exists()).then_some(aside)
    };
    let aside = (1..).find_map(free).unwrap_or_else(|| folder.join(format!("chats-{day}.sqlite3")));
    // First what was written last, so that it never stands beside another file.
    rename_if_there(&wal(&path), &wal(&aside))?;
    let moved = rename_if_there(&path, &aside).and_then(|()| match new {
        Some(new) => rename(new, &path),
        None => Ok(()),
    });
    if let Err(error) = moved {
        restore(folder, &aside)?;
        return Err(error);
    }
    for left in [sidecar(&path, "-shm"), folder.join(SUSPECT)] {
        // What is not there need not go; what stays is found to be old.
        let _ = fs_err::remove_file(left);
    }
    Ok(aside)
}

/// Takes [`replace`] back.
pub(super) fn restore(folder: &Path, aside: &Path) -> io::Result<()> {
    let path = file(folder);
    if aside.exists() {
        rename(aside, &path)?;
    }
    rename_if_there(&wal(aside), &wal(&path))
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    if from.exists() { rename(from, to) } else { Ok(()) }
}

/// Where `SQLite` keeps what was written last.
pub(super) fn wal(path: &Path) -> PathBuf {
    sidecar(path, "-wal")
}

fn sidecar(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_ends_with_its_owner_and_not_with_who_inherited_it() {
        let folder = tempfile::tempdir().unwrap();
        let mine = lock(folder.path()).unwrap();
        // As a program has it between its start and the moment that it runs.
        let inherited = mine.0.file().try_clone().unwrap();
        assert!(matches!(lock(folder.path()), Err(ChatsError::InUse { .. })));
        drop(mine);
        drop(lock(folder.path()).unwrap());
        drop(inherited);
    }
}
