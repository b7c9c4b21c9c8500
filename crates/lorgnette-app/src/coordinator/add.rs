//! Pictures that are added: files, bytes, pixels of the screen.

use std::path::PathBuf;

use super::App;
use crate::chats::PictureInfo;
use crate::chats::picture_id::{file_of, page_of};
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

    /// Chooses a page or frame of a picture's file, from 1. It is a picture of its own, where the
    /// window shows pictures.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if the picture is not there, [`AppError::Picture`] if there is no such
    /// page.
    pub fn choose_page(&self, id: &str, page: u32) -> Result<PictureInfo, AppError> {
        if let Ok(unchosen) = self.picture(file_of(id))
            && unchosen.page() == Some(page)
        {
            return Ok(unchosen);
        }
        let picture = self.picture(id)?;
        let from = self.pictures_with(id);
        self.0.add_to_shown(|pictures| {
            // A private chat may show a picture that is kept.
            if !pictures.has(id) {
                pictures.add(&picture.name, &from.bytes(id)?)?;
            }
            pictures.page(&picture, page)
        })
    }

    /// Adds a file that was exported, to be the picture of that id.
    ///
    /// # Errors
    /// Those of [`Self::keep_bytes`] and [`PictureStore::page`](crate::picture_store::PictureStore::page);
    /// [`AppError::NotFound`] if it is the file of another picture.
    pub(crate) fn keep_picture(&self, id: &str, name: &str, bytes: &[u8]) -> Result<(), AppError> {
        let file = self.keep_bytes(name, bytes)?;
        if file.id != id {
            let other = AppError::NotFound { what: "that picture" };
            let page = page_of(id).filter(|_| file_of(id) == file.id).ok_or(other)?;
            self.0.add_to_stored(|pictures| pictures.page(&file, page))?;
        }
        Ok(())
    }

    /// Adds what a quick action took to the pictures that are kept.
    pub(super) fn keep(&self, taken: &Taken) -> Result<PictureInfo, AppError> {
        self.0.add_to_stored(|pictures| match taken {
            Taken::Pixels { name, picture } => pictures.add_picture(name, picture),
            Taken::File(path) => pictures.add_file(path),
            Taken::Bytes { name, bytes } => pictures.add(name, bytes),
        })
    }
}

#[cfg(test)]
mod tests;
