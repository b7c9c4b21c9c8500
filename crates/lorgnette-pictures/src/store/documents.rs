//! Documents that are open: each is parsed once, and its pages are drawn when they are wanted.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use lorgnette_image::{Document, ImageError, Picture};

use crate::PictureError;

/// The most documents that stay open.
const MAX_OPEN: usize = 4;
/// The most bytes of documents that stay open, beside the one that was opened last.
const MAX_OPEN_BYTES: usize = 256 << 20;
/// The most files that wait for their passwords.
const MAX_LOCKED: usize = 8;

/// The documents of a store that are open, with the passwords that opened them, in memory alone.
#[derive(Clone, Default)]
pub(super) struct Documents(Arc<State>);

#[derive(Default)]
struct State {
    open: Mutex<Open>,
    locked: Mutex<Vec<Locked>>,
    /// Held while a small picture of a page is drawn: a strip asks for many, and drawing one after the
    /// other leaves a core to who types.
    drawing: Mutex<()>,
}

#[derive(Default)]
struct Open {
    /// By their files, the latest last.
    documents: Vec<(String, Arc<OpenDocument>)>,
    passwords: HashMap<String, String>,
}

/// A file that was added and waits for its password.
pub(super) struct Locked {
    pub file: String,
    pub name: String,
    pub bytes: Arc<Vec<u8>>,
}

/// A document that is open.
pub(super) struct OpenDocument {
    pub document: Document,
    /// The text of each page as it is searched; empty where a page has none of its own.
    texts: OnceLock<Vec<String>>,
    /// The page that was drawn last: it is shown, looked at and read one after the other.
    last: Mutex<Option<(u32, Picture)>>,
}

impl Documents {
    /// The document of a file: as it was opened before, or opened now from what `read` gives.
    ///
    /// # Errors
    /// [`PictureError::Locked`] if it needs a password; [`PictureError::Image`]; those of `read`.
    pub fn get(
        &self,
        (file, name): (&str, &str),
        read: impl FnOnce() -> Result<Arc<Vec<u8>>, PictureError>,
    ) -> Result<Arc<OpenDocument>, PictureError> {
        // Held while it opens: who asks for the same document meanwhile waits for this one.
        let mut open = lock(&self.0.open);
        if let Some(at) = open.documents.iter().position(|(known, _)| known == file) {
            let latest = open.documents.remove(at);
            let document = Arc::clone(&latest.1);
            open.documents.push(latest);
            return Ok(document);
        }
        let password = open.passwords.get(file).cloned();
        let opened = Document::open(read()?, password.as_deref());
        let document = opened.map_err(|source| fault(file, name, source))?;
        Ok(open.put(file, document))
    }

    /// Opens a file with a password, which is remembered if it is the right one.
    ///
    /// # Errors
    /// [`PictureError::Image`]
    pub fn unlock(
        &self,
        (file, name): (&str, &str),
        bytes: Arc<Vec<u8>>,
        password: &str,
    ) -> Result<(), PictureError> {
        let opened = Document::open(bytes, Some(password));
        let document =
            opened.map_err(|source| PictureError::Image { name: name.to_owned(), source })?;
        let mut open = lock(&self.0.open);
        open.passwords.insert(file.to_owned(), password.to_owned());
        open.put(file, document);
        Ok(())
    }

    /// Remembers a file until its password is typed.
    pub fn lock_away(&self, locked: Locked) {
        let mut all = lock(&self.0.locked);
        all.retain(|other| other.file != locked.file);
        if all.len() == MAX_LOCKED {
            all.remove(0);
        }
        all.push(locked);
    }

    /// The file that waits for its password.
    pub fn locked(&self, file: &str) -> Option<(String, Arc<Vec<u8>>)> {
        let all = lock(&self.0.locked);
        let locked = all.iter().find(|locked| locked.file == file)?;
        Some((locked.name.clone(), Arc::clone(&locked.bytes)))
    }

    /// Forgets a file that waited.
    pub fn is_unlocked(&self, file: &str) {
        lock(&self.0.locked).retain(|locked| locked.file != file);
    }

    /// Forgets a file that is deleted.
    pub fn forget(&self, file: &str) {
        let mut open = lock(&self.0.open);
        open.documents.retain(|(known, _)| known != file);
        open.passwords.remove(file);
    }

    /// Draws one small picture at a time.
    pub fn one_at_a_time<T>(&self, draw: impl FnOnce() -> T) -> T {
        let _drawing = lock(&self.0.drawing);
        draw()
    }
}

impl Open {
    fn put(&mut self, file: &str, document: Document) -> Arc<OpenDocument> {
        let document =
            Arc::new(OpenDocument { document, texts: OnceLock::new(), last: Mutex::default() });
        self.documents.retain(|(known, _)| known != file);
        // A picture of one page is decoded and done.
        if document.document.n_pages() == 1 && !document.document.is_parsed() {
            return document;
        }
        let n_bytes = |documents: &[(String, Arc<OpenDocument>)]| {
            documents.iter().map(|(_, one)| one.document.n_bytes()).sum::<usize>()
        };
        while self.documents.len() >= MAX_OPEN || n_bytes(&self.documents) > MAX_OPEN_BYTES {
            self.documents.remove(0);
        }
        self.documents.push((file.to_owned(), Arc::clone(&document)));
        document
    }
}

impl OpenDocument {
    /// A page as [`Document::page`] gives it. One that was drawn a moment ago is not drawn again.
    pub fn page(&self, page: Option<u32>) -> Result<Picture, ImageError> {
        if !self.document.is_parsed() {
            return self.document.page(page);
        }
        let number = page.unwrap_or(1);
        if let Some((_, picture)) = lock(&self.last).as_ref().filter(|last| last.0 == number) {
            return Ok(picture.clone());
        }
        let picture = self.document.page(page)?;
        *lock(&self.last) = Some((number, picture.clone()));
        Ok(picture)
    }

    /// The pages on which the words are, in the text that pages have of themselves. Spaces do not
    /// count: many documents have none between their words.
    pub fn pages_with(&self, words: &str) -> Vec<u32> {
        let words = searched(words);
        let texts = self.texts.get_or_init(|| {
            // A page that cannot be read has no text.
            let text = |page| self.document.text(page).unwrap_or_default();
            (1..=self.document.n_pages()).map(|page| searched(&text(page))).collect()
        });
        if words.is_empty() {
            return Vec::new();
        }
        let has = texts.iter().map(|text| text.contains(&words));
        (1..).zip(has).filter_map(|(page, has)| has.then_some(page)).collect()
    }
}

/// A text as it is searched: small letters without spaces.
pub fn searched(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect()
}

fn fault(file: &str, name: &str, source: ImageError) -> PictureError {
    match source {
        ImageError::Encrypted => {
            PictureError::Locked { name: name.to_owned(), id: file.to_owned() }
        }
        source => PictureError::Image { name: name.to_owned(), source },
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says nothing of what is in it: there are passwords.
impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").finish_non_exhaustive()
    }
}
