//! Products of rows of the matrix, where they lie, with few rows of `x`: each block is unpacked once
//! for all of them.
//!
//! A vector holds 32 codes of one row. Two products of a code and a byte of `x` are
//! `2 · 63 · 127` at the most, which fits 16 bits; times a small scale they become sums of 32.

use std::arch::x86_64::*;

use lorgnette_gguf::BlockFormat;

use crate::quant::GROUP;
use crate::quant::activations::{Activations, WholeGroup};
use crate::quant::gemv::prefetch;

/// Products of `R` rows of the matrix with `M` rows of `x`, from `first_x` on.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn dot<const R: usize, const M: usize>(
    format: BlockFormat,
    rows: [&[u8]; R],
    x: &Activations,
    first_x: usize,
) -> [[f32; M]; R] {
    match format {
        BlockFormat::Q3K => super_blocks::<Q3K, R, M>(rows, x, first_x),
        BlockFormat::Q4K => super_blocks::<Q4K, R, M>(rows, x, first_x),
        BlockFormat::Q5K => super_blocks::<Q5K, R, M>(rows, x, first_x),
        BlockFormat::Q6K => super_blocks::<Q6K, R, M>(rows, x, first_x),
        BlockFormat::Q4_0 => blocks_of_32::<Q4_0, R, M>(rows, x, first_x),
        BlockFormat::Q8_0 => blocks_of_32::<Q8_0, R, M>(rows, x, first_x),
    }
}

// Each format is compiled by itself, as the parameter of a function, which cannot be an enum yet.
const Q3K: u8 = BlockFormat::Q3K as u8;
const Q4K: u8 = BlockFormat::Q4K as u8;
const Q5K: u8 = BlockFormat::Q5K as u8;
const Q6K: u8 = BlockFormat::Q6K as u8;
const Q4_0: u8 = BlockFormat::Q4_0 as u8;
const Q8_0: u8 = BlockFormat::Q8_0 as u8;

const fn format_of(discriminant: u8) -> BlockFormat {
    let mut i = 0;
    while BlockFormat::ALL[i] as u8 != discriminant {
        i += 1;
    }
    BlockFormat::ALL[i]
}

/// The K formats, in blocks of 256.
#[target_feature(enable = "avx2,fma,f16c")]
fn super_blocks<const FORMAT: u8, const R: usize, const M: usize>(
    rows: [&[u8]; R],
    x: &Activations,
    first_x: usize,
) -> [[f32; M]; R] {
    let format = const { format_of(FORMAT) };
    let block_bytes = format.block_bytes();
    let mut sums = [[_mm256_setzero_ps(); M]; R];
    let mut mins = [[_mm_setzero_ps(); M]; R];
    for i in 0..x.n_groups() {
        prefetch(rows, i * block_bytes, block_bytes);
        let groups: [WholeGroup<'_>; M] =
            std::array::from_fn(|m| x.whole_group(format, i, first_x + m));
        for r in 0..R {
            let block = &rows[r][i * block_bytes..][..block_bytes];
            let (scales, small) = small_scales::<FORMAT>(block);
            let mut sum = [_mm256_setzero_si256(); M];
            for sub in 0..8 {
                let codes = codes_of::<FORMAT>(block, sub);
                let scale = _mm256_shuffle_epi8(scales, number_16(sub));
                for m in 0..M {
                    let x = load_256_of(&groups[m].codes[32 * sub..]);
                    let products = _mm256_madd_epi16(_mm256_maddubs_epi16(codes, x), scale);
                    sum[m] = _mm256_add_epi32(sum[m], products);
                }
            }
            if format.has_min() {
                let both = _mm_cvtph_ps(load_32_bits(block));
                for m in 0..M {
                    let both = _mm_mul_ps(both, _mm_set1_ps(groups[m].scale));
                    let scale = _mm256_broadcastss_ps(both);
                    sums[r][m] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[m]), scale, sums[r][m]);
                    let scale = _mm_broadcastss_ps(_mm_movehdup_ps(both));
                    let products = _mm_madd_epi16(small, load_128_i32(groups[m].sums));
                    mins[r][m] = _mm_fmadd_ps(_mm_cvtepi32_ps(products), scale, mins[r][m]);
                }
            } else {
                let scale = _mm_cvtph_ps(load_16_bits(&block[block_bytes - 2..]));
                let small = [small, _mm_srli_si128::<8>(small)].map(|s| _mm256_cvtepi8_epi32(s));
                for m in 0..M {
                    // What the codes are shifted by, times the scales.
                    for half in 0..2 {
                        let starts = load_256_i32(&groups[m].starts[8 * half..]);
                        sum[m] = _mm256_add_epi32(sum[m], _mm256_mullo_epi32(small[half], starts));
                    }
                    let scale = _mm_mul_ss(scale, _mm_set_ss(groups[m].scale));
                    let scale = _mm256_broadcastss_ps(scale);
                    sums[r][m] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[m]), scale, sums[r][m]);
                }
            }
        }
    }
    let mut out = [[0.0; M]; R];
    for r in 0..R {
        for m in 0..M {
            out[r][m] = total(sums[r][m]) - total(_mm256_zextps128_ps256(mins[r][m]));
        }
    }
    out
}

