//! Products of rows of the matrix, where they lie, with few rows of `x`: each block is unpacked once
//! for all of them.
//!
//! A vector holds 32 codes of one row. Two products of a code and a byte of `x` are
//! `2 · 127 · 127` at the most, which fits 16 bits; times a small scale they become sums of 32.

use std::arch::x86_64::*;

use lorgnette_gguf::BlockFormat;

use super::blocks_of_32::blocks_of_32;
use super::points::points;
use crate::quant::GROUP;
use crate::quant::activations::Activations;
use crate::quant::gemv::prefetch;

/// Products of `R` rows of the matrix with `M` rows of `x`, from `first_x` on.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn dot<const R: usize, const M: usize>(
    format: BlockFormat,
    rows: [&[u8]; R],
    x: &Activations,
    first_x: usize,
) -> [[f32; M]; R] {
    use BlockFormat as F;
    match format {
        F::Q2K => super_blocks::<Q2K, R, M>(rows, x, first_x),
        F::Q3K => super_blocks::<Q3K, R, M>(rows, x, first_x),
        F::Q4K => super_blocks::<Q4K, R, M>(rows, x, first_x),
        F::Q5K => super_blocks::<Q5K, R, M>(rows, x, first_x),
        F::Q6K => super_blocks::<Q6K, R, M>(rows, x, first_x),
        F::IQ4XS => super_blocks::<IQ4XS, R, M>(rows, x, first_x),
        F::Q4_0 => blocks_of_32::<Q4_0, R, M>(rows, x, first_x),
        F::Q4_1 => blocks_of_32::<Q4_1, R, M>(rows, x, first_x),
        F::Q5_0 => blocks_of_32::<Q5_0, R, M>(rows, x, first_x),
        F::Q5_1 => blocks_of_32::<Q5_1, R, M>(rows, x, first_x),
        F::Q8_0 => blocks_of_32::<Q8_0, R, M>(rows, x, first_x),
        F::IQ4NL => blocks_of_32::<IQ4NL, R, M>(rows, x, first_x),
        F::MXFP4 => blocks_of_32::<MXFP4, R, M>(rows, x, first_x),
        F::IQ1S | F::IQ1M | F::IQ2XXS | F::IQ2XS | F::IQ2S | F::IQ3XXS | F::IQ3S => {
            points(format, rows, x, first_x)
        }
    }
}

// Each format is compiled by itself, as the parameter of a function, which cannot be an enum yet.
pub(super) const Q2K: u8 = BlockFormat::Q2K as u8;
pub(super) const Q3K: u8 = BlockFormat::Q3K as u8;
pub(super) const Q4K: u8 = BlockFormat::Q4K as u8;
pub(super) const Q5K: u8 = BlockFormat::Q5K as u8;
pub(super) const Q6K: u8 = BlockFormat::Q6K as u8;
pub(super) const Q4_0: u8 = BlockFormat::Q4_0 as u8;
pub(super) const Q4_1: u8 = BlockFormat::Q4_1 as u8;
pub(super) const Q5_0: u8 = BlockFormat::Q5_0 as u8;
pub(super) const Q5_1: u8 = BlockFormat::Q5_1 as u8;
pub(super) const Q8_0: u8 = BlockFormat::Q8_0 as u8;
pub(super) const IQ4NL: u8 = BlockFormat::IQ4NL as u8;
pub(super) const IQ4XS: u8 = BlockFormat::IQ4XS as u8;
pub(super) const MXFP4: u8 = BlockFormat::MXFP4 as u8;

pub(super) const fn format_of(discriminant: u8) -> BlockFormat {
    let mut i = 0;
    while BlockFormat::ALL[i] as u8 != discriminant {
        i += 1;
    }
    BlockFormat::ALL[i]
}

