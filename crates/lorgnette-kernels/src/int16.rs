//! Products of rows in 16 bits, on processors that multiply neither bf16 nor f32 as quickly (AVX2).
//!
//! `vpmaddwd` multiplies 16 pairs of numbers of 16 bits, twice as many as an instruction for f32
//! does, and adds them two by two. Columns of a row share a scale, a [`BLOCK`] of them each, and
//! are whole numbers of some 12 bits and a sign, so that the sums of a block fit into 32 bits. That
//! is finer than bf16 for all numbers of a block that are not far below its largest one.
//!
//! A [`Panel`] has 16 rows of a matrix side by side, two vectors, so that a pair of `x` serves all of
//! them.

#![allow(clippy::wildcard_imports, reason = "instructions have names of their own kind")]

mod matmul;

use std::arch::x86_64::*;
use std::ops::Range;

pub(crate) use self::matmul::matmul_nt;

use crate::element::Wide;
use crate::quant::Level;

/// Columns that share a scale, at most. More would leave each number fewer bits.
pub(crate) const BLOCK: usize = 256;
/// Rows of a panel: two vectors of f32.
pub(crate) const PANEL_ROWS: usize = 2 * LANES;
/// Numbers of a vector.
pub(crate) const LANES: usize = 8;
/// Rows of `x` at a time; with two vectors each, their sums fill 12 of 16 registers.
const ROWS: usize = 6;
/// What is smaller than this is zero: its inverse would be beyond the range of f32.
const SMALLEST: f32 = 1e-30;

/// Of each pair of columns, the two numbers of every row, the first in the low half.
pub(crate) type Panel = [[u32; PANEL_ROWS]];

/// Whether this processor has the instructions.
pub(crate) fn is_supported() -> bool {
    Level::Avx2.is_supported()
}

/// The largest code of two factors whose `len` products fit into 32 bits.
pub(crate) const fn largest_code(len: usize) -> f32 {
    let code = (i32::MAX as usize / if len > 1 { len } else { 2 }).isqrt();
    if code < 0x7fff { code as f32 } else { 32_767.0 }
}

/// Makes whole numbers of `from`, two to a word, and returns what they are multiplied with. `pairs`
/// has half as many words as `from` has numbers. Not finite numbers make the scale NaN.
pub(crate) fn quantise(from: &[f32], largest_code: f32, pairs: &mut [u32]) -> f32 {
    assert!(is_supported() && from.len() == 2 * pairs.len());
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        quantise_supported(from, largest_code, pairs)
    }
}

/// Packs `columns` of the rows from `first` on, and sets their scales; rows that are not there are
/// zero. The panel has half as many words as there are columns, which are an even number of at most
/// [`BLOCK`].
pub(crate) fn pack(
    matrix: &impl Wide,
    first: usize,
    columns: Range<usize>,
    panel: &mut Panel,
    scales: &mut [f32; PANEL_ROWS],
) {
    assert!(is_supported() && columns.len() == 2 * panel.len() && columns.len() <= BLOCK);
    let n_rows = PANEL_ROWS.min(matrix.shape().0 - first);
    let largest = largest_code(columns.len());
    let n_words = panel.len();
    let (mut scratch, mut words) = ([0.0; BLOCK], [[0; BLOCK / 2]; PANEL_ROWS]);
    *scales = [0.0; PANEL_ROWS];
    for (row, (words, scale)) in words.iter_mut().zip(scales).take(n_rows).enumerate() {
        let numbers = matrix.widen(first + row, columns.clone(), &mut scratch);
        *scale = quantise(numbers, largest, &mut words[..n_words]);
    }
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        exchange(&words, panel);
    }
}

/// Rows of `x` in 16 bits.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// Codes, two to a word. Row `i` begins at `i · stride`.
    pub(crate) pairs: &'a [u32],
    pub(crate) stride: usize,
    /// What the codes of each row are multiplied with.
    pub(crate) scales: &'a [f32],
}

/// Rows of a matrix side by side, and what the codes of each are multiplied with.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a> {
    pub(crate) panel: &'a Panel,
    pub(crate) scales: &'a [f32; PANEL_ROWS],
}

