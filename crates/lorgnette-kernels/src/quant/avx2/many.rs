//! Products of many rows of `x` with 16 rows of the matrix side by side.
//!
//! `vpmaddubsw` multiplies 32 unsigned bytes with 32 signed ones and adds two products each to 16
//! sums of 16 bits. Codes have 6 bits at the most, so that several such sums fit into 16 bits
//! before they are widened; signed ones, which have 8, go as their size and a sign given to `x`. What
//! codes are shifted by is taken off beforehand: sums of 16 bits begin with it, and may wrap around on
//! their way, since they end within their range.
//!
//! In super-blocks the sums stay whole: widening multiplies them with the small scales, and only the
//! sum of 256 columns becomes a floating number.

use std::arch::x86_64::*;

use lorgnette_gguf::BlockFormat;

use super::{add_totals, broadcast, load_8, load_8_i32, load_half, take_mins};
use crate::quant::GROUP;
use crate::quant::activations::Group;
use crate::quant::chunk::{Chunk, LANES, Tile};
use crate::quant::gemm::Sums;

/// Rows of `x` at a time, at the most: with 16 rows of the matrix, 8 sums of 16 bits, and registers for
/// the codes.
const MAX_ROWS: usize = 4;

// What codes are, as the parameter of a function, which cannot be an enum yet.
/// As they are.
const UNSIGNED: u8 = 0;
/// More than the numbers, by [`BlockFormat::zero`].
const SHIFTED: u8 = 1;
/// More than the numbers by 128, so that these need a sign.
const SIGNED: u8 = 2;

/// Adds the products of a chunk with a group of all rows of `x`.
#[target_feature(enable = "avx2,fma")]
pub(super) fn add(chunk: &Chunk, group: &Group<'_>, format: BlockFormat, sums: &mut Sums) {
    use BlockFormat as F;
    // Two products of a code and a byte of `x` are `2 · code · 127` at the most: so many quads of 3, 4,
    // 5, 6 and 8 bits fit into 16. Shifted ones are half as large. Codes that are points are 62 at the
    // most, without the sign.
    match format {
        F::Q2K => add_chunk::<4, 4, UNSIGNED, false>(chunk, group, format, sums),
        F::Q3K | F::Q6K => add_chunk::<4, 4, SHIFTED, false>(chunk, group, format, sums),
        F::Q4K => add_chunk::<8, 8, UNSIGNED, false>(chunk, group, format, sums),
        F::Q5K => add_chunk::<8, 4, UNSIGNED, false>(chunk, group, format, sums),
        F::IQ4XS => add_chunk::<8, 1, SIGNED, false>(chunk, group, format, sums),
        F::IQ1S | F::IQ2XXS | F::IQ3XXS | F::IQ3S => {
            add_chunk::<8, 2, SIGNED, false>(chunk, group, format, sums);
        }
        F::IQ1M | F::IQ2XS | F::IQ2S => {
            add_chunk::<4, 2, SIGNED, false>(chunk, group, format, sums);
        }
        F::Q4_0 | F::Q5_0 => add_chunk::<8, 8, SHIFTED, true>(chunk, group, format, sums),
        F::Q4_1 => add_chunk::<8, 8, UNSIGNED, true>(chunk, group, format, sums),
        F::Q5_1 => add_chunk::<8, 4, UNSIGNED, true>(chunk, group, format, sums),
        F::Q8_0 | F::IQ4NL | F::MXFP4 => {
            add_chunk::<8, 1, SIGNED, true>(chunk, group, format, sums);
        }
    }
}

/// `SUB` quads a sub-block, `STEP` of them in sums of 16 bits; `FINE` scales of `x`.
#[target_feature(enable = "avx2,fma")]
fn add_chunk<const SUB: usize, const STEP: usize, const CODES: u8, const FINE: bool>(
    chunk: &Chunk,
    group: &Group<'_>,
    format: BlockFormat,
    sums: &mut Sums,
) {
    let m = sums.len();
    // Signs take registers, too.
    let n_rows = if CODES == SIGNED { 3 } else { MAX_ROWS };
    for row in (0..m).step_by(n_rows) {
        for (half, tile) in chunk.tiles.iter().enumerate() {
            let first = half * LANES;
            match n_rows.min(m - row) {
                1 => add_rows::<1, SUB, STEP, CODES, FINE>(tile, group, format, row, sums, first),
                2 => add_rows::<2, SUB, STEP, CODES, FINE>(tile, group, format, row, sums, first),
                3 => add_rows::<3, SUB, STEP, CODES, FINE>(tile, group, format, row, sums, first),
                _ => add_rows::<MAX_ROWS, SUB, STEP, CODES, FINE>(
                    tile, group, format, row, sums, first,
                ),
            }
        }
    }
}

