//! How a model wants its pictures.

/// How a model wants its pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageConfig {
    /// Side of the square that is one row of the encoder, in pixels; at least 1.
    pub patch_size: u32,
    /// How many patches, across and down, make one token: 1 or 2.
    pub spatial_merge_size: u32,
    /// Longer sides are shrunk to this, in pixels.
    pub max_side: u32,
    /// Taken from each colour after it is scaled to 0..=1: red, green, blue.
    pub mean: [f32; 3],
    /// What the rest is divided by.
    pub std: [f32; 3],
}

// mistral-common `tokens/tokenizers/image.py`, DATASET_MEAN and DATASET_STD; those of CLIP.
const MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

impl ImageConfig {
    /// Pixtral 12B (2409).
    pub const PIXTRAL_12B: Self =
        Self { patch_size: 16, spatial_merge_size: 1, max_side: 1024, mean: MEAN, std: STD };

    /// Mistral Small 3.1 and later, Ministral 3: smaller patches, merged two by two.
    pub const MISTRAL_3: Self =
        Self { patch_size: 14, spatial_merge_size: 2, max_side: 1540, mean: MEAN, std: STD };

    /// Side of the square that becomes one token, in pixels.
    pub const fn unit(&self) -> u32 {
        self.patch_size * self.spatial_merge_size
    }

    /// The same with a longest side of `max_side`, but not under one unit and not over the model's own:
    /// position tables end there.
    #[must_use]
    pub fn with_max_side(self, max_side: u32) -> Self {
        let smallest = self.unit().min(self.max_side);
        Self { max_side: max_side.clamp(smallest, self.max_side), ..self }
    }
}