/// `sums ← start + x · panelᵀ` for all rows of `x`; without `start`, to the sums that are there.
///
/// The sums of row `i`, [`PANEL_ROWS`] of them, begin at `i · sums_stride`.
pub(crate) fn products(
    x: Rows<'_>,
    w: Columns<'_>,
    start: Option<&[f32; PANEL_ROWS]>,
    sums: &mut [f32],
    sums_stride: usize,
    level: Level,
) {
    let m = x.scales.len();
    assert!(level.is_supported());
    assert!(m == 0 || x.pairs.len() >= (m - 1) * x.stride + w.panel.len());
    // As even as can be: a last tile of one or two rows would wait for its own sums.
    let n_tiles = m.div_ceil(ROWS);
    for tile in 0..n_tiles {
        let (row, end) = (tile * m / n_tiles, (tile + 1) * m / n_tiles);
        let x = Rows {
            pairs: &x.pairs[row * x.stride..],
            stride: x.stride,
            scales: &x.scales[row..end],
        };
        let sums = &mut sums[row * sums_stride..];
        #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
        // SAFETY: they are there, by the assertion.
        unsafe {
            match level {
                Level::Avx512Vnni => avx512_vnni::tile(x, w, start, sums, sums_stride),
                Level::AvxVnni => avx_vnni::tile(x, w, start, sums, sums_stride),
                Level::Avx2 => avx2::tile(x, w, start, sums, sums_stride),
                _ => unreachable!("the other levels have no such products"),
            }
        }
    }
}

/// The same loop for each set of instructions that adds products of 16 bits.
macro_rules! tiles {
    ($($name:ident, $features:literal, $add_products:expr;)*) => {$(
        mod $name {
            use super::*;

            #[target_feature(enable = $features)]
            pub(super) fn tile(
                x: Rows<'_>,
                w: Columns<'_>,
                start: Option<&[f32; PANEL_ROWS]>,
                sums: &mut [f32],
                sums_stride: usize,
            ) {
                match x.scales.len() {
                    1 => tile_of::<1>(x, w, start, sums, sums_stride),
                    2 => tile_of::<2>(x, w, start, sums, sums_stride),
                    3 => tile_of::<3>(x, w, start, sums, sums_stride),
                    4 => tile_of::<4>(x, w, start, sums, sums_stride),
                    5 => tile_of::<5>(x, w, start, sums, sums_stride),
                    _ => tile_of::<ROWS>(x, w, start, sums, sums_stride),
                }
            }

            #[target_feature(enable = $features)]
            fn tile_of<const R: usize>(
                x: Rows<'_>,
                w: Columns<'_>,
                start: Option<&[f32; PANEL_ROWS]>,
                sums: &mut [f32],
                sums_stride: usize,
            ) {
                let rows: [&[u32]; R] =
                    std::array::from_fn(|r| &x.pairs[r * x.stride..][..w.panel.len()]);
                let mut totals = [[_mm256_setzero_si256(); 2]; R];
                for (i, w) in w.panel.iter().enumerate() {
                    let w = words(w);
                    for r in 0..R {
                        #[expect(unsafe_code, reason = "a look whether it is there costs a sixth")]
                        // SAFETY: each row was cut to as many words as the panel has.
                        let pair = unsafe { *rows[r].get_unchecked(i) };
                        let pair = _mm256_set1_epi32(pair.cast_signed());
                        for v in 0..2 {
                            totals[r][v] = $add_products(totals[r][v], pair, w[v]);
                        }
                    }
                }
                let scales = numbers(w.scales);
                for (r, totals) in totals.into_iter().enumerate() {
                    let sums: &mut [f32; PANEL_ROWS] = sums[r * sums_stride..]
                        .first_chunk_mut()
                        .expect("as long as a panel has rows");
                    let old = numbers(start.unwrap_or(sums));
                    let scale = _mm256_set1_ps(x.scales[r]);
                    let new = std::array::from_fn(|v| {
                        let total = _mm256_cvtepi32_ps(totals[v]);
                        _mm256_fmadd_ps(total, _mm256_mul_ps(scale, scales[v]), old[v])
                    });
                    *sums = lanes(new);
                }
            }
        }
    )*};
}

tiles! {
    avx2, "avx2,fma", |sum, x, w| _mm256_add_epi32(sum, _mm256_madd_epi16(x, w));
    avx_vnni, "avx2,fma,avxvnni", |sum, x, w| _mm256_dpwssd_avx_epi32(sum, x, w);
    avx512_vnni, "avx2,fma,avx512vnni,avx512vl", |sum, x, w| _mm256_dpwssd_epi32(sum, x, w);
}

