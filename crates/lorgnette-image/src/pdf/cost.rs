//! Adds up what a page would cost before it is drawn.
//!
//! Forms that draw forms that draw forms are a few hundred bytes and more work than any computer does,
//! and `hayro` cannot be stopped. So the page is gone through once with a device that only counts.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use hayro::hayro_interpret::font::{Glyph, GlyphRun};
use hayro::hayro_interpret::pattern::Pattern;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, Paint, SoftMask, TransformExt, interpret_page,
};
use hayro::hayro_syntax::page::Page;
use hayro::kurbo::{Affine, BezPath, Rect, Shape};

use super::images;
use crate::{Format, ImageError, Limits, worker};

/// The most lines, curves and letters. The largest maps have some hundred thousand.
const MAX_ELEMENTS: u64 = 4_000_000;
/// The most tiles that drawing fills, which the rasteriser holds in memory until the end.
const MAX_TILES: u64 = 16_000_000;
/// The size of a tile of the rasteriser in pixels.
const TILE: (f64, f64) = (256.0, 4.0);
/// How often one picture on the page may be drawn at the size of the largest that is decoded.
const MAX_LARGE_PICTURES: u64 = 4;

/// How exactly the length of a line is known, in the units of the page.
const LENGTH_ACCURACY: f64 = 1.0;

/// What is thrown to leave a page that costs too much.
struct Stopped(ImageError);

/// Checks that drawing the page at that size in pixels ends.
///
/// Errors: `TooMuchWork`; `TooManyPixels` if a picture on it is too large.
pub(super) fn check(
    page: &Page,
    size: (u16, u16),
    limits: &Limits,
    stop: &AtomicBool,
) -> Result<(), ImageError> {
    let (width, height) = page.render_dimensions();
    let (across, down) = (f64::from(size.0), f64::from(size.1));
    let transform = Affine::scale_non_uniform(across / f64::from(width), down / f64::from(height))
        * page.initial_transform(true).to_kurbo();
    let area = Rect::new(0.0, 0.0, across, down);
    let cache = InterpreterCache::new();
    let settings = InterpreterSettings::default();
    let count = || {
        let mut context = Context::new(transform, area, &cache, page.xref(), settings);
        let mut cost =
            Cost { area, limits, stop, n_elements: 0, n_tiles: 0, n_pixels: 0, depth: 0 };
        interpret_page(page, &mut context, &mut cost);
    };
    catch_unwind(AssertUnwindSafe(count)).map_err(|panic| match panic.downcast::<Stopped>() {
        Ok(stopped) => stopped.0,
        Err(panic) => worker::explain(Format::Pdf, &*panic),
    })
}

/// The device that counts.
struct Cost<'s> {
    /// The page in pixels.
    area: Rect,
    limits: &'s Limits,
    stop: &'s AtomicBool,
    n_elements: u64,
    n_tiles: u64,
    /// The pixels of the pictures on the page.
    n_pixels: u64,
    /// How deep masks, patterns and drawn letters are inside each other.
    depth: u32,
}

impl Cost<'_> {
    /// Adds what is drawn within a box of pixels.
    fn add(&mut self, n_elements: usize, bounds: Rect) {
        let visible = bounds.intersect(self.area);
        let tiles = |side: f64, tile: f64| (side / tile).ceil().max(0.0) as u64 + 1;
        self.n_elements = self.n_elements.saturating_add(n_elements as u64).saturating_add(1);
        self.n_tiles += tiles(visible.width(), TILE.0) * tiles(visible.height(), TILE.1);
        let is_too_much = self.n_elements > MAX_ELEMENTS || self.n_tiles > MAX_TILES;
        if is_too_much || self.stop.load(Ordering::Relaxed) {
            resume_unwind(Box::new(Stopped(ImageError::TooMuchWork { format: Format::Pdf })));
        }
    }

    /// Adds what is inside a mask, a pattern or a letter. A cycle of them ends here.
    fn within(&mut self, count: impl FnOnce(&mut Self)) {
        if self.depth < 16 {
            self.depth += 1;
            count(self);
            self.depth -= 1;
        }
    }

    fn mask(&mut self, mask: Option<&SoftMask<'_>>) {
        if let Some(mask) = mask {
            self.within(|cost| mask.interpret(cost));
        }
    }

    fn props(&mut self, props: &DrawProps<'_>) {
        self.mask(props.soft_mask.as_ref());
        if let Paint::Pattern(pattern) = &props.paint
            && let Pattern::Tiling(tiling) = &**pattern
        {
            self.within(|cost| {
                tiling.interpret(cost, tiling.matrix, false);
            });
        }
    }
}

/// Returns the number of dashes of a path, all of which are drawn, seen or not.
fn n_dashes(path: &BezPath, dashes: &[f32]) -> usize {
    if dashes.is_empty() {
        return 0;
    }
    let length: f64 = path.segments().map(|segment| segment.perimeter(LENGTH_ACCURACY)).sum();
    let period: f64 = dashes.iter().map(|dash| f64::from(dash.abs())).sum();
    // Of no length at all there are more than can be counted; a cast stops at the largest number.
    (length / period * dashes.len() as f64) as usize
}

impl<'a> Device<'a> for Cost<'_> {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        self.add(path.elements().len(), props.transform.transform_rect_bbox(path.bounding_box()));
        if let DrawMode::Stroke(stroke) | DrawMode::FillAndStroke(_, stroke) = mode {
            self.add(n_dashes(path, &stroke.dash_array), Rect::ZERO);
        }
        self.props(&props);
    }

    fn push_clip_path(&mut self, clip_path: &ClipPath) {
        self.add(clip_path.path.elements().len(), clip_path.path.bounding_box());
    }

    fn push_transparency_group(&mut self, _: f32, mask: Option<SoftMask<'a>>, _: BlendMode) {
        self.add(1, Rect::ZERO);
        self.mask(mask.as_ref());
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        let glyphs = run.glyphs();
        self.add(glyphs.len(), Rect::ZERO);
        if !matches!(mode, DrawMode::Invisible) {
            self.n_tiles += glyphs.len() as u64;
        }
        self.props(&props);
        for glyph in glyphs {
            if let Glyph::Type3(drawn) = &**glyph {
                self.within(|cost| {
                    drawn.interpret(cost, props.transform, glyph.transform(), &props.paint);
                });
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let (width, height) = (image.width(), image.height());
        let bounds = Rect::new(0.0, 0.0, width.into(), height.into());
        self.add(1, props.transform.transform_rect_bbox(bounds));
        self.mask(props.soft_mask.as_ref());
        let stream = match &image {
            Image::Stencil(stencil) => stencil.stream(),
            Image::Raster(raster) => raster.stream(),
        };
        match images::n_pixels(stream, (width, height), self.limits) {
            Ok(n_pixels) => self.n_pixels += n_pixels,
            Err(error) => resume_unwind(Box::new(Stopped(error))),
        }
        if self.n_pixels > self.limits.max_pixels.saturating_mul(MAX_LARGE_PICTURES) {
            resume_unwind(Box::new(Stopped(ImageError::TooMuchWork { format: Format::Pdf })));
        }
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
