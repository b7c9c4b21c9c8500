//! How the numbers of a block lie in its bytes.
//!
//! Source: `ggml/src/ggml-common.h` (the structs), `ggml-quants.c` (`dequantize_row_*`). A number
//! is `scale · (code − zero)`, or `scale · code − min`, where scale and min are those of its
//! sub-block.

mod points;

use half::f16;

use self::points::{u16_at, u32_at};
use crate::format::{BlockFormat, SUPER_BLOCK};

impl BlockFormat {
    /// The numbers of a row. Shapes: `row` whole blocks, `out` as many numbers as they have.
    pub fn dequantise(self, row: &[u8], out: &mut [f32]) {
        let mut codes = [0; SUPER_BLOCK];
        let blocks = row.chunks_exact(self.block_bytes());
        for (block, out) in blocks.zip(out.chunks_exact_mut(self.block_len())) {
            self.codes(block, &mut codes[..self.block_len()]);
            for (sub, out) in out.chunks_exact_mut(self.sub_len()).enumerate() {
                let (scale, min) = self.scale_and_min(block, sub);
                let codes = &codes[sub * self.sub_len()..];
                for (out, code) in out.iter_mut().zip(codes) {
                    *out = scale * (i32::from(*code) - self.zero()) as f32 - min;
                }
            }
        }
    }

    /// The codes of a block, in the order of its numbers: [`Self::block_len`] of them.
    #[inline]
    pub fn codes(self, block: &[u8], codes: &mut [u8]) {
        match self {
            Self::Q4_0 => nibbles(&block[2..], codes),
            Self::Q4_1 => nibbles(&block[4..], codes),
            Self::Q5_0 => {
                nibbles(&block[6..], codes);
                fifth_bits(u32_at(block, 2), codes);
            }
            Self::Q5_1 => {
                nibbles(&block[8..], codes);
                fifth_bits(u32_at(block, 4), codes);
            }
            Self::Q8_0 => {
                for (code, byte) in codes.iter_mut().zip(&block[2..34]) {
                    *code = byte ^ 0x80; // the signed number plus 128
                }
            }
            Self::Q2K => {
                for (part, codes) in codes.chunks_exact_mut(32).enumerate() {
                    let bytes = &block[16 + 32 * (part / 4)..][..32];
                    for (code, byte) in codes.iter_mut().zip(bytes) {
                        *code = byte >> (2 * (part % 4)) & 3;
                    }
                }
            }
            Self::Q3K => {
                let (high, low) = (&block[..32], &block[32..96]);
                for (part, codes) in codes.chunks_exact_mut(32).enumerate() {
                    let low = &low[32 * (part / 4)..][..32];
                    for (i, code) in codes.iter_mut().enumerate() {
                        *code = low[i] >> (2 * (part % 4)) & 3 | (high[i] >> part & 1) << 2;
                    }
                }
            }
            Self::Q4K => {
                for (pair, codes) in codes.chunks_exact_mut(64).enumerate() {
                    nibbles(&block[16 + 32 * pair..], codes);
                }
            }
            Self::Q5K => {
                let high = &block[16..48];
                for (pair, bytes) in block[48..176].chunks_exact(32).enumerate() {
                    for (i, byte) in bytes.iter().enumerate() {
                        let bits = high[i] >> (2 * pair);
                        codes[64 * pair + i] = byte & 15 | (bits & 1) << 4;
                        codes[64 * pair + 32 + i] = byte >> 4 | (bits & 2) << 3;
                    }
                }
            }
            Self::Q6K => {
                for half in 0..2 {
                    let low = &block[64 * half..][..64];
                    let high = &block[128 + 32 * half..][..32];
                    let codes = &mut codes[128 * half..][..128];
                    for i in 0..32 {
                        codes[i] = low[i] & 15 | (high[i] & 3) << 4;
                        codes[i + 32] = low[i + 32] & 15 | (high[i] >> 2 & 3) << 4;
                        codes[i + 64] = low[i] >> 4 | (high[i] >> 4 & 3) << 4;
                        codes[i + 96] = low[i + 32] >> 4 | (high[i] >> 6) << 4;
                    }
                }
            }
            Self::IQ4NL => {
                nibbles(&block[2..], codes);
                self.take_steps(codes);
            }
            Self::MXFP4 => {
                nibbles(&block[1..], codes);
                self.take_steps(codes);
            }
            Self::IQ4XS => {
                for (sub, codes) in codes.chunks_exact_mut(32).enumerate() {
                    nibbles(&block[8 + 16 * sub..], codes);
                }
                self.take_steps(codes);
            }
            Self::IQ1S => points::iq1_s(block, codes),
            Self::IQ1M => points::iq1_m(block, codes),
            Self::IQ2XXS => points::iq2_xxs(block, codes),
            Self::IQ2XS => points::iq2_xs(block, codes),
            Self::IQ2S => points::iq2_s(block, codes),
            Self::IQ3XXS => points::iq3_xxs(block, codes),
            Self::IQ3S => points::iq3_s(block, codes),
        }
    }

    /// Puts in place of codes of 4 bits what they stand for, plus 128.
    #[inline(always)]
    fn take_steps(self, codes: &mut [u8]) {
        let steps = self.steps().unwrap_or_default();
        for code in codes {
            *code = steps[usize::from(*code & 15)].cast_unsigned() ^ 0x80;
        }
    }

