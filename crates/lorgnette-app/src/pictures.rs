//! Files and streams to pictures the model can take.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

pub use lorgnette_engine::PreparedPicture;
pub use lorgnette_image::Picture;
use lorgnette_image::{ImageConfig, Limits};

use crate::error::AppError;

/// Reads and decodes a picture file; `-` is standard input.
///
/// # Errors
/// [`AppError`] names the file and what is wrong with it.
pub fn decode(path: &Path) -> Result<Picture, AppError> {
    let (name, bytes) = read(path)?;
    Picture::decode(&bytes).map_err(|source| AppError::Picture { name, source })
}

/// A picture file as a model takes it; `-` is standard input.
///
/// # Errors
/// Those of [`decode`] and of [`prepare`].
pub fn prepare_at(path: &Path, config: &ImageConfig) -> Result<Arc<PreparedPicture>, AppError> {
    prepare(&display_name(path), &decode(path)?, config)
}

/// A decoded picture as a model takes it.
///
/// # Errors
/// [`AppError::Picture`] under that name.
pub fn prepare(
    name: &str,
    picture: &Picture,
    config: &ImageConfig,
) -> Result<Arc<PreparedPicture>, AppError> {
    let pixels = picture.prepare(config);
    let pixels = pixels.map_err(|source| AppError::Picture { name: name.into(), source })?;
    Ok(PreparedPicture::new(name, pixels))
}

/// Writes what the model sees of a picture as a PNG file.
///
/// # Errors
/// [`AppError`] names the file.
pub fn save_model_view(
    picture: &Picture,
    config: &ImageConfig,
    path: &Path,
) -> Result<(), AppError> {
    let png = picture.resized(config).and_then(|view| view.to_png());
    let name = display_name(path);
    let png = png.map_err(|source| AppError::Picture { name, source })?;
    fs_err::write(path, png).map_err(AppError::Write)
}

/// What a picture file is called in messages.
pub fn display_name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".into() } else { path.display().to_string() }
}

pub(crate) fn read(path: &Path) -> Result<(String, Vec<u8>), AppError> {
    let name = display_name(path);
    let read = || -> io::Result<Vec<u8>> {
        if path == Path::new("-") {
            return read_limited(io::stdin().lock());
        }
        // `Path::metadata`, whose errors do not name the path: ours does.
        if path.metadata()?.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
        }
        read_limited(fs_err::File::open(path)?)
    };
    match read() {
        Ok(bytes) => Ok((name, bytes)),
        Err(source) => Err(AppError::ReadPicture { name, source }),
    }
}

/// All bytes up to one beyond what a picture may have, so that the decoder says the limit.
fn read_limited(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(Limits::default().max_bytes + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
