//! The kernels in NEON, with products of bytes: `sdot` (dotprod) adds four products of bytes each to
//! 4 sums, `smmla` (i8mm) multiplies 2 x 8 bytes with 8 x 2 and adds them to 2 x 2 sums.
//!
//! Both take signed bytes. Codes have 6 bits at the most and are taken as they are; those that are
//! signed already have 128 more in a tile.

#![allow(clippy::wildcard_imports, reason = "instructions have names of their own kind")]
#![expect(clippy::needless_range_loop, reason = "an index counts parts of several arrays")]

use std::arch::aarch64::*;
use std::arch::asm;

use lorgnette_gguf::BlockFormat;

use super::QuantMatrix;
use super::activations::{Activations, Group};
use super::chunk::{Chunk, LANES, Tile};
use super::gemm::Sums;
use super::level::Level;
use super::{GROUP, fine_activations};

/// Rows of `x` at a time: with 8 rows of the matrix, 8 integer sums and 8 floating ones.
const ROWS: usize = 4;
/// Rows of the matrix at a time: two vectors.
const HALF: usize = LANES / 2;

/// Adds the products of a chunk with a group of all rows of `x`.
pub(super) fn add(
    chunk: &Chunk,
    group: &Group<'_>,
    format: BlockFormat,
    sums: &mut Sums,
    level: Level,
) {
    assert!(level.is_supported());
    let m = sums.len();
    assert!(group.len <= GROUP && group.codes.len() == m * group.len);
    for row in (0..m).step_by(ROWS) {
        let n = ROWS.min(m - row);
        for half in 0..4 {
            let tile = &chunk.tiles[half / 2];
            let first = HALF * (half % 2);
            let mut totals = [[0.0; HALF]; ROWS];
            #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
            // SAFETY: they are there, by the assertion.
            unsafe {
                if level == Level::NeonI8mm {
                    i8mm(tile, group, format, (row, n), first, &mut totals);
                } else {
                    dotprod(tile, group, format, (row, n), first, &mut totals);
                }
            }
            for (r, totals) in totals.iter_mut().take(n).enumerate() {
                take_mins(tile, group, format, row + r, first, totals);
                let scale = if fine_activations(format) { 1.0 } else { group.scales[row + r] };
                let sums = &mut sums[row + r][half * HALF..][..HALF];
                for (sum, total) in sums.iter_mut().zip(totals) {
                    *sum = total.mul_add(scale, *sum);
                }
            }
        }
    }
}

/// Products of rows of the matrix, as many as `out` has, with one of `x`.
pub(super) fn dot(
    w: &QuantMatrix<'_>,
    first: usize,
    x: &Activations,
    row_of_x: usize,
    out: &mut [f32],
) {
    assert!(Level::NeonDotprod.is_supported());
    for (i, out) in out.iter_mut().enumerate() {
        #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
        // SAFETY: they are there, by the assertion.
        unsafe {
            *out = dot_supported(w.format, w.row(first + i), x, row_of_x);
        }
    }
}

/// What signed codes have too much, in each byte.
fn flip(format: BlockFormat) -> u8 {
    if format.is_signed() { 0x80 } else { 0 }
}

/// What an integer sum of a row of `x` begins with.
fn start(group: &Group<'_>, format: BlockFormat, row: usize, sub: usize) -> i32 {
    let n_subs = group.len / format.sub_len();
    if format.is_signed() { 0 } else { group.starts[row * n_subs + sub] }
}

/// `n` rows of `x` from `row` with 8 rows of a tile from `first`.
#[target_feature(enable = "neon,dotprod")]
fn dotprod(
    tile: &Tile,
    group: &Group<'_>,
    format: BlockFormat,
    (row, n): (usize, usize),
    first: usize,
    out: &mut [[f32; HALF]; ROWS],
) {
    let sub_quads = format.sub_len() / 4;
    // A row that is not there is the last one again, and left out at the end.
    let rows: [usize; ROWS] = std::array::from_fn(|r| row + r.min(n - 1));
    let flip = vdupq_n_u8(flip(format));
    let mut totals = [[vdupq_n_f32(0.0); 2]; ROWS];
    for sub in 0..group.len / format.sub_len() {
        let mut products = rows.map(|row| [vdupq_n_s32(start(group, format, row, sub)); 2]);
        for quads in (sub * sub_quads..(sub + 1) * sub_quads).step_by(4) {
            let x = rows.map(|row| load_i8(&group.codes[row * group.len + 4 * quads..]));
            for part in 0..2 {
                let codes: [int8x16_t; 4] = std::array::from_fn(|quad| {
                    let codes = tile.codes[quads + quad][first + 4 * part..][..4].as_flattened();
                    vreinterpretq_s8_u8(veorq_u8(load_u8(codes), flip))
                });
                for r in 0..ROWS {
                    let sums = &mut products[r][part];
                    *sums = sdot_lane::<0>(*sums, codes[0], x[r]);
                    *sums = sdot_lane::<1>(*sums, codes[1], x[r]);
                    *sums = sdot_lane::<2>(*sums, codes[2], x[r]);
                    *sums = sdot_lane::<3>(*sums, codes[3], x[r]);
                }
            }
        }
        add_scaled(tile, group, format, &rows, first, sub, &products, &mut totals);
    }
    store(totals, out);
}

