//! Pictures that are added: files, bytes, pixels of the screen.

use std::path::PathBuf;

use super::App;
use crate::chats::PictureInfo;
use crate::chats::picture_id::{self, file_of, page_of};
use crate::error::AppError;
use crate::picture_store::searched;
use crate::quick_action::Taken;

/// The most pages that are chosen at once: a question about more is asked in parts.
const MAX_CHOSEN: usize = 2000;

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

    /// Chooses pages of a document, from 1, each as a picture of its own. None of them is drawn for it.
    ///
    /// # Errors
    /// Those of [`Self::choose_page`].
    pub fn choose_pages(&self, id: &str, pages: &[u32]) -> Result<Vec<PictureInfo>, AppError> {
        let all = pages.iter().take(MAX_CHOSEN).map(|page| self.choose_undrawn(id, *page));
        all.collect()
    }

    fn choose_undrawn(&self, id: &str, page: u32) -> Result<PictureInfo, AppError> {
        let of_page = picture_id::of_page(file_of(id), page);
        let known = [file_of(id), &of_page].map(|known| self.picture(known).ok());
        let is_it = |known: &PictureInfo| known.page() == Some(page);
        if let Some(known) = known.into_iter().flatten().find(is_it) {
            return Ok(known);
        }
        let picture = self.picture(file_of(id)).or_else(|_| self.picture(id))?;
        let from = self.pictures_with(id);
        self.0.add_to_shown(|pictures| {
            if !pictures.has(id) {
                pictures.add(&picture.name, &from.bytes(id)?)?;
            }
            pictures.page_undrawn(&picture, page)
        })
    }

    /// Opens a document with its password: one that was to be added and could not be, or one of a chat.
    ///
    /// # Errors
    /// [`AppError::Picture`] if it is not the right password; those of
    /// [`PictureStore::unlock`](crate::picture_store::PictureStore::unlock).
    pub fn unlock(&self, id: &str, password: &str) -> Result<PictureInfo, AppError> {
        match self.picture(id) {
            Ok(known) => Ok(self.pictures_with(id).unlock(id, Some(&known), password)?),
            Err(_) => self.0.add_to_shown(|pictures| pictures.unlock(id, None, password)),
        }
    }

    /// The pages of a picture's document on which the words are: in the text that pages have of
    /// themselves, or in what was read of them.
    ///
    /// # Errors
    /// Those of [`PictureStore::pages_with`](crate::picture_store::PictureStore::pages_with).
    pub fn pages_with(&self, id: &str, words: &str) -> Result<Vec<u32>, AppError> {
        let picture = self.picture(id)?;
        let mut pages = self.pictures_with(id).pages_with(id, words)?;
        let words = searched(words);
        let of = picture.n_pages();
        let read = (1..=of).filter(|page| {
            let of_page = picture_id::of_page(file_of(id), *page);
            let reading = self.0.known_reading(&of_page);
            let unchosen = || self.0.known_reading(file_of(id)).filter(|_| *page == 1);
            let reading = reading.or_else(unchosen);
            reading.is_some_and(|reading| searched(&reading.text()).contains(&words))
        });
        if !words.is_empty() {
            pages.extend(read);
        }
        pages.sort_unstable();
        pages.dedup();
        Ok(pages)
    }

    /// Adds a file that was exported, to be the pictures of these ids: all of it, or pages of it.
    ///
    /// # Errors
    /// Those of [`Self::keep_bytes`] and [`PictureStore::page`](crate::picture_store::PictureStore::page);
    /// [`AppError::NotFound`] if it is the file of another picture.
    pub fn keep_pictures(&self, ids: &[&str], name: &str, bytes: &[u8]) -> Result<(), AppError> {
        let file = self.keep_bytes(name, bytes)?;
        for id in ids.iter().filter(|id| **id != file.id) {
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
