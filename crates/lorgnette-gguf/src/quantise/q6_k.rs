//! `Q6_K`: sub-blocks of 16 numbers with a scale.
//!
//! Source: `ggml-quants.c`, `quantize_row_q6_K_ref` with `make_qx_quants`.

use half::f16;

use super::lanes::{LANES, Lanes, clamp, lanes, nearest, transposed};
use crate::format::{BlockFormat, SUPER_BLOCK};

/// Codes of `Q6_K` are from minus this to one below it.
const N_MAX: f32 = 32.0;

/// Sums of `w x code` and of `w code²`, where the weight `w` is `x²`.
#[inline(always)]
fn sums_of_codes(x: &[Lanes; 16], iscale: &Lanes) -> (Lanes, Lanes) {
    let (mut sum_lx, mut sum_l2) = ([0.0; LANES], [0.0; LANES]);
    for x in x {
        for l in 0..LANES {
            let code = clamp(nearest(iscale[l] * x[l]), -N_MAX, N_MAX - 1.0);
            let w = x[l] * x[l];
            sum_lx[l] += w * x[l] * code;
            sum_l2[l] += w * code * code;
        }
    }
    (sum_lx, sum_l2)
}

/// `make_qx_quants` with the squares as weights: the scale of sub-blocks of 16, and the inverse
/// that made its codes.
#[inline(always)]
fn search_scale(x: &[Lanes; 16]) -> (Lanes, Lanes) {
    const LEAST: f32 = 1e-15; // GROUP_MAX_EPS: all zero
    let (mut max, mut max_abs) = ([0.0; LANES], [0.0; LANES]);
    for x in x {
        for l in 0..LANES {
            let abs = x[l].abs();
            max[l] = if abs > max_abs[l] { x[l] } else { max[l] };
            max_abs[l] = if abs > max_abs[l] { abs } else { max_abs[l] };
        }
    }
    let mut best_iscale = lanes(|l| -N_MAX / max[l]);
    let (sum_lx, sum_l2) = sums_of_codes(x, &best_iscale);
    let mut scale = lanes(|l| if sum_l2[l] == 0.0 { 0.0 } else { sum_lx[l] / sum_l2[l] });
    let mut best = lanes(|l| scale[l] * sum_lx[l]);
    for step in (-9_i8..=9).filter(|step| *step != 0) {
        let numerator = -(N_MAX + 0.1 * f32::from(step));
        let iscale = lanes(|l| numerator / max[l]);
        let (sum_lx, sum_l2) = sums_of_codes(x, &iscale);
        for l in 0..LANES {
            let is_better = sum_l2[l] > 0.0 && sum_lx[l] * sum_lx[l] > best[l] * sum_l2[l];
            let this_scale = sum_lx[l] / sum_l2[l];
            scale[l] = if is_better { this_scale } else { scale[l] };
            best[l] = if is_better { this_scale * sum_lx[l] } else { best[l] };
            best_iscale[l] = if is_better { iscale[l] } else { best_iscale[l] };
        }
    }
    let is_zero: [bool; LANES] = std::array::from_fn(|l| max_abs[l] < LEAST);
    let scale = lanes(|l| if is_zero[l] { 0.0 } else { scale[l] });
    // NaN marks a sub-block of zeros, whose codes the C code leaves at 0, not at the zero point.
    (scale, lanes(|l| if is_zero[l] { f32::NAN } else { best_iscale[l] }))
}

#[inline(always)]
pub(super) fn q6_k(numbers: &[f32]) -> Vec<u8> {
    const N_BLOCK_BYTES: usize = BlockFormat::Q6K.block_bytes();
    const LEAST: f32 = 1e-15;
    let mut out = vec![0; numbers.len() / SUPER_BLOCK * N_BLOCK_BYTES];
    for (numbers, block) in
        numbers.chunks_exact(SUPER_BLOCK).zip(out.chunks_exact_mut(N_BLOCK_BYTES))
    {
        let x: [Lanes; 16] = transposed(numbers);
        let (scale, iscale) = search_scale(&x);
        let (mut max_scale, mut max_abs) = (0.0, 0.0);
        for scale in scale {
            if scale.abs() > max_abs {
                (max_abs, max_scale) = (scale.abs(), scale);
            }
        }
        if max_abs < LEAST {
            continue; // a block of zeros is all zero bytes
        }
        let inverse = -128.0 / max_scale;
        let half = f16::from_f32(1.0 / inverse);
        block[208..].copy_from_slice(&half.to_le_bytes());
        let mut d = [0.0; LANES];
        for l in 0..LANES {
            let small = nearest(inverse * scale[l]).min(127.0) as i32 as i8;
            block[192 + l] = small.cast_unsigned();
            d[l] = half.to_f32() * f32::from(small);
        }
        let mut codes = [[0_u8; LANES]; 16];
        for i in 0..16 {
            for l in 0..LANES {
                let fine = clamp(nearest(x[i][l] / d[l]), -32.0, 31.0);
                let first = clamp(nearest(iscale[l] * x[i][l]), -32.0, 31.0);
                let code = if d[l] == 0.0 { first } else { fine };
                let is_left = d[l] == 0.0 && iscale[l].is_nan();
                codes[i][l] = if is_left { 0 } else { (code + 32.0) as u8 };
            }
        }
        // Number 16 * l + i of the block is `codes[i][l]`.
        let code = |n: usize| codes[n % 16][n / 16];
        for part in 0..2 {
            for i in 0..32 {
                let [a, b, c, d] = [0, 32, 64, 96].map(|at| code(128 * part + at + i));
                block[64 * part + i] = a & 15 | c << 4;
                block[64 * part + 32 + i] = b & 15 | d << 4;
                block[128 + 32 * part + i] = a >> 4 | b >> 4 << 2 | c >> 4 << 4 | d >> 4 << 6;
            }
        }
    }
    out
}
