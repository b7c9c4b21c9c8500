//! Numbers to GGUF's blocks: llama.cpp's searches for scales, sixteen sub-blocks side by side.
//!
//! Source: `ggml-quants.c`, `quantize_row_{q4_K,q5_K,q6_K,q8_0}_ref` with `make_qkx2_quants` and
//! `make_qx_quants`. Every lane of a vector is one sub-block and does what the C code does, in its
//! order: the blocks are the same, bit by bit. The compiler makes vector code of the loops over
//! lanes, for the processor at hand ([`pulp`]).

use half::f16;

/// Numbers of a block of the K formats.
pub(super) const SUPER: usize = 256;
/// Sub-blocks side by side.
const LANES: usize = 16;
/// One number of each sub-block.
type Lanes = [f32; LANES];

/// A format that is made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockFormat {
    Q4K,
    Q5K,
    Q6K,
    Q8_0,
}

/// The blocks of `numbers`, which fill them.
pub(super) fn quantise(numbers: &[f32], format: BlockFormat) -> Vec<u8> {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || match format {
            BlockFormat::Q4K => with_min::<4>(numbers),
            BlockFormat::Q5K => with_min::<5>(numbers),
            BlockFormat::Q6K => q6_k(numbers),
            BlockFormat::Q8_0 => q8_0(numbers),
        },
    )
}

/// To the nearest whole number, ties to even; for numbers below 2^22.
#[inline(always)]
fn nearest(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: behind it, an f32 has no room for a fraction
    (x + MAGIC) - MAGIC
}

/// `x` between the bounds, in the form that is one instruction each.
#[inline(always)]
fn clamp(x: f32, least: f32, most: f32) -> f32 {
    let x = if x < most { x } else { most };
    if x > least { x } else { least }
}

#[inline(always)]
fn lanes(f: impl Fn(usize) -> f32) -> Lanes {
    let mut lanes = [0.0; LANES];
    for (lane, value) in lanes.iter_mut().enumerate() {
        *value = f(lane);
    }
    lanes
}

/// Numbers of sub-blocks of `N`: the first of each, the second of each, …
#[inline(always)]
fn transposed<const N: usize>(numbers: &[f32]) -> [Lanes; N] {
    let mut x = [[0.0; LANES]; N];
    for (lane, sub) in numbers.chunks_exact(N).enumerate().take(LANES) {
        for i in 0..N {
            x[i][lane] = sub[i];
        }
    }
    x
}

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
        let guess = first + 0.1 * step as f32 + n_max;
        let iscale = lanes(|l| guess / (max[l] - min[l]));
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
            // The next guess starts from the better min.
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
fn with_min<const BITS: usize>(numbers: &[f32]) -> Vec<u8> {
    // llama.cpp tries fewer guesses where there are more codes.
    let (n_max, first, n_steps) = if BITS == 4 { (15.0, -1.0, 20) } else { (31.0, -0.5, 15) };
    let n_block_bytes = 16 + SUPER * BITS / 8;
    let n_blocks = numbers.len() / SUPER;
    let mut out = vec![0; n_blocks * n_block_bytes];
    let mut padded = [0.0; 2 * SUPER];
    for (two, out) in numbers.chunks(2 * SUPER).zip(out.chunks_mut(2 * n_block_bytes)) {
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
        let guess = -(N_MAX + 0.1 * f32::from(step));
        let iscale = lanes(|l| guess / max[l]);
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
fn q6_k(numbers: &[f32]) -> Vec<u8> {
    const N_BLOCK_BYTES: usize = 210;
    const LEAST: f32 = 1e-15;
    let mut out = vec![0; numbers.len() / SUPER * N_BLOCK_BYTES];
    for (numbers, block) in numbers.chunks_exact(SUPER).zip(out.chunks_exact_mut(N_BLOCK_BYTES)) {
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

#[inline(always)]
fn q8_0(numbers: &[f32]) -> Vec<u8> {
    const N: usize = 32;
    let mut out = vec![0; numbers.len() / N * (N + 2)];
    for (numbers, block) in numbers.chunks_exact(N).zip(out.chunks_exact_mut(N + 2)) {
        let mut most = [0.0; LANES];
        for half in numbers.chunks_exact(LANES) {
            for l in 0..LANES {
                let abs = half[l].abs();
                most[l] = if abs > most[l] { abs } else { most[l] };
            }
        }
        let max = most.iter().fold(0.0, |max, x| if *x > max { *x } else { max });
        let d = max / 127.0;
        let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
        block[..2].copy_from_slice(&f16::from_f32(d).to_le_bytes());
        for (code, x) in block[2..].iter_mut().zip(numbers) {
            // Halves away from zero, as `roundf`; the number below one half does not carry.
            let x = x * inverse;
            *code = ((x + 0.499_999_97_f32.copysign(x)).trunc() as i8).cast_unsigned();
        }
    }
    out
}
