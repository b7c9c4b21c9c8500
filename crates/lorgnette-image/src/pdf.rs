//! Draws a page of a PDF as a picture.
//!
//! `hayro` draws: pages with their annotations and form fields, turned and cropped as they say. A
//! document is parsed once, and nothing of it is drawn but the pages that are asked for. What a page
//! would cost is added up before it is drawn, because a small file can ask for any amount of work.

mod contents;
mod cost;
mod images;
mod streams;
mod text;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hayro::hayro_interpret::{InterpreterSettings, InterpreterWarning};
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};

use self::contents::Lost;
use crate::decode::{Source, Stored, n_values};
use crate::{Format, ImageError, Limits, Note, worker};

/// The most pixels to an inch: more shows nothing that a model could see.
const MAX_DPI: f64 = 300.0;
/// The most pixels of a page: those of A4 with 200 to an inch.
const MAX_PIXELS: f64 = 1_654.0 * 2_339.0;
/// The longest side of a page that is a strip.
const MAX_SIDE: f64 = 20_000.0;
/// PDF's unit of length is a point.
const POINTS_PER_INCH: f64 = 72.0;

/// Draws the page that was asked for, or else the first.
///
/// Errors: `NoSuchPage`; `Encrypted` if it needs a password; `TooMuchWork`; `Truncated` or `Damaged`.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    // What is left behind must not borrow.
    let opened = Opened::new(Arc::new(source.bytes.to_vec()), source.limits, None)?;
    opened.draw(source.page, None)
}

/// A document that was parsed. Its pages are drawn when they are asked for.
pub(crate) struct Opened {
    pdf: Arc<Pdf>,
    n_pages: u32,
    limits: Limits,
    /// Whether the end of the file is missing.
    is_cut_off: bool,
}

impl Opened {
    /// Parses a document, with a password if it was given.
    ///
    /// Errors: `Encrypted` and `WrongPassword`; `Truncated` or `Damaged`; `DecoderLimit`.
    pub(crate) fn new(
        bytes: Arc<Vec<u8>>,
        limits: &Limits,
        password: Option<&str>,
    ) -> Result<Self, ImageError> {
        let limits = *limits;
        let password = password.map(str::to_owned);
        worker::run(limits.max_time, Format::Pdf, move |_| {
            streams::check(&bytes, limits.max_bytes)?;
            let is_cut_off = is_cut_off(&bytes);
            let has_password = password.is_some();
            let parsed = Pdf::new_with_password(bytes, &password.unwrap_or_default());
            let pdf = parsed.map_err(|error| explain(error, is_cut_off, has_password))?;
            let n_pages = u32::try_from(pdf.pages().len()).unwrap_or(u32::MAX);
            if n_pages == 0 {
                return Err(damaged("it has no pages"));
            }
            Ok(Self { pdf: Arc::new(pdf), n_pages, limits, is_cut_off })
        })
    }

    pub(crate) fn n_pages(&self) -> u32 {
        self.n_pages
    }

    /// Draws a page, on a thread that may be left behind; `max_side` is its longest side in pixels, if
    /// that is less than usual.
    ///
    /// Errors: `NoSuchPage`; `TooMuchWork`; `Damaged`.
    pub(crate) fn draw(
        &self,
        page: Option<u32>,
        max_side: Option<u32>,
    ) -> Result<Stored, ImageError> {
        let (shown, of) = (page.unwrap_or(1), self.n_pages);
        let (limits, is_cut_off) = (self.limits, self.is_cut_off);
        let mut stored = self.with_page(shown, move |page, stop| {
            let lost = contents::lost(page, &limits)?;
            if lost == Lost::All {
                return Err(damaged("what is on the page cannot be unpacked"));
            }
            let size = size_of(page, &limits, max_side);
            let (picture, has_undrawn) = page_picture(page, size, &limits, stop)?;
            let picture = DynamicImage::ImageRgb8(picture);
            let mut stored = Stored::new(picture, Orientation::NoTransforms)?;
            let is_part = lost == Lost::Part || has_undrawn;
            stored.notes.extend(is_part.then_some(Note::Undrawn));
            Ok(stored)
        })?;
        let page = (of > 1).then_some(Note::Page { shown, of });
        stored.notes = page.into_iter().chain(stored.notes).collect();
        stored.notes.extend(is_cut_off.then_some(Note::CutOff));
        Ok(stored)
    }

    /// Returns the size in pixels that a page is drawn with.
    ///
    /// Errors: `NoSuchPage`.
    pub(crate) fn size(&self, page: u32) -> Result<(u32, u32), ImageError> {
        let limits = self.limits;
        self.with_page(page, move |page, _| {
            let (width, height) = size_of(page, &limits, None);
            Ok((width.into(), height.into()))
        })
    }

    /// Returns the text that a page has of itself, in the order in which it is drawn.
    ///
    /// Errors: `NoSuchPage`; `TooMuchWork`.
    pub(crate) fn text(&self, page: u32) -> Result<String, ImageError> {
        self.with_page(page, text::of_page)
    }