/// The small scales of a block as numbers of 16 bits, so that number `sub` of each half belongs to
/// that half of codes `32 · sub` and the next; beside them the small mins in 16 bits, or where
/// there are none the scales in 8 bits, in their own order.
#[target_feature(enable = "avx2")]
fn small_scales<const FORMAT: u8>(block: &[u8]) -> (__m256i, __m128i) {
    let part = |bytes: &[u8], i: usize| {
        u32::from_le_bytes([bytes[4 * i], bytes[4 * i + 1], bytes[4 * i + 2], bytes[4 * i + 3]])
    };
    let joined = |low: u32, high: u32| (u64::from(low) | (u64::from(high) << 32)).cast_signed();
    match FORMAT {
        // Source: `get_scale_min_k4`.
        Q4K | Q5K => {
            let bytes = &block[4..16];
            let [s, m, both] = [part(bytes, 0), part(bytes, 1), part(bytes, 2)];
            let high = |from: u32| (from >> 2) & 0x3030_3030;
            let scales = joined(s & 0x3f3f_3f3f, both & 0x0f0f_0f0f | high(s));
            let mins = joined(m & 0x3f3f_3f3f, (both >> 4) & 0x0f0f_0f0f | high(m));
            let wide = |bytes: i64| _mm_cvtepu8_epi16(_mm_cvtsi64_si128(bytes));
            (_mm256_broadcastsi128_si256(wide(scales)), wide(mins))
        }
        // Source: `dequantize_row_q3_K`.
        Q3K => {
            let bytes = &block[96..108];
            let [a, b, high] = [part(bytes, 0), part(bytes, 1), part(bytes, 2)];
            let low = |from: u32, shift: u32| (from >> shift) & 0x0f0f_0f0f;
            let high = |shift: u32| ((high >> shift) & 0x0303_0303) << 4;
            let first = joined(low(a, 0) | high(0), low(b, 0) | high(2));
            let second = joined(low(a, 4) | high(4), low(b, 4) | high(6));
            let scales = _mm_sub_epi8(_mm_set_epi64x(second, first), _mm_set1_epi8(32));
            (even_and_odd(scales), scales)
        }
        _ => {
            let scales = load_128(&block[192..]);
            (even_and_odd(scales), scales)
        }
    }
}

/// 16 numbers in 16 bits: those with an even index, then the others.
#[target_feature(enable = "avx2")]
fn even_and_odd(numbers: __m128i) -> __m256i {
    let order = _mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
    _mm256_cvtepi8_epi16(_mm_shuffle_epi8(numbers, order))
}

/// What a shuffle takes number `i` of 16 bits with, in each half for the whole half.
#[target_feature(enable = "avx2")]
fn number_16(i: usize) -> __m256i {
    _mm256_set1_epi16((2 * i as i16) | ((2 * i as i16 + 1) << 8))
}

