//! A file that is opened once, and shown page by page.

use std::fmt;
use std::sync::Arc;

use crate::decode::{Source, Stored};
use crate::{Format, ImageError, Limits, Note, Picture, decode, long_pages, pdf, tiff};

/// A file that is opened once, and shown page by page. What is no document is one page.
///
/// Nothing is drawn but what is asked for. A PDF is parsed when it is opened, and never again.
pub struct Document {
    bytes: Arc<Vec<u8>>,
    format: Format,
    limits: Limits,
    n_pages: u32,
    pdf: Option<pdf::Opened>,
}

impl Document {
    /// Opens a file. `password` is for a PDF that opens with one only.
    ///
    /// # Errors
    ///
    /// `Encrypted` and `WrongPassword`; any other [`ImageError`] that is about a file.
    pub fn open(bytes: Arc<Vec<u8>>, password: Option<&str>) -> Result<Self, ImageError> {
        let limits = Limits::default();
        limits.check_file(bytes.len())?;
        let format = Format::of(&bytes)?;
        let mut document = Self { bytes, format, limits, n_pages: 1, pdf: None };
        match format {
            Format::Pdf => {
                let opened = pdf::Opened::new(Arc::clone(&document.bytes), &limits, password)?;
                document.n_pages = opened.n_pages();
                document.pdf = Some(opened);
            }
            Format::Tiff => document.n_pages = tiff::n_pages(&document.source(None))?,
            _ => {}
        }
        Ok(document)
    }

    /// Returns the format that the first bytes say.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Returns the number of pages: of what is no document 1. The frames of an animation and the sizes
    /// of an icon are no pages.
    pub fn n_pages(&self) -> u32 {
        self.n_pages
    }

    /// Returns whether opening it was work that staying open saves.
    pub fn is_parsed(&self) -> bool {
        self.pdf.is_some()
    }

    /// Returns the size of the file in bytes.
    pub fn n_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the number of pages that can be asked for: those of a document, or those that a long
    /// picture can be taken as, which is decoded to know it. Of any other picture 1.
    ///
    /// # Errors
    ///
    /// Those of [`Self::page`].
    pub fn n_parts(&self) -> Result<u32, ImageError> {
        if self.n_pages > 1 || self.pdf.is_some() {
            return Ok(self.n_pages);
        }
        let whole = self.page(None)?;
        let n_parts = if whole.is_animation() { 0 } else { n_long(&whole) };
        Ok(n_parts.max(1))
    }

    /// Draws a page, decodes the frame of an animation, or takes the part of a long picture, from 1;
    /// without a number, what a person would look at.
    ///
    /// # Errors
    ///
    /// Any [`ImageError`] that is about a file.
    pub fn page(&self, page: Option<u32>) -> Result<Picture, ImageError> {
        let decoded = self.stored(page, None);
        let decoded = decoded.map(|stored| Picture::upright(stored, self.format));
        let Some(page) = page.filter(|_| self.n_pages == 1 && self.pdf.is_none()) else {
            return decoded;
        };
        let whole = match decoded {
            Err(error @ ImageError::NoSuchPage { .. }) if page > 1 => {
                let whole = self.page(None)?;
                if n_long(&whole) == 0 || whole.is_animation() {
                    return Err(error);
                }
                whole
            }
            decoded => decoded?,
        };
        let of = n_long(&whole);
        if of == 0 || whole.is_animation() {
            return Ok(whole);
        }
        let pages = long_pages(whole.width(), whole.height());
        let region = page.checked_sub(1).and_then(|page| pages.get(page as usize));
        let region = region.ok_or(ImageError::NoSuchPage { page, n_pages: of })?;
        Ok(whole.part(*region).into_page(page, of))
    }

    /// Draws a page with a longest side of at most `max_side` pixels, which takes less time.
    ///
    /// # Errors
    ///
    /// Those of [`Self::page`].
    pub fn small_page(&self, page: u32, max_side: u32) -> Result<Picture, ImageError> {
        let picture = if self.pdf.is_some() {
            Picture::upright(self.stored(Some(page), Some(max_side))?, self.format)
        } else {
            self.page(Some(page))?
        };
        picture.shrunk(max_side)
    }

    /// Returns the width and height of a page in pixels, and what is known of it without drawing it;
    /// `None` where it has to be decoded to be known.
    ///
    /// # Errors
    ///
    /// `NoSuchPage`.
    pub fn size(&self, page: u32) -> Result<Option<PageSize>, ImageError> {
        let Some(pdf) = &self.pdf else { return Ok(None) };
        let (width, height) = pdf.size(page)?;
        let notes = (self.n_pages > 1).then_some(Note::Page { shown: page, of: self.n_pages });
        Ok(Some(PageSize { width, height, notes: notes.into_iter().collect() }))
    }

    /// Returns the text that a page of a PDF has of itself, in the order in which it is drawn; empty
    /// where there is none, as in a scan. It may be other than what is seen.
    ///
    /// # Errors
    ///
    /// `NoSuchPage`; `TooMuchWork`.
    pub fn text(&self, page: u32) -> Result<String, ImageError> {
        self.pdf.as_ref().map_or_else(|| Ok(String::new()), |pdf| pdf.text(page))
    }

    fn stored(&self, page: Option<u32>, max_side: Option<u32>) -> Result<Stored, ImageError> {
        match &self.pdf {
            Some(pdf) => pdf.draw(page, max_side),
            None => decode::decode(&self.source(page)),
        }
    }

    fn source(&self, page: Option<u32>) -> Source<'_> {
        Source { bytes: &self.bytes, format: self.format, limits: &self.limits, page }
    }
}

/// The number of pages that a long picture can be taken as; 0 if it is not long.
fn n_long(picture: &Picture) -> u32 {
    u32::try_from(long_pages(picture.width(), picture.height()).len()).unwrap_or(u32::MAX)
}

/// What is known of a page before it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageSize {
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
    /// Which page it is.
    pub notes: Vec<Note>,
}

/// Leaves out the bytes, because there are many.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("format", &self.format)
            .field("n_pages", &self.n_pages)
            .finish_non_exhaustive()
    }
}