    /// Does something with a page, on a thread that may be left behind.
    fn with_page<T: Send + 'static>(
        &self,
        page: u32,
        work: impl FnOnce(&Page, &AtomicBool) -> Result<T, ImageError> + Send + 'static,
    ) -> Result<T, ImageError> {
        let n_pages = self.n_pages;
        if !(1..=n_pages).contains(&page) {
            return Err(ImageError::NoSuchPage { page, n_pages });
        }
        let pdf = Arc::clone(&self.pdf);
        worker::run(self.limits.max_time, Format::Pdf, move |stop| {
            let pages = pdf.pages();
            work(pages.get(page as usize - 1).ok_or_else(|| damaged("it has no such page"))?, stop)
        })
    }
}

/// Returns the size in pixels that a page is drawn with.
fn size_of(page: &Page, limits: &Limits, max_side: Option<u32>) -> (u16, u16) {
    let (width, height) = page.render_dimensions();
    let unit = page.raw().get::<f32>(b"UserUnit").filter(|unit| unit.is_normal() && *unit > 0.0);
    let (width, height) = size(width, height, unit.unwrap_or(1.0), limits);
    let longest = width.max(height);
    match max_side.and_then(|side| u16::try_from(side).ok()).filter(|side| *side < longest) {
        Some(side) => {
            let smaller = |one: u16| {
                let smaller = u32::from(one) * u32::from(side) / u32::from(longest);
                u16::try_from(smaller).unwrap_or(side).max(1)
            };
            (smaller(width), smaller(height))
        }
        None => (width, height),
    }
}

/// Draws a page, and says whether a picture on it could not be drawn.
fn page_picture(
    page: &Page,
    (width, height): (u16, u16),
    limits: &Limits,
    stop: &AtomicBool,
) -> Result<(RgbImage, bool), ImageError> {
    let (page_width, page_height) = page.render_dimensions();
    // Drawing rounds down.
    let scale = |side: u16, points: f32| (f32::from(side) + 0.25) / points;
    let pixmap_settings = PixmapSettings {
        x_scale: scale(width, page_width),
        y_scale: scale(height, page_height),
        bg_color: WHITE,
    };
    cost::check(page, (width, height), limits, stop)?;
    let has_undrawn = Arc::new(AtomicBool::new(false));
    let undrawn = Arc::clone(&has_undrawn);
    let settings = InterpreterSettings {
        warning_sink: Arc::new(move |warning| {
            tracing::info!("the PDF renderer says: {warning:?}");
            if !matches!(warning, InterpreterWarning::UnsupportedFont) {
                undrawn.store(true, Ordering::Relaxed);
            }
        }),
        ..InterpreterSettings::default()
    };
    // Letters are drawn as they are, not moved onto whole pixels.
    let render_settings = RenderSettings { hinting: false, ..RenderSettings::default() };
    let cache = RenderCache::new();
    let pixmap = hayro::render(page, &cache, &settings, &render_settings, &pixmap_settings);
    let (width, height) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
    let expected = n_values(width, height);
    // The ground is white and not transparent, so nothing is left to be laid on one.
    let rgb: Vec<u8> = pixmap.data().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
    let found = rgb.len() as u64;
    let picture = RgbImage::from_raw(width, height, rgb);
    let picture = picture.ok_or(ImageError::WrongLength { width, height, expected, found })?;
    Ok((picture, has_undrawn.load(Ordering::Relaxed)))
}

/// Returns the size in pixels of a page of so many units, each of so many points: within
/// [`MAX_DPI`], [`MAX_PIXELS`], [`MAX_SIDE`] and the limits, and at least one pixel.
fn size(width: f32, height: f32, unit: f32, limits: &Limits) -> (u16, u16) {
    let inches = |side: f32| f64::from(side) * f64::from(unit) / POINTS_PER_INCH;
    let (width, height) = (inches(width), inches(height));
    let max_pixels = MAX_PIXELS.min(limits.max_pixels as f64).min(limits.max_bytes as f64 / 4.0);
    let dpi = MAX_DPI.min((max_pixels / (width * height)).sqrt());
    let dpi = dpi.min(MAX_SIDE / width.max(height));
    let pixels = |inches: f64| (inches * dpi).round().clamp(1.0, MAX_SIDE) as u16;
    (pixels(width), pixels(height))
}

/// Says why a document cannot be opened.
fn explain(error: LoadPdfError, is_cut_off: bool, has_password: bool) -> ImageError {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) if has_password => {
            ImageError::WrongPassword
        }
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => ImageError::Encrypted,
        LoadPdfError::Decryption(DecryptionError::UnsupportedAlgorithm) => {
            let source = "its encryption is not known".into();
            ImageError::UnsupportedKind { format: Format::Pdf, source }
        }
        LoadPdfError::Decryption(_) => damaged("its encryption makes no sense"),
        LoadPdfError::Invalid if is_cut_off => ImageError::Truncated { format: Format::Pdf },
        LoadPdfError::Invalid => damaged("it cannot be parsed"),
    }
}

/// Returns whether the mark is missing by which a PDF ends, within the bytes that others search for it.
fn is_cut_off(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(1024)..];
    !tail.windows(5).any(|window| window == b"%%EOF")
}

fn damaged(reason: &'static str) -> ImageError {
    ImageError::Damaged { format: Format::Pdf, source: reason.into() }
}

#[cfg(test)]
mod tests;
