//! Rotary positions: of tokens in a line, and of patches in a plane.

use candle_core::{Device, Result, Tensor};

use crate::config::RopeLayout;

/// Cosines and sines for some positions, `(n, head_dim / 2)` each, f32.
#[derive(Debug, Clone)]
pub(crate) struct Rotation {
    cos: Tensor,
    sin: Tensor,
    layout: RopeLayout,
}

impl Rotation {
    /// Angles of the tokens `first..first + n`.
    ///
    /// Source: `angle[i] = position · theta^(−2i / head_dim)`, transformers'
    /// `modeling_rope_utils.py`. A table for all positions would take 524 MB at Pixtral's 1,024,000.
    pub(crate) fn of_tokens(
        first: usize,
        n: usize,
        head_dim: usize,
        theta: f64,
        layout: RopeLayout,
        device: &Device,
    ) -> Result<Self> {
        let frequencies: Vec<f64> = frequencies(head_dim, theta).collect();
        let angles = (first..first + n).flat_map(|position| {
            frequencies.iter().map(move |frequency| position as f64 * frequency)
        });
        Self::new(angles, n, layout, device)
    }

    /// Angles of the patches of a picture, row by row: the first half of them by row with the even
    /// frequencies, the second by column with the odd ones.
    ///
    /// Source: mistral-inference `rope.py`, `precompute_freqs_cis_2d`.
    pub(crate) fn of_patches(
        (n_rows, n_cols): (usize, usize),
        head_dim: usize,
        theta: f64,
        layout: RopeLayout,
        device: &Device,
    ) -> Result<Self> {
        let even: Vec<f64> = frequencies(head_dim, theta).step_by(2).collect();
        let odd: Vec<f64> = frequencies(head_dim, theta).skip(1).step_by(2).collect();
        let (even, odd) = (&even, &odd);
        let angles = (0..n_rows).flat_map(move |row| {
            (0..n_cols).flat_map(move |col| {
                let by_row = even.iter().map(move |frequency| row as f64 * frequency);
                by_row.chain(odd.iter().map(move |frequency| col as f64 * frequency))
            })
        });
        Self::new(angles, n_rows * n_cols, layout, device)
    }

    fn new(
        angles: impl Iterator<Item = f64>,
        n: usize,
        layout: RopeLayout,
        device: &Device,
    ) -> Result<Self> {
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        for angle in angles {
            cos.push(angle.cos() as f32);
            sin.push(angle.sin() as f32);
        }
        let half = cos.len() / n.max(1);
        let cos = Tensor::from_vec(cos, (n, half), device)?;
        let sin = Tensor::from_vec(sin, (n, half), device)?;
        Ok(Self { cos, sin, layout })
    }

    /// The same on a device.
    pub(crate) fn to_device(&self, device: &Device) -> Result<Self> {
        let (cos, sin) = (self.cos.to_device(device)?, self.sin.to_device(device)?);
        Ok(Self { cos, sin, layout: self.layout })
    }

    /// Turns `x`, `(n_heads, n, head_dim)`.
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let x = x.unsqueeze(0)?.contiguous()?;
        let turned = match self.layout {
            RopeLayout::Half => candle_nn::rotary_emb::rope(&x, &self.cos, &self.sin)?,
            RopeLayout::Interleaved => candle_nn::rotary_emb::rope_i(&x, &self.cos, &self.sin)?,
        };
        turned.squeeze(0)
    }
}

/// `theta^(−2i / head_dim)` for `i` in `0..head_dim / 2`.
fn frequencies(head_dim: usize, theta: f64) -> impl Iterator<Item = f64> {
    (0..head_dim / 2).map(move |i| theta.powf(-2.0 * i as f64 / head_dim as f64))
}

#[cfg(test)]
mod tests;
