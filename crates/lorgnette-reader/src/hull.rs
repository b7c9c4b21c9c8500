//! The convex hull of an area, in integers, and the smallest rectangle around it.
//!
//! In floats, a hull of a long flat line can lose a corner, and the line with it.

use crate::components::Run;
use crate::geometry::Rect;

/// The corners of the smallest convex polygon around an area, in pixels, without corners on a straight
/// side.
///
/// Source: Andrew's monotone chain, with rows as the order.
pub fn convex_hull(runs: &[Run]) -> Vec<(i64, i64)> {
    // The ends of each row; runs go down, so the points are sorted by row, then by column.
    let mut points: Vec<(i64, i64)> = Vec::with_capacity(2 * runs.len());
    for row in runs.chunk_by(|a, b| a.y == b.y) {
        let first = row.iter().map(|run| run.first).min().unwrap_or_default();
        let last = row.iter().map(|run| run.last).max().unwrap_or_default();
        points.push((first.into(), row[0].y.into()));
        if last != first {
            points.push((last.into(), row[0].y.into()));
        }
    }
    if points.len() < 3 {
        return points;
    }
    let mut hull = half_hull(points.iter().copied());
    let back = half_hull(points.iter().rev().copied());
    // Each half ends where the other begins.
    hull.pop();
    hull.extend(&back[..back.len() - 1]);
    hull
}

fn half_hull(points: impl Iterator<Item = (i64, i64)>) -> Vec<(i64, i64)> {
    let mut half: Vec<(i64, i64)> = Vec::new();
    for point in points {
        while let [.., a, b] = half[..] {
            if cross(a, b, point) > 0 {
                break;
            }
            half.pop();
        }
        half.push(point);
    }
    half
}

fn cross(a: (i64, i64), b: (i64, i64), c: (i64, i64)) -> i64 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// Returns the smallest rectangle around a hull; one of its sides lies along a side of the hull.
/// `None` of no points.
pub fn smallest_rect(hull: &[(i64, i64)]) -> Option<Rect> {
    let &first = hull.first()?;
    let ends = hull.iter().cycle().skip(1);
    let sides = hull.iter().zip(ends).map(|(a, b)| (b.0 - a.0, b.1 - a.1));
    let sides = sides.filter(|side| *side != (0, 0));
    let rects = sides.map(|(dx, dy)| rect_along(hull, (dx as f64, dy as f64)));
    let smallest = rects.min_by(|a, b| a.area().total_cmp(&b.area()));
    let point =
        Rect { x: first.0 as f64, y: first.1 as f64, ux: 1.0, uy: 0.0, width: 0.0, height: 0.0 };
    Some(smallest.unwrap_or(point))
}

/// Returns the rectangle around points, one side of which has that direction. `width` is its side that
/// is nearer to level, and goes to the right.
pub fn rect_along(points: &[(i64, i64)], (dx, dy): (f64, f64)) -> Rect {
    let floats = points.iter().map(|(x, y)| (*x as f64, *y as f64));
    rect_around(&floats, (dx, dy))
}

/// As [`rect_along`], of points that are no pixels.
pub fn rect_around(
    points: &(impl Iterator<Item = (f64, f64)> + Clone),
    (dx, dy): (f64, f64),
) -> Rect {
    let length = dx.hypot(dy);
    let (mut ux, mut uy) = if length > 0.0 { (dx / length, dy / length) } else { (1.0, 0.0) };
    if uy.abs() > ux.abs() {
        (ux, uy) = (-uy, ux);
    }
    if ux < 0.0 {
        (ux, uy) = (-ux, -uy);
    }
    let ends = |ux: f64, uy: f64| {
        points.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), (x, y)| {
            let at = x * ux + y * uy;
            (least.min(at), most.max(at))
        })
    };
    let (left, right) = ends(ux, uy);
    let (top, bottom) = ends(-uy, ux);
    let (along, across) = (left.midpoint(right), top.midpoint(bottom));
    Rect {
        x: along * ux - across * uy,
        y: along * uy + across * ux,
        ux,
        uy,
        width: right - left,
        height: bottom - top,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block(width: i32, height: i32) -> Vec<Run> {
        (0..height).map(|y| Run { y, first: 0, last: width - 1 }).collect()
    }

    #[test]
    fn a_long_flat_line_keeps_its_height() {
        for width in [648, 1000, 2000, 60_000] {
            // Frayed ends, as the network draws them.
            let mut runs = block(width, 13);
            for (i, run) in runs.iter_mut().enumerate() {
                run.first += (i as i32 * 7) % 3;
                run.last -= (i as i32 * 5) % 4;
            }
            let rect = smallest_rect(&convex_hull(&runs)).unwrap();
            assert!((rect.height - 12.0).abs() < 0.5, "{width}: {rect:?}");
            assert!((rect.width - f64::from(width - 1)).abs() < 4.0, "{width}: {rect:?}");
        }
    }

    #[test]
    fn a_turned_line_has_a_turned_rectangle() {
        let runs: Vec<Run> =
            (0..40).map(|y| Run { y, first: y * 10, last: y * 10 + 120 }).collect();
        let rect = smallest_rect(&convex_hull(&runs)).unwrap();
        let slope = rect.uy / rect.ux;
        assert!((slope - 0.1).abs() < 0.02, "{rect:?}");
    }

    #[test]
    fn dots_and_hairlines_have_rectangles_without_an_inside() {
        let dot = smallest_rect(&convex_hull(&block(1, 1))).unwrap();
        assert!(dot.area() == 0.0 && dot.ux == 1.0);
        let level = smallest_rect(&convex_hull(&block(30, 1))).unwrap();
        assert_eq!((level.width, level.height), (29.0, 0.0));
        let upright = smallest_rect(&convex_hull(&block(1, 30))).unwrap();
        assert_eq!((upright.width, upright.height), (0.0, 29.0));
        assert_eq!(smallest_rect(&[]), None);
    }

    proptest! {
        #[test]
        fn nothing_lies_outside(ends in prop::collection::vec((0_i32..500, 0_i32..500), 1..60)) {
            let runs: Vec<Run> = ends
                .iter()
                .enumerate()
                .map(|(y, (a, b))| Run { y: y as i32, first: *a.min(b), last: *a.max(b) })
                .collect();
            let hull = convex_hull(&runs);
            let rect = smallest_rect(&hull).unwrap();
            for run in &runs {
                for x in [run.first, run.last] {
                    let point = (i64::from(x), i64::from(run.y));
                    for (i, a) in hull.iter().enumerate() {
                        let b = hull[(i + 1) % hull.len()];
                        prop_assert!(hull.len() < 3 || cross(*a, b, point) >= 0);
                    }
                    let (dx, dy) = (f64::from(x) - rect.x, f64::from(run.y) - rect.y);
                    prop_assert!((dx * rect.ux + dy * rect.uy).abs() <= rect.width / 2.0 + 1e-6);
                    prop_assert!((dy * rect.ux - dx * rect.uy).abs() <= rect.height / 2.0 + 1e-6);
                }
            }
        }
    }
}
