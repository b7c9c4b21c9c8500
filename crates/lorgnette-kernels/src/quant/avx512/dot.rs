//! Products of rows of the matrix, where they lie, with one or two rows of `x`: each block is unpacked
//! once for both.
//!
//! A block of a K format becomes one whole number for each row of the matrix and of `x`, and these
//! become floating numbers block by block. So [`super::few`], which has its rows side by side, comes
//! to the same last bit.
//!
//! Integer sums of a block are multiplied with its small scales as 16-bit numbers: four products
//! of a code and a byte of `x` are `4 · 63 · 127` at the most, which fits.

use std::arch::x86_64::*;

use half::f16;
use lorgnette_gguf::BlockFormat;

use crate::quant::GROUP;
use crate::quant::activations::Activations;
use crate::quant::gemv::prefetch;

/// Products of `R` rows of the matrix, four at the most, with `M` rows of `x`, from `first_x` on.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) fn dot<const R: usize, const M: usize>(
    format: BlockFormat,
    rows: [&[u8]; R],
    x: &Activations,
    first_x: usize,
) -> [[f32; M]; R] {
    match format {
        BlockFormat::Q4K => k4::<R, M, false>(rows, x, first_x),
        BlockFormat::Q5K => k4::<R, M, true>(rows, x, first_x),
        BlockFormat::Q6K => q6_k(rows, x, first_x),
        BlockFormat::Q8_0 => small::<R, M, { BlockFormat::Q8_0.block_bytes() }>(rows, x, first_x),
        BlockFormat::Q4_0 => small::<R, M, { BlockFormat::Q4_0.block_bytes() }>(rows, x, first_x),
        _ => unreachable!("{format:?} has no form here, see `has_dot`"),
    }
}