    /// The scale and the min of a sub-block as numbers.
    fn scale_and_min(self, block: &[u8], sub: usize) -> (f32, f32) {
        let (scale, min_scale) = self.scales(block);
        let (small_scale, small_min) = self.small_scale_and_min(block, sub);
        (scale * f32::from(small_scale), min_scale * f32::from(small_min))
    }

    /// What the small scales of a block, and its small mins, are multiplied with.
    #[inline(always)]
    pub fn scales(self, block: &[u8]) -> (f32, f32) {
        let half = |at: usize| f16::from_bits(u16_at(block, at)).to_f32();
        match self {
            Self::Q4_0 | Self::Q5_0 | Self::Q8_0 | Self::IQ3S | Self::IQ4NL | Self::IQ4XS => {
                (half(0), 0.0)
            }
            Self::Q4_1 | Self::Q5_1 => (half(0), -half(2)), // a min that is added
            Self::Q2K => (half(80), half(82)),
            Self::Q3K => (half(108), 0.0),
            Self::Q4K | Self::Q5K => (half(0), half(2)),
            Self::Q6K => (half(208), 0.0),
            Self::IQ3XXS => (half(0) / 4.0, 0.0),
            Self::IQ1S | Self::IQ2XXS | Self::IQ2XS | Self::IQ2S => (half(0) / 8.0, 0.0),
            Self::IQ1M => {
                let bits = (0..4).map(|i| u16_at(block, 48 + 2 * i) >> 12 << (4 * i));
                (f16::from_bits(bits.sum()).to_f32() / 8.0, 0.0)
            }
            // Half of the power of two, because the steps are twice the numbers.
            Self::MXFP4 => match u32::from(block[0]) {
                exponent @ 0..2 => (f32::from_bits(0x0020_0000 << exponent), 0.0),
                exponent => (f32::from_bits((exponent - 1) << 23), 0.0),
            },
        }
    }

    /// The scale and the min of a sub-block before they are multiplied with [`Self::scales`].
    #[inline(always)]
    pub fn small_scale_and_min(self, block: &[u8], sub: usize) -> (i8, u8) {
        let nibble = |at: usize| block[at + sub / 2] >> (4 * (sub % 2)) & 15;
        // Scales of the formats with points are odd: twice what the file has, plus 1.
        let odd = |bits: u8| ((2 * bits + 1).cast_signed(), 0);
        match self {
            Self::Q4_0 | Self::Q5_0 | Self::Q8_0 | Self::IQ4NL | Self::MXFP4 => (1, 0),
            Self::Q4_1 | Self::Q5_1 => (1, 1),
            Self::Q2K => ((block[sub] & 15).cast_signed(), block[sub] >> 4),
            Self::Q3K => {
                let bytes = &block[96..108];
                let low = bytes[sub % 8] >> (4 * (sub / 8)) & 15;
                let high = bytes[8 + sub % 4] >> (2 * (sub / 4)) & 3;
                ((low | high << 4).cast_signed() - 32, 0)
            }
            Self::Q4K | Self::Q5K => {
                let (scale, min) = six_bits(&block[4..16], sub);
                (scale.cast_signed(), min)
            }
            Self::Q6K => (block[192 + sub].cast_signed(), 0),
            Self::IQ4XS => {
                let high = (u16_at(block, 2) >> (2 * sub)) as u8 & 3;
                ((nibble(4) | high << 4).cast_signed() - 32, 0)
            }
            Self::IQ1S => odd(block[35 + 2 * sub] >> 4 & 7),
            Self::IQ1M => odd((u16_at(block, 48 + 2 * (sub / 4)) >> (3 * (sub % 4))) as u8 & 7),
            Self::IQ2XXS => odd(block[9 + 8 * sub] >> 4),
            Self::IQ2XS => odd(nibble(66)),
            Self::IQ2S => odd(nibble(74)),
            Self::IQ3XXS => odd(block[69 + 4 * sub] >> 4),
            Self::IQ3S => odd(nibble(106)),
        }
    }
}

/// The low halves of bytes, then the high ones: two codes for each byte.
#[inline(always)]
fn nibbles(bytes: &[u8], codes: &mut [u8]) {
    let (low, high) = codes.split_at_mut(codes.len() / 2);
    for ((low, high), byte) in low.iter_mut().zip(high).zip(bytes) {
        *low = byte & 15;
        *high = byte >> 4;
    }
}

/// Adds a fifth bit to 32 codes.
#[inline(always)]
fn fifth_bits(bits: u32, codes: &mut [u8]) {
    for (i, code) in codes.iter_mut().enumerate() {
        *code |= ((bits >> i & 1) as u8) << 4;
    }
}

/// Scale and min of a sub-block, from the 12 bytes that hold 8 of each. Source: `get_scale_min_k4`.
#[inline(always)]
fn six_bits(bytes: &[u8], sub: usize) -> (u8, u8) {
    if sub < 4 {
        (bytes[sub] & 63, bytes[sub + 4] & 63)
    } else {
        let high = |at: usize| bytes[at] >> 6 << 4;
        (bytes[sub + 4] & 15 | high(sub - 4), bytes[sub + 4] >> 4 | high(sub))
    }
}

#[cfg(test)]
mod tests;
