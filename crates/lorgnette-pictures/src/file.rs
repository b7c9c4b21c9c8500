//! Files and streams to pictures the model can take.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};

pub use lorgnette_engine::PreparedPicture;
use lorgnette_image::{DecodeOptions, ImageConfig, ImageError, Limits};
pub use lorgnette_image::{Document, Picture};

use crate::PictureError;

/// Reads and decodes a picture file; `-` is standard input. `page` is the page or frame of a file
/// that has several, from 1; without it, the one that a person would look at.
///
/// # Errors
/// [`PictureError`] names the file and what is wrong with it.
pub fn decode(path: &Path, page: Option<u32>) -> Result<Picture, PictureError> {
    let (name, bytes) = read(path)?;
    decode_bytes(&name, &bytes, page)
}

/// A file that is read and opened once, and shown page by page.
pub struct PictureFile {
    name: String,
    bytes: Arc<Vec<u8>>,
    document: OnceLock<Document>,
}

impl PictureFile {
    /// Reads a picture file; `-` is standard input.
    ///
    /// # Errors
    /// [`PictureError::Read`]
    pub fn read(path: &Path) -> Result<Self, PictureError> {
        let (name, bytes) = read(path)?;
        Ok(Self::new(name, bytes))
    }

    /// Takes the bytes of a picture file that is called `name`.
    pub fn new(name: String, bytes: Vec<u8>) -> Self {
        Self { name, bytes: Arc::new(bytes), document: OnceLock::new() }
    }

    /// What the file is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens the file with a password, if it needs one.
    ///
    /// # Errors
    /// [`PictureError::Image`] with `Encrypted` or `WrongPassword`; those of any picture file.
    pub fn open(&self, password: Option<&str>) -> Result<&Document, PictureError> {
        if let Some(document) = self.document.get() {
            return Ok(document);
        }
        let opened = Document::open(Arc::clone(&self.bytes), password)
            .map_err(|source| self.fault(source))?;
        Ok(self.document.get_or_init(|| opened))
    }

    /// The number of pages of a document; of any other picture, and of an animation, 1.
    ///
    /// # Errors
    /// [`PictureError::Image`]
    pub fn n_pages(&self) -> Result<u32, PictureError> {
        Ok(self.open(None)?.n_pages())
    }

    /// The number of pages that can be asked for: those of a document, or those that a long picture
    /// can be taken as.
    ///
    /// # Errors
    /// [`PictureError::Image`]
    pub fn n_parts(&self) -> Result<u32, PictureError> {
        self.open(None)?.n_parts().map_err(|source| self.fault(source))
    }

    /// Decodes a page, or the part of a long picture; `page` as for [`decode`].
    ///
    /// # Errors
    /// [`PictureError::Image`]
    pub fn page(&self, page: Option<u32>) -> Result<Picture, PictureError> {
        self.open(None)?.page(page).map_err(|source| self.fault(source))
    }

    fn fault(&self, source: ImageError) -> PictureError {
        PictureError::Image { name: self.name.clone(), source }
    }
}

/// Decodes the bytes of a picture file that is called `name`; `page` as for [`decode`].
///
/// # Errors
/// [`PictureError::Image`] under that name.
pub fn decode_bytes(name: &str, bytes: &[u8], page: Option<u32>) -> Result<Picture, PictureError> {
    let options = DecodeOptions { page, ..DecodeOptions::default() };
    Picture::decode_with(bytes, &options)
        .map_err(|source| PictureError::Image { name: name.to_owned(), source })
}

/// A picture file as a model takes it; `-` is standard input.
///
/// # Errors
/// Those of [`decode`] and of [`prepare`].
pub fn prepare_at(path: &Path, config: &ImageConfig) -> Result<Arc<PreparedPicture>, PictureError> {
    prepare(&display_name(path), &decode(path, None)?, config)
}

/// A decoded picture as a model takes it.
///
/// # Errors
/// [`PictureError::Image`] under that name.
pub fn prepare(
    name: &str,
    picture: &Picture,
    config: &ImageConfig,
) -> Result<Arc<PreparedPicture>, PictureError> {
    let pixels = picture.prepare(config);
    let pixels = pixels.map_err(|source| PictureError::Image { name: name.into(), source })?;
    Ok(PreparedPicture::new(name, pixels))
}

/// What a picture file is called in messages.
pub fn display_name(path: &Path) -> String {
    if is_standard_input(path) { "standard input".into() } else { path.display().to_string() }
}

/// Whether a path means standard input. It cannot always be opened by its other names: not when it
/// is a socket, or of another person.
pub fn is_standard_input(path: &Path) -> bool {
    ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].iter().any(|name| path == Path::new(name))
}

/// The kind of error that says that a path is none, but an address.
pub const NO_FILE: io::ErrorKind = io::ErrorKind::Unsupported;

/// Whether a path is an address, as lists of copied and dropped things have them.
fn is_address(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.contains("://"))
}

/// What a picture file is called in messages, and its bytes; `-` is standard input.
///
/// # Errors
/// [`PictureError::Read`]
pub fn read(path: &Path) -> Result<(String, Vec<u8>), PictureError> {
    let name = display_name(path);
    let read = || -> io::Result<Vec<u8>> {
        if is_standard_input(path) {
            return read_limited(io::stdin().lock());
        }
        let folder = || io::Error::new(io::ErrorKind::IsADirectory, "it is a folder");
        let address = || io::Error::new(NO_FILE, "it is an address, and no file of this computer");
        // Opened once, because a pipe is another one the next time. Windows opens no folder. The
        // errors of `OpenOptions` do not name the path: ours does.
        let opened = OpenOptions::new().read(true).open(path);
        let file = opened.map_err(|error| match error.kind() {
            _ if path.is_dir() => folder(),
            io::ErrorKind::NotFound if is_address(path) => address(),
            _ => error,
        })?;
        if file.metadata()?.is_dir() {
            return Err(folder());
        }
        read_limited(file)
    };
    match read() {
        Ok(bytes) => Ok((name, bytes)),
        Err(source) => Err(PictureError::Read { name, source }),
    }
}

/// All bytes up to one beyond what a picture may have, so that the decoder says the limit.
fn read_limited(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(Limits::default().max_bytes + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
