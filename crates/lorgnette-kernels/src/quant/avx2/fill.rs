//! Blocks of 16 rows side by side: unpacked as for few rows of `x`, 32 codes of 8 rows at a time, and
//! transposed.

use std::arch::x86_64::*;

use lorgnette_gguf::BlockFormat;

use super::blocks_of_32::codes_of_32;
use super::dot::*;
use crate::int16::transposed;
use crate::quant::chunk::{LANES, Tile};
use crate::quant::{GROUP, QuantMatrix};

/// Does what [`Tile::fill`] does.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn fill(tile: &mut Tile, w: &QuantMatrix<'_>, first: usize, group: usize) {
    use BlockFormat as F;
    let Some(rows) = w.whole_group(first, group) else { return tile.fill(w, first, group) };
    match w.format {
        F::Q2K => of_format::<Q2K>(tile, &rows),
        F::Q3K => of_format::<Q3K>(tile, &rows),
        F::Q4K => of_format::<Q4K>(tile, &rows),
        F::Q5K => of_format::<Q5K>(tile, &rows),
        F::Q6K => of_format::<Q6K>(tile, &rows),
        F::IQ4XS => of_format::<IQ4XS>(tile, &rows),
        F::Q4_0 => of_format::<Q4_0>(tile, &rows),
        F::Q4_1 => of_format::<Q4_1>(tile, &rows),
        F::Q5_0 => of_format::<Q5_0>(tile, &rows),
        F::Q5_1 => of_format::<Q5_1>(tile, &rows),
        F::Q8_0 => of_format::<Q8_0>(tile, &rows),
        F::IQ4NL => of_format::<IQ4NL>(tile, &rows),
        F::MXFP4 => of_format::<MXFP4>(tile, &rows),
        F::IQ1S | F::IQ1M | F::IQ2XXS | F::IQ2XS | F::IQ2S | F::IQ3XXS | F::IQ3S => {
            tile.fill(w, first, group);
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn of_format<const FORMAT: u8>(tile: &mut Tile, rows: &[&[u8]; LANES]) {
    let format = const { format_of(FORMAT) };
    let n_bytes = format.block_bytes();
    // A tile has codes, and signed ones with 128 more.
    let shift = if is_positive::<FORMAT>() { 0 } else { format.zero() };
    let shift = _mm256_set1_epi8(shift as i8);
    for sub in 0..GROUP / 32 {
        for (half, rows) in rows.as_chunks::<8>().0.iter().enumerate() {
            let mut codes = [_mm256_setzero_si256(); 8];
            for (codes, row) in codes.iter_mut().zip(rows) {
                let numbers = if format.block_len() == GROUP {
                    codes_of::<FORMAT>(row, sub)
                } else {
                    codes_of_32::<FORMAT>(&row[sub * n_bytes..][..n_bytes])
                };
                *codes = _mm256_add_epi8(numbers, shift);
            }
            for (i, quad) in transposed(codes).into_iter().enumerate() {
                store(tile.codes[8 * sub + i][8 * half..][..8].as_flattened_mut(), quad);
            }
        }
    }
    for (lane, row) in rows.iter().enumerate() {
        tile.fill_scales(format, row, lane);
    }
}

#[expect(unsafe_code, reason = "a vector store")]
#[target_feature(enable = "avx2")]
#[inline]
fn store(to: &mut [u8], x: __m256i) {
    let to = &mut to[..32];
    // SAFETY: 32 bytes.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), x) }
}
