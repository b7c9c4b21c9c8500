//! The clipboard of Windows, macOS and others. Windows makes pixels of most formats by itself, and so
//! does macOS. Written with care, not run.

use std::path::PathBuf;

use arboard::Error;

use super::Clipboard;

pub(super) struct System(arboard::Clipboard);

impl System {
    pub(super) fn open() -> Result<Self, String> {
        arboard::Clipboard::new().map(Self).map_err(|error| error.to_string())
    }
}

impl Clipboard for System {
    fn files(&mut self) -> Result<Vec<PathBuf>, String> {
        empty_without(self.0.get().file_list())
    }

    fn text(&mut self) -> Result<String, String> {
        empty_without(self.0.get_text())
    }

    fn picture(&mut self) -> Result<Vec<u8>, String> {
        let Some(image) = empty_without(self.0.get_image().map(Some))? else {
            return Ok(Vec::new());
        };
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        // As a file that may be transparent: what that means is decided where files are decoded.
        lorgnette_image::rgba_to_png(
            side(image.width),
            side(image.height),
            image.bytes.into_owned(),
        )
        .map_err(|error| error.to_string())
    }
}

/// What was read; where there is none of it, it is empty.
fn empty_without<T: Default>(read: Result<T, Error>) -> Result<T, String> {
    match read {
        Err(Error::ContentNotAvailable) => Ok(T::default()),
        read => read.map_err(|error| error.to_string()),
    }
}
