//! The number of tokens that a picture becomes.

use crate::ImageConfig;

/// The rows and columns of the tokens that show a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grid {
    /// The number of tokens from top to bottom.
    pub rows: u32,
    /// The number of tokens from left to right, without the one that ends a row.
    pub cols: u32,
    /// A token ends each row.
    pub has_row_ends: bool,
}

impl Grid {
    /// Returns the grid of an upright picture of `width` x `height` pixels.
    ///
    /// The longest side is shrunk to `config.max_side`, never enlarged. Then each side is filled up to
    /// whole units. The grid is never empty.
    /// Source: mistral-common `tokens/tokenizers/image.py`, `ImageEncoder._image_to_num_tokens`.
    pub fn for_picture(width: u32, height: u32, config: &ImageConfig) -> Self {
        let ratio = f64::from(width.max(height)) / f64::from(config.max_side.max(1));
        let tokens_along = |side: u32| {
            let side = if ratio > 1.0 {
                // Python's round (ties to even), as mistral-common: floor loses a row at 825 x 1199,
                // half-up gains one at 2048 x 97.
                (f64::from(side) / ratio).round_ties_even() as u32
            } else {
                side
            };
            // 3000 x 1 would round to no row at all.
            side.max(1).div_ceil(config.unit().max(1))
        };
        Self {
            rows: tokens_along(height),
            cols: tokens_along(width),
            has_row_ends: config.has_row_ends,
        }
    }

    /// Returns the number of tokens in a prompt. Where rows have ends, each ends with a break, and the
    /// last one with the end of the picture.
    pub fn n_tokens(&self) -> usize {
        self.rows as usize * (self.cols as usize + usize::from(self.has_row_ends))
    }

    /// Returns the number of tokens that stand for a piece of the picture. The projector's output has
    /// one row for each.
    pub fn n_image_tokens(&self) -> usize {
        self.rows as usize * self.cols as usize
    }
}
