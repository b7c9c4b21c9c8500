//! `Q3_K`: sub-blocks of 16 numbers with a scale.
//!
//! Source: `ggml-quants.c`, `quantize_row_q3_K_ref` with `make_q3_quants`.

use half::f16;

use super::lanes::{LANES, Lanes, clamp, lanes, nearest, transposed};
use crate::format::{BlockFormat, SUPER_BLOCK};

/// Codes are from minus this to one below it.
const N_MAX: f32 = 4.0;
/// Scales of sub-blocks are from minus this to one below it.
const SCALE_MAX: f32 = 32.0;

/// The nearest whole number by the bits, as the C code finds it: beyond 2^22 what comes out has
/// nothing to do with `x`, and a quotient by a number near 0 may be there.
#[inline(always)]
fn nearest_by_bits(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23
    let bits = (x + MAGIC).to_bits() & 0x007f_ffff;
    (bits.cast_signed() - 0x0040_0000) as f32
}

/// `make_q3_quants` with the squares as weights: the scale of sub-blocks of 16, and the codes that
/// were found with it, from 0 on.
#[inline(always)]
#[expect(clippy::float_cmp, reason = "whole numbers")]
fn search_scale(x: &[Lanes; 16]) -> (Lanes, [Lanes; 16]) {
    const LEAST: f32 = 1e-15; // GROUP_MAX_EPS: all zero
    const N_TRIES: usize = 5;
    let (mut max, mut max_abs) = ([0.0; LANES], [0.0; LANES]);
    for x in x {
        for l in 0..LANES {
            let abs = x[l].abs();
            max[l] = if abs > max_abs[l] { x[l] } else { max[l] };
            max_abs[l] = if abs > max_abs[l] { abs } else { max_abs[l] };
        }
    }
    let iscale = lanes(|l| -N_MAX / max[l]);
    let mut codes = [[0.0; LANES]; 16];
    let (mut sum_lx, mut sum_l2) = ([0.0; LANES], [0.0; LANES]);
    for i in 0..16 {
        for l in 0..LANES {
            let code = clamp(nearest(iscale[l] * x[i][l]), -N_MAX, N_MAX - 1.0);
            let w = x[i][l] * x[i][l];
            codes[i][l] = code;
            sum_lx[l] += w * x[i][l] * code;
            sum_l2[l] += w * code * code;
        }
    }
    for _ in 0..N_TRIES {
        let mut is_changed = [0; LANES];
        for i in 0..16 {
            for l in 0..LANES {
                let (x, code) = (x[i][l], codes[i][l]);
                let w = x * x;
                let other_lx = sum_lx[l] - w * x * code;
                let other_l2 = sum_l2[l] - w * code * code;
                let best = nearest_by_bits(x * other_l2 / other_lx);
                let best = clamp(best, -N_MAX, N_MAX - 1.0);
                let (this_lx, this_l2) = (other_lx + w * x * best, other_l2 + w * best * best);
                let is_better = other_lx > 0.0
                    && best != code
                    && this_l2 > 0.0
                    && this_lx * this_lx * sum_l2[l] > sum_lx[l] * sum_lx[l] * this_l2;
                is_changed[l] |= i32::from(is_better);
                codes[i][l] = if is_better { best } else { code };
                sum_lx[l] = if is_better { this_lx } else { sum_lx[l] };
                sum_l2[l] = if is_better { this_l2 } else { sum_l2[l] };
            }
        }
        // The C code ends here for each sub-block: another try would change nothing in it.
        if is_changed == [0; LANES] {
            break;
        }
    }
    let is_zero: [bool; LANES] = std::array::from_fn(|l| max_abs[l] < LEAST);
    for codes in &mut codes {
        for l in 0..LANES {
            // The C code leaves those of a sub-block of zeros at 0, not at the zero point.
            codes[l] = if is_zero[l] { 0.0 } else { codes[l] + N_MAX };
        }
    }
    let scale = lanes(|l| {
        let found = if sum_l2[l] > 0.0 { sum_lx[l] / sum_l2[l] } else { 0.0 };
        if is_zero[l] { 0.0 } else { found }
    });
    (scale, codes)
}

#[inline(always)]
pub(super) fn q3_k(numbers: &[f32]) -> Vec<u8> {
    const N_BLOCK_BYTES: usize = BlockFormat::Q3K.block_bytes();
    let mut out = vec![0; numbers.len() / SUPER_BLOCK * N_BLOCK_BYTES];
    for (numbers, block) in
        numbers.chunks_exact(SUPER_BLOCK).zip(out.chunks_exact_mut(N_BLOCK_BYTES))
    {
        let x: [Lanes; 16] = transposed(numbers);
        let (scale, mut codes) = search_scale(&x);
        let (mut max_scale, mut max_abs) = (0.0, 0.0);
        for scale in scale {
            if scale.abs() > max_abs {
                (max_abs, max_scale) = (scale.abs(), scale);
            }
        }
        if max_scale != 0.0 {
            let inverse = -SCALE_MAX / max_scale;
            let half = f16::from_f32(1.0 / inverse);
            block[108..].copy_from_slice(&half.to_le_bytes());
            let mut d = [0.0; LANES];
            for l in 0..LANES {
                let small = clamp(nearest(inverse * scale[l]), -SCALE_MAX, SCALE_MAX - 1.0);
                let bits = (small + SCALE_MAX) as u8;
                block[96 + l % 8] |= (bits & 15) << (4 * (l / 8));
                block[104 + l % 4] |= (bits >> 4) << (2 * (l / 4));
                d[l] = half.to_f32() * small;
            }
            for i in 0..16 {
                for l in 0..LANES {
                    // A scale that is 0 leaves the codes of the search.
                    let fine = clamp(nearest(x[i][l] / d[l]), -N_MAX, N_MAX - 1.0) + N_MAX;
                    codes[i][l] = if d[l] == 0.0 { codes[i][l] } else { fine };
                }
            }
        }
        // Number 16 * l + i of the block is `codes[i][l]`.
        let code = |n: usize| codes[n % 16][n / 16] as u8;
        for i in 0..32 {
            for part in 0..8 {
                let code = code(32 * part + i);
                block[i] |= (code >> 2) << part;
                block[32 + 32 * (part / 4) + i] |= (code & 3) << (2 * (part % 4));
            }
        }
    }
    out
}
