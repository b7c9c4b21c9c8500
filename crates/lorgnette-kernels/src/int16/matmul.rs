//! f32 rows by a matrix, with factors of 16 bits.

use rayon::prelude::*;

use super::{
    BLOCK, Columns, PANEL_ROWS, Rows, is_supported, largest_code, pack, products, quantise,
};
use crate::element::Wide;
use crate::quant::Level;

/// Panels that are packed at a time, 32 KiB of codes.
const PANELS: usize = 4;
/// Rows of the matrix that they have.
const CHUNK_ROWS: usize = PANELS * PANEL_ROWS;
/// Rows of `x` that go by all of these panels: with one panel they stay in the first cache.
const ROWS: usize = 24;
/// Rows of `x` whose sums are in memory while the blocks of the panels go by.
const BLOCK_ROWS: usize = 1024;

/// `y ≈ x · wᵀ`.
///
/// Shapes: `x` `(m, k)` and `y` `(m, n)`, row by row, of a matrix of shape `(n, k)`; `k` even.
///
/// # Panics
/// When a slice does not have its shape's length, `k` is odd, or the processor has no AVX2.
pub(crate) fn matmul_nt(x: &[f32], w: &impl Wide, y: &mut [f32], m: usize, level: Level) {
    let (n, k) = w.shape();
    assert!(is_supported());
    assert!(k.is_multiple_of(2), "{k} columns are not pairs");
    assert_eq!(x.len(), m * k);
    assert_eq!(y.len(), m * n);
    if y.is_empty() {
        return;
    }
    if k == 0 {
        return y.fill(0.0);
    }
    let x = &Activations::quantise(x, m, k);
    let base = Results(y.as_mut_ptr());
    let scratch = || Scratch {
        panels: vec![[0; PANEL_ROWS]; PANELS * BLOCK / 2],
        scales: [[0.0; PANEL_ROWS]; PANELS],
        sums: vec![0.0; CHUNK_ROWS * BLOCK_ROWS.min(m)],
    };
    (0..n.div_ceil(CHUNK_ROWS)).into_par_iter().for_each_init(scratch, |scratch, i| {
        let first = i * CHUNK_ROWS;
        let n_rows = CHUNK_ROWS.min(n - first);
        for start in (0..m).step_by(BLOCK_ROWS) {
            let block_rows = start..m.min(start + BLOCK_ROWS);
            scratch.sums.fill(0.0);
            for column in (0..k).step_by(BLOCK) {
                let columns = column..(column + BLOCK).min(k);
                scratch.add(x, block_rows.clone(), w, first, columns, level);
            }
            for (row, sums) in block_rows.zip(scratch.sums.chunks_exact(CHUNK_ROWS)) {
                let base = &base;
                #[expect(unsafe_code, reason = "threads write columns side by side")]
                // SAFETY: row `row < m`, columns `first..first + n_rows <= n` of `y`, whose length
                // was asserted; no other task has these columns.
                unsafe {
                    let to = base.0.add(row * n + first);
                    std::ptr::copy_nonoverlapping(sums.as_ptr(), to, n_rows);
                }
            }
        }
    });
}

/// Where the results begin.
struct Results(*mut f32);

#[expect(unsafe_code, reason = "threads write disjoint columns of one matrix")]
// SAFETY: shared only inside `matmul_nt`, whose threads write disjoint columns.
unsafe impl Sync for Results {}

/// What a thread works on: some rows of the matrix.
struct Scratch {
    /// `(panel, pair, row)`.
    panels: Vec<[u32; PANEL_ROWS]>,
    /// `(panel, row)`.
    scales: [[f32; PANEL_ROWS]; PANELS],
    /// `(row of x, row)`.
    sums: Vec<f32>,
}

impl Scratch {
    /// Adds the products of a block of columns to the sums of some rows of `x`.
    fn add(
        &mut self,
        x: &Activations,
        x_rows: std::ops::Range<usize>,
        w: &impl Wide,
        first_of_w: usize,
        columns: std::ops::Range<usize>,
        level: Level,
    ) {
        let Self { panels, scales, sums } = self;
        let (block, n_pairs) = (columns.start / BLOCK, columns.len() / 2);
        let n_panels = CHUNK_ROWS.min(w.shape().0 - first_of_w).div_ceil(PANEL_ROWS);
        for (i, (panel, scales)) in
            panels.chunks_exact_mut(n_pairs).zip(scales.iter_mut()).take(n_panels).enumerate()
        {
            pack(w, first_of_w + i * PANEL_ROWS, columns.clone(), panel, scales);
        }
        for (i, first) in x_rows.clone().step_by(ROWS).enumerate() {
            let x = x.rows(block, first..x_rows.end.min(first + ROWS));
            let sums = &mut sums[i * ROWS * CHUNK_ROWS..];
            let panels = panels.chunks_exact(n_pairs).zip(scales.iter()).take(n_panels);
            for (i, (panel, scales)) in panels.enumerate() {
                let w = Columns { panel, scales };
                products(x, w, None, &mut sums[i * PANEL_ROWS..], CHUNK_ROWS, level);
            }
        }
    }
}

/// Rows of `x` in 16 bits, a block of columns of all rows beside each other.
struct Activations {
    m: usize,
    k: usize,
    /// Codes, two to a word: `(block, row, pair)`.
    pairs: Vec<u32>,
    /// `(block, row)`.
    scales: Vec<f32>,
}

impl Activations {
    fn quantise(x: &[f32], m: usize, k: usize) -> Self {
        let mut pairs = vec![0; m * k / 2];
        let mut scales = vec![0.0; m * k.div_ceil(BLOCK)];
        let blocks = pairs.par_chunks_mut(m * BLOCK / 2).zip(scales.par_chunks_mut(m));
        blocks.enumerate().for_each(|(block, (pairs, scales))| {
            let column = block * BLOCK;
            let len = BLOCK.min(k - column);
            let largest = largest_code(len);
            let rows = pairs.par_chunks_mut(len / 2).zip(scales.par_iter_mut()).enumerate();
            rows.with_min_len(64).for_each(|(row, (pairs, scale))| {
                *scale = quantise(&x[row * k + column..][..len], largest, pairs);
            });
        });
        Self { m, k, pairs, scales }
    }

    fn rows(&self, block: usize, rows: std::ops::Range<usize>) -> Rows<'_> {
        let stride = BLOCK.min(self.k - block * BLOCK) / 2;
        let first = block * BLOCK / 2 * self.m + rows.start * stride;
        Rows {
            pairs: &self.pairs[first..][..rows.len() * stride],
            stride,
            scales: &self.scales[block * self.m..][rows],
        }
    }
}
