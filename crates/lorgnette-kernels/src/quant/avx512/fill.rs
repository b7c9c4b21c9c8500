//! Blocks of 16 rows side by side: a transposition of dwords, then shifts and masks.

use std::arch::x86_64::*;

use lorgnette_gguf::BlockFormat;

use crate::quant::QuantMatrix;
use crate::quant::chunk::{Codes, LANES, Tile};
use crate::vectors::transposed;

/// Does what [`Tile::fill`] does.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn fill(tile: &mut Tile, w: &QuantMatrix<'_>, first: usize, group: usize) {
    let Some(rows) = w.whole_group(first, group) else { return tile.fill(w, first, group) };
    #[expect(unsafe_code, reason = "vector loads and stores")]
    // SAFETY: each row has the bytes of a whole group, which is what the functions read.
    unsafe {
        match w.format {
            BlockFormat::Q4K | BlockFormat::Q5K => {
                k_codes(w.format, &mut tile.codes, &rows);
                k4_scales(&rows).store_in(tile);
            }
            BlockFormat::Q6K => {
                k_codes(w.format, &mut tile.codes, &rows);
                q6_k_scales(&rows).store_in(tile);
            }
            BlockFormat::Q8_0 => fill_q8_0(tile, &rows),
            BlockFormat::Q4_0 => fill_q4_0(tile, &rows),
            // They have no form here.
            _ => tile.fill(w, first, group),
        }
    }
}

