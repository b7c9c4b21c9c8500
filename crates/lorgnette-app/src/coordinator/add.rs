//! Pictures that are added: files, bytes, pixels of a clipboard or of the screen.

use std::path::PathBuf;

use super::App;
use crate::chats::PictureInfo;
use crate::error::AppError;

impl App {
    /// Adds picture files; those that cannot be used are told apart, each by its name.
    pub fn add_files(
        &self,
        paths: impl IntoIterator<Item = PathBuf>,
    ) -> (Vec<PictureInfo>, Vec<(String, AppError)>) {
        let (mut pictures, mut refused) = (Vec::new(), Vec::new());
        for path in paths {
            match self.0.add_to_shown(|pictures| pictures.add_file(&path)) {
                Ok(picture) => pictures.push(picture),
                Err(error) => {
                    let name = path.file_name().unwrap_or(path.as_os_str());
                    refused.push((name.to_string_lossy().into_owned(), error));
                }
            }
        }
        (pictures, refused)
    }

    /// Adds a picture file's bytes to what the window shows.
    ///
    /// # Errors
    /// Those of [`PictureStore::add`](crate::picture_store::PictureStore::add).
    pub fn add_bytes(&self, name: &str, bytes: &[u8]) -> Result<PictureInfo, AppError> {
        self.0.add_to_shown(|pictures| pictures.add(name, bytes))
    }

    /// Adds a picture file's bytes to the pictures that are kept, whatever the window shows.
    ///
    /// # Errors
    /// Those of [`PictureStore::add`](crate::picture_store::PictureStore::add).
    pub fn keep_bytes(&self, name: &str, bytes: &[u8]) -> Result<PictureInfo, AppError> {
        self.0.add_to_stored(|pictures| pictures.add(name, bytes))
    }

    /// Adds pixels of a clipboard: RGBA, row by row.
    ///
    /// # Errors
    /// Those of [`PictureStore::add_rgba`](crate::picture_store::PictureStore::add_rgba).
    pub fn add_rgba(
        &self,
        name: &str,
        width: u32,
        height: u32,
        rgba: &[u8],
    ) -> Result<PictureInfo, AppError> {
        self.0.add_to_shown(|pictures| pictures.add_rgba(name, width, height, rgba))
    }

    /// Adds pixels of a screen to the pictures that are kept.
    ///
    /// # Errors
    /// [`AppError::Picture`] if it is not a picture, [`AppError::Write`] if it cannot be stored.
    pub fn add_picture(
        &self,
        name: &str,
        picture: &lorgnette_image::Picture,
    ) -> Result<PictureInfo, AppError> {
        self.0.add_to_stored(|pictures| pictures.add_picture(name, picture))
    }
}
