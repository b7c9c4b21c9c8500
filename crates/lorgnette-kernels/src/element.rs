//! The number formats that weights and the key/value cache are kept in.

use half::slice::HalfFloatSliceExt as _;
use half::{bf16, f16};

/// A number format that is widened to f32 before it is computed with.
pub trait Element: Copy + Send + Sync + 'static {
    /// `values` as f32: themselves when they are, else widened into the front of `scratch`.
    ///
    /// # Panics
    /// When `scratch` is shorter than `values`.
    fn widen<'a>(values: &'a [Self], scratch: &'a mut [f32]) -> &'a [f32];
}

impl Element for f32 {
    fn widen<'a>(values: &'a [Self], _: &'a mut [f32]) -> &'a [f32] {
        values
    }
}

impl Element for f16 {
    fn widen<'a>(values: &'a [Self], scratch: &'a mut [f32]) -> &'a [f32] {
        let scratch = &mut scratch[..values.len()];
        values.convert_to_f32_slice(scratch);
        scratch
    }
}

impl Element for bf16 {
    fn widen<'a>(values: &'a [Self], scratch: &'a mut [f32]) -> &'a [f32] {
        let scratch = &mut scratch[..values.len()];
        // A bf16 is the upper half of an f32; as a plain shift the loop vectorises everywhere.
        pulp::Arch::new().dispatch(|| {
            for (wide, value) in scratch.iter_mut().zip(values) {
                *wide = f32::from_bits(u32::from(value.to_bits()) << 16);
            }
        });
        scratch
    }
}
