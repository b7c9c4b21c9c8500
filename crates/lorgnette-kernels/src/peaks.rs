//! What the processor could do at best, to compare kernels with: loops of the multiplying
//! instruction on registers, and reading of memory, on all threads of the current pool.

use std::hint::black_box;
use std::time::Instant;

use rayon::prelude::*;

/// Two operations a product, as everywhere; `None` where the processor has no such instruction, or
/// nobody has written the loop for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peaks {
    /// Products of bytes, operations a second.
    pub int8_ops_per_s: Option<f64>,
    /// Products of bf16, operations a second.
    pub bf16_ops_per_s: Option<f64>,
    /// Products of f32, operations a second.
    pub f32_ops_per_s: Option<f64>,
    /// Bytes a second that are read of memory far larger than the caches.
    pub read_bytes_per_s: f64,
}

/// Runs of a loop; the fastest counts.
const RUNS: usize = 5;

impl Peaks {
    /// Measures; takes about a second.
    pub fn measure() -> Self {
        let [int8, bf16, f32] = loops().map(|work| work.map(ops_per_s));
        Self {
            int8_ops_per_s: int8,
            bf16_ops_per_s: bf16,
            f32_ops_per_s: f32,
            read_bytes_per_s: read_bytes_per_s(),
        }
    }
}

/// A loop that repeats its instruction so many times and returns the operations that it did.
type Loop = fn(u64) -> u64;

fn ops_per_s(work: Loop) -> f64 {
    const N_REPEATS: u64 = 4_000_000;
    best(|| (0..rayon::current_num_threads()).into_par_iter().map(|_| work(N_REPEATS)).sum::<u64>())
}

fn read_bytes_per_s() -> f64 {
    let memory = vec![1_u64; 32 << 20];
    best(|| {
        let sum: u64 = memory
            .par_chunks(1 << 17)
            .map(|part| pulp::Arch::new().dispatch(|| part.iter().fold(0, |a, b| a ^ b)))
            .reduce(|| 0, |a, b| a ^ b);
        black_box(sum);
        8 * memory.len() as u64
    })
}

/// The most that `work` does a second.
fn best(work: impl Fn() -> u64) -> f64 {
    let run = |_| {
        let begun = Instant::now();
        let n = work();
        n as f64 / begun.elapsed().as_secs_f64()
    };
    (0..RUNS).map(run).fold(0.0, f64::max)
}

/// Loops for bytes, bf16 and f32.
#[cfg(target_arch = "x86_64")]
fn loops() -> [Option<Loop>; 3] {
    use crate::quant::Level;

    let int8: Option<Loop> = match Level::best() {
        Level::Avx512Vnni => Some(x86::int8_avx512),
        Level::AvxVnni => Some(x86::int8_avx_vnni),
        Level::Avx2 => Some(x86::int8_avx2),
        _ => None,
    };
    let has_bf16 = crate::bf16::is_supported();
    let f32: Option<Loop> = if is_x86_feature_detected!("avx512f") {
        Some(x86::f32_avx512)
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        Some(x86::f32_avx2)
    } else {
        None
    };
    [int8, has_bf16.then_some(x86::bf16_avx512 as Loop), f32]
}

#[cfg(not(target_arch = "x86_64"))]
fn loops() -> [Option<Loop>; 3] {
    [None; 3]
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    #![allow(clippy::wildcard_imports, reason = "instructions have names of their own kind")]

    use std::arch::x86_64::*;
    use std::hint::black_box;

    /// Sums that do not wait for each other: two instructions a cycle, five cycles each.
    const SUMS: usize = 12;

    macro_rules! loops {
        ($($name:ident, $features:literal, $ops:literal, $zero:ident, $number:expr, $step:expr;)*) => {$(
            pub(super) fn $name(n_repeats: u64) -> u64 {
                #[target_feature(enable = $features)]
                fn run(n_repeats: u64) {
                    let mut sums = [$zero(); SUMS];
                    let number = black_box($number);
                    for _ in 0..n_repeats {
                        for sum in &mut sums {
                            *sum = $step(*sum, number);
                        }
                    }
                    black_box(sums);
                }
                #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
                // SAFETY: chosen by `loops`, which looked for them.
                unsafe {
                    run(n_repeats);
                }
                n_repeats * SUMS as u64 * $ops
            }
        )*};
    }

    loops! {
        int8_avx512, "avx512f,avx512vnni", 128, _mm512_setzero_si512, _mm512_set1_epi8(1),
            |sum, x| _mm512_dpbusd_epi32(sum, x, x);
        int8_avx_vnni, "avx2,avxvnni", 64, _mm256_setzero_si256, _mm256_set1_epi8(1),
            |sum, x| _mm256_dpbusd_avx_epi32(sum, x, x);
        int8_avx2, "avx2", 64, _mm256_setzero_si256, _mm256_set1_epi8(1),
            |sum, x| _mm256_add_epi16(sum, _mm256_maddubs_epi16(x, sum));
        bf16_avx512, "avx512f,avx512bf16", 64, _mm512_setzero_ps, _mm512_set1_ps(1.0),
            |sum, x| _mm512_dpbf16_ps(sum, as_bf16(x), as_bf16(x));
        f32_avx512, "avx512f", 32, _mm512_setzero_ps, _mm512_set1_ps(1.0),
            |sum, x| _mm512_fmadd_ps(x, x, sum);
        f32_avx2, "avx2,fma", 16, _mm256_setzero_ps, _mm256_set1_ps(1.0),
            |sum, x| _mm256_fmadd_ps(x, x, sum);
    }

    #[target_feature(enable = "avx512f")]
    fn as_bf16(x: __m512) -> __m512bh {
        #[expect(unsafe_code, reason = "a vector of 64 bytes")]
        // SAFETY: both are 64 bytes of numbers, any of which are valid.
        unsafe {
            std::mem::transmute::<__m512, __m512bh>(x)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loop_says_what_it_did() {
        let names = ["bytes", "bf16", "f32"];
        for (name, work) in names.into_iter().zip(loops()) {
            let Some(work) = work else { continue };
            assert!(work(3) > 0, "{name}");
            assert_eq!(work(4000), 1000 * work(4), "{name}");
        }
        assert!(best(|| 1) > 0.0);
    }
}
