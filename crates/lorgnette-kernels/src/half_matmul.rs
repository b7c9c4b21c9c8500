//! f32 rows by a matrix that stays f16 or bf16 in memory.
//!
//! The products and sums are f32, so the result is that of the widened matrix, but only a panel
//! of it is wide at a time: half the memory, and half the bytes to read.

#[cfg(target_arch = "x86_64")]
mod bf16;

use gemm::Parallelism;
use rayon::prelude::*;

use crate::element::Element;
use crate::few;
use crate::precision::Precision;
use crate::quant::FEW_ROWS;
#[cfg(target_arch = "x86_64")]
use crate::{element::Dense, int16};

/// Rows of the matrix a thread widens at a time. Few when `x` has few rows, so that every thread
/// has some; many when it has many, because `gemm` packs all of `x` for each panel anew.
fn panel_rows(m: usize) -> usize {
    if m < 64 { 32 } else { 256 }
}

/// Rows of the matrix that a thread widens for few rows of `x`: they stay in the first cache.
const FEW_PANEL_ROWS: usize = 8;
/// Numbers of the matrix that are a task: handing it out costs nothing beside them.
const TASK_NUMBERS: usize = 1 << 16;

/// `y = x · wᵀ`, with factors rounded to `precision` where that pays: a panel of `w` is packed for
/// all rows of `x`, and few rows do not pay for it.
///
/// Shapes: `x` `(m, k)`, `w` `(n, k)`, `y` `(m, n)`, all row by row.
///
/// # Panics
/// When a slice does not have its shape's length, or the processor does not have the instructions
/// of that precision.
pub fn matmul_nt<T: Element>(
    x: &[f32],
    w: &[T],
    y: &mut [f32],
    (m, n, k): (usize, usize, usize),
    precision: Precision,
) {
    #[cfg(target_arch = "x86_64")]
    let pays = m >= 16 && k.is_multiple_of(2);
    match precision {
        _ if m <= FEW_ROWS => few_rows(x, w, y, (m, n, k)),
        #[cfg(target_arch = "x86_64")]
        Precision::Bf16 if pays => bf16::matmul_nt(x, w, y, (m, n, k)),
        #[cfg(target_arch = "x86_64")]
        Precision::Int16(level) if pays => {
            assert_eq!(w.len(), n * k);
            int16::matmul_nt(x, &Dense { numbers: w, k }, y, m, level);
        }
        _ => matmul_nt_f32(x, w, y, (m, n, k)),
    }
}

/// `y = x · wᵀ`, computed in f32, a row as it would be alone.
fn few_rows<T: Element>(x: &[f32], w: &[T], y: &mut [f32], (m, n, k): (usize, usize, usize)) {
    assert_eq!(x.len(), m * k);
    assert_eq!(w.len(), n * k);
    assert_eq!(y.len(), m * n);
    if y.is_empty() {
        return;
    }
    if k == 0 {
        return y.fill(0.0);
    }
    let base = Columns(y.as_mut_ptr());
    let task = FEW_PANEL_ROWS * TASK_NUMBERS.div_ceil(FEW_PANEL_ROWS * k);
    w.par_chunks(task * k).enumerate().for_each_init(
        || vec![0.0; FEW_PANEL_ROWS * k],
        |scratch, (i, rows)| {
            let mut sums = [0.0; FEW_ROWS * FEW_PANEL_ROWS];
            for (j, rows) in rows.chunks(FEW_PANEL_ROWS * k).enumerate() {
                let (first, n_rows) = (i * task + j * FEW_PANEL_ROWS, rows.len() / k);
                let rows = T::widen(rows, scratch);
                few::dots(x, rows, &mut sums, FEW_PANEL_ROWS, (m, n_rows, k));
                for (row, sums) in sums.chunks_exact(FEW_PANEL_ROWS).take(m).enumerate() {
                    let base = &base;
                    #[expect(unsafe_code, reason = "threads write columns side by side")]
                    // SAFETY: row `row < m`, columns `first..first + n_rows <= n` of `y`, whose
                    // length was asserted; no other task has these columns.
                    unsafe {
                        let to = base.0.add(row * n + first);
                        std::ptr::copy_nonoverlapping(sums.as_ptr(), to, n_rows);
                    }
                }
            }
        },
    );
}

/// `y = x · wᵀ`, computed in f32.
fn matmul_nt_f32<T: Element>(x: &[f32], w: &[T], y: &mut [f32], (m, n, k): (usize, usize, usize)) {
    assert_eq!(x.len(), m * k);
    assert_eq!(w.len(), n * k);
    assert_eq!(y.len(), m * n);
    if y.is_empty() {
        return;
    }
    let panel_rows = panel_rows(m);
    let base = Columns(y.as_mut_ptr());
    w.par_chunks(panel_rows * k.max(1)).enumerate().for_each_init(
        || vec![0.0; panel_rows * k],
        |scratch, (panel, rows)| {
            let n_rows = rows.len() / k.max(1);
            let rows = T::widen(rows, scratch);
            let base = &base;
            #[expect(
                unsafe_code,
                reason = "gemm takes pointers, and threads write columns side by side"
            )]
            // SAFETY: the lengths were asserted above; this panel writes the columns
            // `panel * panel_rows..+ n_rows` of `y` and no other panel does.
            unsafe {
                gemm::gemm(
                    m,
                    n_rows,
                    k,
                    base.0.add(panel * panel_rows),
                    1,
                    n.cast_signed(),
                    false,
                    x.as_ptr(),
                    1,
                    k.cast_signed(),
                    rows.as_ptr(),
                    k.cast_signed(),
                    1,
                    0.0,
                    1.0,
                    false,
                    false,
                    false,
                    Parallelism::None,
                );
            }
        },
    );
}

/// Where the columns of `y` begin.
struct Columns(*mut f32);

#[expect(unsafe_code, reason = "threads write disjoint columns of one matrix")]
// SAFETY: shared only inside a `matmul_nt`, whose threads write disjoint columns.
unsafe impl Sync for Columns {}

#[cfg(test)]
mod tests;
