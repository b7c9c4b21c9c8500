//! Pictures that were added: their files by content, and what is shown of them.

mod documents;
mod files;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lorgnette_image::{ImageConfig, Note, PageSize, Picture, Region};
use sha2::{Digest as _, Sha256};

use self::documents::{Documents, Locked, OpenDocument};
use self::files::Files;
use crate::PictureError;
use crate::file;
use crate::view::View;
use lorgnette_chats::picture_id::{self, file_of, page_of};
use lorgnette_chats::{Attachment, PictureInfo};

/// Longest side of what stands for a picture in lists, in pixels.
pub const THUMB_SIDE: u32 = 320;

/// The folder of pictures. A file is named by the SHA-256 of what is in it, so the same picture
/// lies there once, and no name from outside becomes a path.
#[derive(Debug, Clone)]
pub struct PictureStore {
    originals: PathBuf,
    /// What can be made again from them.
    made: PathBuf,
    files: Files,
    documents: Documents,
}

impl PictureStore {
    /// Originals below the data folder, what is made of them below the cache folder.
    pub fn new(data: &Path, cache: &Path) -> Self {
        let (originals, made) = (data.join("pictures"), cache.join("pictures"));
        Self { originals, made, files: Files::OnDisk, documents: Documents::default() }
    }

    /// A store of which nothing is on the disk. It is gone with its last clone.
    pub fn in_memory() -> Self {
        Self {
            originals: PathBuf::new(),
            made: PathBuf::new(),
            files: Files::in_memory(),
            documents: Documents::default(),
        }
    }

    /// Whether a picture is here.
    pub fn has(&self, id: &str) -> bool {
        self.original(id).is_ok_and(|path| self.files.is_there(&path))
    }

    /// Reads a file and keeps it, if it is a picture.
    ///
    /// # Errors
    /// [`PictureError::Read`], [`PictureError::Image`], [`PictureError::Write`].
    pub fn add_file(&self, path: &Path) -> Result<PictureInfo, PictureError> {
        let bytes = file::read(path)?.1;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        self.add(&name.unwrap_or_else(|| path.display().to_string()), &bytes)
    }

    /// Keeps a file's bytes, if they are a picture. A document that needs a password is remembered
    /// until [`Self::unlock`] has it.
    ///
    /// # Errors
    /// [`PictureError::Image`] if it is not a picture, [`PictureError::Locked`] if it needs a password,
    /// [`PictureError::Write`] if it cannot be stored.
    pub fn add(&self, name: &str, bytes: &[u8]) -> Result<PictureInfo, PictureError> {
        let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
        let id = hex::encode(Sha256::digest(bytes));
        let shared = Arc::new(bytes.to_vec());
        let opened = self.documents.get((&id, &name), || Ok(Arc::clone(&shared)));
        if let Err(PictureError::Locked { .. }) = &opened {
            let (file, name) = (id.clone(), name.clone());
            self.documents.lock_away(Locked { file, name, bytes: shared });
        }
        let picture = decoded(&*opened?, None, &name)?;
        let path = self.original(&id)?;
        if !self.files.is_there(&path) {
            self.files.write(&path, bytes).map_err(PictureError::Write)?;
        }
        self.known(id, name, &picture, bytes.len())
    }

    /// A page of the file of a picture, as a picture of its own: the same file, shown at that page
    /// from now on.
    ///
    /// # Errors
    /// [`PictureError::Image`] if there is no such page; those of [`Self::bytes`].
    pub fn page(&self, of: &PictureInfo, page: u32) -> Result<PictureInfo, PictureError> {
        let document = self.document(&of.id, &of.name)?;
        let picture = decoded(&document, Some(page), &of.name)?;
        let id = picture_id::of_page(file_of(&of.id), page);
        self.known(id, of.name.clone(), &picture, document.document.n_bytes())
    }

    /// What is known of a page without drawing it; where that is nothing, it is decoded.
    ///
    /// # Errors
    /// Those of [`Self::page`].
    pub fn page_undrawn(&self, of: &PictureInfo, page: u32) -> Result<PictureInfo, PictureError> {
        let document = self.document(&of.id, &of.name)?;
        let size = document.document.size(page);
        let size = size.map_err(|source| PictureError::Image { name: of.name.clone(), source })?;
        // A long picture was decoded when it was added, and its parts follow from its size.
        let of_long = || {
            let is_whole = page_of(&of.id).is_none() && !of.is_animation;
            let pages = is_whole.then(|| lorgnette_image::long_pages(of.width, of.height))?;
            let region = pages.get(page.checked_sub(1)? as usize)?;
            let notes = vec![Note::Page { shown: page, of: u32::try_from(pages.len()).ok()? }];
            Some(PageSize { width: region.width, height: region.height, notes })
        };
        let Some(size) = size.or_else(of_long) else { return self.page(of, page) };
        Ok(PictureInfo {
            id: picture_id::of_page(file_of(&of.id), page),
            width: size.width,
            height: size.height,
            notes: size.notes,
            ..of.clone()
        })
    }

