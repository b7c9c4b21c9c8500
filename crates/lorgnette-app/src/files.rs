//! Files that are there whole or not at all, and the time.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Writes a file beside its place and moves it there, so that it is never half there.
///
/// # Errors
/// Those of the file system; they name the path.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = folder.join(name);
    let written = || {
        let mut file = fs_err::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs_err::rename(&part, path)
    };
    written().inspect_err(|_| {
        let _ = fs_err::remove_file(&part);
    })
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
