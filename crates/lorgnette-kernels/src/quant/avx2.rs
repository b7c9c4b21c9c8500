//! The kernels in AVX2, which every x86 of the last ten years has, and those for many rows with
//! AVX-VNNI, which laptops have since 2021: one instruction in place of three. Those for few rows
//! are in [`dot`](mod@dot).
//!
//! `vpmaddubsw` multiplies 32 unsigned bytes with 32 signed ones and adds two products each to 16
//! sums of 16 bits. Codes have 6 bits at the most, so that several such sums fit into 16 bits
//! before they are widened; signed ones, which have 8, go as their size and a sign given to `x`.

#![allow(clippy::wildcard_imports, reason = "instructions have names of their own kind")]
#![expect(clippy::needless_range_loop, reason = "rows that are in registers are counted")]
#![expect(clippy::cast_possible_wrap, reason = "small constants that become parts of vectors")]

mod blocks_of_32;
mod dot;
mod fill;
mod points;

use std::arch::x86_64::*;

use lorgnette_gguf::BlockFormat;

use super::activations::{Activations, Group};
use super::chunk::{Chunk, LANES, Tile};
use super::gemm::Sums;
use super::gemv::Dot;
use super::level::Level;
use super::{GROUP, QuantMatrix, fine_activations};

/// Rows of `x` at a time, at the most: with 16 rows of the matrix, 8 sums of 16 bits, or 6 of those and 6
/// of 32 bits, leave registers for the codes.
const MAX_ROWS: usize = 4;

/// The same for AVX-VNNI: 6 integer sums and 6 floating ones leave four of the 16 registers.
const VNNI_ROWS: usize = 3;

/// Unpacks a group of 16 rows, as [`Tile::fill`] does.
pub(super) fn fill(tile: &mut Tile, w: &QuantMatrix<'_>, first: usize, group: usize) {
    assert!(Level::Avx2.is_supported());
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        fill::fill(tile, w, first, group);
    }
}

/// Adds the products of a chunk with a group of all rows of `x`.
pub(super) fn add(
    chunk: &Chunk,
    group: &Group<'_>,
    format: BlockFormat,
    sums: &mut Sums,
    level: Level,
) {
    assert!(level.is_supported());
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        if level == Level::AvxVnni {
            add_vnni(chunk, group, format, sums);
        } else {
            add_supported(chunk, group, format, sums);
        }
    }
}

/// Products of few rows of `x` at this level.
pub(super) struct Avx2;

impl Dot for Avx2 {
    fn is_supported() -> bool {
        Level::Avx2.is_supported()
    }

    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    unsafe fn dot<const R: usize, const M: usize>(
        format: BlockFormat,
        rows: [&[u8]; R],
        x: &Activations,
        first_x: usize,
    ) -> [[f32; M]; R] {
        // SAFETY: they are there, says the caller.
        unsafe { dot::dot::<R, M>(format, rows, x, first_x) }
    }
}

#[target_feature(enable = "avx2,fma")]
fn add_supported(chunk: &Chunk, group: &Group<'_>, format: BlockFormat, sums: &mut Sums) {
    let m = sums.len();
    let n_subs = group.len / format.sub_len();
    assert!(group.len <= GROUP && group.codes.len() == m * group.len);
    assert_eq!(group.starts.len(), m * n_subs);
    let n_rows = n_rows(format);
    for row in (0..m).step_by(n_rows) {
        for (half, tile) in chunk.tiles.iter().enumerate() {
            let first = half * LANES;
            match n_rows.min(m - row) {
                1 => add_rows::<1>(tile, group, format, row, sums, first),
                2 => add_rows::<2>(tile, group, format, row, sums, first),
                3 => add_rows::<3>(tile, group, format, row, sums, first),
                _ => add_rows::<MAX_ROWS>(tile, group, format, row, sums, first),
            }
        }
    }
}