/// The K formats and `IQ4_XS`, in blocks of 256.
#[target_feature(enable = "avx2,fma,f16c")]
fn super_blocks<const FORMAT: u8, const R: usize, const M: usize>(
    rows: [&[u8]; R],
    x: &Activations,
    first_x: usize,
) -> [[f32; M]; R] {
    let format = const { format_of(FORMAT) };
    let block_bytes = format.block_bytes();
    let mut sums = [[_mm256_setzero_ps(); M]; R];
    let mut mins = [[_mm256_setzero_ps(); M]; R];
    for i in 0..x.n_groups() {
        prefetch(rows, i * block_bytes, block_bytes);
        let groups = x.whole_groups::<M>(format, i, first_x);
        for r in 0..R {
            let block = &rows[r][i * block_bytes..][..block_bytes];
            let (scales, small) = small_scales::<FORMAT>(block);
            let mut sum = [_mm256_setzero_si256(); M];
            // One by one: in a loop, the compiler would keep the sums of many rows in memory.
            add::<FORMAT, 0, M>(block, scales, groups.codes, &mut sum);
            add::<FORMAT, 1, M>(block, scales, groups.codes, &mut sum);
            add::<FORMAT, 2, M>(block, scales, groups.codes, &mut sum);
            add::<FORMAT, 3, M>(block, scales, groups.codes, &mut sum);
            add::<FORMAT, 4, M>(block, scales, groups.codes, &mut sum);
            add::<FORMAT, 5, M>(block, scales, groups.codes, &mut sum);
            add::<FORMAT, 6, M>(block, scales, groups.codes, &mut sum);
            add::<FORMAT, 7, M>(block, scales, groups.codes, &mut sum);
            if format.has_min() {
                let both = _mm_cvtph_ps(load_32_bits(&block[scale_at::<FORMAT>()..]));
                let scale = _mm256_broadcastss_ps(both);
                let min_scale = _mm256_broadcastss_ps(_mm_movehdup_ps(both));
                for m in 0..M {
                    let x_scale = _mm256_set1_ps(groups.scales[m]);
                    let scale = _mm256_mul_ps(scale, x_scale);
                    sums[r][m] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[m]), scale, sums[r][m]);
                    let x_sums = if FORMAT == Q2K {
                        load_256_i32(groups.sums(m))
                    } else {
                        _mm256_zextsi128_si256(load_128_i32(groups.sums(m)))
                    };
                    let products = _mm256_cvtepi32_ps(_mm256_madd_epi16(small, x_sums));
                    let scale = _mm256_mul_ps(min_scale, x_scale);
                    mins[r][m] = _mm256_fmadd_ps(products, scale, mins[r][m]);
                }
            } else {
                let scale = _mm_cvtph_ps(load_16_bits(&block[scale_at::<FORMAT>()..]));
                let scale = _mm256_broadcastss_ps(scale);
                let halves = [_mm256_castsi256_si128(small), _mm256_extracti128_si256::<1>(small)];
                let small = halves.map(|half| _mm256_cvtepi16_epi32(half));
                for m in 0..M {
                    // What unsigned codes are shifted by, times the scales.
                    if !format.is_signed() {
                        for half in 0..2 {
                            let starts = load_256_i32(&groups.starts(m)[8 * half..]);
                            let starts = _mm256_mullo_epi32(small[half], starts);
                            sum[m] = _mm256_add_epi32(sum[m], starts);
                        }
                    }
                    let scale = _mm256_mul_ps(scale, _mm256_set1_ps(groups.scales[m]));
                    sums[r][m] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[m]), scale, sums[r][m]);
                }
            }
        }
    }
    let mut out = [[0.0; M]; R];
    for r in 0..R {
        for m in 0..M {
            out[r][m] = total(sums[r][m]) - total(mins[r][m]);
        }
    }
    out
}

/// Adds the products of the codes `32 · SUB ..` of a super-block.
#[target_feature(enable = "avx2")]
#[inline]
fn add<const FORMAT: u8, const SUB: usize, const M: usize>(
    block: &[u8],
    scales: __m256i,
    x: &[[i8; GROUP]; M],
    sum: &mut [__m256i; M],
) {
    let codes = codes_of::<FORMAT>(block, SUB);
    let scale = _mm256_shuffle_epi8(scales, number_16(SUB));
    for m in 0..M {
        let products = products_16::<FORMAT>(codes, load_256_of(&x[m][32 * SUB..]));
        sum[m] = _mm256_add_epi32(sum[m], _mm256_madd_epi16(products, scale));
    }
}

/// Whether codes are multiplied as they are: there is a min, or a zero point that the sums start from.
/// The others are multiplied as the numbers that they stand for.
pub(super) const fn is_positive<const FORMAT: u8>() -> bool {
    matches!(FORMAT, Q2K | Q3K | Q4K | Q5K | Q6K | Q4_1 | Q5_1)
}

/// Products of 32 codes with 32 bytes of `x`, two by two.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn products_16<const FORMAT: u8>(codes: __m256i, x: __m256i) -> __m256i {
    if is_positive::<FORMAT>() {
        _mm256_maddubs_epi16(codes, x)
    } else {
        // Their size, and their sign given to `x`.
        _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(x, codes))
    }
}

/// Where the scale of a block is; that of the mins follows it.
const fn scale_at<const FORMAT: u8>() -> usize {
    match FORMAT {
        Q2K => 80,
        Q3K => 108,
        Q6K => 208,
        _ => 0,
    }
}

