//! The sizes and colours that a model wants its pictures in.

/// The sizes and colours that a model wants its pictures in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageConfig {
    /// The side of the square that becomes one row of the encoder, in pixels; at least 1.
    pub patch_size: u32,
    /// The number of patches, across and down, that make one token: 1 or 2.
    pub spatial_merge_size: u32,
    /// A token ends each row of the picture. All models of the family have it but `LightOnOCR`.
    pub has_row_ends: bool,
    /// The longest side in pixels. Larger pictures are shrunk to it.
    pub max_side: u32,
    /// What is subtracted from red, green and blue after they are scaled to 0..=1.
    pub mean: [f32; 3],
    /// What red, green and blue are divided by after the subtraction.
    pub std: [f32; 3],
}

// mistral-common `tokens/tokenizers/image.py`, DATASET_MEAN and DATASET_STD; those of CLIP.
const MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

impl ImageConfig {
    /// The configuration of Pixtral 12B (2409).
    pub const PIXTRAL_12B: Self = Self {
        patch_size: 16,
        spatial_merge_size: 1,
        has_row_ends: true,
        max_side: 1024,
        mean: MEAN,
        std: STD,
    };

    /// The configuration of Mistral Small 3.1 and later, and of Ministral 3: smaller patches, merged
    /// two by two.
    pub const MISTRAL_3: Self =
        Self { patch_size: 14, spatial_merge_size: 2, max_side: 1540, ..Self::PIXTRAL_12B };

    /// The configuration of `LightOnOCR`: that of Mistral 3, in which rows follow each other without
    /// an end.
    pub const LIGHT_ON_OCR: Self = Self { has_row_ends: false, ..Self::MISTRAL_3 };

    /// Returns the side of the square that becomes one token, in pixels.
    pub const fn unit(&self) -> u32 {
        self.patch_size * self.spatial_merge_size
    }

    /// Returns the same configuration with a longest side of `max_side`, but at least one unit and at
    /// most the model's own longest side, where its position tables end.
    #[must_use]
    pub fn with_max_side(self, max_side: u32) -> Self {
        let smallest = self.unit().min(self.max_side);
        Self { max_side: max_side.clamp(smallest, self.max_side), ..self }
    }
}
