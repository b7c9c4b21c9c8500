//! Loops over single numbers.

use rayon::prelude::*;

/// Numbers a thread takes at a time: large enough to pay for the hand-over, small enough for L1.
const CHUNK: usize = 4096;

/// e^x for x ≤ 88, with a relative error under 3e-7; 0 below −87.
///
/// Cody–Waite reduction to |r| ≤ ln2/2 and a degree-6 Taylor polynomial. Branch-free, so that a
/// loop over it becomes vector code, where `f32::exp` is a library call for each number.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding 1.5·2^23 leaves the rounded integer in the low bits of the mantissa.
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let clamped = x.clamp(-87.0, 88.0);
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = clamped - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.0 / 720.0;
    for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = p * r + coefficient;
    }
    let two_to_n = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    if x < -87.0 { 0.0 } else { p * two_to_n }
}

/// `gate[i] = silu(gate[i]) * up[i]`, the gated activation between the matrices of an MLP.
///
/// # Panics
/// When the lengths differ.
pub fn silu_mul(gate: &mut [f32], up: &[f32]) {
    assert_eq!(gate.len(), up.len(), "gate and up have the same shape");
    gate.par_chunks_mut(CHUNK).zip(up.par_chunks(CHUNK)).for_each(|(gate, up)| {
        pulp::Arch::new().dispatch(|| {
            for (g, u) in gate.iter_mut().zip(up) {
                *g = *g / (1.0 + exp((-*g).min(88.0))) * u;
            }
        });
    });
}

#[cfg(test)]
mod tests;
