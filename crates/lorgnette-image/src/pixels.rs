//! The pixels that the vision encoder takes.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::decode::n_values;
use crate::{Grid, ImageConfig, ImageError};

/// Normalised pixels of shape `(3, height, width)`: all red, then all green, then all blue.
#[derive(Clone, PartialEq)]
pub struct Pixels {
    data: Vec<f32>,
    width: u32,
    height: u32,
    patch_size: u32,
    grid: Grid,
}

impl Pixels {
    /// Takes pixels that are normalised already, such as those of a reference.
    ///
    /// # Errors
    ///
    /// `NotWholeUnits` unless both sides are multiples of `config.unit()` and not 0;
    /// `WrongLength` unless `data` is `(3, height, width)`.
    pub fn from_normalised(
        data: Vec<f32>,
        width: u32,
        height: u32,
        config: &ImageConfig,
    ) -> Result<Self, ImageError> {
        let unit = config.unit();
        let is_whole = |side: u32| side != 0 && unit != 0 && side.is_multiple_of(unit);
        if !is_whole(width) || !is_whole(height) {
            return Err(ImageError::NotWholeUnits { width, height, unit });
        }
        let (expected, found) = (n_values(width, height), data.len() as u64);
        if found != expected {
            return Err(ImageError::WrongLength { width, height, expected, found });
        }
        Ok(Self::whole(data, width, height, config))
    }

    /// Normalises `rgb` of shape `(height, width, 3)`, whose sides are whole units.
    pub(crate) fn normalise(rgb: &[u8], width: u32, height: u32, config: &ImageConfig) -> Self {
        let mut data = Vec::with_capacity(rgb.len());
        for channel in 0..3 {
            // There are only 256 values.
            let normalised: [f32; 256] = std::array::from_fn(|value| {
                (value as f32 / 255.0 - config.mean[channel]) / config.std[channel]
            });
            let samples = rgb.as_chunks::<3>().0.iter();
            data.extend(samples.map(|pixel| normalised[usize::from(pixel[channel])]));
        }
        Self::whole(data, width, height, config)
    }

    /// Returns the picture as RGB of shape `(height, width, 3)` again: to the last bit what it was, as
    /// `config` is the one that it was normalised by.
    pub fn denormalised(&self, config: &ImageConfig) -> Vec<u8> {
        let n = self.width as usize * self.height as usize;
        let mut rgb = vec![0; 3 * n];
        for (channel, values) in self.data.chunks_exact(n).enumerate() {
            let (mean, std) = (config.mean[channel], config.std[channel]);
            for (pixel, value) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(values) {
                // Saturating: what was never normalised from bytes stays a colour.
                pixel[channel] = ((value * std + mean) * 255.0).round() as u8;
            }
        }
        rgb
    }

    fn whole(data: Vec<f32>, width: u32, height: u32, config: &ImageConfig) -> Self {
        let grid = Grid {
            rows: height / config.unit(),
            cols: width / config.unit(),
            has_row_ends: config.has_row_ends,
        };
        Self { data, width, height, patch_size: config.patch_size, grid }
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Returns the grid of tokens that show the picture.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// Returns the values, of shape `(3, height, width)`.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// Returns the number of patches from top to bottom. They are not merged yet, so there may be more
    /// than `grid().rows`.
    pub fn n_patch_rows(&self) -> usize {
        (self.height / self.patch_size) as usize
    }

    /// Returns the number of patches from left to right. They are not merged yet, so there may be more
    /// than `grid().cols`.
    pub fn n_patch_cols(&self) -> usize {
        (self.width / self.patch_size) as usize
    }

    /// Returns the SHA-256 of the size and the pixels. It is the same for pictures that a model cannot
    /// tell apart.
    pub fn content_hash(&self) -> [u8; 32] {
        const PER_UPDATE: usize = 1024;
        let mut hash = Sha256::new();
        hash.update(self.width.to_le_bytes());
        hash.update(self.height.to_le_bytes());
        let mut bytes = Vec::with_capacity(PER_UPDATE * 4);
        for values in self.data.chunks(PER_UPDATE) {
            bytes.clear();
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            hash.update(&bytes);
        }
        hash.finalize().into()
    }
}

/// Leaves out the pixels, because there are many.
impl fmt::Debug for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pixels")
            .field("width", &self.width)
            .field("height", &self.height)
            .field("grid", &self.grid)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denormalised_pixels_are_those_of_the_picture() {
        let rgb: Vec<u8> = (0..=255).cycle().take(3 * 32 * 48).collect();
        let plain = ImageConfig { mean: [0.0; 3], std: [1.0; 3], ..ImageConfig::PIXTRAL_12B };
        for config in [ImageConfig::PIXTRAL_12B, plain] {
            let pixels = Pixels::normalise(&rgb, 32, 48, &config);
            assert_eq!(pixels.denormalised(&config), rgb);
        }
    }
}
