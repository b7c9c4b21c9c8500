//! Files that are there whole or not at all.

use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file beside its place, syncs it and moves it there, so that it is never half there.
///
/// # Errors
/// Those of the file system; they name the path.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
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
