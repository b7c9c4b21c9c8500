//! What is read: files, folders of them, standard input, the screen, the clipboard.

use std::path::PathBuf;

use lorgnette_app::AppError;
use lorgnette_app::desktop::capture::{self, Area};
use lorgnette_app::desktop::clipboard::{self, CopiedPicture};
use lorgnette_app::pictures::{self, Picture};

use crate::alt::found;
use crate::args::Capture;

/// What the picture in the clipboard is called.
const CLIPBOARD: &str = "clipboard";

/// A picture that is to be read.
pub enum Input {
    File(PathBuf),
    /// A folder, or one below it, that cannot be looked into; or a clipboard without a picture.
    Fault(PathBuf, AppError),
    Area(Area),
    /// A picture file in the clipboard.
    Copied(Vec<u8>),
}

/// Returns all that is to be read, in order. The pictures of a folder are found as `alt` finds them.
pub fn inputs(paths: &[PathBuf], capture: &Capture) -> Vec<Input> {
    let mut inputs = Vec::new();
    for path in paths {
        if pictures::is_standard_input(path) || !path.is_dir() {
            inputs.push(Input::File(path.clone()));
            continue;
        }
        match found::pictures(path) {
            Ok(found) => inputs.extend(found.into_iter().map(|found| match found.fault {
                Some(fault) => Input::Fault(found.path, fault),
                None => Input::File(found.path),
            })),
            Err(fault) => inputs.push(Input::Fault(path.clone(), fault)),
        }
    }
    if capture.clipboard {
        match clipboard::pictures() {
            Ok(copied) => inputs.extend(copied.into_iter().map(|copied| match copied {
                CopiedPicture::File(path) => Input::File(path),
                CopiedPicture::Bytes(bytes) => Input::Copied(bytes),
            })),
            Err(fault) => inputs.push(Input::Fault(CLIPBOARD.into(), fault.into())),
        }
    } else {
        inputs.extend(capture.area().map(Input::Area));
    }
    inputs
}

impl Input {
    /// Returns what it is called.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) | Self::Fault(path, _) => pictures::display_name(path),
            Self::Area(area) => area.name().to_owned(),
            Self::Copied(_) => CLIPBOARD.to_owned(),
        }
    }

    /// # Errors
    /// [`AppError`] says what is wrong with it.
    pub fn decode(self, page: Option<u32>) -> Result<Picture, AppError> {
        match self {
            Self::File(path) => pictures::decode(&path, page),
            Self::Fault(_, fault) => Err(fault),
            Self::Area(area) => Ok(capture::screen(area)?),
            Self::Copied(bytes) => pictures::decode_bytes(CLIPBOARD, &bytes, page),
        }
    }
}
