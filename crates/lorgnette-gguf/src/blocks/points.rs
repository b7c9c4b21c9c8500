//! Formats whose numbers lie on points of a table: IQ1, IQ2 and IQ3.
//!
//! The file names a point for 4 or 8 numbers in a row. In IQ2 and IQ3 a point has their sizes, with
//! a bit beside it for the sign of each. In IQ1 it has them with their signs, in whole numbers; all
//! are shifted by an eighth, up or down.
//!
//! Source: llama.cpp, `ggml-common.h` (the tables, under the MIT license: `points.LICENSE`) and
//! `ggml-quants.c` (`dequantize_row_iq*`).

/// Every table, made by `scripts/make-points`, which says how it is packed.
const PACKED: &[u8; 9216] = include_bytes!("points.bin");

static IQ2_XXS: [[u8; 8]; 256] = table(0, &[8, 25, 43]);
static IQ2_XS: [[u8; 8]; 512] = table(256, &[8, 25, 43]);
static IQ2_S: [[u8; 8]; 1024] = table(768, &[8, 25, 43]);
static IQ3_XXS: [[u8; 4]; 256] = table(1792, &[4, 12, 20, 28, 36, 44, 52, 62]);
static IQ3_S: [[u8; 4]; 512] = table(2048, &[1, 3, 5, 7, 9, 11, 13, 15]);
/// Codes: −1, 0 and 1 in eighths.
static IQ1: [[u8; 8]; 2048] = table(2560, &[120, 128, 136]);

/// The points from `first` on, unpacked: each is some of the bytes that it is `made_of`.
const fn table<const LEN: usize, const N: usize>(first: usize, made_of: &[u8]) -> [[u8; LEN]; N] {
    let bits = if LEN == 8 { 2 } else { 3 };
    let mut points = [[0; LEN]; N];
    let mut n = 0;
    while n < N {
        let at = 2 * (first + n);
        let packed = u16::from_le_bytes([PACKED[at], PACKED[at + 1]]) as usize;
        let mut i = 0;
        while i < LEN {
            points[n][i] = made_of[packed >> (bits * i) & ((1 << bits) - 1)];
            i += 1;
        }
        n += 1;
    }
    points
}

pub(super) fn iq2_xxs(block: &[u8], codes: &mut [u8]) {
    fill(codes, |i| {
        let group = &block[2 + 8 * (i / 4)..][..8];
        let signs = u32_at(group, 4) >> (7 * (i % 4));
        signed(IQ2_XXS[usize::from(group[i % 4])], even(signs as u8))
    });
}

pub(super) fn iq2_xs(block: &[u8], codes: &mut [u8]) {
    fill(codes, |i| {
        let word = u16_at(block, 2 + 2 * i);
        signed(IQ2_XS[usize::from(word & 511)], even((word >> 9) as u8))
    });
}

pub(super) fn iq2_s(block: &[u8], codes: &mut [u8]) {
    fill(codes, |i| {
        let high = block[66 + i / 4] >> (2 * (i % 4)) & 3;
        signed(IQ2_S[index(block[2 + i], high)], block[34 + i])
    });
}

pub(super) fn iq3_xxs(block: &[u8], codes: &mut [u8]) {
    fill(codes, |i| {
        let signs = u32_at(block, 66 + 4 * (i / 4)) >> (7 * (i % 4));
        let four = |n: usize| IQ3_XXS[usize::from(block[2 + n])];
        signed(joined(four(2 * i), four(2 * i + 1)), even(signs as u8))
    });
}

pub(super) fn iq3_s(block: &[u8], codes: &mut [u8]) {
    fill(codes, |i| {
        let high = block[66 + i / 4] >> (2 * (i % 4));
        let four = |n: usize, high: u8| IQ3_S[index(block[2 + n], high & 1)];
        signed(joined(four(2 * i, high), four(2 * i + 1, high >> 1)), block[74 + i])
    });
}

pub(super) fn iq1_s(block: &[u8], codes: &mut [u8]) {
    fill(codes, |i| {
        let high = u16_at(block, 34 + 2 * (i / 4));
        let bits = (high >> (3 * (i % 4))) as u8 & 7;
        shifted(IQ1[index(block[2 + i], bits)], high >> 15 == 1)
    });
}

pub(super) fn iq1_m(block: &[u8], codes: &mut [u8]) {
    fill(codes, |i| {
        let high = block[32 + i / 2] >> (4 * (i % 2));
        shifted(IQ1[index(block[i], high & 7)], high & 8 != 0)
    });
}

/// Writes the codes of a block, 8 at a time.
#[inline(always)]
fn fill(codes: &mut [u8], eight: impl Fn(usize) -> [u8; 8]) {
    for (i, codes) in codes.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        *codes = eight(i);
    }
}

/// The sizes as codes, which are 128 more than the numbers. Bit i is 1 where number i is negative.
#[inline(always)]
fn signed(sizes: [u8; 8], signs: u8) -> [u8; 8] {
    let code = |i: usize| if signs >> i & 1 == 1 { 128 - sizes[i] } else { 128 + sizes[i] };
    std::array::from_fn(code)
}

/// Seven signs and the one that makes the number of negative ones even: `ksigns_iq2xs`.
#[inline(always)]
fn even(signs: u8) -> u8 {
    let seven = signs & 127;
    seven | (seven.count_ones() as u8 & 1) << 7
}

#[inline(always)]
fn shifted(point: [u8; 8], down: bool) -> [u8; 8] {
    point.map(|code| if down { code - 1 } else { code + 1 })
}

#[inline(always)]
fn joined(first: [u8; 4], second: [u8; 4]) -> [u8; 8] {
    let ([a, b, c, d], [e, f, g, h]) = (first, second);
    [a, b, c, d, e, f, g, h]
}

/// The place in a table, of its lower 8 bits and the others.
#[inline(always)]
fn index(low: u8, high: u8) -> usize {
    usize::from(low) | usize::from(high) << 8
}

/// A number of 16 bits.
#[inline(always)]
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// A number of 32 bits.
#[inline(always)]
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
