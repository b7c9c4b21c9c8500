//! The text that a page has of itself: letters in the order in which they are drawn, also those that
//! are not seen, as scanners lay them over a page.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::hayro_cmap::BfString;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, SoftMask, TransformExt as _, interpret_page,
};
use hayro::hayro_syntax::page::Page;
use hayro::kurbo::{Affine, BezPath, Point, Rect};

use crate::{Format, ImageError, worker};

/// The most letters of a page. Pages of telephone books have some ten thousand.
const MAX_LETTERS: usize = 1_000_000;
/// The most that is drawn around the letters.
const MAX_ELEMENTS: usize = 4_000_000;
/// Units of a letter's own space in its height.
const UNITS_PER_EM: f64 = 1000.0;
/// A step down or up by so much of the height of a letter begins a line.
const LINE_STEP: f64 = 0.5;
/// A step to the right by so much of the height of a letter is wider than any letter.
const WIDE_STEP: f64 = 1.2;

/// What is thrown to leave a page that has too much on it.
struct TooMuch;

/// Returns the text of a page; empty if it has none.
///
/// Errors: `TooMuchWork`.
pub(super) fn of_page(page: &Page, stop: &AtomicBool) -> Result<String, ImageError> {
    let (width, height) = page.render_dimensions();
    let area = Rect::new(0.0, 0.0, width.into(), height.into());
    let transform = page.initial_transform(true);
    let cache = InterpreterCache::new();
    let mut letters = Letters { stop, text: String::new(), at: None, n_elements: 0 };
    let read = || {
        let transform = transform.to_kurbo();
        let settings = InterpreterSettings::default();
        let mut context = Context::new(transform, area, &cache, page.xref(), settings);
        interpret_page(page, &mut context, &mut letters);
    };
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(()) => Ok(letters.text),
        Err(panic) if panic.is::<TooMuch>() => Err(ImageError::TooMuchWork { format: Format::Pdf }),
        Err(panic) => Err(worker::explain(Format::Pdf, &*panic)),
    }
}

/// The device that only hears the letters.
struct Letters<'s> {
    stop: &'s AtomicBool,
    text: String,
    /// Where the last letter is, and how high it is.
    at: Option<(Point, f64)>,
    n_elements: usize,
}

impl Letters<'_> {
    fn add(&mut self, n_elements: usize) {
        self.n_elements = self.n_elements.saturating_add(n_elements);
        let is_too_much = self.n_elements > MAX_ELEMENTS || self.text.len() > MAX_LETTERS;
        if is_too_much || self.stop.load(Ordering::Relaxed) {
            resume_unwind(Box::new(TooMuch));
        }
    }

    /// Ends a line or word where the next letter is not beside the last one.
    fn step_to(&mut self, place: Affine) {
        let to = place * Point::ORIGIN;
        let em = (place * Point::new(0.0, UNITS_PER_EM) - to).hypot().max(f64::MIN_POSITIVE);
        if let Some((from, height)) = self.at.replace((to, em)) {
            let step = to - from;
            let height = height.max(em);
            if step.y.abs() > LINE_STEP * height || step.x < -height {
                self.text.push('\n');
            } else if step.x > WIDE_STEP * height && !self.text.ends_with(char::is_whitespace) {
                self.text.push(' ');
            }
        }
    }
}

impl<'a> Device<'a> for Letters<'_> {
    fn draw_path(&mut self, path: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.add(path.elements().len());
    }

    fn push_clip_path(&mut self, clip_path: &ClipPath) {
        self.add(clip_path.path.elements().len());
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.add(1);
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        self.add(run.glyphs().len());
        for glyph in run.glyphs() {
            self.step_to(props.transform * glyph.transform());
            match glyph.as_unicode() {
                Some(BfString::Char(letter)) => self.text.push(letter),
                Some(BfString::String(letters)) => self.text.push_str(&letters),
                None => self.text.push(char::REPLACEMENT_CHARACTER),
            }
        }
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.add(1);
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
