//! How the numbers of a block lie in its bytes.
//!
//! Source: `ggml/src/ggml-common.h` (the structs), `ggml-quants.c` (`dequantize_row_*`). A number
//! is `scale · (code − zero)`, or `scale · code − min`, where scale and min are those of its
//! sub-block.

use half::f16;

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
            Self::Q4_0 => {
                for (i, byte) in block[2..18].iter().enumerate() {
                    codes[i] = byte & 15;
                    codes[i + 16] = byte >> 4;
                }
            }
            Self::Q8_0 => {
                for (code, byte) in codes.iter_mut().zip(&block[2..34]) {
                    *code = byte ^ 0x80; // the signed number plus 128
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
                for (pair, bytes) in block[16..144].chunks_exact(32).enumerate() {
                    for (i, byte) in bytes.iter().enumerate() {
                        codes[64 * pair + i] = byte & 15;
                        codes[64 * pair + 32 + i] = byte >> 4;
                    }
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
        let half = |at: usize| f16::from_le_bytes([block[at], block[at + 1]]).to_f32();
        match self {
            Self::Q4_0 | Self::Q8_0 => (half(0), 0.0),
            Self::Q3K => (half(108), 0.0),
            Self::Q4K | Self::Q5K => (half(0), half(2)),
            Self::Q6K => (half(208), 0.0),
        }
    }

    /// The scale and the min of a sub-block before they are multiplied with [`Self::scales`].
    #[inline(always)]
    pub fn small_scale_and_min(self, block: &[u8], sub: usize) -> (i8, u8) {
        match self {
            Self::Q4_0 | Self::Q8_0 => (1, 0),
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
        }
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
