//! GGUF's block formats, as ggml lays them out.
//!
//! Source: `ggml/src/ggml-common.h` (the structs), `ggml-quants.c` (`dequantize_row_*`). A number
//! is `scale · (code − zero)`, or `scale · code − min`, where scale and min are those of its
//! sub-block.

use half::f16;

/// Columns whose sums of products are made together: a super-block of the K formats, several
/// blocks of the others.
pub(super) const GROUP: usize = 256;

/// A block format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// 4 bits, one scale a block of 32.
    Q4_0,
    /// 8 bits, one scale a block of 32.
    Q8_0,
    /// 4 bits; scale and min of 6 bits for each 32 of 256.
    Q4K,
    /// 5 bits; scale and min of 6 bits for each 32 of 256.
    Q5K,
    /// 6 bits; a scale of 8 bits for each 16 of 256.
    Q6K,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Q4_0, Self::Q8_0, Self::Q4K, Self::Q5K, Self::Q6K];

    /// Numbers of a block.
    pub const fn block_len(self) -> usize {
        match self {
            Self::Q4_0 | Self::Q8_0 => 32,
            Self::Q4K | Self::Q5K | Self::Q6K => GROUP,
        }
    }

    /// Bytes of a block.
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::Q4_0 => 2 + 16,
            Self::Q8_0 => 2 + 32,
            Self::Q4K => 2 + 2 + 12 + 128,
            Self::Q5K => 2 + 2 + 12 + 32 + 128,
            Self::Q6K => 128 + 64 + 16 + 2,
        }
    }

    /// Numbers that share a scale.
    pub(super) const fn sub_len(self) -> usize {
        if matches!(self, Self::Q6K) { 16 } else { 32 }
    }

    /// The code that stands for 0; 0 where there is a min instead.
    pub(super) const fn zero(self) -> i32 {
        match self {
            Self::Q4_0 => 8,
            Self::Q8_0 => 128,
            Self::Q4K | Self::Q5K => 0,
            Self::Q6K => 32,
        }
    }

    /// Sub-blocks have a min.
    pub(super) const fn has_min(self) -> bool {
        matches!(self, Self::Q4K | Self::Q5K)
    }

    /// Activations have a scale each 32 columns instead of each 256, as llama.cpp pairs them.
    pub(super) const fn fine_activations(self) -> bool {
        matches!(self, Self::Q4_0 | Self::Q8_0)
    }

    /// The numbers of a row.
    pub(super) fn dequantise(self, row: &[u8], out: &mut [f32]) {
        let mut codes = [0; GROUP];
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

    /// The codes of a block, in order.
    pub(super) fn codes(self, block: &[u8], codes: &mut [u8]) {
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

    /// Scale and min of a sub-block as numbers.
    fn scale_and_min(self, block: &[u8], sub: usize) -> (f32, f32) {
        let (scale, min) = self.scales(block);
        match self {
            Self::Q4_0 | Self::Q8_0 => (scale, 0.0),
            Self::Q4K | Self::Q5K => {
                let (s, m) = six_bits(&block[4..16], sub);
                (scale * f32::from(s), min * f32::from(m))
            }
            Self::Q6K => (scale * f32::from(block[192 + sub].cast_signed()), 0.0),
        }
    }

    /// What the small scales of a block, and its small mins, are multiplied with.
    pub(super) fn scales(self, block: &[u8]) -> (f32, f32) {
        let half = |at: usize| f16::from_le_bytes([block[at], block[at + 1]]).to_f32();
        match self {
            Self::Q4_0 | Self::Q8_0 => (half(0), 0.0),
            Self::Q4K | Self::Q5K => (half(0), half(2)),
            Self::Q6K => (half(208), 0.0),
        }
    }

    /// The scale of a sub-block before [`scales`](Self::scales), and its min.
    pub(super) fn small_scale_and_min(self, block: &[u8], sub: usize) -> (i8, u8) {
        match self {
            Self::Q4_0 | Self::Q8_0 => (1, 0),
            Self::Q4K | Self::Q5K => {
                let (scale, min) = six_bits(&block[4..16], sub);
                (scale.cast_signed(), min)
            }
            Self::Q6K => (block[192 + sub].cast_signed(), 0),
        }
    }
}

/// Scale and min of a sub-block, from the 12 bytes that hold 8 of each. Source: `get_scale_min_k4`.
fn six_bits(bytes: &[u8], sub: usize) -> (u8, u8) {
    if sub < 4 {
        (bytes[sub] & 63, bytes[sub + 4] & 63)
    } else {
        let high = |at: usize| bytes[at] >> 6 << 4;
        (bytes[sub + 4] & 15 | high(sub - 4), bytes[sub + 4] >> 4 | high(sub))
    }
}
