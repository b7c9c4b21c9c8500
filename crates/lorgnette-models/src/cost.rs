//! What a picture costs, before it costs.

use lorgnette_image::{Grid, ImageConfig};
use lorgnette_pixtral::ModelConfig;
use lorgnette_pixtral::config::TextConfig;
use lorgnette_weights::catalogue::PictureWork;
use serde::Serialize;

/// The cost of one picture for one model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PictureCost {
    /// Rows of `[IMG]` tokens.
    pub rows: u32,
    pub cols: u32,
    /// All of the picture's tokens, with those that end its rows.
    pub n_tokens: usize,
    /// Patches that the encoder looks at.
    pub n_patches: usize,
    /// Bytes of keys and values that the tokens take.
    pub kv_bytes: u64,
    /// Floating-point operations of the encoder.
    pub encode_flop: f64,
    /// Floating-point operations of reading the tokens.
    pub prefill_flop: f64,
}

impl PictureCost {
    /// What is computed before the first word.
    pub fn work(&self) -> PictureWork {
        PictureWork { encode_flop: self.encode_flop, prefill_flop: self.prefill_flop }
    }
}

/// The cost of a picture of that size. `None` for a model that reads no pictures.
pub fn of_picture(
    (width, height): (u32, u32),
    image: &ImageConfig,
    model: &ModelConfig,
) -> Option<PictureCost> {
    let (text, vision) = (&model.text, model.vision.as_ref()?);
    let grid = Grid::for_picture(width, height, image);
    let merge = vision.spatial_merge_size;
    let n_tokens = grid.n_tokens();
    let n_patches = grid.n_image_tokens() * merge * merge;

    // Two operations for each weight and row; for attention, four for each pair and number.
    let heads = vision.n_heads * vision.head_dim;
    let vision_weights = vision.hidden_size * (4 * heads + 3 * vision.intermediate_size);
    let (patches, layers) = (n_patches as f64, vision.n_layers as f64);
    let encode_flop =
        layers * (2.0 * patches * vision_weights as f64 + 4.0 * patches * patches * heads as f64);

    let (q, tokens) = ((text.n_heads * text.head_dim) as f64, n_tokens as f64);
    let attention = text.n_layers as f64 * 2.0 * tokens * tokens * q;
    let prefill_flop = tokens * of_token(text) + attention;

    Some(PictureCost {
        rows: grid.rows,
        cols: grid.cols,
        n_tokens,
        n_patches,
        kv_bytes: n_tokens as u64 * text.kv_bytes_per_token(),
        encode_flop,
        prefill_flop,
    })
}

/// The cost of the largest picture that a model takes. `None` for a model that reads no pictures.
pub fn of_largest_picture(model: &ModelConfig) -> Option<PictureCost> {
    let image = model.vision.as_ref()?.image_config();
    of_picture((image.max_side, image.max_side), &image, model)
}

/// Floating-point operations of the matrices of all blocks for one token.
pub fn of_token(text: &TextConfig) -> f64 {
    let (q, kv) = (text.n_heads * text.head_dim, text.n_kv_heads * text.head_dim);
    let weights = text.hidden_size * (2 * q + 2 * kv + 3 * text.intermediate_size);
    2.0 * (text.n_layers * weights) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_picture_costs_pixtral_what_the_specification_says() {
        // 4.95 TFLOP to encode, 90.7 + 5.7 to read, 650 MiB of keys and values.
        let cost = of_picture((1024, 1024), &ImageConfig::PIXTRAL_12B, &ModelConfig::PIXTRAL_12B);
        let cost = cost.unwrap();
        assert_eq!((cost.rows, cost.cols, cost.n_tokens, cost.n_patches), (64, 64, 4160, 4096));
        assert_eq!(cost.kv_bytes, 650 << 20);
        assert!((cost.encode_flop / 1e12 - 4.95).abs() < 0.05, "{:e}", cost.encode_flop);
        assert!((cost.prefill_flop / 1e12 - 96.4).abs() < 0.5, "{:e}", cost.prefill_flop);
    }
}