/// The codes of a K format, of whole blocks.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn k_codes(format: BlockFormat, codes: &mut Codes, rows: &[&[u8]; LANES]) {
    match format {
        BlockFormat::Q4K => q4_k_codes(codes, rows),
        BlockFormat::Q5K => q5_k_codes(codes, rows),
        BlockFormat::Q6K => q6_k_codes(codes, rows),
        _ => unreachable!("{format:?} has no form here"),
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn q4_k_codes(codes: &mut Codes, rows: &[&[u8]; LANES]) {
    for half in 0..2 {
        let packed = transposed(columns(rows, 16 + 64 * half));
        for (i, packed) in packed.into_iter().enumerate() {
            let quad = 32 * half + 16 * (i / 8) + i % 8;
            store(codes, quad, and(packed, 0x0f));
            store(codes, quad + 8, and(_mm512_srli_epi32::<4>(packed), 0x0f));
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn q5_k_codes(codes: &mut Codes, rows: &[&[u8]; LANES]) {
    let high = transposed(columns(rows, 16));
    for half in 0..2 {
        let packed = transposed(columns(rows, 48 + 64 * half));
        for (i, packed) in packed.into_iter().enumerate() {
            let pair = 2 * half + i / 8;
            let bits = _mm512_srl_epi32(high[i % 8], _mm_cvtsi32_si128(2 * pair as i32));
            let (one, two) = (and(bits, 1), and(bits, 2));
            let quad = 16 * pair + i % 8;
            let low = _mm512_or_si512(and(packed, 0x0f), _mm512_slli_epi32::<4>(one));
            let high = and(_mm512_srli_epi32::<4>(packed), 0x0f);
            store(codes, quad, low);
            store(codes, quad + 8, _mm512_or_si512(high, _mm512_slli_epi32::<3>(two)));
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn q6_k_codes(codes: &mut Codes, rows: &[&[u8]; LANES]) {
    let high = transposed(columns(rows, 128));
    for half in 0..2 {
        let low = transposed(columns(rows, 64 * half));
        for i in 0..8 {
            let (one, two, bits) = (low[i], low[i + 8], high[8 * half + i]);
            let quad = 32 * half + i;
            let with = |nibbles, bits| _mm512_or_si512(and(nibbles, 0x0f), bits);
            let upper = |packed| _mm512_srli_epi32::<4>(packed);
            store(codes, quad, with(one, _mm512_slli_epi32::<4>(and(bits, 0x03))));
            store(codes, quad + 8, with(two, _mm512_slli_epi32::<2>(and(bits, 0x0c))));
            store(codes, quad + 16, with(upper(one), and(bits, 0x30)));
            let top = _mm512_srli_epi32::<2>(and(bits, 0xc0));
            store(codes, quad + 24, with(upper(two), top));
        }
    }
}

#[expect(unsafe_code, reason = "vector loads and stores")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn fill_q8_0(tile: &mut Tile, rows: &[&[u8]; LANES]) {
    const BLOCK: usize = BlockFormat::Q8_0.block_bytes();
    // SAFETY: a group has 8 blocks of 34 bytes.
    unsafe {
        for pair in 0..4 {
            let mut codes = [_mm512_setzero_si512(); LANES];
            for (codes, row) in codes.iter_mut().zip(rows) {
                let blocks = &row[2 * pair * BLOCK..][..2 * BLOCK];
                let one = _mm256_loadu_si256(blocks.as_ptr().add(2).cast());
                let two = _mm256_loadu_si256(blocks.as_ptr().add(BLOCK + 2).cast());
                *codes = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(one), two);
            }
            for (i, codes) in transposed(codes).into_iter().enumerate() {
                store(
                    &mut tile.codes,
                    16 * pair + i,
                    _mm512_xor_si512(codes, _mm512_set1_epi8(-128)),
                );
            }
        }
        block_scales(tile, rows, BLOCK);
    }
}

#[expect(unsafe_code, reason = "vector loads and stores")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn fill_q4_0(tile: &mut Tile, rows: &[&[u8]; LANES]) {
    const BLOCK: usize = BlockFormat::Q4_0.block_bytes();
    // SAFETY: a group has 8 blocks of 18 bytes.
    unsafe {
        for half in 0..2 {
            let mut packed = [_mm512_setzero_si512(); LANES];
            for (packed, row) in packed.iter_mut().zip(rows) {
                let blocks = row[4 * half * BLOCK..][..4 * BLOCK].as_ptr().add(2);
                let load = |i: usize| _mm_loadu_si128(blocks.add(i * BLOCK).cast());
                *packed = four_lanes([load(0), load(1), load(2), load(3)]);
            }
            for (i, packed) in transposed(packed).into_iter().enumerate() {
                let quad = 32 * half + 8 * (i / 4) + i % 4;
                store(&mut tile.codes, quad, and(packed, 0x0f));
                store(&mut tile.codes, quad + 4, and(_mm512_srli_epi32::<4>(packed), 0x0f));
            }
        }
        block_scales(tile, rows, BLOCK);
    }
}

/// The scales of 8 blocks, which begin with them.
#[expect(unsafe_code, reason = "vector loads and stores")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn block_scales(tile: &mut Tile, rows: &[&[u8]; LANES], block_bytes: usize) {
    for (block, scales) in tile.scales.iter_mut().take(8).enumerate() {
        let at = block * block_bytes;
        let bits = rows.map(|row| u16::from_le_bytes([row[at], row[at + 1]]));
        // SAFETY: a row of scales is a vector.
        unsafe { _mm512_store_ps(scales.as_mut_ptr(), halves(bits)) };
    }
}

/// The scales of 16 blocks of 256, each number in its lane.
pub(super) struct KScales<const SUBS: usize, const PAIRS: usize> {
    /// What the small scales are multiplied with.
    pub(super) scale: __m512,
    /// Scales of sub-blocks, whole numbers.
    pub(super) small: [__m512i; SUBS],
    /// What the small mins are multiplied with.
    pub(super) min_scale: __m512,
    /// Small mins of sub-blocks two by two, as [`Tile::mins`] has them.
    pub(super) mins: [__m512i; PAIRS],
}

impl<const SUBS: usize, const PAIRS: usize> KScales<SUBS, PAIRS> {
    #[expect(unsafe_code, reason = "vector stores")]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn store_in(&self, tile: &mut Tile) {
        for (small, scales) in self.small.iter().zip(&mut tile.scales) {
            let scale = _mm512_mul_ps(_mm512_cvtepi32_ps(*small), self.scale);
            // SAFETY: a row of scales is a vector.
            unsafe { _mm512_store_ps(scales.as_mut_ptr(), scale) };
        }
        if PAIRS > 0 {
            // SAFETY: as above.
            unsafe { _mm512_store_ps(tile.min_scales[0].as_mut_ptr(), self.min_scale) };
        }
        for (pair, mins) in self.mins.iter().zip(&mut tile.mins) {
            // SAFETY: a row of mins is a vector.
            unsafe { _mm512_store_si512(mins.as_mut_ptr().cast(), *pair) };
        }
    }
}

/// Scales and mins of `Q4_K` and `Q5_K`, whose first 16 bytes are alike. Source: `get_scale_min_k4`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn k4_scales(rows: &[&[u8]; LANES]) -> KScales<8, 4> {
    let [scales, s, m, both] = transposed_16_bytes(rows, 0);
    let scale = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(scales));
    let min_scale = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32::<16>(scales)));
    let top = |packed| and(_mm512_srli_epi32::<2>(packed), 0x30);
    let packed = [and(s, 0x3f), _mm512_or_si512(and(both, 0x0f), top(s))];
    let upper = and(_mm512_srli_epi32::<4>(both), 0x0f);
    let packed_mins = [and(m, 0x3f), _mm512_or_si512(upper, top(m))];
    let byte = _mm512_set1_epi32(0xff);
    let zero = _mm512_setzero_si512();
    let (mut small, mut mins) = ([zero; 8], [zero; 4]);
    for half in 0..2 {
        let bytes = [
            packed[half],
            _mm512_srli_epi32::<8>(packed[half]),
            _mm512_srli_epi32::<16>(packed[half]),
            _mm512_srli_epi32::<24>(packed[half]),
        ];
        for (i, bytes) in bytes.into_iter().enumerate() {
            small[4 * half + i] = _mm512_and_si512(bytes, byte);
        }
        let pairs = [packed_mins[half], _mm512_srli_epi32::<16>(packed_mins[half])];
        for (i, pair) in pairs.into_iter().enumerate() {
            let first = _mm512_and_si512(pair, byte);
            let second = _mm512_and_si512(pair, _mm512_set1_epi32(0xff00));
            mins[2 * half + i] = _mm512_or_si512(first, _mm512_slli_epi32::<8>(second));
        }
    }
    KScales { scale, small, min_scale, mins }
}

