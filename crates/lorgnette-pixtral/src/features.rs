//! A picture as the decoder reads it.

use candle_core::{Device, Result, Tensor};

/// A picture as the decoder reads it: one row for each `[IMG]` token.
///
/// All of it is on the CPU, wherever it was computed: pictures stay from question to question, a
/// device's memory is scarcer, and rows of several pictures are put into one prompt.
#[derive(Debug, Clone)]
pub struct ImageFeatures {
    rows: Tensor,
    hidden: Tensor,
}

impl ImageFeatures {
    /// The only way to make one: copies what is on a device to the CPU.
    ///
    /// Shapes: `rows` `(n_image_tokens, text hidden size)` f32, row by row of the picture; `hidden`
    /// `(n_patches, vision hidden size)` f32, the encoder's output before the projector.
    pub(crate) fn on_cpu(rows: &Tensor, hidden: &Tensor) -> Result<Self> {
        Ok(Self { rows: rows.to_device(&Device::Cpu)?, hidden: hidden.to_device(&Device::Cpu)? })
    }

    /// How many rows there are, which is the number of `[IMG]` tokens.
    pub fn n_rows(&self) -> usize {
        self.rows.dims()[0]
    }

    /// The rows, `(n_rows, text hidden size)`, f32, on the CPU.
    pub fn rows(&self) -> &Tensor {
        &self.rows
    }

    /// The encoder's output before the projector, `(n_patches, vision hidden size)`, f32, on the CPU.
    pub fn vision_hidden(&self) -> &Tensor {
        &self.hidden
    }
}
