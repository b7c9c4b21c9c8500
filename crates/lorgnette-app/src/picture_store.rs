//! Pictures that were added: their files by content, and what is shown of them.

use std::path::{Path, PathBuf};

use lorgnette_image::{ImageConfig, Picture, Region};
use sha2::{Digest as _, Sha256};

use crate::chats::{Attachment, PictureInfo};
use crate::error::AppError;
use crate::models::whole_file;
use crate::pictures;

/// Longest side of what stands for a picture in lists, in pixels.
pub const THUMB_SIDE: u32 = 320;

/// The folder of pictures. A file is named by the SHA-256 of what is in it, so the same picture
/// lies there once, and no name from outside becomes a path.
#[derive(Debug, Clone)]
pub struct PictureStore {
    originals: PathBuf,
    /// What can be made again from them.
    made: PathBuf,
}

impl PictureStore {
    /// Originals below the data folder, what is made of them below the cache folder.
    pub fn new(data: &Path, cache: &Path) -> Self {
        Self { originals: data.join("pictures"), made: cache.join("pictures") }
    }

    /// Reads a file and keeps it, if it is a picture.
    ///
    /// # Errors
    /// [`AppError::ReadPicture`], [`AppError::Picture`], [`AppError::Write`].
    pub fn add_file(&self, path: &Path) -> Result<PictureInfo, AppError> {
        let bytes = pictures::read(path)?.1;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        self.add(&name.unwrap_or_else(|| path.display().to_string()), &bytes)
    }

    /// Keeps a file's bytes, if they are a picture.
    ///
    /// # Errors
    /// [`AppError::Picture`] if it is not a picture, [`AppError::Write`] if it cannot be stored.
    pub fn add(&self, name: &str, bytes: &[u8]) -> Result<PictureInfo, AppError> {
        let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
        let picture = Picture::decode(bytes)
            .map_err(|source| AppError::Picture { name: name.clone(), source })?;
        let id = hex::encode(Sha256::digest(bytes));
        let path = self.original(&id)?;
        if !path.is_file() {
            whole_file::write(&path, bytes).map_err(AppError::Write)?;
        }
        // Made now, while the pixels are at hand: the list shows it at once.
        self.make(&format!("{id}-thumb.png"), || to_png(&name, &picture, Some(THUMB_SIDE)))?;
        Ok(PictureInfo {
            id,
            name,
            width: picture.width(),
            height: picture.height(),
            format: picture.format().map_or_else(String::new, |format| format.to_string()),
            n_bytes: bytes.len() as u64,
            is_animation: picture.is_animation(),
        })
    }

    /// Keeps pixels that never were a file, such as those of a clipboard: RGBA, row by row.
    ///
    /// # Errors
    /// [`AppError::Picture`] if it is not a picture, [`AppError::Write`] if it cannot be stored.
    pub fn add_rgba(
        &self,
        name: &str,
        width: u32,
        height: u32,
        rgba: &[u8],
    ) -> Result<PictureInfo, AppError> {
        let fault = |source| AppError::Picture { name: name.to_owned(), source };
        // On white, as files are.
        let rgb = rgba.as_chunks::<4>().0.iter().flat_map(|&[r, g, b, a]| {
            [r, g, b]
                .map(|c| ((u32::from(c) * u32::from(a) + 255 * (255 - u32::from(a))) / 255) as u8)
        });
        self.add_picture(name, &Picture::from_rgb(width, height, rgb.collect()).map_err(fault)?)
    }

    /// Keeps a picture that never was a file.
    ///
    /// # Errors
    /// [`AppError::Picture`] if it is not a picture, [`AppError::Write`] if it cannot be stored.
    pub fn add_picture(&self, name: &str, picture: &Picture) -> Result<PictureInfo, AppError> {
        let fault = |source| AppError::Picture { name: name.to_owned(), source };
        self.add(name, &picture.to_png().map_err(fault)?)
    }