/// The codes `32 · sub ..` of a super-block.
#[target_feature(enable = "avx2")]
#[inline]
fn codes_of<const FORMAT: u8>(block: &[u8], sub: usize) -> __m256i {
    let (half, part) = (sub / 4, sub % 4);
    let shifted = |x: __m256i, bits: usize| _mm256_srl_epi16(x, _mm_cvtsi32_si128(bits as i32));
    let and = |x: __m256i, byte: i8| _mm256_and_si256(x, _mm256_set1_epi8(byte));
    let nibbles = |packed: &[u8], upper: bool| {
        let packed = load_256(packed);
        and(if upper { _mm256_srli_epi16::<4>(packed) } else { packed }, 0x0f)
    };
    match FORMAT {
        // 128 codes a half: four times 32 in pairs of bits, and a bit of each 32 of 256.
        Q3K => {
            let low = and(shifted(load_256(&block[32 + 32 * half..]), 2 * part), 3);
            let high = and(shifted(load_256(block), sub), 1);
            _mm256_or_si256(low, _mm256_slli_epi16::<2>(high))
        }
        Q4K => nibbles(&block[16 + 32 * (sub / 2)..], sub % 2 == 1),
        Q5K => {
            let low = nibbles(&block[48 + 32 * (sub / 2)..], sub % 2 == 1);
            let high = and(shifted(load_256(&block[16..]), sub), 1);
            _mm256_or_si256(low, _mm256_slli_epi16::<4>(high))
        }
        // 128 codes a half: four times 32, the first two in low nibbles, the others above.
        _ => {
            let low = nibbles(&block[64 * half + 32 * (part % 2)..], part >= 2);
            let high = and(shifted(load_256(&block[128 + 32 * half..]), 2 * part), 3);
            _mm256_or_si256(low, _mm256_slli_epi16::<4>(high))
        }
    }
}

/// `Q8_0` and `Q4_0`, in blocks of 32.
#[target_feature(enable = "avx2,fma,f16c")]
fn blocks_of_32<const FORMAT: u8, const R: usize, const M: usize>(
    rows: [&[u8]; R],
    x: &Activations,
    first_x: usize,
) -> [[f32; M]; R] {
    let block_bytes = const { format_of(FORMAT) }.block_bytes();
    let mut sums = [[_mm256_setzero_ps(); M]; R];
    for i in 0..x.n_groups() {
        let group = x.group(i);
        let n_blocks = group.len / 32;
        let codes = &group.codes[first_x * group.len..][..M * group.len];
        let scales = &group.scales[first_x * n_blocks..][..M * n_blocks];
        prefetch(rows, i * GROUP / 32 * block_bytes, n_blocks * block_bytes);
        for b in 0..n_blocks {
            for r in 0..R {
                let block = &rows[r][(i * GROUP / 32 + b) * block_bytes..][..block_bytes];
                let codes_of_w = if FORMAT == Q8_0 {
                    load_256(&block[2..])
                } else {
                    let packed = load_128(&block[2..]);
                    let both = _mm256_inserti128_si256::<1>(
                        _mm256_castsi128_si256(packed),
                        _mm_srli_epi16::<4>(packed),
                    );
                    let codes = _mm256_and_si256(both, _mm256_set1_epi8(0x0f));
                    _mm256_sub_epi8(codes, _mm256_set1_epi8(8))
                };
                // Their size, and their sign given to `x`.
                let sizes = _mm256_abs_epi8(codes_of_w);
                let scale = _mm_cvtph_ps(load_16_bits(block));
                for m in 0..M {
                    let x_codes = load_256_of(&codes[m * group.len + 32 * b..]);
                    let x_codes = _mm256_sign_epi8(x_codes, codes_of_w);
                    let products = _mm256_maddubs_epi16(sizes, x_codes);
                    let products = _mm256_madd_epi16(products, _mm256_set1_epi16(1));
                    let scale = _mm_mul_ss(scale, _mm_set_ss(scales[m * n_blocks + b]));
                    let scale = _mm256_broadcastss_ps(scale);
                    sums[r][m] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(products), scale, sums[r][m]);
                }
            }
        }
    }
    sums.map(|sums| sums.map(|sums| total(sums)))
}

/// The sum of all lanes.
#[target_feature(enable = "avx2")]
fn total(x: __m256) -> f32 {
    let x = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
    let x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)))
}

/// One number of 16 bits, in the lowest lane.
#[target_feature(enable = "avx2")]
fn load_16_bits(from: &[u8]) -> __m128i {
    _mm_cvtsi32_si128(i32::from(u16::from_le_bytes([from[0], from[1]])))
}

/// Two numbers of 16 bits, in the lowest lanes.
#[target_feature(enable = "avx2")]
fn load_32_bits(from: &[u8]) -> __m128i {
    _mm_cvtsi32_si128(i32::from_le_bytes([from[0], from[1], from[2], from[3]]))
}

loads! { "avx2":
    load_128(u8, 16) -> __m128i = _mm_loadu_si128;
    load_128_i32(i32, 4) -> __m128i = _mm_loadu_si128;
    load_256(u8, 32) -> __m256i = _mm256_loadu_si256;
    load_256_of(i8, 32) -> __m256i = _mm256_loadu_si256;
    load_256_i32(i32, 8) -> __m256i = _mm256_loadu_si256;
}
