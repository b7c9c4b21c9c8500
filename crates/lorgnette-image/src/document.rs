//! A file that is opened once, and shown page by page.

use std::fmt;
use std::sync::Arc;

use crate::decode::{Source, Stored};
use crate::{Format, ImageError, Limits, Note, Picture, decode, pdf, tiff};

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

    /// Draws a page, or decodes the frame of an animation, from 1; without a number, what a person would
    /// look at.
    ///
    /// # Errors
    ///
    /// Any [`ImageError`] that is about a file.
    pub fn page(&self, page: Option<u32>) -> Result<Picture, ImageError> {
        Ok(Picture::upright(self.stored(page, None)?, self.format))
    }

    /// Draws a page with a longest side of at most `max_side` pixels, which takes less time.
    ///
    /// # Errors
    ///
    /// Those of [`Self::page`].
    pub fn small_page(&self, page: u32, max_side: u32) -> Result<Picture, ImageError> {
        Picture::upright(self.stored(Some(page), Some(max_side))?, self.format).shrunk(max_side)
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
