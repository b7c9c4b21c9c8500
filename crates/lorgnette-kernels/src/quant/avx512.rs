//! The kernels in AVX-512 with VNNI.
//!
//! `vpdpbusd` multiplies 64 unsigned bytes with 64 signed ones and adds four products each to 16
//! sums. The codes of the matrix are unsigned already; 16 rows of it lie side by side in a vector
//! for [`add`], 64 columns of one row for [`dot`].

#![allow(clippy::wildcard_imports, reason = "instructions have names of their own kind")]
#![expect(clippy::needless_range_loop, reason = "rows that are in registers are counted")]
#![expect(clippy::cast_possible_wrap, reason = "small constants that become parts of vectors")]
#![expect(clippy::cast_ptr_alignment, reason = "vector loads that need no alignment")]

mod dot;
mod fill;
mod products;

use super::QuantMatrix;
use super::activations::{Activations, Group};
use super::chunk::{Chunk, Tile};
use super::format::Format;
use super::gemm::Sums;
use super::level::Level;

/// Unpacks 16 rows of a group.
pub(super) fn fill(tile: &mut Tile, w: &QuantMatrix<'_>, first: usize, group: usize) {
    assert_supported();
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        fill::fill(tile, w, first, group);
    }
}

/// Adds the products of a chunk with a group of all rows of `x`.
pub(super) fn add(chunk: &Chunk, group: &Group<'_>, format: Format, sums: &mut Sums) {
    assert_supported();
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        products::add(chunk, group, format, sums);
    }
}

/// Products of rows of the matrix, as many as `out` has, with one of `x`.
pub(super) fn dot(
    w: &QuantMatrix<'_>,
    first: usize,
    x: &Activations,
    row_of_x: usize,
    out: &mut [f32],
) {
    assert_supported();
    let mut done = 0;
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        while done + dot::ROWS <= out.len() {
            let row = |i: usize| w.row(first + done + i);
            let rows = std::array::from_fn(row);
            let sums = dot::dot::<{ dot::ROWS }>(w.format, rows, x, row_of_x);
            out[done..done + dot::ROWS].copy_from_slice(&sums);
            done += dot::ROWS;
        }
        for (i, out) in out.iter_mut().enumerate().skip(done) {
            [*out] = dot::dot(w.format, [w.row(first + i)], x, row_of_x);
        }
    }
}

/// The standard library keeps the answer, so this costs a load and a branch.
fn assert_supported() {
    assert!(Level::Avx512Vnni.is_supported());
}
