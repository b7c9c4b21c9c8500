//! `Q8_0` and `Q4_0`: blocks of 32 numbers with a scale.
//!
//! Source: `ggml-quants.c`, `quantize_row_{q8_0,q4_0}_ref`.

use half::f16;

use super::lanes::LANES;

/// Numbers of a block.
const N: usize = 32;

#[inline(always)]
pub(super) fn q8_0(numbers: &[f32]) -> Vec<u8> {
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

#[inline(always)]
pub(super) fn q4_0(numbers: &[f32]) -> Vec<u8> {
    let mut out = vec![0; numbers.len() / N * (N / 2 + 2)];
    for (numbers, block) in numbers.chunks_exact(N).zip(out.chunks_exact_mut(N / 2 + 2)) {
        let (mut max, mut max_abs) = (0.0, 0.0);
        for x in numbers {
            if x.abs() > max_abs {
                (max, max_abs) = (*x, x.abs());
            }
        }
        let d = max / -8.0;
        let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
        block[..2].copy_from_slice(&f16::from_f32(d).to_le_bytes());
        let code = |x: f32| ((x * inverse + 8.5) as u8).min(15);
        let (low, high) = numbers.split_at(N / 2);
        for (byte, (low, high)) in block[2..].iter_mut().zip(low.iter().zip(high)) {
            *byte = code(*low) | code(*high) << 4;
        }
    }
    out
}
