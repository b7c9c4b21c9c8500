//! What is read: files, folders of them, standard input, the screen, the clipboard.

use std::path::PathBuf;

use lorgnette_app::AppError;
use lorgnette_app::pictures::{self, Picture};
use lorgnette_app::system::capture::{self, Area};

use crate::alt::found;
use crate::args::Capture;

/// A picture that is to be read.
pub enum Input {
    File(PathBuf),
    /// A folder, or one below it, that cannot be looked into.
    Fault(PathBuf, AppError),
    Area(Area),
    Clipboard,
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
        inputs.push(Input::Clipboard);
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
            Self::Clipboard => "clipboard".to_owned(),
        }
    }

    /// # Errors
    /// [`AppError`] says what is wrong with it.
    pub fn decode(self, page: Option<u32>) -> Result<Picture, AppError> {
        match self {
            Self::File(path) => pictures::decode(&path, page),
            Self::Fault(_, fault) => Err(fault),
            Self::Area(area) => capture::screen(area),
            Self::Clipboard => capture::clipboard(),
        }
    }
}
