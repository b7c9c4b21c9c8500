//! Whether an edge of a panel or a rule runs down between two columns.

use lorgnette_image::Picture;

use crate::frame::{Frame, Place};
use crate::recognition::brightness;

/// The share of rows in which the brightness steps where an edge runs.
const STEPPING: f64 = 0.9;
/// The number of rows at both ends in which it must step: a line that stands above or below the edge is
/// of neither side.
const N_ENDS: usize = 2;
/// The least step of brightness, of 255: panels of dark windows differ by little.
const MIN_STEP: u8 = 3;
/// The most rows that are looked at.
const MAX_ROWS: usize = 160;
/// The most pixels across that are looked at.
const MAX_COLUMNS: usize = 4000;

/// Returns whether an edge or a rule runs all the way down a place of the frame.
pub fn has_edge(picture: &Picture, frame: Frame, place: &Place) -> bool {
    let n_rows = (place.height().max(0.0) as usize).min(MAX_ROWS);
    let n_columns = (place.width().max(0.0) as usize).min(MAX_COLUMNS);
    if n_rows == 0 {
        return false;
    }
    let row_height = place.height() / n_rows as f64;
    let ys: Vec<f64> = (0..n_rows).map(|row| place.top + (row as f64 + 0.5) * row_height).collect();
    let is_edge = |x: f64| {
        let is_level = |y: &&f64| {
            let at = |x: f64| pixel(picture, frame.to_picture(x, **y));
            !matches!((at(x - 1.0), at(x + 1.0)), (Some(a), Some(b)) if a.abs_diff(b) >= MIN_STEP)
        };
        // Most columns are no edge, and the first rows show it.
        let most = ((1.0 - STEPPING) * n_rows as f64) as usize;
        let mut ends = ys.iter().take(N_ENDS).chain(ys.iter().rev().take(N_ENDS));
        !ends.any(|y| is_level(&y)) && ys.iter().filter(is_level).take(most + 1).count() <= most
    };
    (0..n_columns).any(|column| is_edge(place.left + column as f64 + 0.5))
}

/// Returns the brightness of the pixel at a place; `None` outside.
fn pixel(picture: &Picture, (x, y): (f64, f64)) -> Option<u8> {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    if !(x >= 0.0 && y >= 0.0 && x < width && y < height) {
        return None;
    }
    let at = (y as usize * picture.width() as usize + x as usize) * 3;
    picture.rgb().get(at..at + 3).map(brightness)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;

    fn panels(edge_to: u32) -> Picture {
        let rgb = (0..100_u32).flat_map(|y| {
            (0..100_u32).flat_map(move |x| [if x < 50 && y < edge_to { 40 } else { 47 }; 3])
        });
        Picture::from_rgb(100, 100, rgb.collect()).unwrap()
    }

    #[test]
    fn a_faint_edge_counts_only_if_it_runs_all_the_way() {
        let level = Rect { x: 9.0, y: 9.0, ux: 1.0, uy: 0.0, width: 90.0, height: 9.0 };
        let frame = Frame::of([level].iter(), 0);
        let gutter = Place { left: 40.0, top: 5.0, right: 60.0, bottom: 95.0 };
        assert!(has_edge(&panels(100), frame, &gutter));
        assert!(!has_edge(&panels(60), frame, &gutter));
        assert!(!has_edge(&panels(100), frame, &Place { right: 45.0, ..gutter }));
        assert!(!has_edge(&panels(100), frame, &Place { bottom: 2.0, ..gutter }));
    }
}
