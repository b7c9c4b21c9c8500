//! The frame in which a page is upright: its lines run level in it.

use crate::boxes::slope;
use crate::geometry::{Rect, bounds, median};

/// A turn of the picture's coordinates after which lines run to the right.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// The direction of reading, of length 1, in the picture.
    ux: f64,
    uy: f64,
}

/// A line in a frame. It is as wide and as high as the line, even if that is turned a little.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Frame {
    /// Returns the frame of lines that run clockwise by that many quarters, as most of them run.
    pub fn of<'a>(rects: impl Iterator<Item = &'a Rect> + Clone, quarters: u8) -> Self {
        let back = (4 - quarters % 4) % 4;
        let level: Vec<Rect> = rects
            .map(|rect| {
                let (mut ux, mut uy) = (rect.ux, rect.uy);
                for _ in 0..back {
                    (ux, uy) = (-uy, ux);
                }
                Rect { ux, uy, ..*rect }
            })
            .filter(|rect| rect.ux > rect.uy.abs())
            .collect();
        let slope = slope(level.iter());
        let length = slope.hypot(1.0);
        let (mut ux, mut uy) = (1.0 / length, slope / length);
        for _ in 0..quarters % 4 {
            (ux, uy) = (-uy, ux);
        }
        Self { ux, uy }
    }

    pub fn place(&self, rect: &Rect) -> Place {
        let corners = rect.corners().map(|(x, y)| self.to_frame(x, y));
        let (left, top, right, bottom) = bounds(&corners);
        // What a line that is turned against the frame gains in height is not its own.
        let is_along = (rect.ux * self.ux + rect.uy * self.uy).abs() > 0.9;
        let height = if is_along { rect.height } else { bottom - top };
        let middle = top.midpoint(bottom);
        Place { left, top: middle - height / 2.0, right, bottom: middle + height / 2.0 }
    }

    fn to_frame(self, x: f64, y: f64) -> (f64, f64) {
        (x * self.ux + y * self.uy, y * self.ux - x * self.uy)
    }

    /// Returns where a place of the frame is in the picture.
    pub fn to_picture(self, x: f64, y: f64) -> (f64, f64) {
        (x * self.ux - y * self.uy, x * self.uy + y * self.ux)
    }
}

impl Place {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub fn middle(&self) -> f64 {
        self.top.midpoint(self.bottom)
    }

    /// Returns whether two lines are in one row: most of the lower one is beside the other.
    pub fn is_beside(&self, other: &Self, share: f64) -> bool {
        let common = self.bottom.min(other.bottom) - self.top.max(other.top);
        common > share * self.height().min(other.height())
    }

    /// Returns the smallest place that holds all of them; `None` of none.
    pub fn around<'a>(mut places: impl Iterator<Item = &'a Self>) -> Option<Self> {
        let first = *places.next()?;
        Some(places.fold(first, |all, place| Self {
            left: all.left.min(place.left),
            top: all.top.min(place.top),
            right: all.right.max(place.right),
            bottom: all.bottom.max(place.bottom),
        }))
    }
}

/// Returns the median height of lines.
pub fn line_height<'a>(places: impl Iterator<Item = &'a Place>) -> f64 {
    median(places.map(Place::height)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(x: f64, y: f64, turned: f64) -> Rect {
        Rect { x, y, ux: turned.cos(), uy: turned.sin(), width: 200.0, height: 20.0 }
    }

    #[test]
    fn a_page_that_is_turned_a_little_is_level_in_its_frame() {
        let angle = 2_f64.to_radians();
        let lines: Vec<Rect> = (0..5).map(|i| line(300.0, 30.0 * f64::from(i), angle)).collect();
        let place = Frame::of(lines.iter(), 0).place(&lines[0]);
        assert!((place.height() - 20.0).abs() < 1e-6 && (place.width() - 200.0).abs() < 1e-6);
    }

    #[test]
    fn a_page_on_its_side_is_upright_in_its_frame() {
        // Read downwards; the next line is left of it.
        let lines = [line(300.0, 200.0, 0.5 * std::f64::consts::PI), line(270.0, 200.0, 1.6)];
        let frame = Frame::of(lines.iter(), 1);
        let (first, second) = (frame.place(&lines[0]), frame.place(&lines[1]));
        assert!(second.top > first.top + 20.0, "{first:?} {second:?}");
        let (x, y) = frame.to_frame(12.0, 34.0);
        let back = frame.to_picture(x, y);
        assert!((back.0 - 12.0).abs() < 1e-9 && (back.1 - 34.0).abs() < 1e-9);
    }
}