/// Scales of `Q6_K`, which have a sign.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn q6_k_scales(rows: &[&[u8]; LANES]) -> KScales<16, 0> {
    let scale = halves(rows.map(|row| u16::from_le_bytes([row[208], row[209]])));
    let mut small = [_mm512_setzero_si512(); 16];
    for (i, four) in transposed_16_bytes(rows, 192).into_iter().enumerate() {
        let shifted = [
            _mm512_slli_epi32::<24>(four),
            _mm512_slli_epi32::<16>(four),
            _mm512_slli_epi32::<8>(four),
            four,
        ];
        for (j, shifted) in shifted.into_iter().enumerate() {
            small[4 * i + j] = _mm512_srai_epi32::<24>(shifted);
        }
    }
    KScales { scale, small, min_scale: _mm512_setzero_ps(), mins: [] }
}

#[target_feature(enable = "avx512f")]
fn and(x: __m512i, byte: u8) -> __m512i {
    _mm512_and_si512(x, _mm512_set1_epi8(byte.cast_signed()))
}

/// 64 bytes of each row from `at`.
#[expect(unsafe_code, reason = "vector loads")]
#[target_feature(enable = "avx512f")]
fn columns(rows: &[&[u8]; LANES], at: usize) -> [__m512i; LANES] {
    let mut columns = [_mm512_setzero_si512(); LANES];
    for (column, row) in columns.iter_mut().zip(rows) {
        let bytes = &row[at..at + 64];
        // SAFETY: 64 bytes.
        *column = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
    }
    columns
}

#[expect(unsafe_code, reason = "a vector store")]
#[target_feature(enable = "avx512f")]
fn store(into: &mut Codes, quad: usize, codes: __m512i) {
    // SAFETY: a quad of codes has the bytes of a vector.
    unsafe { _mm512_storeu_si512(into[quad].as_mut_ptr().cast(), codes) }
}

/// f16 numbers as f32.
#[expect(unsafe_code, reason = "a vector load")]
#[target_feature(enable = "avx512f,avx512vl")]
fn halves(bits: [u16; LANES]) -> __m512 {
    // SAFETY: 32 bytes.
    _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(bits.as_ptr().cast()) })
}

#[target_feature(enable = "avx512f")]
fn four_lanes(lanes: [__m128i; 4]) -> __m512i {
    let x = _mm512_castsi128_si512(lanes[0]);
    let x = _mm512_inserti32x4::<1>(x, lanes[1]);
    let x = _mm512_inserti32x4::<2>(x, lanes[2]);
    _mm512_inserti32x4::<3>(x, lanes[3])
}

/// 16 bytes of each row from `at`, as 4 vectors of one dword of each row.
#[expect(unsafe_code, reason = "vector loads")]
#[target_feature(enable = "avx512f")]
fn transposed_16_bytes(rows: &[&[u8]; LANES], at: usize) -> [__m512i; 4] {
    let mut lanes = [_mm_setzero_si128(); LANES];
    for (lane, row) in lanes.iter_mut().zip(rows) {
        let bytes = &row[at..at + 16];
        // SAFETY: 16 bytes.
        *lane = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
    }
    let a = four_lanes([lanes[0], lanes[4], lanes[8], lanes[12]]);
    let b = four_lanes([lanes[1], lanes[5], lanes[9], lanes[13]]);
    let c = four_lanes([lanes[2], lanes[6], lanes[10], lanes[14]]);
    let d = four_lanes([lanes[3], lanes[7], lanes[11], lanes[15]]);
    let (ab_low, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let (cd_low, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    [
        _mm512_unpacklo_epi64(ab_low, cd_low),
        _mm512_unpackhi_epi64(ab_low, cd_low),
        _mm512_unpacklo_epi64(ab_high, cd_high),
        _mm512_unpackhi_epi64(ab_high, cd_high),
    ]
}