/// `Q4_K`, or `Q5_K` with its high bits.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn k4<const R: usize, const M: usize, const HIGH: bool>(
    rows: [&[u8]; R],
    x: &Activations,
    first_x: usize,
) -> [[f32; M]; R] {
    let format = if HIGH { BlockFormat::Q5K } else { BlockFormat::Q4K };
    // Each number of 16 bits four times: in lanes 0 and 1 the scales of this half's first pair of
    // sub-blocks, in lanes 2 and 3 of its second.
    let order = |first: i64| {
        let four = |i: i64| ((2 * i) | ((2 * i + 1) << 8)) * 0x0001_0001_0001_0001;
        let [a, b, c, d] = [four(first), four(first + 1), four(first + 2), four(first + 3)];
        _mm512_set_epi64(d, c, d, c, b, a, b, a)
    };
    let orders = [order(0), order(4)];
    // Scales, then scales of the mins.
    let pairs = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
    let zero = _mm512_setzero_si512();
    let mut totals = [_mm_setzero_ps(); M];
    for i in 0..x.n_groups() {
        prefetch(rows, i * format.block_bytes(), format.block_bytes());
        let mut sums = [[zero; R]; M];
        let mut mins = [[_mm_setzero_si128(); R]; M];
        let mut block_scales = [0; 4];
        let mut parts = [[zero; 4]; M];
        let mut x_sums = [_mm_setzero_si128(); M];
        let mut x_scales = [_mm_setzero_ps(); M];
        let groups = x.whole_groups::<M>(format, i, first_x);
        for m in 0..M {
            let codes = &groups.codes[m];
            for half in 0..2 {
                let one = load_512_of(&codes[128 * half..]);
                let two = load_512_of(&codes[128 * half + 64..]);
                // The low nibbles of 64 bytes are sub-blocks 4 h and 4 h + 2, the others those between.
                parts[m][2 * half] = _mm512_shuffle_i64x2::<0b01_00_01_00>(one, two);
                parts[m][2 * half + 1] = _mm512_shuffle_i64x2::<0b11_10_11_10>(one, two);
            }
            x_sums[m] = load_128_of(groups.sums(m));
            x_scales[m] = _mm_set1_ps(groups.scales[m]);
        }
        for r in 0..R {
            let block = &rows[r][i * format.block_bytes()..][..format.block_bytes()];
            let header: &[u8; 16] = block.first_chunk().expect("a block has a header");
            block_scales[r] = i32::from_le_bytes([header[0], header[1], header[2], header[3]]);
            let (scales, small_mins) = k_scales(header);
            let scales = _mm512_broadcast_i32x4(scales);
            for half in 0..2 {
                let packed = load_512(&block[block.len() - 128 + 64 * half..]);
                let mut low = and(packed, 0x0f);
                let mut upper = and(_mm512_srli_epi32::<4>(packed), 0x0f);
                if HIGH {
                    // The bits of this half's two pairs of sub-blocks, each pair's in its half.
                    let bits = _mm512_broadcast_i64x4(load_256(&block[16..]));
                    let (one, two) = (4 * half as i64, 4 * half as i64 + 2);
                    let shift = _mm512_set_epi64(two, two, two, two, one, one, one, one);
                    let bits = _mm512_srlv_epi64(bits, shift);
                    low = _mm512_or_si512(low, _mm512_slli_epi32::<4>(and(bits, 1)));
                    upper = _mm512_or_si512(upper, _mm512_slli_epi32::<3>(and(bits, 2)));
                }
                let scales = _mm512_shuffle_epi8(scales, orders[half]);
                for m in 0..M {
                    let low = _mm512_dpbusd_epi32(zero, low, parts[m][2 * half]);
                    let upper = _mm512_dpbusd_epi32(zero, upper, parts[m][2 * half + 1]);
                    let products = _mm512_packs_epi32(low, upper);
                    let products = _mm512_madd_epi16(products, scales);
                    sums[m][r] = _mm512_add_epi32(sums[m][r], products);
                }
            }
            for m in 0..M {
                mins[m][r] = _mm_madd_epi16(small_mins, x_sums[m]);
            }
        }
        let [a, b, c, d] = block_scales;
        let both = _mm_shuffle_epi8(_mm_setr_epi32(a, b, c, d), pairs);
        let both = _mm256_cvtph_ps(both);
        let (scale, min_scale) = (_mm256_castps256_ps128(both), _mm256_extractf128_ps::<1>(both));
        for m in 0..M {
            let x_scale = x_scales[m];
            let sum = _mm_cvtepi32_ps(added(sums[m].map(|sums| in_128(sums))));
            totals[m] = _mm_fmadd_ps(sum, _mm_mul_ps(scale, x_scale), totals[m]);
            let min = _mm_cvtepi32_ps(added(mins[m]));
            totals[m] = _mm_fnmadd_ps(min, _mm_mul_ps(min_scale, x_scale), totals[m]);
        }
    }
    by_row(totals)
}

/// The sum of the lanes of each of up to four vectors, a lane for each.
#[target_feature(enable = "avx512f,avx512vl")]
fn added<const R: usize>(vectors: [__m128i; R]) -> __m128i {
    let mut four = [_mm_setzero_si128(); 4];
    four[..R].copy_from_slice(&vectors);
    let [a, b, c, d] = four;
    let ab = _mm_add_epi32(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
    let cd = _mm_add_epi32(_mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d));
    _mm_add_epi32(_mm_unpacklo_epi64(ab, cd), _mm_unpackhi_epi64(ab, cd))
}

/// The sum of the four quarters of a vector.
#[target_feature(enable = "avx512f,avx512vl")]
fn in_128(x: __m512i) -> __m128i {
    let x = _mm256_add_epi32(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64::<1>(x));
    _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x))
}

/// From a vector with a lane for each of `R` rows of the matrix, for each row of `x`.
#[target_feature(enable = "avx512f,avx512vl")]
fn by_row<const R: usize, const M: usize>(totals: [__m128; M]) -> [[f32; M]; R] {
    let mut out = [[0.0; M]; R];
    for (m, totals) in totals.into_iter().enumerate() {
        let mut lanes = [0.0; 4];
        #[expect(unsafe_code, reason = "a vector store")]
        // SAFETY: four numbers.
        unsafe {
            _mm_storeu_ps(lanes.as_mut_ptr(), totals);
        }
        for (row, total) in out.iter_mut().zip(lanes) {
            row[m] = total;
        }
    }
    out
}

