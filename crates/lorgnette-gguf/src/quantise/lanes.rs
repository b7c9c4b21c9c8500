//! Sixteen sub-blocks side by side.

/// Sub-blocks side by side.
pub(super) const LANES: usize = 16;
/// One number of each sub-block.
pub(super) type Lanes = [f32; LANES];

/// To the nearest whole number, ties to even; for numbers below 2^22.
#[inline(always)]
pub(super) fn nearest(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: behind it, an f32 has no room for a fraction
    (x + MAGIC) - MAGIC
}

/// `x` between the bounds, in the form that is one instruction each.
#[inline(always)]
pub(super) fn clamp(x: f32, least: f32, most: f32) -> f32 {
    let x = if x < most { x } else { most };
    if x > least { x } else { least }
}

/// One number of each sub-block, made by its index.
#[inline(always)]
pub(super) fn lanes(f: impl Fn(usize) -> f32) -> Lanes {
    let mut lanes = [0.0; LANES];
    for (lane, value) in lanes.iter_mut().enumerate() {
        *value = f(lane);
    }
    lanes
}

/// Numbers of sub-blocks of `N`: the first of each, the second of each, …
#[inline(always)]
pub(super) fn transposed<const N: usize>(numbers: &[f32]) -> [Lanes; N] {
    let mut x = [[0.0; LANES]; N];
    for (lane, sub) in numbers.chunks_exact(N).enumerate().take(LANES) {
        for i in 0..N {
            x[i][lane] = sub[i];
        }
    }
    x
}
