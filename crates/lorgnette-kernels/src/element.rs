//! The number formats that weights and the key/value cache are kept in.

use std::ops::Range;

use half::slice::HalfFloatSliceExt as _;
use half::{bf16, f16};

/// A number format that is widened to f32 before it is computed with.
pub trait Element: Copy + Send + Sync + 'static {
    /// Writes `values` to `wide` as f32.
    ///
    /// # Panics
    /// When the lengths differ.
    fn widen_into(values: &[Self], wide: &mut [f32]);

    /// `values` as f32: themselves when they are, else widened into the front of `scratch`.
    ///
    /// # Panics
    /// When `scratch` is shorter than `values`.
    fn widen<'a>(values: &'a [Self], scratch: &'a mut [f32]) -> &'a [f32] {
        let scratch = &mut scratch[..values.len()];
        Self::widen_into(values, scratch);
        scratch
    }
}

impl Element for f32 {
    fn widen_into(values: &[Self], wide: &mut [f32]) {
        wide.copy_from_slice(values);
    }

    fn widen<'a>(values: &'a [Self], _: &'a mut [f32]) -> &'a [f32] {
        values
    }
}

impl Element for f16 {
    fn widen_into(values: &[Self], wide: &mut [f32]) {
        values.convert_to_f32_slice(wide);
    }
}

impl Element for bf16 {
    fn widen_into(values: &[Self], wide: &mut [f32]) {
        assert_eq!(values.len(), wide.len());
        // A bf16 is the upper half of an f32; as a plain shift the loop vectorises everywhere.
        pulp::Arch::new().dispatch(|| {
            for (wide, value) in wide.iter_mut().zip(values) {
                *wide = f32::from_bits(u32::from(value.to_bits()) << 16);
            }
        });
    }
}

/// A matrix whose numbers can be had as f32, some at a time.
pub trait Wide: Sync {
    /// Rows and columns.
    fn shape(&self) -> (usize, usize);

    /// Columns of a row, in the matrix or in the front of `scratch`, which is at least as long. Where
    /// the matrix is in blocks, they begin with a block.
    fn widen<'a>(&'a self, row: usize, columns: Range<usize>, scratch: &'a mut [f32]) -> &'a [f32];
}

/// Numbers row by row.
#[derive(Debug, Clone, Copy)]
pub struct Dense<'a, T> {
    /// The numbers, `(rows, k)`.
    pub numbers: &'a [T],
    /// The number of columns.
    pub k: usize,
}

impl<T: Element> Wide for Dense<'_, T> {
    fn shape(&self) -> (usize, usize) {
        (self.numbers.len() / self.k, self.k)
    }

    fn widen<'a>(&'a self, row: usize, columns: Range<usize>, scratch: &'a mut [f32]) -> &'a [f32] {
        T::widen(&self.numbers[row * self.k..][columns], scratch)
    }
}
