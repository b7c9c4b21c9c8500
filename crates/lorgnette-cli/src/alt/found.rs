//! The pictures below a folder, each with its name in the table.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use lorgnette_app::{AppError, PictureError};

use crate::picture_files::looks_like_picture;

/// A picture, or a folder that cannot be looked into.
#[derive(Debug)]
pub struct Found {
    /// The path below the folder, with `/`, as [`escaped`] writes it.
    pub file: String,
    pub path: PathBuf,
    /// Why nobody knows what is there.
    pub fault: Option<AppError>,
}

/// Returns the pictures in the order of their names. Links to folders and what is hidden are left
/// out.
///
/// # Errors
/// [`AppError::Picture`] if the folder cannot be read; one below it that cannot is among the
/// found.
pub fn pictures(folder: &Path) -> Result<Vec<Found>, AppError> {
    let mut found = Vec::new();
    collect(folder, "", &mut found).map_err(|source| unreadable(folder, source))?;
    found.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(found)
}

fn collect(folder: &Path, below: &str, found: &mut Vec<Found>) -> io::Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let file = format!("{below}{}", escaped(&name));
        if entry.file_type()?.is_dir() {
            let file = file + "/";
            if let Err(source) = collect(&path, &file, found) {
                let fault = Some(unreadable(&path, source));
                found.push(Found { file, path, fault });
            }
        } else if looks_like_picture(&path) {
            found.push(Found { file, path, fault: None });
        }
    }
    Ok(())
}

fn unreadable(folder: &Path, source: io::Error) -> AppError {
    PictureError::Read { name: folder.display().to_string(), source }.into()
}

/// Returns a name as text, so that two names stay two: a byte that is no UTF-8 becomes `\x` and two
/// digits, and so does a backslash before an `x`.
fn escaped(name: &OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text += &chunk.valid().replace("\\x", "\\x5Cx");
        for byte in chunk.invalid() {
            // Writing to a text cannot fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

    fn names(folder: &Path) -> Vec<String> {
        pictures(folder).unwrap().into_iter().map(|found| found.file).collect()
    }

    #[test]
    fn pictures_are_found_in_order_wherever_they_lie_and_whatever_they_are_called() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("été")).unwrap();
        let files: [(&str, &[u8]); 9] = [
            ("b.PNG", b"cut"),
            ("a", PNG),
            ("photo.jfif", b"\xff\xd8\xff\xe0"),
            ("notes.txt", b"a letter"),
            ("picture.txt", PNG),
            ("archive.zip", b"PK\x03\x04"),
            ("page.html", b"<!DOCTYPE html><svg></svg>"),
            (".hidden.png", PNG),
            ("été/c d", b"RIFF\0\0\0\0WEBPVP8 "),
        ];
        for (name, content) in files {
            fs_err::write(folder.path().join(name), content).unwrap();
        }
        assert_eq!(names(folder.path()), ["a", "b.PNG", "photo.jfif", "picture.txt", "été/c d"]);
        assert!(pictures(&folder.path().join("none")).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_no_text_stay_apart() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tempfile::tempdir().unwrap();
        for name in [&b"caf\xe9.png"[..], b"caf\xe8.png", b"caf\\xE9.png", "café.png".as_bytes()] {
            fs_err::write(folder.path().join(OsStr::from_bytes(name)), PNG).unwrap();
        }
        let names = names(folder.path());
        assert_eq!(names, ["caf\\x5CxE9.png", "caf\\xE8.png", "caf\\xE9.png", "café.png"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.png");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::os::unix::fs::symlink("nothing", folder.path().join("link.png")).unwrap();
        assert_eq!(names(folder.path()), ["link.png"]);
    }
}
