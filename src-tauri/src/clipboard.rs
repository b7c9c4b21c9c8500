//! The clipboard: pasting and copying.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use arboard::{Clipboard, ImageData};
use lorgnette_app::FaultDetails;
use lorgnette_app::coordinator::App;
use lorgnette_app::pictures::Picture;
use tauri::Url;

use crate::ipc::{AddedDto, PastedDto, UiError};

/// The name of a picture that was pasted.
const NAME: &str = "Pasted picture";

/// Kept for the whole run: on Linux, what was copied can be pasted only while this is there.
static CLIPBOARD: Mutex<Option<Clipboard>> = Mutex::new(None);

/// Adds the files or the picture in the clipboard; a text is given back.
pub fn paste(app: &App) -> Result<PastedDto, UiError> {
    let (files, text, image) = with(|clipboard| {
        let files = clipboard.get().file_list().unwrap_or_default();
        let text = clipboard.get_text().unwrap_or_default();
        // Many programs put a picture of copied words beside them.
        let is_needed = files.is_empty() && text.trim().is_empty();
        Ok((files, text, is_needed.then(|| clipboard.get_image())))
    })?;
    let files = if files.is_empty() { paths(&text) } else { files };
    if !files.is_empty() {
        return Ok(PastedDto::Pictures { added: app.add_files(files).into() });
    }
    if !text.trim().is_empty() {
        return Ok(PastedDto::Text { text });
    }
    let Some(Ok(image)) = image else { return Ok(PastedDto::Nothing) };
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let added = app.add_rgba(NAME, side(image.width), side(image.height), &image.bytes);
    Ok(PastedDto::Pictures { added: AddedDto::one(NAME, added) })
}

/// Puts a text into the clipboard.
pub fn copy_text(text: String) -> Result<(), UiError> {
    with(|clipboard| clipboard.set_text(text))
}

/// Puts a picture into the clipboard.
pub fn copy_picture(picture: &Picture) -> Result<(), UiError> {
    let rgba: Vec<u8> =
        picture.rgb().as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect();
    with(|clipboard| {
        clipboard.set_image(ImageData {
            width: picture.width() as usize,
            height: picture.height() as usize,
            bytes: Cow::Owned(rgba),
        })
    })
}

/// The files that a text names, one a line; empty unless each of them is there.
fn paths(text: &str) -> Vec<PathBuf> {
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

fn with<T>(work: impl FnOnce(&mut Clipboard) -> Result<T, arboard::Error>) -> Result<T, UiError> {
    let fault = |error: arboard::Error| {
        let message = format!("The clipboard cannot be used: {error}.");
        let details = FaultDetails::Clipboard { reason: error.to_string().into() };
        UiError::of_system(details, message, "Try again.")
    };
    let mut clipboard = CLIPBOARD.lock().unwrap_or_else(PoisonError::into_inner);
    if clipboard.is_none() {
        *clipboard = Some(Clipboard::new().map_err(fault)?);
    }
    match clipboard.as_mut() {
        Some(clipboard) => work(clipboard).map_err(fault),
        None => Err(fault(arboard::Error::ClipboardNotSupported)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_that_name_files_are_paths() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("te st é.png");
        fs_err::write(&file, "x").unwrap();
        let path = file.display().to_string();
        let url = Url::from_file_path(&file).unwrap().to_string();
        assert_eq!(paths(&path), std::slice::from_ref(&file));
        assert_eq!(paths(&format!("\"{path}\"\r\n{url}\n")), [file.clone(), file.clone()]);
        assert!(paths(&format!("{path}\nand words")).is_empty());
        assert!(paths(&folder.path().display().to_string()).is_empty(), "a folder is no picture");
        assert!(paths("te st é.png").is_empty());
        assert!(paths("").is_empty());
    }
}