/// `R` rows of `x` with the 16 rows of a tile. What the inner loop needs is cut to its length before:
/// a look whether an index is there would have the compiler keep all numbers of `x` in memory.
#[target_feature(enable = "avx2,fma")]
#[inline(never)]
fn add_rows<
    const R: usize,
    const SUB: usize,
    const STEP: usize,
    const CODES: u8,
    const FINE: bool,
>(
    tile: &Tile,
    group: &Group<'_>,
    format: BlockFormat,
    row: usize,
    sums: &mut Sums,
    first: usize,
) {
    // A start is that of a whole sub-block.
    const { assert!(CODES != SHIFTED || STEP == SUB) };
    let len = if FINE { group.len } else { GROUP };
    let n_subs = len / (4 * SUB);
    let mut rows: [&[[[i8; 4]; SUB]]; R] = [&[]; R];
    let (mut row_starts, mut row_scales): ([&[i32]; R], [&[f32]; R]) = ([&[]; R], [&[]; R]);
    for r in 0..R {
        let quads = group.codes[(row + r) * len..][..len].as_chunks::<4>().0;
        rows[r] = &quads.as_chunks::<SUB>().0[..n_subs];
        if CODES == SHIFTED {
            row_starts[r] = &group.narrow_starts[(row + r) * n_subs..][..n_subs];
        }
        if FINE {
            row_scales[r] = &group.scales[(row + r) * n_subs..][..n_subs];
        }
    }
    let codes_of_subs = &tile.codes.as_chunks::<SUB>().0[..n_subs];
    let scales = &tile.scales[..n_subs];
    let mut wholes = [[_mm256_setzero_si256(); R]; 2];
    let mut totals = [[_mm256_setzero_ps(); R]; 2];
    for sub in 0..n_subs {
        if FINE {
            wholes = [[_mm256_setzero_si256(); R]; 2];
        }
        let mut starts = [_mm256_setzero_si256(); R];
        let mut x = [&[[0; 4]; SUB]; R];
        for r in 0..R {
            x[r] = &rows[r][sub];
            if CODES == SHIFTED {
                starts[r] = _mm256_set1_epi32(row_starts[r][sub]);
            }
        }
        let codes = &codes_of_subs[sub];
        for step in 0..SUB / STEP {
            let mut narrow = [starts; 2];
            for quad in step * STEP..(step + 1) * STEP {
                let codes = [load_half(&codes[quad], 0), load_half(&codes[quad], 1)];
                for r in 0..R {
                    let x = broadcast(x[r][quad]);
                    for half in 0..2 {
                        let product = products::<CODES>(codes[half], x);
                        narrow[half][r] = _mm256_add_epi16(narrow[half][r], product);
                    }
                }
            }
            for half in 0..2 {
                // Widens and, in a super-block, multiplies.
                let factor = if FINE {
                    _mm256_set1_epi16(1)
                } else {
                    load_8_i32(&tile.small_scales[sub], half)
                };
                for r in 0..R {
                    let product = _mm256_madd_epi16(narrow[half][r], factor);
                    wholes[half][r] = _mm256_add_epi32(wholes[half][r], product);
                }
            }
        }
        if FINE {
            for half in 0..2 {
                let scale = load_8(&scales[sub], half);
                for r in 0..R {
                    let x_scale = _mm256_set1_ps(row_scales[r][sub]);
                    let product = _mm256_mul_ps(_mm256_cvtepi32_ps(wholes[half][r]), x_scale);
                    totals[half][r] = _mm256_fmadd_ps(product, scale, totals[half][r]);
                }
            }
        }
    }
    if !FINE {
        for half in 0..2 {
            let scale = load_8(&tile.block_scales, half);
            for r in 0..R {
                totals[half][r] = _mm256_mul_ps(_mm256_cvtepi32_ps(wholes[half][r]), scale);
            }
        }
    }
    if format.has_min() {
        take_mins(tile, group, format, row, &mut totals);
    }
    add_totals(group, format, row, sums, first, totals);
}

/// Products of 32 codes with 32 bytes of `x`, two by two.
#[target_feature(enable = "avx2")]
#[inline]
fn products<const CODES: u8>(codes: __m256i, x: __m256i) -> __m256i {
    if CODES == SIGNED {
        let codes = _mm256_xor_si256(codes, _mm256_set1_epi8(-128));
        _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(x, codes))
    } else {
        _mm256_maddubs_epi16(codes, x)
    }
}