/// The small scales of a block as numbers of 16 bits, so that number `sub` of each half belongs to
/// that half of codes `32 · sub` and the next; beside them the small mins, or where there are none
/// the scales, in their own order.
#[target_feature(enable = "avx2")]
fn small_scales<const FORMAT: u8>(block: &[u8]) -> (__m256i, __m256i) {
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
            (_mm256_broadcastsi128_si256(wide(scales)), _mm256_zextsi128_si256(wide(mins)))
        }
        Q2K => {
            let both = load_128(block);
            let nibbles = |packed| _mm_and_si128(packed, _mm_set1_epi8(0x0f));
            let mins = nibbles(_mm_srli_epi16::<4>(both));
            (even_and_odd(nibbles(both)), _mm256_cvtepi8_epi16(mins))
        }
        IQ4XS => {
            let bits = part(block, 0) >> 16;
            let bytes = |bytes: u32| _mm_cvtsi32_si128((bytes & 0x0f0f_0f0f).cast_signed());
            let low = part(block, 1);
            let low = _mm_cvtepu8_epi16(_mm_unpacklo_epi8(bytes(low), bytes(low >> 4)));
            // Two bits for each, brought to the top of its 16 bits and down to bit 4.
            let places =
                _mm_setr_epi16(1 << 14, 1 << 12, 1 << 10, 1 << 8, 1 << 6, 1 << 4, 1 << 2, 1);
            let high = _mm_mullo_epi16(_mm_set1_epi16(bits as i16), places);
            let high = _mm_slli_epi16::<4>(_mm_srli_epi16::<14>(high));
            let scales = _mm_sub_epi16(_mm_or_si128(low, high), _mm_set1_epi16(32));
            (_mm256_broadcastsi128_si256(scales), _mm256_setzero_si256())
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
            (even_and_odd(scales), _mm256_cvtepi8_epi16(scales))
        }
        _ => {
            let scales = load_128(&block[192..]);
            (even_and_odd(scales), _mm256_cvtepi8_epi16(scales))
        }
    }
}

/// 16 numbers in 16 bits: those with an even index, then the others.
#[target_feature(enable = "avx2")]
pub(super) fn even_and_odd(numbers: __m128i) -> __m256i {
    let order = _mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
    _mm256_cvtepi8_epi16(_mm_shuffle_epi8(numbers, order))
}

/// What a shuffle takes number `i` of 16 bits with, in each half for the whole half.
#[target_feature(enable = "avx2")]
pub(super) fn number_16(i: usize) -> __m256i {
    _mm256_set1_epi16((2 * i as i16) | ((2 * i as i16 + 1) << 8))
}

/// The codes `32 · sub ..` of a super-block; signed ones as the numbers that they stand for.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn codes_of<const FORMAT: u8>(block: &[u8], sub: usize) -> __m256i {
    let (half, part) = (sub / 4, sub % 4);
    let shifted = |x: __m256i, bits: usize| _mm256_srl_epi16(x, _mm_cvtsi32_si128(bits as i32));
    let and = |x: __m256i, byte: i8| _mm256_and_si256(x, _mm256_set1_epi8(byte));
    let nibbles = |packed: &[u8], upper: bool| {
        let packed = load_256(packed);
        and(if upper { _mm256_srli_epi16::<4>(packed) } else { packed }, 0x0f)
    };
    match FORMAT {
        Q2K => and(shifted(load_256(&block[16 + 32 * half..]), 2 * part), 3),
        IQ4XS => steps::<FORMAT>(nibbles_of_32(&block[8 + 16 * sub..])),
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

/// The codes of 16 bytes: low halves, then high ones.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn nibbles_of_32(packed: &[u8]) -> __m256i {
    let packed = load_128(packed);
    let both =
        _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(packed), _mm_srli_epi16::<4>(packed));
    _mm256_and_si256(both, _mm256_set1_epi8(0x0f))
}

/// What codes of 4 bits stand for.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn steps<const FORMAT: u8>(codes: __m256i) -> __m256i {
    let steps = const { format_of(FORMAT).steps() }.unwrap_or_default();
    _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(load_128_of(&steps)), codes)
}

/// The sum of all lanes.
#[target_feature(enable = "avx2")]
pub(super) fn total(x: __m256) -> f32 {
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
pub(super) fn load_32_bits(from: &[u8]) -> __m128i {
    _mm_cvtsi32_si128(i32::from_le_bytes([from[0], from[1], from[2], from[3]]))
}

loads! { "avx2":
    load_128(u8, 16) -> __m128i = _mm_loadu_si128;
    load_128_of(i8, 16) -> __m128i = _mm_loadu_si128;
    load_128_i32(i32, 4) -> __m128i = _mm_loadu_si128;
    load_256(u8, 32) -> __m256i = _mm256_loadu_si256;
    load_256_of(i8, 32) -> __m256i = _mm256_loadu_si256;
    load_256_i32(i32, 8) -> __m256i = _mm256_loadu_si256;
}
