//! The clipboard: pasting and copying.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use arboard::{Clipboard, ImageData};
use lorgnette_app::coordinator::App;
use lorgnette_app::desktop::clipboard::{self, Copied};
use lorgnette_app::pictures::Picture;
use lorgnette_app::{AppError, FaultDetails};

use crate::ipc::{AddedDto, PastedDto, UiError};

/// The name of a picture that was pasted.
const NAME: &str = "Pasted picture";

/// Kept for the whole run: on Linux, what is copied here can be pasted only while this is there.
static CLIPBOARD: Mutex<Option<Clipboard>> = Mutex::new(None);

/// Adds the files or the picture in the clipboard; a text is given back.
pub fn paste(app: &App) -> Result<PastedDto, UiError> {
    Ok(match clipboard::read()? {
        Copied::Files(files) => PastedDto::Pictures { added: app.add_files(files).into() },
        Copied::Picture(bytes) => {
            PastedDto::Pictures { added: AddedDto::one(NAME, app.add_bytes(NAME, &bytes)) }
        }
        Copied::Text(text) => PastedDto::Text { text },
        Copied::Nothing => return Err(AppError::NoPictureCopied.into()),
    })
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