/// Rows of `x` at a time. Formats whose sub-blocks fit into one sum of 16 bits need none of 32 beside it.
fn n_rows(format: BlockFormat) -> usize {
    use BlockFormat as F;
    match format {
        F::Q2K | F::Q3K | F::Q4K | F::Q4_0 | F::Q4_1 => MAX_ROWS,
        _ => 3,
    }
}

/// `R` rows of `x` with the 16 rows of a tile.
#[target_feature(enable = "avx2,fma")]
fn add_rows<const R: usize>(
    tile: &Tile,
    group: &Group<'_>,
    format: BlockFormat,
    row: usize,
    sums: &mut Sums,
    first: usize,
) {
    use BlockFormat as F;
    // Two products of a code and a byte of `x` are `2 · code · 127` at the most: so many quads of
    // 3, 4, 5, 6 and 8 bits fit into 16. Codes that are points are 62 at the most, without the sign.
    match format {
        F::Q2K | F::Q3K => rows::<R, 4, 4, false, false>(tile, group, format, row, sums, first),
        F::Q4K => rows::<R, 8, 8, false, false>(tile, group, format, row, sums, first),
        F::Q5K => rows::<R, 8, 4, false, false>(tile, group, format, row, sums, first),
        F::Q6K => rows::<R, 4, 2, false, false>(tile, group, format, row, sums, first),
        F::Q4_0 | F::Q4_1 => rows::<R, 8, 8, true, false>(tile, group, format, row, sums, first),
        F::Q5_0 | F::Q5_1 => rows::<R, 8, 4, true, false>(tile, group, format, row, sums, first),
        F::Q8_0 | F::IQ4NL | F::MXFP4 => {
            rows::<R, 8, 1, true, true>(tile, group, format, row, sums, first);
        }
        F::IQ4XS => rows::<R, 8, 1, false, true>(tile, group, format, row, sums, first),
        F::IQ1S | F::IQ2XXS | F::IQ3XXS | F::IQ3S => {
            rows::<R, 8, 2, false, true>(tile, group, format, row, sums, first);
        }
        F::IQ1M | F::IQ2XS | F::IQ2S => {
            rows::<R, 4, 2, false, true>(tile, group, format, row, sums, first);
        }
    }
}

/// `SUB` quads a sub-block, `STEP` of them in 16 bits; `FINE` scales of `x`; `SIGNED` codes.
#[target_feature(enable = "avx2,fma")]
fn rows<
    const R: usize,
    const SUB: usize,
    const STEP: usize,
    const FINE: bool,
    const SIGNED: bool,