/// As [`dotprod`], two rows of `x` and two of the matrix at a time, 8 columns each.
#[target_feature(enable = "neon,dotprod,i8mm")]
fn i8mm(
    tile: &Tile,
    group: &Group<'_>,
    format: BlockFormat,
    (row, n): (usize, usize),
    first: usize,
    out: &mut [[f32; HALF]; ROWS],
) {
    let sub_quads = format.sub_len() / 4;
    let rows: [usize; ROWS] = std::array::from_fn(|r| row + r.min(n - 1));
    let flip = vdupq_n_u8(flip(format));
    let mut totals = [[vdupq_n_f32(0.0); 2]; ROWS];
    for sub in 0..group.len / format.sub_len() {
        // `(pair of rows of x, pair of rows of the matrix)`: 2 x 2 sums, those of a row of the
        // matrix beside each other.
        let mut sums = [[vdupq_n_s32(0); 4]; ROWS / 2];
        for quad in (sub * sub_quads..(sub + 1) * sub_quads).step_by(2) {
            let x: [int8x16_t; ROWS / 2] = std::array::from_fn(|pair| {
                let eight = |row: usize| load_eight(&group.codes[row * group.len + 4 * quad..]);
                vcombine_s8(eight(rows[2 * pair]), eight(rows[2 * pair + 1]))
            });
            for part in 0..2 {
                let codes = |quad: usize| {
                    let codes = tile.codes[quad][first + 4 * part..][..4].as_flattened();
                    vreinterpretq_u32_u8(veorq_u8(load_u8(codes), flip))
                };
                let (one, two) = (codes(quad), codes(quad + 1));
                let low = vreinterpretq_s8_u32(vzip1q_u32(one, two));
                let high = vreinterpretq_s8_u32(vzip2q_u32(one, two));
                for (sums, x) in sums.iter_mut().zip(x) {
                    sums[2 * part] = smmla(sums[2 * part], low, x);
                    sums[2 * part + 1] = smmla(sums[2 * part + 1], high, x);
                }
            }
        }
        let products: [[int32x4_t; 2]; ROWS] = std::array::from_fn(|r| {
            let sums = &sums[r / 2];
            let start = vdupq_n_s32(start(group, format, rows[r], sub));
            std::array::from_fn(|part| {
                let (low, high) = (sums[2 * part], sums[2 * part + 1]);
                let sums = if r % 2 == 0 { vuzp1q_s32(low, high) } else { vuzp2q_s32(low, high) };
                vaddq_s32(sums, start)
            })
        });
        add_scaled(tile, group, format, &rows, first, sub, &products, &mut totals);
    }
    store(totals, out);
}

/// Totals plus a sub-block's integer sums, times its scales.
#[expect(clippy::too_many_arguments, reason = "the pieces of one step of a loop")]
#[target_feature(enable = "neon")]
fn add_scaled(
    tile: &Tile,
    group: &Group<'_>,
    format: BlockFormat,
    rows: &[usize; ROWS],
    first: usize,
    sub: usize,
    products: &[[int32x4_t; 2]; ROWS],
    totals: &mut [[float32x4_t; 2]; ROWS],
) {
    let n_subs = group.len / format.sub_len();
    for part in 0..2 {
        let scales = load_f32(&tile.scales[sub][first + 4 * part..]);
        for r in 0..ROWS {
            let mut product = vcvtq_f32_s32(products[r][part]);
            if fine_activations(format) {
                product = vmulq_n_f32(product, group.scales[rows[r] * n_subs + sub]);
            }
            totals[r][part] = vfmaq_f32(totals[r][part], product, scales);
        }
    }
}

/// Takes the mins off a row's totals.
fn take_mins(
    tile: &Tile,
    group: &Group<'_>,
    format: BlockFormat,
    row: usize,
    first: usize,
    totals: &mut [f32; HALF],
) {
    if format.has_min() {
        for (lane, total) in totals.iter_mut().enumerate() {
            *total -= tile.mins(first + lane, group, format, row);
        }
    }
}