/// 8 small scales and 8 small mins as 16-bit numbers. Source: `get_scale_min_k4`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn k_scales(header: &[u8; 16]) -> (__m128i, __m128i) {
    let part = |at: usize| {
        u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let (s, m, both) = (part(4), part(8), part(12));
    let joined = |low: u32, high: u32| u64::from(low) | (u64::from(high) << 32);
    let scales = joined(s & 0x3f3f_3f3f, (both & 0x0f0f_0f0f) | ((s >> 2) & 0x3030_3030));
    let mins = joined(m & 0x3f3f_3f3f, ((both >> 4) & 0x0f0f_0f0f) | ((m >> 2) & 0x3030_3030));
    let wide = |bytes: u64| _mm_cvtepu8_epi16(_mm_cvtsi64_si128(bytes.cast_signed()));
    (wide(scales), wide(mins))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn q6_k<const R: usize, const M: usize>(
    rows: [&[u8]; R],
    x: &Activations,
    first_x: usize,
) -> [[f32; M]; R] {
    const BLOCK: usize = BlockFormat::Q6K.block_bytes();
    // Each scale four times: in lane i those of sub-blocks i and 4 + i of this half.
    let order = |first: i64| {
        let four = |i: i64| i * 0x0001_0001_0001_0001;
        let [a, b, c, d] = [four(first), four(first + 1), four(first + 2), four(first + 3)];
        let [e, f, g, h] = [four(first + 4), four(first + 5), four(first + 6), four(first + 7)];
        _mm512_set_epi64(h, d, g, c, f, b, e, a)
    };
    let orders = [order(0), order(8)];
    let shifts =
        [_mm512_set_epi64(2, 2, 2, 2, 0, 0, 0, 0), _mm512_set_epi64(6, 6, 6, 6, 4, 4, 4, 4)];
    let zero = _mm512_setzero_si512();
    let mut totals = [_mm_setzero_ps(); M];
    for i in 0..x.n_groups() {
        prefetch(rows, i * BLOCK, BLOCK);
        let mut sums = [[zero; R]; M];
        let mut block_scales = [0; 4];
        let groups = x.whole_groups::<M>(BlockFormat::Q6K, i, first_x);
        for r in 0..R {
            let block = &rows[r][i * BLOCK..][..BLOCK];
            let scales = load_128(&block[192..]);
            // What the codes are shifted by, times the scales: one number a sub-block.
            for m in 0..M {
                let starts = load_512_i32(groups.starts(m));
                sums[m][r] = _mm512_mullo_epi32(_mm512_cvtepi8_epi32(scales), starts);
            }
            let scales = _mm512_castsi256_si512(_mm256_cvtepi8_epi16(scales));
            for half in 0..2 {
                let packed = load_512(&block[64 * half..]);
                let bits = _mm512_broadcast_i64x4(load_256(&block[128 + 32 * half..]));
                let low_bits = and(_mm512_srlv_epi64(bits, shifts[0]), 0x03);
                let upper_bits = and(_mm512_srlv_epi64(bits, shifts[1]), 0x03);
                let low = and(packed, 0x0f);
                let low = _mm512_or_si512(low, _mm512_slli_epi32::<4>(low_bits));
                let upper = and(_mm512_srli_epi32::<4>(packed), 0x0f);
                let upper = _mm512_or_si512(upper, _mm512_slli_epi32::<4>(upper_bits));
                let scales = _mm512_permutexvar_epi16(orders[half], scales);
                for m in 0..M {
                    let codes = &groups.codes[m];
                    let part = |quarter: usize| load_512_of(&codes[64 * quarter..]);
                    let low = _mm512_dpbusd_epi32(zero, low, part(2 * half));
                    let upper = _mm512_dpbusd_epi32(zero, upper, part(2 * half + 1));
                    let products = _mm512_packs_epi32(low, upper);
                    let products = _mm512_madd_epi16(products, scales);
                    sums[m][r] = _mm512_add_epi32(sums[m][r], products);
                }
            }
            block_scales[r] = i16::from_le_bytes([block[208], block[209]]);
        }
        let [a, b, c, d] = block_scales;
        let scale = _mm_cvtph_ps(_mm_setr_epi16(a, b, c, d, 0, 0, 0, 0));
        for m in 0..M {
            let sum = _mm_cvtepi32_ps(added(sums[m].map(|sums| in_128(sums))));
            let scale = _mm_mul_ps(scale, _mm_set1_ps(groups.scales[m]));
            totals[m] = _mm_fmadd_ps(sum, scale, totals[m]);
        }
    }
    by_row(totals)
}

/// `Q8_0` and `Q4_0`, in blocks of 32.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn small<const R: usize, const M: usize, const BLOCK: usize>(
    rows: [&[u8]; R],
    x: &Activations,
    first_x: usize,
) -> [[f32; M]; R] {
    let mut sums = [[_mm256_setzero_ps(); M]; R];
    for i in 0..x.n_groups() {
        let group = x.group(i);
        let n_blocks = group.len / 32;
        let codes = &group.codes[first_x * group.len..][..M * group.len];
        let scales = &group.scales[first_x * n_blocks..][..M * n_blocks];
        let starts = &group.starts[first_x * n_blocks..][..M * n_blocks];
        prefetch(rows, i * GROUP / 32 * BLOCK, n_blocks * BLOCK);
        for b in 0..n_blocks {
            for r in 0..R {
                let block = &rows[r][(i * GROUP / 32 + b) * BLOCK..][..BLOCK];
                let codes_of_w = if BLOCK == BlockFormat::Q8_0.block_bytes() {
                    _mm256_xor_si256(load_256(&block[2..]), _mm256_set1_epi8(-128))
                } else {
                    let packed = load_128(&block[2..]);
                    let both = _mm256_inserti128_si256::<1>(
                        _mm256_castsi128_si256(packed),
                        _mm_srli_epi32::<4>(packed),
                    );
                    _mm256_and_si256(both, _mm256_set1_epi8(0x0f))
                };
                let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
                for m in 0..M {
                    let x_codes = load_256_of(&codes[m * group.len + 32 * b..]);
                    let start = _mm_cvtsi32_si128(starts[m * n_blocks + b]);
                    let start = _mm256_zextsi128_si256(start);
                    let products = _mm256_dpbusd_epi32(start, codes_of_w, x_codes);
                    let scale = _mm256_set1_ps(scale * scales[m * n_blocks + b]);
                    sums[r][m] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(products), scale, sums[r][m]);
                }
            }
        }
    }
    let mut out = [[0.0; M]; R];
    for r in 0..R {
        out[r] = sums[r].map(|sums| _mm512_reduce_add_ps(_mm512_zextps256_ps512(sums)));
    }
    out
}

#[target_feature(enable = "avx512f")]
fn and(x: __m512i, byte: u8) -> __m512i {
    _mm512_and_si512(x, _mm512_set1_epi8(byte.cast_signed()))
}

loads! { "avx512f,avx512vl":
    load_128(u8, 16) -> __m128i = _mm_loadu_si128;
    load_256(u8, 32) -> __m256i = _mm256_loadu_si256;
    load_512(u8, 64) -> __m512i = _mm512_loadu_si512;
    load_128_of(i32, 4) -> __m128i = _mm_loadu_si128;
    load_256_of(i8, 32) -> __m256i = _mm256_loadu_si256;
    load_512_of(i8, 64) -> __m512i = _mm512_loadu_si512;
    load_512_i32(i32, 16) -> __m512i = _mm512_loadu_si512;
}
