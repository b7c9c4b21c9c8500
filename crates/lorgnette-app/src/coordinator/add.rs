//! Pictures that are added: files, bytes, pixels of the screen.

use std::path::PathBuf;

use super::App;
use crate::chats::PictureInfo;
use crate::error::AppError;
use crate::quick_action::Taken;

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

    /// Adds what a quick action took to the pictures that are kept.
    pub(super) fn keep(&self, taken: Taken) -> Result<PictureInfo, AppError> {
        self.0.add_to_stored(|pictures| match &taken {
            Taken::Pixels { name, picture } => pictures.add_picture(name, picture),
            Taken::File(path) => pictures.add_file(path),
            Taken::Bytes { name, bytes } => pictures.add(name, bytes),
        })
    }
}
