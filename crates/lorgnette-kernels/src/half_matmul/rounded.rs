//! The same product with both factors rounded to bf16, on processors that multiply bf16.
//!
//! Sums stay f32. A checkpoint made in bf16 loses nothing of its matrices, even when its file has
//! them as f16; the rows of `x` lose what they lose in any network run in bf16.

#![allow(clippy::wildcard_imports, reason = "instructions have names of their own kind")]

use std::arch::x86_64::*;
use std::ops::Range;

use half::bf16;
use rayon::prelude::*;

use super::Columns;
use crate::element::Element;

/// Rows of the matrix that a task takes: four vectors of f32.
const PANEL_ROWS: usize = 4 * LANES;
const LANES: usize = 16;
/// Columns of a panel that are packed at a time. With rows of `x` they stay in the first cache.
const CHUNK: usize = 256;
/// Rows of `x` whose sums are kept while the chunks of a panel go by.
const BLOCK_ROWS: usize = 512;
/// Rows of `x` at a time; with four vectors each, their sums fill 24 of 32 registers.
const ROWS: usize = 6;

/// A chunk of a panel: of each pair of columns the two numbers of every row, beside each other.
type Chunk = [[u32; PANEL_ROWS]];
/// A row of `x` by all rows of a panel.
type Sums = [f32; PANEL_ROWS];

/// Whether this processor can run [`matmul_nt`].
pub fn is_supported() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512bf16")
}

/// `y ≈ x · wᵀ`.
///
/// Shapes: `x` `(m, k)`, `w` `(n, k)`, `y` `(m, n)`, all row by row; `k` even.
///
/// # Panics
/// When a slice does not have its shape's length, `k` is odd, or [`is_supported`] says no.
pub fn matmul_nt<T: Element>(x: &[f32], w: &[T], y: &mut [f32], (m, n, k): (usize, usize, usize)) {
    assert!(is_supported());
    assert!(k.is_multiple_of(2), "{k} columns are not pairs");
    assert_eq!(x.len(), m * k);
    assert_eq!(w.len(), n * k);
    assert_eq!(y.len(), m * n);
    if y.is_empty() {
        return;
    }
    if k == 0 {
        return y.fill(0.0);
    }
    let x = pairs_of(x, k);
    let base = Columns(y.as_mut_ptr());
    let scratch = || Scratch {
        wide: vec![0.0; CHUNK],
        chunk: vec![[0; PANEL_ROWS]; CHUNK / 2],
        sums: vec![[0.0; PANEL_ROWS]; BLOCK_ROWS.min(m)],
    };
    (0..n.div_ceil(PANEL_ROWS)).into_par_iter().for_each_init(scratch, |scratch, panel| {
        let first = panel * PANEL_ROWS;
        let rows = &w[first * k..((first + PANEL_ROWS) * k).min(w.len())];
        for start in (0..m).step_by(BLOCK_ROWS) {
            let block = start..(start + BLOCK_ROWS).min(m);
            let sums = scratch.block(&x, block.clone(), rows, k);
            for (row, sums) in block.zip(sums) {
                let sums = &sums[..rows.len() / k];
                let base = &base;
                #[expect(unsafe_code, reason = "threads write columns side by side")]
                // SAFETY: row `row < m`, columns `first..first + sums.len() <= n` of `y`, whose
                // length was asserted; no other panel has these columns.
                unsafe {
                    let to = base.0.add(row * n + first);
                    std::ptr::copy_nonoverlapping(sums.as_ptr(), to, sums.len());
                }
            }
        }
    });
}

/// Rows as pairs of bf16, the first in the low half.
fn pairs_of(x: &[f32], k: usize) -> Vec<u32> {
    let mut pairs = vec![0; x.len() / 2];
    pairs.par_chunks_mut(k / 2).zip(x.par_chunks(k)).for_each(|(pairs, row)| {
        #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
        // SAFETY: they are there, as `matmul_nt` asserted.
        unsafe {
            round(row, pairs);
        }
    });
    pairs
}

struct Scratch {
    wide: Vec<f32>,
    chunk: Vec<[u32; PANEL_ROWS]>,
    sums: Vec<Sums>,
}

impl Scratch {
    /// Sums of some rows of `x`, all of `x` given as pairs, by the rows of a panel.
    fn block<T: Element>(
        &mut self,
        x: &[u32],
        block: Range<usize>,
        panel: &[T],
        k: usize,
    ) -> &[Sums] {
        let sums = &mut self.sums[..block.len()];
        sums.fill([0.0; PANEL_ROWS]);
        for start in (0..k).step_by(CHUNK) {
            let columns = start..(start + CHUNK).min(k);
            let chunk = &mut self.chunk[..columns.len() / 2];
            #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
            // SAFETY: they are there, as `matmul_nt` asserted.
            unsafe {
                pack(panel, k, columns.clone(), &mut self.wide, chunk);
                let x = &x[block.start * k / 2..block.end * k / 2];
                let at = start / 2;
                let mut groups = sums.chunks_exact_mut(ROWS);
                let mut row = 0;
                for group in &mut groups {
                    let group = group.try_into().expect("chunks have this length");
                    add::<ROWS>(&x[row * k / 2 + at..], k / 2, chunk, group);
                    row += ROWS;
                }
                for one in groups.into_remainder().chunks_exact_mut(1) {
                    let one = one.try_into().expect("chunks have this length");
                    add::<1>(&x[row * k / 2 + at..], k / 2, chunk, one);
                    row += 1;
                }
            }
        }
        sums
    }
}

/// Some columns of a panel's rows, packed. Rows that the last panel does not have are zero.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn pack<T: Element>(
    panel: &[T],
    k: usize,
    columns: Range<usize>,
    wide: &mut [f32],
    chunk: &mut Chunk,
) {
    let mut pairs = [0; CHUNK / 2];
    let pairs = &mut pairs[..chunk.len()];
    chunk.fill([0; PANEL_ROWS]);
    for (i, row) in panel.chunks_exact(k).enumerate() {
        round(T::widen(&row[columns.clone()], wide), pairs);
        for (words, pair) in chunk.iter_mut().zip(&*pairs) {
            words[i] = *pair;
        }
    }
}

/// Adds the products of `R` rows of `x`, `stride` apart, with a chunk.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn add<const R: usize>(x: &[u32], stride: usize, chunk: &Chunk, sums: &mut [Sums; R]) {
    let rows: [&[u32]; R] = std::array::from_fn(|r| &x[r * stride..][..chunk.len()]);
    let mut totals = [[_mm512_setzero_ps(); 4]; R];
    for (i, w) in chunk.iter().enumerate() {
        let w: [__m512bh; 4] = std::array::from_fn(|v| vector(part(w, v)));
        for r in 0..R {
            let pair = cast(_mm512_set1_epi32(rows[r][i].cast_signed()));
            for v in 0..4 {
                totals[r][v] = _mm512_dpbf16_ps(totals[r][v], pair, w[v]);
            }
        }
    }
    for (sums, totals) in sums.iter_mut().zip(totals) {
        for (sums, total) in sums.chunks_exact_mut(LANES).zip(totals) {
            for (sum, total) in sums.iter_mut().zip(lanes(total)) {
                *sum += total;
            }
        }
    }
}

/// Rounds to bf16, two to a word.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn round(from: &[f32], pairs: &mut [u32]) {
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
}