    /// Opens a document with its password, which is remembered until the program ends. `known` is what
    /// it is called if it was added before.
    ///
    /// # Errors
    /// [`PictureError::Image`] if it is not the right one, [`PictureError::NotFound`] if the document is not
    /// there any more; those of [`Self::add`].
    pub fn unlock(
        &self,
        id: &str,
        known: Option<&PictureInfo>,
        password: &str,
    ) -> Result<PictureInfo, PictureError> {
        let file = file_of(id);
        if let Some((name, bytes)) = self.documents.locked(file) {
            self.documents.unlock((file, &name), Arc::clone(&bytes), password)?;
            self.documents.is_unlocked(file);
            return self.add(&name, &bytes);
        }
        let known = known.ok_or(PictureError::NotFound { what: "that document" })?;
        self.documents.unlock((file, &known.name), Arc::new(self.bytes(id)?), password)?;
        Ok(known.clone())
    }

    /// What stands for a page of a picture's file in a strip of pages, as PNG.
    ///
    /// # Errors
    /// Those of [`Self::page`].
    pub fn page_thumb(&self, id: &str, page: u32) -> Result<Vec<u8>, PictureError> {
        let of_page = picture_id::of_page(file_of(id), page);
        self.make(&format!("{of_page}-thumb.png"), || {
            let document = self.document(id, id)?;
            let fault = |source| PictureError::Image { name: id.to_owned(), source };
            let draw = || document.document.small_page(page, THUMB_SIDE);
            self.documents.one_at_a_time(draw).map_err(fault)?.to_png().map_err(fault)
        })
    }

