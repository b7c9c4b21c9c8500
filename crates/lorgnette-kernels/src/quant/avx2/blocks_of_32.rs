//! Products of rows of the matrix with few rows of `x`, as in [`dot`](super::dot), of the formats in
//! blocks of 32: one scale for a block, and perhaps a min that is added.

use std::arch::x86_64::*;

use super::dot::{IQ4NL, MXFP4, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0};
use super::dot::{format_of, load_32_bits, nibbles_of_32, products_16, steps, total};
use crate::quant::GROUP;
use crate::quant::activations::Activations;
use crate::quant::gemv::prefetch;

/// Products of `R` rows of the matrix with `M` rows of `x`, from `first_x` on.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn blocks_of_32<const FORMAT: u8, const R: usize, const M: usize>(
    rows: [&[u8]; R],
    x: &Activations,
    first_x: usize,
) -> [[f32; M]; R] {
    let format = const { format_of(FORMAT) };
    let block_bytes = format.block_bytes();
    let mut sums = [[_mm256_setzero_ps(); M]; R];
    let mut mins = [[_mm_setzero_ps(); M]; R];
    for i in 0..x.n_groups() {
        let group = x.group(i);
        let n_blocks = group.len / 32;
        // Cut to their lengths here, so that nothing is looked at in the loop.
        let (mut codes, mut scales, mut x_sums) =
            ([[].as_slice(); M], [[].as_slice(); M], [[].as_slice(); M]);
        for m in 0..M {
            let first = (first_x + m) * n_blocks;
            codes[m] = &group.codes.as_chunks::<32>().0[first..][..n_blocks];
            scales[m] = &group.scales[first..][..n_blocks];
            if format.has_min() {
                x_sums[m] = &group.sums[first..][..n_blocks];
            }
        }
        prefetch(rows, i * GROUP / 32 * block_bytes, n_blocks * block_bytes);
        for b in 0..n_blocks {
            for r in 0..R {
                let block = &rows[r][(i * GROUP / 32 + b) * block_bytes..][..block_bytes];
                let codes_of_w = codes_of_32::<FORMAT>(block);
                // The scale, and behind it the min where there is one.
                let both = if FORMAT == MXFP4 {
                    _mm_set_ss(format.scales(block).0)
                } else {
                    _mm_cvtph_ps(load_32_bits(block))
                };
                let scale = _mm256_broadcastss_ps(both);
                for m in 0..M {
                    let products = products_16::<FORMAT>(codes_of_w, load_256_of(&codes[m][b]));
                    let products = _mm256_madd_epi16(products, _mm256_set1_epi16(1));
                    let x_scale = scales[m][b];
                    let scale = _mm256_mul_ps(scale, _mm256_set1_ps(x_scale));
                    sums[r][m] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(products), scale, sums[r][m]);
                    if format.has_min() {
                        let x_sum = _mm_set_ss(x_scale * x_sums[m][b] as f32);
                        mins[r][m] = _mm_fmadd_ss(_mm_movehdup_ps(both), x_sum, mins[r][m]);
                    }
                }
            }
        }
    }
    let mut out = [[0.0; M]; R];
    for r in 0..R {
        for m in 0..M {
            // The min of these formats is added.
            out[r][m] = total(sums[r][m]) + _mm_cvtss_f32(mins[r][m]);
        }
    }
    out
}

/// The fifth bits of 32 codes, in their places.
#[target_feature(enable = "avx2")]
#[inline]
fn fifth_bits(bits: &[u8]) -> __m256i {
    let bits = _mm256_broadcastd_epi32(load_32_bits(bits));
    // Byte i / 8 for code i, and of that byte bit i % 8.
    let bytes = |i: i64| i * 0x0101_0101_0101_0101;
    let bits = _mm256_shuffle_epi8(bits, _mm256_set_epi64x(bytes(3), bytes(2), bytes(1), 0));
    let places = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64.cast_signed());
    let is_set = _mm256_cmpeq_epi8(_mm256_and_si256(bits, places), places);
    _mm256_and_si256(is_set, _mm256_set1_epi8(1 << 4))
}

/// The 32 codes of a block, as the numbers that they stand for; those with a min as they are.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn codes_of_32<const FORMAT: u8>(block: &[u8]) -> __m256i {
    let five_bits = |low: &[u8], high: &[u8]| _mm256_or_si256(nibbles_of_32(low), fifth_bits(high));
    match FORMAT {
        Q8_0 => load_256(&block[2..]),
        Q4_0 => _mm256_sub_epi8(nibbles_of_32(&block[2..]), _mm256_set1_epi8(8)),
        Q4_1 => nibbles_of_32(&block[4..]),
        Q5_0 => _mm256_sub_epi8(five_bits(&block[6..], &block[2..]), _mm256_set1_epi8(16)),
        Q5_1 => five_bits(&block[8..], &block[4..]),
        IQ4NL => steps::<FORMAT>(nibbles_of_32(&block[2..])),
        _ => steps::<FORMAT>(nibbles_of_32(&block[1..])),
    }
}

loads! { "avx2":
    load_256(u8, 32) -> __m256i = _mm256_loadu_si256;
    load_256_of(i8, 32) -> __m256i = _mm256_loadu_si256;
}