#[target_feature(enable = "avx2,fma")]
fn quantise_supported(from: &[f32], largest_code: f32, pairs: &mut [u32]) -> f32 {
    let (whole, rest) = from.as_chunks::<PANEL_ROWS>();
    let mut last = [0.0; PANEL_ROWS];
    last[..rest.len()].copy_from_slice(rest);
    let without_sign = _mm256_castsi256_ps(_mm256_set1_epi32(i32::MAX));
    let zero = _mm256_setzero_ps();
    let (mut most, mut strange) = ([zero; 2], [zero; 2]);
    for from in whole.iter().chain([&last]) {
        let from = numbers(from);
        for v in 0..2 {
            most[v] = _mm256_max_ps(most[v], _mm256_and_ps(from[v], without_sign));
            // Zero times a number is zero, unless it is none or infinite.
            strange[v] = _mm256_fmadd_ps(from[v], zero, strange[v]);
        }
    }
    let is_finite = lanes(strange).iter().all(|x| *x == 0.0);
    let most = lanes(most).into_iter().fold(0.0, f32::max);
    if !is_finite {
        pairs.fill(0);
        return f32::NAN;
    }
    if most < SMALLEST {
        pairs.fill(0);
        return 0.0;
    }
    let inverse = _mm256_set1_ps(largest_code / most);
    let codes = |from: &[f32; PANEL_ROWS]| {
        let [low, high] = numbers(from).map(|x| _mm256_cvtps_epi32(_mm256_mul_ps(x, inverse)));
        // The halves of both lie between each other.
        let codes = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(low, high));
        integers(codes)
    };
    let (whole_pairs, rest_pairs) = pairs.as_chunks_mut::<LANES>();
    for (from, pairs) in whole.iter().zip(whole_pairs) {
        *pairs = codes(from);
    }
    rest_pairs.copy_from_slice(&codes(&last)[..rest_pairs.len()]);
    most / largest_code
}

/// Puts the words of 16 rows side by side.
#[target_feature(enable = "avx2")]
fn exchange(rows: &[[u32; BLOCK / 2]; PANEL_ROWS], panel: &mut Panel) {
    for (first, words) in panel.chunks_mut(LANES).enumerate() {
        let half = |half: usize| {
            let eight: [__m256i; LANES] = std::array::from_fn(|row| {
                let from: [u32; LANES] = *rows[half * LANES + row][first * LANES..]
                    .first_chunk()
                    .expect("rows are whole vectors");
                vector(from)
            });
            transposed(eight)
        };
        for (words, (low, high)) in words.iter_mut().zip(half(0).into_iter().zip(half(1))) {
            let (low, high) = (integers(low), integers(high));
            words[..LANES].copy_from_slice(&low);
            words[LANES..].copy_from_slice(&high);
        }
    }
}

/// 8 rows of 8 dwords, columns and rows exchanged.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn transposed(rows: [__m256i; LANES]) -> [__m256i; LANES] {
    let [a, b, c, d, e, f, g, h] = rows;
    // Inside each 128-bit lane, 4 rows at a time.
    let quads = |a, b, c, d| {
        let (ab_low, ab_high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        [
            _mm256_unpacklo_epi64(ab_low, cd_low),
            _mm256_unpackhi_epi64(ab_low, cd_low),
            _mm256_unpacklo_epi64(ab_high, cd_high),
            _mm256_unpackhi_epi64(ab_high, cd_high),
        ]
    };
    let (upper, lower) = (quads(a, b, c, d), quads(e, f, g, h));
    std::array::from_fn(|i| {
        let (one, two) = (upper[i % 4], lower[i % 4]);
        if i < 4 {
            _mm256_permute2x128_si256::<0x20>(one, two)
        } else {
            _mm256_permute2x128_si256::<0x31>(one, two)
        }
    })
}

macro_rules! casts {
    ($($vis:vis fn $name:ident($from:ty) -> $to:ty;)*) => {$(
        #[expect(unsafe_code, reason = "vectors are numbers in a row")]
        #[inline]
        #[target_feature(enable = "avx2")]
        $vis fn $name(from: $from) -> $to {
            // SAFETY: both have the same size, and any bits are valid numbers.
            unsafe { std::mem::transmute::<$from, $to>(from) }
        }
    )*};
}

casts! {
    fn vector([u32; LANES]) -> __m256i;
    pub(crate) fn integers(__m256i) -> [u32; LANES];
    fn two_of_words([u32; PANEL_ROWS]) -> [__m256i; 2];
    fn two_of_numbers([f32; PANEL_ROWS]) -> [__m256; 2];
    pub(crate) fn lanes([__m256; 2]) -> [f32; PANEL_ROWS];
}

#[inline]
#[target_feature(enable = "avx2")]
fn words(from: &[u32; PANEL_ROWS]) -> [__m256i; 2] {
    two_of_words(*from)
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn numbers(from: &[f32; PANEL_ROWS]) -> [__m256; 2] {
    two_of_numbers(*from)
}
