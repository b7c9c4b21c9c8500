//! Products of rows rounded to bf16, on processors that multiply bf16 (AVX-512 BF16).
//!
//! `vdpbf16ps` multiplies 16 pairs of bf16 with 16 others and adds both products of each to an f32.
//! A [`Panel`] has 64 rows of a matrix side by side, four vectors, so that a pair of `x` serves all
//! of them.

#![allow(clippy::wildcard_imports, reason = "instructions have names of their own kind")]

use std::arch::x86_64::*;

use half::bf16;

use crate::element::Wide;
use crate::vectors::transposed;

/// Rows of a panel: four vectors of f32.
pub(crate) const PANEL_ROWS: usize = 4 * LANES;
/// Numbers of a vector.
pub(crate) const LANES: usize = 16;
/// Rows of `x` at a time; with four vectors each, their sums fill 24 of 32 registers.
const ROWS: usize = 6;

/// Of each pair of columns, the two numbers of every row, the first in the low half.
pub(crate) type Panel = [[u32; PANEL_ROWS]];

/// Whether this processor has the instructions.
pub fn is_supported() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512bf16")
}

/// Rounds numbers to bf16, two to a word. `pairs` has half as many words as `from` has numbers.
pub(crate) fn round(from: &[f32], pairs: &mut [u32]) {
    assert!(is_supported() && from.len() == 2 * pairs.len());
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        round_supported(from, pairs);
    }
}

/// Packs `columns` of the rows from `first` on, at most 64 of them; rows that are not there are zero.
/// The panel has half as many words as there are columns, which are an even number.
pub(crate) fn pack(
    matrix: &impl Wide,
    first: usize,
    columns: std::ops::Range<usize>,
    panel: &mut Panel,
) {
    assert!(is_supported() && columns.len() == 2 * panel.len());
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        pack_supported(matrix, first, columns, panel);
    }
}

/// `sums ← x · panelᵀ`, or `sums += …`, for `m` rows of `x` as pairs.
///
/// Row `i` of `x` begins at `i · x_stride` words, its sums, [`PANEL_ROWS`] of them, at
/// `i · sums_stride`.
pub(crate) fn products<const ADDS: bool>(
    m: usize,
    x: &[u32],
    x_stride: usize,
    panel: &Panel,
    sums: &mut [f32],
    sums_stride: usize,
) {
    assert!(is_supported());
    assert!(m == 0 || x.len() >= (m - 1) * x_stride + panel.len());
    // As even as can be: a last tile of one or two rows would wait for its own sums.
    let n_tiles = m.div_ceil(ROWS);
    for tile in 0..n_tiles {
        let (row, end) = (tile * m / n_tiles, (tile + 1) * m / n_tiles);
        let (x, sums) = (&x[row * x_stride..], &mut sums[row * sums_stride..]);
        #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
        // SAFETY: they are there, by the assertion.
        unsafe {
            match end - row {
                1 => tile_of::<1, ADDS>(x, x_stride, panel, sums, sums_stride),
                2 => tile_of::<2, ADDS>(x, x_stride, panel, sums, sums_stride),
                3 => tile_of::<3, ADDS>(x, x_stride, panel, sums, sums_stride),
                4 => tile_of::<4, ADDS>(x, x_stride, panel, sums, sums_stride),
                5 => tile_of::<5, ADDS>(x, x_stride, panel, sums, sums_stride),
                _ => tile_of::<ROWS, ADDS>(x, x_stride, panel, sums, sums_stride),
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn tile_of<const R: usize, const ADDS: bool>(
    x: &[u32],
    x_stride: usize,
    panel: &Panel,
    sums: &mut [f32],
    sums_stride: usize,
) {
    let rows: [&[u32]; R] = std::array::from_fn(|r| &x[r * x_stride..][..panel.len()]);
    let mut totals = [[_mm512_setzero_ps(); 4]; R];
    for (i, w) in panel.iter().enumerate() {
        let w: [__m512bh; 4] = std::array::from_fn(|v| vector(part(w, v)));
        for r in 0..R {
            let pair = cast(_mm512_set1_epi32(rows[r][i].cast_signed()));
            for v in 0..4 {
                totals[r][v] = _mm512_dpbf16_ps(totals[r][v], pair, w[v]);
            }
        }
    }
    for (r, totals) in totals.into_iter().enumerate() {
        let sums: &mut [f32; PANEL_ROWS] =
            sums[r * sums_stride..].first_chunk_mut().expect("as long as a panel has rows");
        let (sums, _) = sums.as_chunks_mut::<LANES>();
        for (sums, total) in sums.iter_mut().zip(totals) {
            let total = if ADDS { _mm512_add_ps(wide(*sums), total) } else { total };
            *sums = lanes(total);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn pack_supported(
    matrix: &impl Wide,
    first_row: usize,
    columns: std::ops::Range<usize>,
    panel: &mut Panel,
) {
    let n_rows = (matrix.shape().0 - first_row).min(PANEL_ROWS);
    let mut scratch = [0.0; 2 * LANES];
    for (word, words) in panel.chunks_mut(LANES).enumerate() {
        let first = columns.start + word * 2 * LANES;
        let n = 2 * words.len();
        for quarter in 0..4 {
            let mut vectors = [_mm512_setzero_si512(); LANES];
            for (lane, vector) in vectors.iter_mut().enumerate() {
                let i = quarter * LANES + lane;
                if i < n_rows {
                    let numbers = matrix.widen(first_row + i, first..first + n, &mut scratch);
                    let mut pairs = [0; LANES];
                    round_supported(numbers, &mut pairs[..n / 2]);
                    *vector = integers(pairs);
                }
            }
            let vectors = transposed(vectors);
            for (words, vector) in words.iter_mut().zip(vectors) {
                let (parts, _) = words.as_chunks_mut::<LANES>();
                parts[quarter] = numbers(vector);
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn round_supported(from: &[f32], pairs: &mut [u32]) {
    let (whole, rest) = from.as_chunks::<32>();
    let (whole_pairs, rest_pairs) = pairs.as_chunks_mut::<16>();
    for (from, pairs) in whole.iter().zip(whole_pairs) {
        let (low, high) = (wide(part(from, 0)), wide(part(from, 1)));
        *pairs = words(_mm512_cvtne2ps_pbh(high, low));
    }
    for (two, pair) in rest.chunks_exact(2).zip(rest_pairs) {
        let [a, b] = [two[0], two[1]].map(|number| u32::from(bf16::from_f32(number).to_bits()));
        *pair = a | (b << 16);
    }
}

/// Lanes `LANES · i..` of an array.
fn part<T: Copy, const N: usize>(from: &[T; N], i: usize) -> [T; LANES] {
    *from[LANES * i..].first_chunk().expect("whole vectors")
}

macro_rules! casts {
    ($($name:ident($from:ty) -> $to:ty;)*) => {$(
        #[expect(unsafe_code, reason = "vectors of 64 bytes")]
        #[inline]
        #[target_feature(enable = "avx512f")]
        fn $name(from: $from) -> $to {
            // SAFETY: both are 64 bytes of numbers, any of which are valid.
            unsafe { std::mem::transmute::<$from, $to>(from) }
        }
    )*};
}

casts! {
    cast(__m512i) -> __m512bh;
    vector([u32; LANES]) -> __m512bh;
    words(__m512bh) -> [u32; LANES];
    wide([f32; LANES]) -> __m512;
    lanes(__m512) -> [f32; LANES];
    integers([u32; LANES]) -> __m512i;
    numbers(__m512i) -> [u32; LANES];
}
