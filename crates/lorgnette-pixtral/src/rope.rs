//! Rotary positions: of tokens in a line, and of patches in a plane.

use candle_core::{Device, Result, Tensor};

use crate::config::{RopeConfig, RopeLayout, Yarn};

/// What the heads of a network turn by, worked out once when it is loaded.
#[derive(Debug)]
pub(crate) struct Rope {
    /// The angle that each pair of numbers of a head turns by from one position to the next,
    /// `(head_dim / 2)`.
    inv_freq: Vec<f64>,
    /// What cosines and sines are multiplied with, and so the scores with its square: 1 where
    /// positions are not scaled.
    attention_scale: f32,
    layout: RopeLayout,
}

/// Cosines and sines for some positions, `(n, head_dim / 2)` each, f32.
#[derive(Debug, Clone)]
pub(crate) struct Rotation {
    cos: Tensor,
    sin: Tensor,
    layout: RopeLayout,
}

impl Rope {
    /// Plain positions: `inv_freq[i] = theta^(−2i / head_dim)`; scaled ones are slower.
    ///
    /// Source: transformers' `modeling_rope_utils.py`.
    pub(crate) fn new(config: &RopeConfig, head_dim: usize, layout: RopeLayout) -> Self {
        let frequency = |i| config.theta.powf(-2.0 * i as f64 / head_dim as f64);
        let plain = (0..head_dim / 2).map(frequency);
        match &config.yarn {
            None => Self { inv_freq: plain.collect(), attention_scale: 1.0, layout },
            Some(yarn) => {
                let (low, high) = mixed(yarn, config.theta, head_dim);
                let scaled = plain.enumerate().map(|(i, plain)| {
                    let slowed = ((i as f64 - low) / (high - low).max(0.001)).clamp(0.0, 1.0);
                    plain / yarn.factor * slowed + plain * (1.0 - slowed)
                });
                let attention_scale = yarn.attention_factor as f32;
                Self { inv_freq: scaled.collect(), attention_scale, layout }
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn inv_freq(&self) -> &[f64] {
        &self.inv_freq
    }

    /// The rotation of tokens at any positions.
    ///
    /// A table for all positions would take 524 MB at Pixtral's 1,024,000.
    pub(crate) fn of_positions(
        &self,
        positions: impl ExactSizeIterator<Item = usize>,
        device: &Device,
    ) -> Result<Rotation> {
        let n = positions.len();
        let angles = positions.flat_map(|position| {
            self.inv_freq.iter().map(move |frequency| position as f64 * frequency)
        });
        self.rotation(angles, n, device)
    }

    /// The rotation of the patches of a picture, row by row: the first half of the pairs turns by
    /// row with the even frequencies, the second by column with the odd ones.
    ///
    /// Source: mistral-inference `rope.py`, `precompute_freqs_cis_2d`.
    pub(crate) fn of_patches(
        &self,
        (n_rows, n_cols): (usize, usize),
        device: &Device,
    ) -> Result<Rotation> {
        let even = || self.inv_freq.iter().step_by(2);
        let odd = || self.inv_freq.iter().skip(1).step_by(2);
        let angles = (0..n_rows).flat_map(|row| {
            (0..n_cols).flat_map(move |col| {
                let by_row = even().map(move |frequency| row as f64 * frequency);
                by_row.chain(odd().map(move |frequency| col as f64 * frequency))
            })
        });
        self.rotation(angles, n_rows * n_cols, device)
    }

    fn rotation(
        &self,
        angles: impl Iterator<Item = f64>,
        n: usize,
        device: &Device,
    ) -> Result<Rotation> {
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        for angle in angles {
            cos.push(angle.cos() as f32 * self.attention_scale);
            sin.push(angle.sin() as f32 * self.attention_scale);
        }
        let shape = (n, self.inv_freq.len());
        let cos = Tensor::from_vec(cos, shape, device)?;
        let sin = Tensor::from_vec(sin, shape, device)?;
        Ok(Rotation { cos, sin, layout: self.layout })
    }
}

/// Returns the last pair that stays as it is and the first that is slower by the whole factor; between
/// them, pairs are mixed.
fn mixed(yarn: &Yarn, theta: f64, head_dim: usize) -> (f64, f64) {
    let d = head_dim as f64;
    let pair_turning = |n_turns: f64| {
        let length = yarn.original_positions as f64;
        d * (length / (n_turns * std::f64::consts::TAU)).ln() / (2.0 * theta.ln())
    };
    let low = pair_turning(yarn.beta_fast).floor().max(0.0);
    // Not half of it, although there are only so many pairs: the networks were trained so.
    let high = pair_turning(yarn.beta_slow).ceil().min(d - 1.0);
    (low, high)
}

impl Rotation {
    /// The same rotation on a device.
    pub(crate) fn to_device(&self, device: &Device) -> Result<Self> {
        let (cos, sin) = (self.cos.to_device(device)?, self.sin.to_device(device)?);
        Ok(Self { cos, sin, layout: self.layout })
    }

    /// Turns the heads of `x`, `(n_heads, n, head_dim)`, each position by its angles.
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let x = x.unsqueeze(0)?.contiguous()?;
        let turned = match self.layout {
            RopeLayout::Half => candle_nn::rotary_emb::rope(&x, &self.cos, &self.sin)?,
            RopeLayout::Interleaved => candle_nn::rotary_emb::rope_i(&x, &self.cos, &self.sin)?,
        };
        turned.squeeze(0)
    }
}

#[cfg(test)]
mod tests;
