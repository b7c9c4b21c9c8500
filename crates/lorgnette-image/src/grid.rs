//! How many tokens a picture becomes.

use crate::ImageConfig;

/// Rows and columns of the tokens that show a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grid {
    /// Tokens from top to bottom.
    pub rows: u32,
    /// Tokens from left to right.
    pub cols: u32,
}

impl Grid {
    /// The grid of a picture of `width` x `height` pixels, upright.
    ///
    /// The longest side is shrunk to `config.max_side`, never enlarged; then each side is filled up to
    /// whole units. Never empty.
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
        Self { rows: tokens_along(height), cols: tokens_along(width) }
    }

    /// Tokens in a prompt: each row ends with a break, the last with the end of the picture.
    pub fn n_tokens(&self) -> usize {
        self.rows as usize * (self.cols as usize + 1)
    }

    /// Tokens that stand for a piece of the picture, which is rows of the projector's output.
    pub fn n_image_tokens(&self) -> usize {
        self.rows as usize * self.cols as usize
    }
}