    /// The pages of a picture's file on which the words are, in the text that pages have of themselves.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn pages_with(&self, id: &str, words: &str) -> Result<Vec<u32>, PictureError> {
        Ok(self.document(id, id)?.pages_with(words))
    }

    /// The document of a picture's file, parsed once.
    fn document(&self, id: &str, name: &str) -> Result<Arc<OpenDocument>, PictureError> {
        self.documents.get((file_of(id), name), || Ok(Arc::new(self.bytes(id)?)))
    }

    /// What its file tells of a picture, under that name.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn info(&self, id: &str, name: &str) -> Result<PictureInfo, PictureError> {
        let picture = self.open(id, name)?;
        self.known(id.to_owned(), name.to_owned(), &picture, self.bytes(id)?.len())
    }

    /// What is known of a decoded picture. What stands for it in lists is made now, while the pixels
    /// are at hand.
    fn known(
        &self,
        id: String,
        name: String,
        picture: &Picture,
        n_bytes: usize,
    ) -> Result<PictureInfo, PictureError> {
        self.make(&format!("{id}-thumb.png"), || to_png(&name, picture, Some(THUMB_SIDE)))?;
        Ok(PictureInfo {
            id,
            name,
            width: picture.width(),
            height: picture.height(),
            format: picture.format().map_or_else(String::new, |format| format.to_string()),
            n_bytes: n_bytes as u64,
            is_animation: picture.is_animation(),
            notes: picture.notes().to_vec(),
        })
    }

    /// Keeps a picture that never was a file.
    ///
    /// # Errors
    /// [`PictureError::Image`] if it is not a picture, [`PictureError::Write`] if it cannot be stored.
    pub fn add_picture(&self, name: &str, picture: &Picture) -> Result<PictureInfo, PictureError> {
        let fault = |source| PictureError::Image { name: name.to_owned(), source };
        self.add(name, &picture.to_png().map_err(fault)?)
    }

    /// The picture, decoded: the page that was chosen, if one was.
    ///
    /// # Errors
    /// [`PictureError::NotFound`] when it was never added, [`PictureError::Locked`] when its document needs a
    /// password; those of decoding.
    pub fn open(&self, id: &str, name: &str) -> Result<Picture, PictureError> {
        decoded(&*self.document(id, name)?, page_of(id), name)
    }

    /// The part that is asked about, turned as the person has it.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn view(&self, attachment: &Attachment) -> Result<Picture, PictureError> {
        let picture = self.open(&attachment.picture, &attachment.name)?;
        let picture = match attachment.region {
            Some(region) => picture.part(region),
            None => picture,
        };
        Ok(if attachment.turn == 0 { picture } else { picture.turned(attachment.turn) })
    }

    /// The part that is asked about, as PNG with a longest side of at most `max_side` pixels.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn view_png(
        &self,
        attachment: &Attachment,
        max_side: u32,
    ) -> Result<Vec<u8>, PictureError> {
        to_png(&attachment.name, &self.view(attachment)?, Some(max_side))
    }

    /// The file as it was added, whatever page of it was chosen.
    ///
    /// # Errors
    /// [`PictureError::NotFound`] if it is not there, [`PictureError::Read`] if it cannot be read.
    pub fn bytes(&self, id: &str) -> Result<Vec<u8>, PictureError> {
        let path = self.original(id)?;
        if !self.files.is_there(&path) {
            return Err(PictureError::NotFound { what: "that picture" });
        }
        self.files.read(&path)
    }

    /// What stands for it in lists, as PNG.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn thumb(&self, id: &str) -> Result<Vec<u8>, PictureError> {
        self.make(&format!("{id}-thumb.png"), || to_png(id, &self.open(id, id)?, Some(THUMB_SIDE)))
    }

    /// All of it, upright, as PNG: by our decoder, whatever the format was.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn full(&self, id: &str) -> Result<Vec<u8>, PictureError> {
        self.make(&format!("{id}-full.png"), || to_png(id, &self.open(id, id)?, None))
    }

    /// Exactly what a model with a `context` of so many tokens sees of it, as PNG. Where it is
    /// looked at in parts, all of it in the size that they have.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn model_view(
        &self,
        attachment: &Attachment,
        config: &ImageConfig,
        context: usize,
    ) -> Result<Vec<u8>, PictureError> {
        let picture = self.view(attachment)?;
        let (width, height) = (picture.width(), picture.height());
        let view = View::of((width, height), config, attachment.max_side, context);
        if view.is_in_parts() {
            let max_side = f64::from(width.max(height)) / view.shrink;
            return to_png(&attachment.name, &picture, Some(max_side.ceil() as u32));
        }
        let resized = picture
            .resized(config)
            .map_err(|source| PictureError::Image { name: attachment.name.clone(), source })?;
        to_png(&attachment.name, &resized, None)
    }

    /// Deletes what was made of a picture, and its file unless another page of it is still used.
    pub fn delete(&self, id: &str, is_file_used: bool) {
        let Ok(original) = self.original(id) else { return };
        let made = ["thumb", "full"].map(|what| self.made.join(format!("{id}-{what}.png")));
        for path in made.into_iter().chain((!is_file_used).then_some(original)) {
            self.files.remove(&path);
        }
        if !is_file_used {
            let file = file_of(id);
            self.documents.forget(file);
            // Small pictures of pages that nobody chose.
            self.files.remove_all(&self.made, &format!("{file}-"));
        }
    }

    fn original(&self, id: &str) -> Result<PathBuf, PictureError> {
        let (file, _) =
            picture_id::parts(id).ok_or(PictureError::NotFound { what: "that picture" })?;
        Ok(self.originals.join(&file[..2]).join(file))
    }

    /// A file of the cache; made when it is not there.
    fn make(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<Vec<u8>, PictureError>,
    ) -> Result<Vec<u8>, PictureError> {
        let path = self.made.join(name);
        if let Some(bytes) = self.files.made_before(&path) {
            return Ok(bytes);
        }
        let bytes = make()?;
        // A cache that cannot be written costs time and nothing else.
        let _ = self.files.write(&path, &bytes);
        Ok(bytes)
    }
}

fn decoded(of: &OpenDocument, page: Option<u32>, name: &str) -> Result<Picture, PictureError> {
    let decoded = of.page(page);
    decoded.map_err(|source| PictureError::Image { name: name.to_owned(), source })
}

/// A text as documents are searched for it.
pub use self::documents::searched;

/// The size of what is asked about, before the model's own resizing.
pub fn viewed_size(info: &PictureInfo, region: Option<Region>, turn: u8) -> (u32, u32) {
    let (width, height) = match region.map(|region| region.within(info.width, info.height)) {
        Some(region) => (region.width, region.height),
        None => (info.width, info.height),
    };
    if turn % 2 == 1 { (height, width) } else { (width, height) }
}

fn to_png(name: &str, picture: &Picture, max_side: Option<u32>) -> Result<Vec<u8>, PictureError> {
    let fault = |source| PictureError::Image { name: name.to_owned(), source };
    match max_side {
        Some(max_side) => picture.shrunk(max_side).map_err(fault)?.to_png().map_err(fault),
        None => picture.to_png().map_err(fault),
    }
}

#[cfg(test)]
mod tests;
