//! What several kernels do with vectors of AVX-512.

#![allow(clippy::wildcard_imports, reason = "instructions have names of their own kind")]
#![expect(clippy::large_types_passed_by_value, reason = "arrays of vectors live in registers")]

use std::arch::x86_64::*;

/// 16 rows of 16 dwords, columns and rows exchanged.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn transposed(rows: [__m512i; 16]) -> [__m512i; 16] {
    let zero = _mm512_setzero_si512();
    // Inside each 128-bit lane, 4 rows at a time.
    let mut quads = [zero; 16];
    for i in 0..4 {
        let [a, b, c, d] = [rows[4 * i], rows[4 * i + 1], rows[4 * i + 2], rows[4 * i + 3]];
        let (ab_low, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        quads[4 * i] = _mm512_unpacklo_epi64(ab_low, cd_low);
        quads[4 * i + 1] = _mm512_unpackhi_epi64(ab_low, cd_low);
        quads[4 * i + 2] = _mm512_unpacklo_epi64(ab_high, cd_high);
        quads[4 * i + 3] = _mm512_unpackhi_epi64(ab_high, cd_high);
    }
    // quads[4 i + j], lane l: dword 4 l + j of rows 4 i .. 4 i + 4. Then the lanes.
    let mut out = [zero; 16];
    for j in 0..4 {
        let [a, b, c, d] = [quads[j], quads[4 + j], quads[8 + j], quads[12 + j]];
        let ab_even = _mm512_shuffle_i32x4::<0b10_00_10_00>(a, b); // lanes 0, 2 of each
        let ab_odd = _mm512_shuffle_i32x4::<0b11_01_11_01>(a, b);
        let cd_even = _mm512_shuffle_i32x4::<0b10_00_10_00>(c, d);
        let cd_odd = _mm512_shuffle_i32x4::<0b11_01_11_01>(c, d);
        out[j] = _mm512_shuffle_i32x4::<0b10_00_10_00>(ab_even, cd_even);
        out[4 + j] = _mm512_shuffle_i32x4::<0b10_00_10_00>(ab_odd, cd_odd);
        out[8 + j] = _mm512_shuffle_i32x4::<0b11_01_11_01>(ab_even, cd_even);
        out[12 + j] = _mm512_shuffle_i32x4::<0b11_01_11_01>(ab_odd, cd_odd);
    }
    out
}