    /// The picture, decoded.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it was never added; those of decoding.
    pub fn open(&self, id: &str, name: &str) -> Result<Picture, AppError> {
        let path = self.original(id)?;
        if !path.is_file() {
            return Err(AppError::NotFound { what: "that picture" });
        }
        pictures::decode(&path).map_err(|error| match error {
            AppError::Picture { source, .. } => AppError::Picture { name: name.to_owned(), source },
            error => error,
        })
    }

    /// The part that is asked about, turned as the person has it.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn view(&self, attachment: &Attachment) -> Result<Picture, AppError> {
        let picture = self.open(&attachment.picture, &attachment.name)?;
        let picture = match attachment.region {
            Some(region) => picture.part(region),
            None => picture,
        };
        Ok(if attachment.turn == 0 { picture } else { picture.turned(attachment.turn) })
    }

    /// The file as it was added.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if it is not there, [`AppError::ReadPicture`] if it cannot be read.
    pub fn bytes(&self, id: &str) -> Result<Vec<u8>, AppError> {
        let path = self.original(id)?;
        if !path.is_file() {
            return Err(AppError::NotFound { what: "that picture" });
        }
        Ok(pictures::read(&path)?.1)
    }

    /// What stands for it in lists, as PNG.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn thumb(&self, id: &str) -> Result<Vec<u8>, AppError> {
        self.make(&format!("{id}-thumb.png"), || to_png(id, &self.open(id, id)?, Some(THUMB_SIDE)))
    }

    /// All of it, upright, as PNG: by our decoder, whatever the format was.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn full(&self, id: &str) -> Result<Vec<u8>, AppError> {
        self.make(&format!("{id}-full.png"), || to_png(id, &self.open(id, id)?, None))
    }

    /// Exactly what the model sees of it, as PNG.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn model_view(
        &self,
        attachment: &Attachment,
        config: &ImageConfig,
    ) -> Result<Vec<u8>, AppError> {
        let view = self
            .view(attachment)?
            .resized(config)
            .map_err(|source| AppError::Picture { name: attachment.name.clone(), source })?;
        to_png(&attachment.name, &view, None)
    }

    /// Deletes a picture's files.
    pub fn delete(&self, id: &str) {
        let Ok(original) = self.original(id) else { return };
        for path in [
            original,
            self.made.join(format!("{id}-thumb.png")),
            self.made.join(format!("{id}-full.png")),
        ] {
            // What is not there need not go.
            let _ = fs_err::remove_file(path);
        }
    }

    fn original(&self, id: &str) -> Result<PathBuf, AppError> {
        let is_id =
            id.len() == 64 && id.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
        if !is_id {
            return Err(AppError::NotFound { what: "that picture" });
        }
        Ok(self.originals.join(&id[..2]).join(id))
    }

    /// A file of the cache; made when it is not there.
    fn make(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<Vec<u8>, AppError>,
    ) -> Result<Vec<u8>, AppError> {
        let path = self.made.join(name);
        if let Ok(bytes) = fs_err::read(&path) {
            return Ok(bytes);
        }
        let bytes = make()?;
        // A cache that cannot be written costs time and nothing else.
        let _ = whole_file::write(&path, &bytes);
        Ok(bytes)
    }
}

/// The size of what is asked about, before the model's own resizing.
pub fn viewed_size(info: &PictureInfo, region: Option<Region>, turn: u8) -> (u32, u32) {
    let (width, height) = match region.map(|region| region.within(info.width, info.height)) {
        Some(region) => (region.width, region.height),
        None => (info.width, info.height),
    };
    if turn % 2 == 1 { (height, width) } else { (width, height) }
}

fn to_png(name: &str, picture: &Picture, max_side: Option<u32>) -> Result<Vec<u8>, AppError> {
    let fault = |source| AppError::Picture { name: name.to_owned(), source };
    match max_side {
        Some(max_side) => picture.shrunk(max_side).map_err(fault)?.to_png().map_err(fault),
        None => picture.to_png().map_err(fault),
    }
}

#[cfg(test)]
mod tests;
