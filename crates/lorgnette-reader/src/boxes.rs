//! From the map of likely text to the rectangles of lines.

use crate::components::components;
use crate::detection::Map;
use crate::geometry::{Rect, median};
use crate::hull::{convex_hull, rect_along, smallest_rect};

/// The shortest side of an area, in pixels, before and after it is pushed out.
const MIN_SIDE: f64 = 3.0;
const MIN_GROWN_SIDE: f64 = 5.0;
/// The least mean probability inside the rectangle.
const MIN_SCORE: f32 = 0.5;
/// By how much a rectangle is pushed out, times its area over its circumference: the network was
/// trained to mark the inside of lines.
const UNCLIP: f64 = 1.6;
/// A rectangle this many times as long as high says how its line runs; that of a shorter one is left to
/// chance.
const SAYS_SLOPE: f64 = 4.0;
const SAYS_NO_SLOPE: f64 = 2.0;

/// Returns the rectangles of lines, in pixels of the map.
///
/// Source: `PaddleOCR`'s `db_postprocess.py`. For a rectangle, its offset polygon is the rectangle pushed
/// out on every side.
pub fn boxes(map: &Map) -> Vec<Rect> {
    let mut found: Vec<(Vec<(i64, i64)>, Rect)> = Vec::new();
    for area in components(map) {
        let hull = convex_hull(&area);
        let Some(rect) = smallest_rect(&hull) else { continue };
        if rect.short_side() >= MIN_SIDE && score(map, &rect) >= MIN_SCORE {
            found.push((hull, rect));
        }
    }
    let slope = slope(found.iter().map(|(_, rect)| rect));
    let rects = found.iter().map(|(hull, rect)| {
        if rect.long_side() < SAYS_NO_SLOPE * rect.short_side() {
            rect_along(hull, (1.0, slope))
        } else {
            *rect
        }
    });
    let grown = rects.map(|rect| {
        let distance = rect.area() * UNCLIP / (2.0 * (rect.width + rect.height));
        // The middle of a pixel is at a half.
        let moved = Rect { x: rect.x + 0.5, y: rect.y + 0.5, ..rect };
        moved.grown(distance)
    });
    grown.filter(|rect| rect.short_side() >= MIN_GROWN_SIDE).collect()
}

/// Returns how much most lines fall for each pixel to the right, 0 if none says it.
pub fn slope<'a>(rects: impl Iterator<Item = &'a Rect>) -> f64 {
    let says = |rect: &&Rect| rect.long_side() >= SAYS_SLOPE * rect.short_side();
    median(rects.filter(says).map(|rect| {
        // `width` is the side that is nearer to level.
        if rect.ux == 0.0 { 0.0 } else { rect.uy / rect.ux }
    }))
}

/// Returns the mean probability of the pixels whose middle lies in the rectangle.
fn score(map: &Map, rect: &Rect) -> f32 {
    let corners = rect.corners();
    let (_, top, _, bottom) = rect.bounds();
    let (mut sum, mut n) = (0.0_f64, 0_usize);
    let first_row = top.ceil().max(0.0) as usize;
    let end_row = ((bottom.floor() + 1.0).max(0.0) as usize).min(map.height);
    for y in first_row..end_row {
        let at = y as f64;
        let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
        for (i, a) in corners.iter().enumerate() {
            let b = corners[(i + 1) % 4];
            if (a.1 - at) * (b.1 - at) > 0.0 {
                continue;
            }
            let crossings = if a.1 == b.1 {
                [a.0, b.0]
            } else {
                [a.0 + (at - a.1) / (b.1 - a.1) * (b.0 - a.0); 2]
            };
            for x in crossings {
                (left, right) = (left.min(x), right.max(x));
            }
        }
        // A hair of room for what was rounded.
        let first = (left - 1e-6).ceil().max(0.0) as usize;
        let end = (((right + 1e-6).floor() + 1.0).max(0.0) as usize).min(map.width);
        if let Some(values) = map.values[y * map.width..][..map.width].get(first..end) {
            sum += values.iter().map(|value| f64::from(*value)).sum::<f64>();
            n += values.len();
        }
    }
    if n == 0 { 0.0 } else { (sum / n as f64) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a map with `value` where `is_text` says so.
    fn map(width: usize, height: usize, is_text: impl Fn(usize, usize) -> bool) -> Map {
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let values = places.map(|(x, y)| if is_text(x, y) { 0.8 } else { 0.01 }).collect();
        Map { width, height, values }
    }

    #[test]
    fn a_line_is_pushed_out_on_every_side() {
        let map = map(200, 60, |x, y| (20..120).contains(&x) && (20..33).contains(&y));
        let [rect] = boxes(&map)[..] else { panic!("one line") };
        // 99 x 12 pixels from middle to middle: the distance is 99 * 12 * 1.6 / (2 * 111).
        let distance = 8.562;
        assert!((rect.width - 99.0 - 2.0 * distance).abs() < 0.01, "{rect:?}");
        assert!((rect.height - 12.0 - 2.0 * distance).abs() < 0.01, "{rect:?}");
        assert!((rect.x - 70.0).abs() < 1e-6 && (rect.y - 26.5).abs() < 1e-6, "{rect:?}");
    }

    #[test]
    fn specks_and_frames_are_no_lines() {
        assert!(boxes(&map(99, 99, |x, y| x == 7 && y == 9)).is_empty());
        let is_edge = |at: usize| at == 10 || at == 90;
        let inside = |at: usize| (10..=90).contains(&at);
        let frame = map(99, 99, |x, y| inside(x) && inside(y) && (is_edge(x) || is_edge(y)));
        assert!(boxes(&frame).is_empty(), "it is mostly empty");
    }

    #[test]
    fn a_short_word_runs_as_the_lines_do() {
        // Lines that fall by one in twenty, and a lozenge.
        let is_line = |x: usize, y: usize| {
            (20..380).contains(&x)
                && (0..4).any(|i| (y as i64 - (x as i64 / 20) - 30 * i - 20).abs() < 6)
        };
        let is_lozenge = |x: usize, y: usize| (x as i64 - 450).abs() + (y as i64 - 60).abs() < 14;
        let found = boxes(&map(500, 180, |x, y| is_line(x, y) || is_lozenge(x, y)));
        assert_eq!(found.len(), 5, "{found:?}");
        for rect in found {
            assert!((rect.uy / rect.ux - 0.05).abs() < 0.01, "{rect:?}");
        }
    }
}
