//! What was copied in another program: files, a picture in whatever format, or a text.
//!
//! A picture is given as the bytes of a file. What it is, how it is turned and what its transparency
//! means is decided where files are decoded.

#[cfg(target_os = "linux")]
mod formats;
#[cfg(not(target_os = "linux"))]
mod system;
#[cfg(target_os = "linux")]
mod wayland;
#[cfg(target_os = "linux")]
mod x11;

use std::path::PathBuf;

use url::Url;

use crate::error::DesktopError;

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// Files and folders, as a file manager copies them or as a text names them. They need not be
    /// there.
    Files(Vec<PathBuf>),
    /// The bytes of a picture file.
    Picture(Vec<u8>),
    Text(String),
    Nothing,
}

/// A picture that was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopiedPicture {
    /// A file, which may be anything.
    File(PathBuf),
    /// The bytes of a picture file.
    Bytes(Vec<u8>),
}

/// The clipboard of a system. What is not in it is empty; an error says why it cannot be read.
trait Clipboard {
    /// Files that were copied in a file manager.
    fn files(&mut self) -> Result<Vec<PathBuf>, String>;
    fn text(&mut self) -> Result<String, String>;
    /// The bytes of a picture file.
    fn picture(&mut self) -> Result<Vec<u8>, String>;
}

/// What is looked for first where both are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    /// A text: many programs put a picture of copied words beside them.
    Text,
    Picture,
}

/// Reads what was copied.
///
/// # Errors
/// [`DesktopError::Clipboard`] when the clipboard cannot be read.
pub fn read() -> Result<Copied, DesktopError> {
    read_first(First::Text)
}

/// Reads the picture that was copied, or the files.
///
/// # Errors
/// [`DesktopError::NoPictureCopied`] when there is none, [`DesktopError::Clipboard`] when the clipboard
/// cannot be read.
pub fn pictures() -> Result<Vec<CopiedPicture>, DesktopError> {
    match read_first(First::Picture)? {
        Copied::Files(paths) => Ok(paths.into_iter().map(CopiedPicture::File).collect()),
        Copied::Picture(bytes) => Ok(vec![CopiedPicture::Bytes(bytes)]),
        Copied::Text(_) | Copied::Nothing => Err(DesktopError::NoPictureCopied),
    }
}

fn read_first(first: First) -> Result<Copied, DesktopError> {
    let read = || choose(&mut *open()?, first);
    read().map_err(|reason| DesktopError::Clipboard { reason })
}

/// The clipboard of the desktop. Some Wayland desktops let only the program that has the focus read
/// it, but they share it with X11, which is asked then.
#[cfg(target_os = "linux")]
fn open() -> Result<Box<dyn Clipboard>, String> {
    use self::formats::Formats;

    if super::portal::is_wayland()
        && let Ok(clipboard) = Formats::of(wayland::Selection)
    {
        return Ok(Box::new(clipboard));
    }
    Ok(Box::new(Formats::of(x11::Selection::open()?)?))
}

#[cfg(not(target_os = "linux"))]
fn open() -> Result<Box<dyn Clipboard>, String> {
    Ok(Box::new(system::System::open()?))
}

fn choose(clipboard: &mut dyn Clipboard, first: First) -> Result<Copied, String> {
    let files = clipboard.files()?;
    if !files.is_empty() {
        return Ok(Copied::Files(files));
    }
    let picture_comes_first = first == First::Picture;
    let picture = if picture_comes_first { clipboard.picture()? } else { Vec::new() };
    if !picture.is_empty() {
        return Ok(Copied::Picture(picture));
    }
    let text = clipboard.text()?;
    let files = named_by(&text);
    if !files.is_empty() {
        return Ok(Copied::Files(files));
    }
    if !text.trim().is_empty() {
        return Ok(Copied::Text(text));
    }
    let picture = if picture_comes_first { Vec::new() } else { clipboard.picture()? };
    Ok(if picture.is_empty() { Copied::Nothing } else { Copied::Picture(picture) })
}

/// The files that a text names, one a line; empty unless each of them is there.
fn named_by(text: &str) -> Vec<PathBuf> {
    // Files of GNOME 3.30 to 3.38 had no format of their own.
    let text = text.strip_prefix("x-special/nautilus-clipboard\n").map_or(text, |list| {
        list.strip_prefix("copy\n").or_else(|| list.strip_prefix("cut\n")).unwrap_or(list)
    });
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let path = |line: &str| {
        let path = match Url::parse(line) {
            Ok(url) if url.scheme() == "file" => url.to_file_path().ok()?,
            _ => PathBuf::from(line.trim_matches(['"', '\''])),
        };
        (path.is_absolute() && path.is_file()).then_some(path)
    };
    lines.map(path).collect::<Option<Vec<PathBuf>>>().unwrap_or_default()
}

#[cfg(test)]
mod tests;