>(
    tile: &Tile,
    group: &Group<'_>,
    format: BlockFormat,
    row: usize,
    sums: &mut Sums,
    first: usize,
) {
    let n_subs = group.len / (4 * SUB);
    let n_scales = if FINE { n_subs } else { 1 };
    let mut rows: [&[[i8; 4]]; R] = [&[]; R];
    for r in 0..R {
        rows[r] = group.codes[(row + r) * group.len..][..group.len].as_chunks::<4>().0;
    }
    let ones = _mm256_set1_epi16(1);
    let flip = _mm256_set1_epi8(-128);
    let mut totals = [[_mm256_setzero_ps(); R]; 2];
    for sub in 0..n_subs {
        let codes = &tile.codes.as_chunks::<SUB>().0[sub];
        let mut x: [&[[i8; 4]; SUB]; R] = [&[[0; 4]; SUB]; R];
        for r in 0..R {
            x[r] = &rows[r].as_chunks::<SUB>().0[sub];
        }
        let mut products = [[_mm256_setzero_si256(); R]; 2];
        for step in (0..SUB).step_by(STEP) {
            let mut narrow = [[_mm256_setzero_si256(); R]; 2];
            for quad in step..step + STEP {
                let codes = [load_half(&codes[quad], 0), load_half(&codes[quad], 1)];
                for r in 0..R {
                    let x = i32::from_le_bytes(x[r][quad].map(i8::cast_unsigned));
                    let x = _mm256_set1_epi32(x);
                    for half in 0..2 {
                        let product = if SIGNED {
                            let codes = _mm256_xor_si256(codes[half], flip);
                            _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(x, codes))
                        } else {
                            _mm256_maddubs_epi16(codes[half], x)
                        };
                        narrow[half][r] = _mm256_add_epi16(narrow[half][r], product);
                    }
                }
            }
            for half in 0..2 {
                for r in 0..R {
                    let wide = _mm256_madd_epi16(narrow[half][r], ones);
                    products[half][r] = _mm256_add_epi32(products[half][r], wide);
                }
            }
        }
        if !SIGNED && !format.has_min() {
            for r in 0..R {
                let start = _mm256_set1_epi32(group.starts[(row + r) * n_subs + sub]);
                for half in 0..2 {
                    products[half][r] = _mm256_add_epi32(products[half][r], start);
                }
            }
        }
        for half in 0..2 {
            let scale = load_8(&tile.scales[sub], half);
            for r in 0..R {
                let mut product = _mm256_cvtepi32_ps(products[half][r]);
                if FINE {
                    let x_scale = group.scales[(row + r) * n_scales + sub];
                    product = _mm256_mul_ps(product, _mm256_set1_ps(x_scale));
                }
                totals[half][r] = _mm256_fmadd_ps(product, scale, totals[half][r]);
            }
        }
    }
    finish(tile, group, format, row, sums, first, totals);
}

/// Takes the mins off the totals and adds them to the sums.
#[target_feature(enable = "avx2,fma")]
fn finish<const R: usize>(
    tile: &Tile,
    group: &Group<'_>,
    format: BlockFormat,
    row: usize,
    sums: &mut Sums,
    first: usize,
    mut totals: [[__m256; R]; 2],
) {
    let n_subs = group.len / format.sub_len();
    if format.has_min() && fine_activations(format) {
        for sub in 0..n_subs {
            for half in 0..2 {
                let min = load_8(&tile.min_scales[sub], half);
                for r in 0..R {
                    let at = (row + r) * n_subs + sub;
                    let x = _mm256_set1_ps(group.scales[at] * group.sums[at] as f32);
                    totals[half][r] = _mm256_fnmadd_ps(x, min, totals[half][r]);
                }
            }
        }
    } else if format.has_min() {
        for half in 0..2 {
            let scale = load_8(&tile.min_scales[0], half);
            for r in 0..R {
                let mut mins = _mm256_setzero_si256();
                for pair in 0..n_subs / 2 {
                    let x = _mm256_set1_epi32(group.sums[(row + r) * n_subs / 2 + pair]);
                    let products = _mm256_madd_epi16(load_8_i32(&tile.mins[pair], half), x);
                    mins = _mm256_add_epi32(mins, products);
                }
                totals[half][r] =
                    _mm256_fnmadd_ps(_mm256_cvtepi32_ps(mins), scale, totals[half][r]);
            }
        }
    }
    for r in 0..R {
        for half in 0..2 {
            let sums = &mut sums[row + r][first + 8 * half..][..8];
            let old = load_8_of(sums);
            let new = if fine_activations(format) {
                _mm256_add_ps(old, totals[half][r])
            } else {
                _mm256_fmadd_ps(totals[half][r], _mm256_set1_ps(group.scales[row + r]), old)
            };
            store_8(sums, new);
        }
    }
}

