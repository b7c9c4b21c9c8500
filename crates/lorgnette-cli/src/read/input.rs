//! What is read: files, folders of them, standard input, the screen, the clipboard.

use std::borrow::Cow;
use std::path::PathBuf;

use lorgnette_app::AppError;
use lorgnette_app::desktop::capture::{self, Area};
use lorgnette_app::desktop::clipboard::{self, CopiedPicture};
use lorgnette_app::pictures::{self, Picture, PictureFile};

use crate::alt::found;
use crate::args::{Capture, Read};
use crate::password::Password;

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
    pub fn open(self, password: &Password) -> Result<Opened, AppError> {
        let file = match self {
            Self::File(path) => PictureFile::read(&path)?,
            Self::Fault(_, fault) => return Err(fault),
            Self::Area(area) => return Ok(Opened::Screen(capture::screen(area)?)),
            Self::Copied(bytes) => PictureFile::new(CLIPBOARD.into(), bytes),
        };
        password.open(&file)?;
        Ok(Opened::File(file))
    }
}

/// What was opened, to be read page by page.
pub enum Opened {
    File(PictureFile),
    Screen(Picture),
}

impl Opened {
    /// Returns the pages that are to be read; `None` is what a person would look at.
    ///
    /// # Errors
    /// [`AppError`] says what is wrong with the file.
    pub fn pages(&self, args: &Read) -> Result<Vec<Option<u32>>, AppError> {
        let Self::File(file) = self else {
            return Ok(vec![None]);
        };
        if args.page.is_some() {
            return Ok(vec![args.page]);
        }
        if let Some(pages) = &args.pages {
            return Ok(pages.numbers(file.n_parts()?).into_iter().map(Some).collect());
        }
        let n_pages = file.n_pages()?;
        Ok(match n_pages {
            1 => vec![None],
            _ => (1..=n_pages).map(Some).collect(),
        })
    }

    /// Returns the text that a page of a document has of itself; empty where it has none or where it
    /// takes too long: then what is seen is read all the same.
    pub fn own_text(&self, page: Option<u32>) -> String {
        let Self::File(file) = self else { return String::new() };
        let text = file.open(None).ok().and_then(|document| document.text(page.unwrap_or(1)).ok());
        text.unwrap_or_default()
    }

    /// # Errors
    /// [`AppError`] says what is wrong with the page.
    pub fn page(&self, page: Option<u32>) -> Result<Cow<'_, Picture>, AppError> {
        Ok(match self {
            Self::File(file) => Cow::Owned(file.page(page)?),
            Self::Screen(picture) => Cow::Borrowed(picture),
        })
    }
}
