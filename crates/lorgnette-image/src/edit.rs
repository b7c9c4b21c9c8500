//! Cutting, turning and shrinking pictures, before the model looks at them.

use image::{DynamicImage, imageops};

use crate::resize::resize;
use crate::{ImageError, Picture};

/// A rectangle of a picture, in pixels, upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region {
    /// The distance from the left edge.
    pub x: u32,
    /// The distance from the top edge.
    pub y: u32,
    /// The width of the rectangle.
    pub width: u32,
    /// The height of the rectangle.
    pub height: u32,
}

impl Region {
    /// Returns the part that lies in a picture of that size; at least one pixel.
    #[must_use]
    pub fn within(self, width: u32, height: u32) -> Self {
        let (x, y) = (self.x.min(width.saturating_sub(1)), self.y.min(height.saturating_sub(1)));
        Self {
            x,
            y,
            width: self.width.min(width - x).max(1),
            height: self.height.min(height - y).max(1),
        }
    }
}

impl Picture {
    /// Returns the region alone. Parts outside the picture are left out.
    #[must_use]
    pub fn part(&self, region: Region) -> Self {
        let Region { x, y, width, height } = region.within(self.width(), self.height());
        let pixels = imageops::crop_imm(self.pixels(), x, y, width, height).to_image();
        self.with_pixels(pixels)
    }

    /// Returns the picture turned clockwise by that many quarters.
    #[must_use]
    pub fn turned(&self, quarters: u8) -> Self {
        let pixels = DynamicImage::ImageRgb8(self.pixels().clone());
        let pixels = match quarters % 4 {
            0 => pixels,
            1 => pixels.rotate90(),
            2 => pixels.rotate180(),
            _ => pixels.rotate270(),
        };
        self.with_pixels(pixels.into_rgb8())
    }

    /// Returns the picture with a longest side of at most `max_side` pixels. It is never enlarged.
    ///
    /// # Errors
    ///
    /// `Resize` if there is too little memory.
    pub fn shrunk(&self, max_side: u32) -> Result<Self, ImageError> {
        let longest = self.width().max(self.height());
        let max_side = max_side.max(1);
        if longest <= max_side {
            return Ok(self.clone());
        }
        let scaled = |side: u32| {
            (u64::from(side) * u64::from(max_side)).div_ceil(u64::from(longest)).max(1) as u32
        };
        self.scaled(scaled(self.width()), scaled(self.height()))
    }

    /// Returns the picture at another size, in pixels, whatever becomes of its shape.
    ///
    /// # Errors
    ///
    /// `Resize` if there is too little memory.
    pub fn scaled(&self, width: u32, height: u32) -> Result<Self, ImageError> {
        let rgb = resize(self.rgb(), (self.width(), self.height()), (width, height))?;
        Ok(self.with_pixels(crate::decode::rgb_image(width, height, rgb)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a picture of 3 x 2 pixels, each of which says its place: `[x, y, 0]`.
    fn places() -> Picture {
        let rgb = (0..2).flat_map(|y| (0..3).flat_map(move |x| [x, y, 0])).collect();
        Picture::from_rgb(3, 2, rgb).unwrap()
    }

    #[test]
    fn a_part_has_its_own_pixels() {
        let part = places().part(Region { x: 1, y: 1, width: 9, height: 9 });
        assert_eq!((part.width(), part.height()), (2, 1));
        assert_eq!(part.rgb(), [1, 1, 0, 2, 1, 0]);
    }

    #[test]
    fn a_part_outside_is_the_nearest_pixel() {
        let part = places().part(Region { x: u32::MAX, y: u32::MAX, width: 0, height: 0 });
        assert_eq!((part.width(), part.height(), part.rgb()), (1, 1, &[2, 1, 0][..]));
    }

    #[test]
    fn turning_is_clockwise() {
        let turned = places().turned(1);
        assert_eq!((turned.width(), turned.height()), (2, 3));
        assert_eq!(turned.rgb()[..6], [0, 1, 0, 0, 0, 0]);
        assert_eq!(turned.turned(3), places());
    }

    #[test]
    fn shrinking_keeps_the_shape_and_never_enlarges() {
        let wide = Picture::from_rgb(200, 3, vec![7; 1800]).unwrap();
        let small = wide.shrunk(50).unwrap();
        assert_eq!((small.width(), small.height()), (50, 1));
        assert_eq!(wide.shrunk(1000).unwrap(), wide);
    }
}
