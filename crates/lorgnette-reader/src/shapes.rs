//! The shapes of a line: ink with columns without ink around it.

use crate::crop::{LINE_HEIGHT, LineImage};
use crate::recognition::brightness;

/// A shape: its first and last column and row with ink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub left: usize,
    pub right: usize,
    pub top: usize,
    pub bottom: usize,
}

impl Shape {
    pub fn height(&self) -> usize {
        self.bottom - self.top + 1
    }
}

/// Returns the shapes from left to right. What differs from the ground by less than `least`, of 255, is no
/// ink.
pub fn shapes(line: &LineImage, least: f64) -> Vec<Shape> {
    let grey: Vec<u8> = line.rgb.chunks_exact(3).map(brightness).collect();
    let mut sorted = grey.clone();
    sorted.sort_unstable();
    let Some(&ground) = sorted.get(sorted.len() / 2) else { return Vec::new() };
    let has_ink = |x: usize, y: usize| f64::from(grey[y * line.width + x].abs_diff(ground)) > least;
    let mut shapes: Vec<Shape> = Vec::new();
    let mut is_within = false;
    for x in 0..line.width {
        let first = (0..LINE_HEIGHT).find(|y| has_ink(x, *y));
        let last = (0..LINE_HEIGHT).rfind(|y| has_ink(x, *y));
        let (Some(top), Some(bottom)) = (first, last) else {
            is_within = false;
            continue;
        };
        match shapes.last_mut().filter(|_| is_within) {
            Some(shape) => {
                let (top, bottom) = (shape.top.min(top), shape.bottom.max(bottom));
                *shape = Shape { right: x, top, bottom, ..*shape };
            }
            None => shapes.push(Shape { left: x, right: x, top, bottom }),
        }
        is_within = true;
    }
    shapes
}
