//! Points, turned rectangles and quads, in pixels.

use serde::{Deserialize, Serialize};

/// A place in a picture, in pixels from its upper left corner. The middle of the first pixel is at 0.5.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
pub struct Point {
    /// The distance from the left edge.
    pub x: f32,
    /// The distance from the upper edge.
    pub y: f32,
}

/// The corners of a line: where its reading begins above, where it ends above, where it ends below,
/// where it begins below. Corners may lie outside the picture by a few pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
pub struct Quad(pub [Point; 4]);

/// A rectangle that may be turned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    /// The middle.
    pub x: f64,
    pub y: f64,
    /// The direction of the side `width`, of length 1. The side `height` is a quarter turn clockwise
    /// from it.
    pub ux: f64,
    pub uy: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn area(&self) -> f64 {
        self.width * self.height
    }

    pub fn short_side(&self) -> f64 {
        self.width.min(self.height)
    }

    pub fn long_side(&self) -> f64 {
        self.width.max(self.height)
    }

    /// Returns the corners, from the one where both directions begin, clockwise.
    pub fn corners(&self) -> [(f64, f64); 4] {
        let (ax, ay) = (self.ux * self.width / 2.0, self.uy * self.width / 2.0);
        let (bx, by) = (-self.uy * self.height / 2.0, self.ux * self.height / 2.0);
        [
            (self.x - ax - bx, self.y - ay - by),
            (self.x + ax - bx, self.y + ay - by),
            (self.x + ax + bx, self.y + ay + by),
            (self.x - ax + bx, self.y - ay + by),
        ]
    }

    /// Returns the same rectangle with `width` along the direction that is a quarter turn clockwise
    /// from that of this `width`, `quarters` times.
    pub fn turned(mut self, quarters: u8) -> Self {
        for _ in 0..quarters % 4 {
            (self.ux, self.uy) = (-self.uy, self.ux);
            (self.width, self.height) = (self.height, self.width);
        }
        self
    }

    /// Returns the rectangle pushed out by `distance` on every side.
    pub fn grown(self, distance: f64) -> Self {
        let (width, height) = (self.width + 2.0 * distance, self.height + 2.0 * distance);
        Self { width, height, ..self }
    }

    /// Returns the rectangle in coordinates that are `scale` times as large, and then moved.
    pub fn scaled(self, scale: f64, (dx, dy): (f64, f64)) -> Self {
        let (x, y) = (self.x * scale + dx, self.y * scale + dy);
        Self { x, y, width: self.width * scale, height: self.height * scale, ..self }
    }

    /// Returns the rectangle without so much of its width, where that begins.
    pub fn without_beginning(self, length: f64) -> Self {
        let length = length.clamp(0.0, self.width);
        let (x, y) = (self.x + self.ux * length / 2.0, self.y + self.uy * length / 2.0);
        Self { x, y, width: self.width - length, ..self }
    }

    pub fn quad(&self) -> Quad {
        Quad(self.corners().map(|(x, y)| Point { x: x as f32, y: y as f32 }))
    }

    /// Returns the left, upper, right and lower end.
    pub fn bounds(&self) -> (f64, f64, f64, f64) {
        bounds(&self.corners())
    }
}

/// Returns the left, upper, right and lower end of points; of no points, nothing that has an inside.
pub(crate) fn bounds(points: &[(f64, f64)]) -> (f64, f64, f64, f64) {
    let nothing = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
    points.iter().fold(nothing, |(left, top, right, bottom), &(x, y)| {
        (left.min(x), top.min(y), right.max(x), bottom.max(y))
    })
}

/// Returns the area of a polygon.
pub(crate) fn area(polygon: &[(f64, f64)]) -> f64 {
    let next = polygon.iter().cycle().skip(1);
    let doubled: f64 = polygon.iter().zip(next).map(|(a, b)| a.0 * b.1 - a.1 * b.0).sum();
    (doubled / 2.0).abs()
}

/// Returns the part of a polygon that lies inside a convex one whose corners go clockwise, as those of
/// [`Rect::corners`] do.
///
/// Source: Sutherland and Hodgman, "Reentrant polygon clipping", 1974.
pub(crate) fn clipped(polygon: &[(f64, f64)], by: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut inside = polygon.to_vec();
    for (i, &a) in by.iter().enumerate() {
        let b = by[(i + 1) % by.len()];
        // With y down, a clockwise polygon has its inside where this is positive.
        let side = |p: (f64, f64)| (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0);
        let mut inner = Vec::with_capacity(inside.len() + 1);
        for (i, &p) in inside.iter().enumerate() {
            let q = inside[(i + 1) % inside.len()];
            let (at_p, at_q) = (side(p), side(q));
            if at_p >= 0.0 {
                inner.push(p);
            }
            if (at_p >= 0.0) != (at_q >= 0.0) {
                let t = at_p / (at_p - at_q);
                inner.push((p.0 + t * (q.0 - p.0), p.1 + t * (q.1 - p.1)));
            }
        }
        inside = inner;
    }
    inside
}

/// Returns the median of numbers, the lower one of two; 0 of none.
pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECT: Rect = Rect { x: 10.0, y: 5.0, ux: 1.0, uy: 0.0, width: 8.0, height: 4.0 };

    #[test]
    fn corners_go_clockwise_from_the_upper_left() {
        assert_eq!(RECT.corners(), [(6.0, 3.0), (14.0, 3.0), (14.0, 7.0), (6.0, 7.0)]);
        // Read downwards, the line begins above on the right.
        assert_eq!(RECT.turned(1).corners()[0], (14.0, 3.0));
        assert_eq!(RECT.turned(4), RECT);
    }

    #[test]
    fn a_part_of_a_polygon_is_what_lies_inside_the_other() {
        let moved = Rect { x: 14.0, ..RECT };
        assert!((area(&clipped(&RECT.corners(), &moved.corners())) - 16.0).abs() < 1e-9);
        let turned = Rect { ux: 0.6, uy: 0.8, ..RECT };
        let common = area(&clipped(&RECT.corners(), &turned.corners()));
        assert!(common > 16.0 && common < 32.0, "{common}");
        let far = Rect { x: 100.0, ..RECT };
        assert!(clipped(&RECT.corners(), &far.corners()).is_empty());
    }

    #[test]
    fn the_median_is_one_of_the_numbers() {
        assert!((median([3.0, 1.0, 2.0, 9.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median([]).abs() < f64::EPSILON);
    }
}
