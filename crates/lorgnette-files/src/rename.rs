//! The one place where files and folders get another name.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a rename is tried again: a reader, an indexer or a virus scanner has a file open for less.
const LASTS: Duration = Duration::from_secs(1);

/// Gives a file or a folder another name, over a file that has it. Windows refuses that at times while
/// another program looks at either; then it is tried again for a second.
///
/// # Errors
/// Those of the disk, with both paths.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    if cfg!(windows) {
        #[expect(clippy::disallowed_methods, reason = "fs_err hides the number of the error")]
        let rename = || std::fs::rename(from, to);
        if patiently(LASTS, rename).is_ok() {
            return Ok(());
        }
    }
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    fs_err::rename(from, to)
}

/// Does it again while it is refused, up to some time.
fn patiently(lasts: Duration, mut act: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    let until = Instant::now() + lasts;
    loop {
        match act() {
            Err(error) if is_refused(&error) && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(20));
            }
            ended => return ended,
        }
    }
}

/// Whether it is refused for who has the file open; the same kind is told for rights that are missing.
fn is_refused(error: &io::Error) -> bool {
    // `ERROR_SHARING_VIOLATION` and `ERROR_LOCK_VIOLATION` have no kind of their own.
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ResourceBusy)
        || matches!(error.raw_os_error(), Some(32 | 33))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> io::Error {
        io::Error::from(io::ErrorKind::PermissionDenied)
    }

    #[test]
    fn what_is_refused_for_a_moment_is_done_later() {
        let mut n_left = 3;
        let act = || {
            n_left -= 1;
            if n_left > 0 { Err(refused()) } else { Ok(()) }
        };
        patiently(Duration::from_secs(30), act).unwrap();
        assert_eq!(n_left, 0);
    }

    #[test]
    fn what_is_refused_for_long_or_cannot_be_is_an_error() {
        let mut n = 0;
        let mut always = |error: fn() -> io::Error| {
            n = 0;
            let act = || {
                n += 1;
                Err(error())
            };
            let error = patiently(Duration::from_millis(100), act).unwrap_err();
            (error.kind(), n)
        };
        let (kind, n_tries) = always(refused);
        assert!(kind == io::ErrorKind::PermissionDenied && n_tries > 1, "{n_tries}");
        let missing = always(|| io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(missing, (io::ErrorKind::NotFound, 1));
    }

    /// As the list of models reads what a fetch writes.
    #[test]
    fn a_file_is_replaced_while_others_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let (new, path) = (folder.path().join("new"), folder.path().join("file"));
        fs_err::write(&path, b"old").unwrap();
        let reader = fs_err::File::open(&path).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(200));
                drop(reader);
            });
            fs_err::write(&new, b"new").unwrap();
            rename(&new, &path).unwrap();
        });
        assert_eq!(fs_err::read(&path).unwrap(), b"new");
    }
}