/// As [`dot_scalar`](super::gemv), the products of a sub-block at a time.
#[target_feature(enable = "neon,dotprod")]
fn dot_supported(format: BlockFormat, row: &[u8], x: &Activations, row_of_x: usize) -> f32 {
    let (block_len, sub_len) = (format.block_len(), format.sub_len());
    let group_bytes = GROUP / block_len * format.block_bytes();
    let flip = vdupq_n_u8(flip(format));
    let mut codes = [0; GROUP];
    let mut total = 0.0;
    for (i, blocks) in row.chunks(group_bytes).enumerate() {
        let group = x.group(i);
        let n_subs = group.len / sub_len;
        let x = &group.codes[row_of_x * group.len..][..group.len];
        for (i, block) in blocks.chunks_exact(format.block_bytes()).enumerate() {
            format.codes(block, &mut codes[..block_len]);
            let (scale, min_scale) = format.scales(block);
            let (mut sum, mut mins) = (0, 0);
            for sub in 0..block_len / sub_len {
                let at = i * block_len / sub_len + sub;
                let mut products = vdupq_n_s32(0);
                for column in (0..sub_len).step_by(16) {
                    let codes = veorq_u8(load_u8(&codes[sub * sub_len + column..]), flip);
                    let x = load_i8(&x[at * sub_len + column..]);
                    products = sdot(products, vreinterpretq_s8_u8(codes), x);
                }
                let product = start(&group, format, row_of_x, at) + vaddvq_s32(products);
                let (small, min) = format.small_scale_and_min(block, sub);
                sum += product * i32::from(small);
                if format.has_min() {
                    mins += i32::from(min) * group.sum(format, row_of_x, at);
                }
            }
            let x_scale = if fine_activations(format) {
                group.scales[row_of_x * n_subs + i]
            } else {
                group.scales[row_of_x]
            };
            total += (scale * sum as f32 - min_scale * mins as f32) * x_scale;
        }
    }
    total
}

/// `sums + a · b`, four products of bytes a sum. As assembly, because the function for it is not
/// stable yet.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn sdot(mut sums: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    #[expect(unsafe_code, reason = "an instruction")]
    // SAFETY: registers alone; the instruction is there.
    unsafe {
        asm!("sdot {0:v}.4s, {1:v}.16b, {2:v}.16b", inout(vreg) sums, in(vreg) a, in(vreg) b,
            options(pure, nomem, nostack, preserves_flags));
    }
    sums
}

/// As [`sdot`], with the four bytes of one lane of `b` for every sum.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn sdot_lane<const LANE: i32>(mut sums: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    #[expect(unsafe_code, reason = "an instruction")]
    // SAFETY: registers alone; the instruction is there.
    unsafe {
        asm!("sdot {0:v}.4s, {1:v}.16b, {2:v}.4b[{3}]", inout(vreg) sums, in(vreg) a, in(vreg) b,
            const LANE, options(pure, nomem, nostack, preserves_flags));
    }
    sums
}

/// `sums + a · bᵀ`, of 2 x 8 bytes each.
#[inline]
#[target_feature(enable = "neon,i8mm")]
fn smmla(mut sums: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    #[expect(unsafe_code, reason = "an instruction")]
    // SAFETY: registers alone; the instruction is there.
    unsafe {
        asm!("smmla {0:v}.4s, {1:v}.16b, {2:v}.16b", inout(vreg) sums, in(vreg) a, in(vreg) b,
            options(pure, nomem, nostack, preserves_flags));
    }
    sums
}

macro_rules! loads {
    ($($name:ident($item:ty, $n:literal) -> $vector:ty = $load:ident;)*) => {$(
        #[expect(unsafe_code, reason = "a vector load")]
        #[inline]
        #[target_feature(enable = "neon")]
        fn $name(from: &[$item]) -> $vector {
            let from = &from[..$n];
            // SAFETY: the slice has the length of the vector.
            unsafe { $load(from.as_ptr()) }
        }
    )*};
}

loads! {
    load_u8(u8, 16) -> uint8x16_t = vld1q_u8;
    load_i8(i8, 16) -> int8x16_t = vld1q_s8;
    load_eight(i8, 8) -> int8x8_t = vld1_s8;
    load_f32(f32, 4) -> float32x4_t = vld1q_f32;
}

#[target_feature(enable = "neon")]
fn store(totals: [[float32x4_t; 2]; ROWS], out: &mut [[f32; HALF]; ROWS]) {
    for (totals, out) in totals.into_iter().zip(out) {
        for (total, out) in totals.into_iter().zip(out.as_chunks_mut::<4>().0) {
            #[expect(unsafe_code, reason = "a vector store")]
            // SAFETY: four numbers.
            unsafe {
                vst1q_f32(out.as_mut_ptr(), total);
            }
        }
    }
}
