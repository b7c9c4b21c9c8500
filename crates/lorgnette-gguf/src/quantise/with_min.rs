//! `Q4_K` and `Q5_K`: sub-blocks of 32 numbers with a scale and a min.
//!
//! Source: `ggml-quants.c`, `quantize_row_{q4_K,q5_K}_ref` with `make_qkx2_quants`.

use half::f16;

use super::lanes::{LANES, Lanes, clamp, lanes, nearest, transposed};
use crate::format::SUPER_BLOCK;

/// Scale and min of sub-blocks of 32.
struct ScaleMin {
    scale: Lanes,
    /// What is subtracted; not below 0.
    min: Lanes,
    /// How the codes behind that scale were made: `iscale * (x - offset)`.
    iscale: Lanes,
    offset: Lanes,
}

/// `make_qkx2_quants`: scale and min with the least weighted square error, tried from several
/// first guesses.
#[inline(always)]
#[expect(clippy::float_cmp, reason = "numbers that are all the same, to the bit")]
fn search_scale_min(
    x: &[Lanes; 32],
    w: &[Lanes; 32],
    n_max: f32,
    first: f32,
    n_steps: usize,
) -> ScaleMin {
    let (mut min, mut max) = (x[0], x[0]);
    let mut sum_w = w[0];
    let mut sum_x = lanes(|l| w[0][l] * x[0][l]);
    for i in 1..32 {
        for l in 0..LANES {
            min[l] = if x[i][l] < min[l] { x[i][l] } else { min[l] };
            max[l] = if x[i][l] > max[l] { x[i][l] } else { max[l] };
            sum_w[l] += w[i][l];
            sum_x[l] += w[i][l] * x[i][l];
        }
    }
    for min in &mut min {
        *min = if *min > 0.0 { 0.0 } else { *min };
    }
    let flat_min = min;
    let is_flat: [bool; LANES] = std::array::from_fn(|l| max[l] == min[l]);
    let mut best = ScaleMin {
        scale: [0.0; LANES],
        min: [0.0; LANES],
        iscale: lanes(|l| n_max / (max[l] - min[l])),
        offset: min,
    };
    best.scale = lanes(|l| 1.0 / best.iscale[l]);
    let mut best_error = [0.0; LANES];
    for i in 0..32 {
        for l in 0..LANES {
            let code = clamp(nearest(best.iscale[l] * (x[i][l] - min[l])), 0.0, n_max);
            let diff = best.scale[l] * code + min[l] - x[i][l];
            best_error[l] += w[i][l] * (diff * diff);
        }
    }
    let mut codes = [[0.0; LANES]; 32];
    for step in 0..=n_steps {
        let numerator = first + 0.1 * step as f32 + n_max;
        let iscale = lanes(|l| numerator / (max[l] - min[l]));
        let (mut sum_l, mut sum_l2, mut sum_xl) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for i in 0..32 {
            for l in 0..LANES {
                let code = clamp(nearest(iscale[l] * (x[i][l] - min[l])), 0.0, n_max);
                codes[i][l] = code;
                let weighted = w[i][l] * code;
                sum_l[l] += weighted;
                sum_l2[l] += weighted * code;
                sum_xl[l] += weighted * x[i][l];
            }
        }
        let det = lanes(|l| sum_w[l] * sum_l2[l] - sum_l[l] * sum_l[l]);
        let (mut scale, mut this_min) = ([0.0; LANES], [0.0; LANES]);
        for l in 0..LANES {
            let s = (sum_w[l] * sum_xl[l] - sum_x[l] * sum_l[l]) / det[l];
            let m = (sum_l2[l] * sum_x[l] - sum_l[l] * sum_xl[l]) / det[l];
            let without_min = sum_xl[l] / sum_l2[l];
            scale[l] = if m > 0.0 { without_min } else { s };
            this_min[l] = if m > 0.0 { 0.0 } else { m };
        }
        let mut error = [0.0; LANES];
        for i in 0..32 {
            for l in 0..LANES {
                let diff = scale[l] * codes[i][l] + this_min[l] - x[i][l];
                error[l] += w[i][l] * (diff * diff);
            }
        }
        for l in 0..LANES {
            let is_better = det[l] > 0.0 && error[l] < best_error[l];
            best_error[l] = if is_better { error[l] } else { best_error[l] };
            best.scale[l] = if is_better { scale[l] } else { best.scale[l] };
            best.iscale[l] = if is_better { iscale[l] } else { best.iscale[l] };
            best.offset[l] = if is_better { min[l] } else { best.offset[l] };
            // The next try starts from the better min.
            min[l] = if is_better { this_min[l] } else { min[l] };
        }
    }
    for l in 0..LANES {
        best.scale[l] = if is_flat[l] { 0.0 } else { best.scale[l] };
        best.iscale[l] = if is_flat[l] { 0.0 } else { best.iscale[l] };
        best.min[l] = -(if is_flat[l] { flat_min[l] } else { min[l] });
    }
    best
}

