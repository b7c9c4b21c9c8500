//! Draws a page of a PDF as a picture.
//!
//! `hayro` draws: pages with their annotations and form fields, turned and cropped as they say. Of a
//! document nothing is drawn but the page that is asked for. What a page would cost is added up before
//! it is drawn, because a small file can ask for any amount of work.

mod contents;
mod cost;
mod images;
mod streams;
mod worker;

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
use crate::{Format, ImageError, Limits, Note};

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
    within_limits(source, draw)
}

/// Returns the number of pages.
///
/// Errors: those of [`decode`].
pub(crate) fn n_pages(source: &Source) -> Result<u32, ImageError> {
    within_limits(source, |_, pdf, _| count(pdf))
}

/// Opens the document, and does something with it, on a thread that may be left behind.
fn within_limits<T: Send + 'static>(
    source: &Source,
    work: impl FnOnce(&Source, &Pdf, &AtomicBool) -> Result<T, ImageError> + Send + 'static,
) -> Result<T, ImageError> {
    streams::check(source.bytes, source.limits.max_bytes)?;
    let (page, limits) = (source.page, *source.limits);
    // What is left behind must not borrow.
    let bytes = Arc::new(source.bytes.to_vec());
    worker::run(move |stop| {
        let source = Source { bytes: &bytes, format: Format::Pdf, limits: &limits, page };
        let pdf = Pdf::new(Arc::clone(&bytes)).map_err(|error| explain(error, &bytes))?;
        work(&source, &pdf, stop)
    })
}

fn count(pdf: &Pdf) -> Result<u32, ImageError> {
    match pdf.pages().len() {
        0 => Err(damaged("it has no pages")),
        n_pages => Ok(u32::try_from(n_pages).unwrap_or(u32::MAX)),
    }
}

/// Draws one page of a document, on the thread that it is called on.
fn draw(source: &Source, pdf: &Pdf, stop: &AtomicBool) -> Result<Stored, ImageError> {
    let (pages, n_pages) = (pdf.pages(), count(pdf)?);
    source.check_page(n_pages)?;
    let shown = source.page.unwrap_or(1);
    let page = pages.get(shown as usize - 1).ok_or_else(|| damaged("it has no such page"))?;
    let lost = contents::lost(page, source.limits)?;
    if lost == Lost::All {
        return Err(damaged("what is on the page cannot be unpacked"));
    }
    let (picture, has_undrawn) = page_picture(page, source.limits, stop)?;
    let mut stored = Stored::new(DynamicImage::ImageRgb8(picture), Orientation::NoTransforms)?;
    stored.notes.extend((n_pages > 1).then_some(Note::Page { shown, of: n_pages }));
    stored.notes.extend((lost == Lost::Part || has_undrawn).then_some(Note::Undrawn));
    stored.notes.extend(is_cut_off(source.bytes).then_some(Note::CutOff));
    Ok(stored)
}

/// Draws a page, and says whether a picture on it could not be drawn.
fn page_picture(
    page: &Page,
    limits: &Limits,
    stop: &AtomicBool,
) -> Result<(RgbImage, bool), ImageError> {
    let (page_width, page_height) = page.render_dimensions();
    let unit = page.raw().get::<f32>(b"UserUnit").filter(|unit| unit.is_normal() && *unit > 0.0);
    let (width, height) = size(page_width, page_height, unit.unwrap_or(1.0), limits);
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
fn explain(error: LoadPdfError, bytes: &[u8]) -> ImageError {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => ImageError::Encrypted,
        LoadPdfError::Decryption(DecryptionError::UnsupportedAlgorithm) => {
            let source = "its encryption is not known".into();
            ImageError::UnsupportedKind { format: Format::Pdf, source }
        }
        LoadPdfError::Decryption(_) => damaged("its encryption makes no sense"),
        LoadPdfError::Invalid if is_cut_off(bytes) => ImageError::Truncated { format: Format::Pdf },
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
