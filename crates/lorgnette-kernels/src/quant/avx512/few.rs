//! Products of 16 rows of the matrix with several rows of `x`: blocks are unpacked as for many rows of
//! `x`, and summed as for one.

use std::arch::x86_64::*;

use lorgnette_gguf::BlockFormat;

use super::fill::{KScales, k_codes, k4_scales, q6_k_scales};
use crate::quant::GROUP;
use crate::quant::activations::{Activations, Group};
use crate::quant::chunk::{Codes, LANES};
use crate::quant::gemv::prefetch;

/// Codes, aligned as vectors are.
#[repr(C, align(64))]
struct Aligned(Codes);

/// Products of 16 rows of the matrix with `M` rows of `x`, from `first_x` on. Each sum is added block by
/// block, as in [`super::dot`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) fn few<const M: usize>(
    format: BlockFormat,
    rows: [&[u8]; LANES],
    x: &Activations,
    first_x: usize,
) -> [[f32; LANES]; M] {
    let sums: [__m512; M] = match format {
        BlockFormat::Q4K => blocks(BlockFormat::Q4K, rows, x, first_x, |blocks| k4_scales(blocks)),
        BlockFormat::Q5K => blocks(BlockFormat::Q5K, rows, x, first_x, |blocks| k4_scales(blocks)),
        BlockFormat::Q6K => {
            blocks(BlockFormat::Q6K, rows, x, first_x, |blocks| q6_k_scales(blocks))
        }
        _ => unreachable!("{format:?} has no form here, see `has_few`"),
    };
    let mut out = [[0.0; LANES]; M];
    for (out, sums) in out.iter_mut().zip(sums) {
        #[expect(unsafe_code, reason = "a vector store")]
        // SAFETY: 16 numbers.
        unsafe {
            _mm512_storeu_ps(out.as_mut_ptr(), sums);
        }
    }
    out
}

/// All blocks of the rows, of a format with so many sub-blocks and pairs of mins.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[inline]
fn blocks<const M: usize, const SUBS: usize, const PAIRS: usize>(
    format: BlockFormat,
    rows: [&[u8]; LANES],
    x: &Activations,
    first_x: usize,
    scales: impl Fn(&[&[u8]; LANES]) -> KScales<SUBS, PAIRS>,
) -> [__m512; M] {
    let n_bytes = format.block_bytes();
    let mut codes = Aligned([[[0; 4]; LANES]; GROUP / 4]);
    let mut sums = [_mm512_setzero_ps(); M];
    let mut blocks: [&[u8]; LANES] = [&[]; LANES];
    for i in 0..x.n_groups() {
        prefetch(rows, i * n_bytes, n_bytes);
        for lane in 0..LANES {
            blocks[lane] = &rows[lane][i * n_bytes..][..n_bytes];
        }
        k_codes(format, &mut codes.0, &blocks);
        add(&codes, &scales(&blocks), &x.group(i), first_x, &mut sums);
    }
    sums
}

/// Adds the products of a block of each row with `M` rows of `x` from `first_x` on.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[inline]
fn add<const M: usize, const SUBS: usize, const PAIRS: usize>(
    codes: &Aligned,
    scales: &KScales<SUBS, PAIRS>,
    group: &Group<'_>,
    first_x: usize,
    sums: &mut [__m512; M],
) {
    let zero = _mm512_setzero_si512();
    let n_quads = const { GROUP / 4 / SUBS };
    let x = group.codes[first_x * GROUP..][..M * GROUP].as_ptr().cast::<i32>();
    let starts = &group.starts[first_x * SUBS..][..M * SUBS];
    let x_sums = &group.sums[first_x * PAIRS..][..M * PAIRS];
    let x_scales = &group.scales[first_x..][..M];
    let mut sum = [zero; M];
    for sub in 0..SUBS {
        let mut products = [zero; M];
        if PAIRS == 0 {
            // The formats without mins have codes that are shifted.
            for m in 0..M {
                products[m] = _mm512_set1_epi32(starts[m * SUBS + sub]);
            }
        }
        for quad in 0..n_quads {
            let quad = sub * n_quads + quad;
            #[expect(unsafe_code, reason = "pointers without checks in the innermost loop")]
            // SAFETY: a row of `x` has as many quads as there are of codes, each a vector.
            unsafe {
                let w = _mm512_load_si512(codes.0.as_ptr().add(quad).cast());
                for m in 0..M {
                    let x = x.add(m * GROUP / 4 + quad).read_unaligned();
                    products[m] = _mm512_dpbusd_epi32(products[m], w, _mm512_set1_epi32(x));
                }
            }
        }
        for m in 0..M {
            sum[m] = _mm512_add_epi32(sum[m], _mm512_mullo_epi32(products[m], scales.small[sub]));
        }
    }
    for m in 0..M {
        let x_scale = _mm512_set1_ps(x_scales[m]);
        let scale = _mm512_mul_ps(scales.scale, x_scale);
        sums[m] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[m]), scale, sums[m]);
        if PAIRS > 0 {
            let mut mins = zero;
            for pair in 0..PAIRS {
                let x = _mm512_set1_epi32(x_sums[m * PAIRS + pair]);
                mins = _mm512_dpwssd_epi32(mins, scales.mins[pair], x);
            }
            let scale = _mm512_mul_ps(scales.min_scale, x_scale);
            sums[m] = _mm512_fnmadd_ps(_mm512_cvtepi32_ps(mins), scale, sums[m]);
        }
    }
}