/// `Q4_K` and `Q5_K`: two blocks of 8 sub-blocks at a time.
#[inline(always)]
pub(super) fn with_min<const BITS: usize>(numbers: &[f32]) -> Vec<u8> {
    // llama.cpp tries fewer guesses where there are more codes.
    let (n_max, first, n_steps) = if BITS == 4 { (15.0, -1.0, 20) } else { (31.0, -0.5, 15) };
    let n_block_bytes = 16 + SUPER_BLOCK * BITS / 8;
    let n_blocks = numbers.len() / SUPER_BLOCK;
    let mut out = vec![0; n_blocks * n_block_bytes];
    let mut padded = [0.0; 2 * SUPER_BLOCK];
    for (two, out) in numbers.chunks(2 * SUPER_BLOCK).zip(out.chunks_mut(2 * n_block_bytes)) {
        padded[..two.len()].copy_from_slice(two);
        padded[two.len()..].fill(0.0);
        let x: [Lanes; 32] = transposed(&padded);
        let mut sum_x2 = [0.0; LANES];
        for x in &x {
            for l in 0..LANES {
                sum_x2[l] += x[l] * x[l];
            }
        }
        let average = lanes(|l| (sum_x2[l] / 32.0).sqrt());
        let mut w = x;
        for w in &mut w {
            for l in 0..LANES {
                w[l] = average[l] + w[l].abs();
            }
        }
        let found = search_scale_min(&x, &w, n_max, first, n_steps);

        let (mut d, mut dm) = ([0.0; LANES], [0.0; LANES]);
        for (half, block) in out.chunks_mut(n_block_bytes).enumerate() {
            scales_of_block(&found, 8 * half, block, &mut d, &mut dm);
        }
        let mut codes = [[0_u8; LANES]; 32];
        for i in 0..32 {
            for l in 0..LANES {
                // A scale that is 0 leaves the codes of the search.
                let fine = nearest((x[i][l] + dm[l]) / d[l]);
                let first = nearest(found.iscale[l] * (x[i][l] - found.offset[l]));
                let code = if d[l] == 0.0 { first } else { fine };
                codes[i][l] = clamp(code, 0.0, n_max) as u8;
            }
        }
        for (half, block) in out.chunks_mut(n_block_bytes).enumerate() {
            for pair in 0..4 {
                let (low, high) = (8 * half + 2 * pair, 8 * half + 2 * pair + 1);
                for i in 0..32 {
                    let (a, b) = (codes[i][low], codes[i][high]);
                    if BITS == 4 {
                        block[16 + 32 * pair + i] = a | b << 4;
                    } else {
                        block[16 + i] |= (a >> 4 | b >> 4 << 1) << (2 * pair);
                        block[48 + 32 * pair + i] = a & 15 | b << 4;
                    }
                }
            }
        }
    }
    out
}

/// The 8 scales and mins of a block in 6 bits each; what they are when they are read again goes to
/// `d` and `dm`.
#[inline(always)]
fn scales_of_block(
    found: &ScaleMin,
    first: usize,
    block: &mut [u8],
    d: &mut Lanes,
    dm: &mut Lanes,
) {
    let most =
        |values: &[f32]| values.iter().fold(0.0, |most, x| if *x > most { *x } else { most });
    let (max_scale, max_min) =
        (most(&found.scale[first..first + 8]), most(&found.min[first..first + 8]));
    let inverse = |max: f32| if max > 0.0 { 63.0 / max } else { 0.0 };
    let (inv_scale, inv_min) = (inverse(max_scale), inverse(max_min));
    // As the C code: a negative scale wraps around and becomes the largest.
    let six_bits = |x: f32| (nearest(x) as i32 as u8).min(63);
    let half_scale = f16::from_f32(max_scale / 63.0);
    let half_min = f16::from_f32(max_min / 63.0);
    block[..2].copy_from_slice(&half_scale.to_le_bytes());
    block[2..4].copy_from_slice(&half_min.to_le_bytes());
    for j in 0..8 {
        let scale = six_bits(inv_scale * found.scale[first + j]);
        let min = six_bits(inv_min * found.min[first + j]);
        if j < 4 {
            block[4 + j] |= scale;
            block[8 + j] |= min;
        } else {
            block[8 + j] = scale & 15 | (min & 15) << 4;
            block[j] |= scale >> 4 << 6;
            block[4 + j] |= min >> 4 << 6;
        }
        d[first + j] = half_scale.to_f32() * f32::from(scale);
        dm[first + j] = half_min.to_f32() * f32::from(min);
    }
}