/// As [`add_supported`], with products of four bytes at a time.
#[target_feature(enable = "avx2,fma,avxvnni")]
fn add_vnni(chunk: &Chunk, group: &Group<'_>, format: BlockFormat, sums: &mut Sums) {
    let m = sums.len();
    let n_subs = group.len / format.sub_len();
    assert!(group.len <= GROUP && group.codes.len() == m * group.len);
    assert_eq!(group.starts.len(), m * n_subs);
    for row in (0..m).step_by(VNNI_ROWS) {
        for (half, tile) in chunk.tiles.iter().enumerate() {
            let first = half * LANES;
            match m - row {
                1 => vnni_rows::<1>(tile, group, format, row, sums, first),
                2 => vnni_rows::<2>(tile, group, format, row, sums, first),
                _ => vnni_rows::<VNNI_ROWS>(tile, group, format, row, sums, first),
            }
        }
    }
}

#[target_feature(enable = "avx2,fma,avxvnni")]
fn vnni_rows<const R: usize>(
    tile: &Tile,
    group: &Group<'_>,
    format: BlockFormat,
    row: usize,
    sums: &mut Sums,
    first: usize,
) {
    let sub_quads = format.sub_len() / 4;
    let n_subs = group.len / format.sub_len();
    let rows: [&[[i8; 4]]; R] = std::array::from_fn(|r| {
        group.codes[(row + r) * group.len..][..group.len].as_chunks::<4>().0
    });
    let mut totals = [[_mm256_setzero_ps(); R]; 2];
    for sub in 0..n_subs {
        let mut products = [[_mm256_setzero_si256(); R]; 2];
        for r in 0..R {
            let start = _mm256_set1_epi32(group.starts[(row + r) * n_subs + sub]);
            products[0][r] = start;
            products[1][r] = start;
        }
        for quad in sub * sub_quads..(sub + 1) * sub_quads {
            let codes = [load_quad(tile, quad, 0), load_quad(tile, quad, 1)];
            for r in 0..R {
                let x = i32::from_le_bytes(rows[r][quad].map(i8::cast_unsigned));
                let x = _mm256_set1_epi32(x);
                for half in 0..2 {
                    products[half][r] = _mm256_dpbusd_avx_epi32(products[half][r], codes[half], x);
                }
            }
        }
        for half in 0..2 {
            let scale = load_8(&tile.scales[sub], half);
            for r in 0..R {
                let mut product = _mm256_cvtepi32_ps(products[half][r]);
                if fine_activations(format) {
                    let x_scale = group.scales[(row + r) * n_subs + sub];
                    product = _mm256_mul_ps(product, _mm256_set1_ps(x_scale));
                }
                totals[half][r] = _mm256_fmadd_ps(product, scale, totals[half][r]);
            }
        }
    }
    finish(tile, group, format, row, sums, first, totals);
}

loads! { "avx2":
    load_32(u8, 32) -> __m256i = _mm256_loadu_si256;
    load_8_of(f32, 8) -> __m256 = _mm256_loadu_ps;
    load_8_of_i32(i32, 8) -> __m256i = _mm256_loadu_si256;
}

/// Half of the numbers of 16 rows.
#[target_feature(enable = "avx2")]
fn load_8(from: &[f32; LANES], half: usize) -> __m256 {
    load_8_of(&from[8 * half..])
}

#[target_feature(enable = "avx2")]
fn load_8_i32(from: &[i32; LANES], half: usize) -> __m256i {
    load_8_of_i32(&from[8 * half..])
}

/// 4 codes of each of 8 rows.
#[target_feature(enable = "avx2")]
fn load_quad(tile: &Tile, quad: usize, half: usize) -> __m256i {
    load_half(&tile.codes[quad], half)
}

/// Half of the codes of 16 rows.
#[target_feature(enable = "avx2")]
#[inline]
fn load_half(codes: &[[u8; 4]; LANES], half: usize) -> __m256i {
    load_32(codes[8 * half..][..8].as_flattened())
}

#[expect(unsafe_code, reason = "a vector store")]
#[target_feature(enable = "avx2")]
fn store_8(to: &mut [f32], x: __m256) {
    let to = &mut to[..8];
    // SAFETY: 8 numbers.
    unsafe { _mm256_storeu_ps(to.as_mut_ptr(), x) }
}
