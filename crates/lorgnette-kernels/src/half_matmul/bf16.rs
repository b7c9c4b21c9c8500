//! The same product with both factors rounded to bf16, on processors that multiply bf16.
//!
//! Sums stay f32. A checkpoint made in bf16 loses nothing of its matrices, even when its file has
//! them as f16; the rows of `x` lose what they lose in any network run in bf16.

use rayon::prelude::*;

use super::Columns;
use crate::bf16::{self, PANEL_ROWS, is_supported};
use crate::element::{Dense, Element};

/// Columns of a panel that are packed at a time. With rows of `x` they stay in the first cache.
const CHUNK: usize = 256;
/// Rows of `x` whose sums are kept while the chunks of a panel go by.
const BLOCK_ROWS: usize = 1024;

/// `y ≈ x · wᵀ`.
///
/// Shapes: `x` `(m, k)`, `w` `(n, k)`, `y` `(m, n)`, all row by row; `k` even.
///
/// # Panics
/// When a slice does not have its shape's length, `k` is odd, or the processor does not multiply
/// bf16.
pub(super) fn matmul_nt<T: Element>(
    x: &[f32],
    w: &[T],
    y: &mut [f32],
    (m, n, k): (usize, usize, usize),
) {
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
    let mut pairs = vec![0; m * k / 2];
    pairs.par_chunks_mut(k / 2).zip(x.par_chunks(k)).for_each(|(pairs, row)| {
        bf16::round(row, pairs);
    });
    let (w, pairs, base) = (Dense { numbers: w, k }, &pairs, Columns(y.as_mut_ptr()));
    let scratch = || (vec![[0; PANEL_ROWS]; CHUNK / 2], vec![0.0; PANEL_ROWS * BLOCK_ROWS.min(m)]);
    (0..n.div_ceil(PANEL_ROWS)).into_par_iter().for_each_init(scratch, |(chunk, sums), panel| {
        let first = panel * PANEL_ROWS;
        let n_rows = PANEL_ROWS.min(n - first);
        for start in (0..m).step_by(BLOCK_ROWS) {
            let n_block = BLOCK_ROWS.min(m - start);
            sums.fill(0.0);
            for column in (0..k).step_by(CHUNK) {
                let columns = column..(column + CHUNK).min(k);
                let chunk = &mut chunk[..columns.len() / 2];
                bf16::pack(&w, first, columns, chunk);
                let x = &pairs[start * (k / 2) + column / 2..];
                bf16::products::<true>(n_block, x, k / 2, chunk, sums, PANEL_ROWS);
            }
            for (row, sums) in sums.chunks_exact(PANEL_ROWS).take(n_block).enumerate() {
                let base = &base;
                #[expect(unsafe_code, reason = "threads write columns side by side")]
                // SAFETY: row `start + row < m`, columns `first..first + n_rows <= n` of `y`, whose
                // length was asserted; no other panel has these columns.
                unsafe {
                    let to = base.0.add((start + row) * n + first);
                    std::ptr::copy_nonoverlapping(sums.as_ptr(), to, n_rows);
                }
            }
        }
    });
}
