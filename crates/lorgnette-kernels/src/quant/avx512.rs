//! The kernels in AVX-512 with VNNI.
//!
//! `vpdpbusd` multiplies 64 unsigned bytes with 64 signed ones and adds four products each to 16
//! sums. The codes of the matrix are unsigned already; 16 rows of it lie side by side in a vector
//! for [`add`] and [`few`], 64 columns of one row for [`Dot`].

#![allow(clippy::wildcard_imports, reason = "instructions have names of their own kind")]
#![expect(clippy::needless_range_loop, reason = "rows that are in registers are counted")]
#![expect(clippy::cast_possible_wrap, reason = "small constants that become parts of vectors")]
#![expect(clippy::cast_ptr_alignment, reason = "vector loads that need no alignment")]

mod dot;
mod few;
mod fill;
mod products;

use lorgnette_gguf::BlockFormat;

use super::QuantMatrix;
use super::activations::{Activations, Group};
use super::chunk::{Chunk, LANES, Tile};
use super::gemm::Sums;
use super::gemv::Dot;
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
pub(super) fn add(chunk: &Chunk, group: &Group<'_>, format: BlockFormat, sums: &mut Sums) {
    assert_supported();
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        products::add(chunk, group, format, sums);
    }
}

/// Whether [`dot`] has a form for a format. Such a processor also has AVX2, whose form serves others.
pub(super) const fn has_dot(format: BlockFormat) -> bool {
    use BlockFormat::{Q4_0, Q4K, Q5K, Q6K, Q8_0};
    matches!(format, Q4_0 | Q8_0 | Q4K | Q5K | Q6K)
}

/// Whether [`few`] has a form for a format.
pub(super) const fn has_few(format: BlockFormat) -> bool {
    matches!(format, BlockFormat::Q4K | BlockFormat::Q5K | BlockFormat::Q6K)
}

/// Products of 16 rows of the matrix with `M` rows of `x`, from `first_x` on.
pub(super) fn few<const M: usize>(
    format: BlockFormat,
    rows: [&[u8]; LANES],
    x: &Activations,
    first_x: usize,
) -> [[f32; LANES]; M] {
    assert_supported();
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        few::few(format, rows, x, first_x)
    }
}

/// Products of few rows of `x` at this level.
pub(super) struct Avx512;

impl Dot for Avx512 {
    fn is_supported() -> bool {
        Level::Avx512Vnni.is_supported()
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

/// The standard library keeps the answer, so this costs a load and a branch.
fn assert_supported() {
    assert!(Level::Avx512Vnni.is_supported());
}
