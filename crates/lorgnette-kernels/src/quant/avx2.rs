//! The kernels in AVX2, which every x86 of the last ten years has, and those for many rows with
//! AVX-VNNI, which laptops have since 2021: one instruction in place of three. Those for many rows are
//! in [`many`] and [`vnni`], those for few in [`dot`](mod@dot).

#![allow(clippy::wildcard_imports, reason = "instructions have names of their own kind")]
#![expect(clippy::needless_range_loop, reason = "rows that are in registers are counted")]
#![expect(clippy::cast_possible_wrap, reason = "small constants that become parts of vectors")]

mod blocks_of_32;
mod dot;
mod fill;
mod many;
mod points;
mod vnni;

use std::arch::x86_64::*;

use lorgnette_gguf::BlockFormat;

use super::activations::{Activations, Group};
use super::chunk::{Chunk, LANES, Tile};
use super::gemm::Sums;
use super::gemv::Dot;
use super::level::Level;
use super::{GROUP, QuantMatrix, fine_activations};

/// Unpacks a group of 16 rows, as [`Tile::fill`] does.
pub(super) fn fill(tile: &mut Tile, w: &QuantMatrix<'_>, first: usize, group: usize) {
    assert!(Level::Avx2.is_supported());
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        fill::fill(tile, w, first, group);
    }
}

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
    assert_eq!(group.starts.len(), m * group.len / format.sub_len());
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    // SAFETY: they are there, by the assertion.
    unsafe {
        if level == Level::AvxVnni {
            vnni::add(chunk, group, format, sums);
        } else {
            many::add(chunk, group, format, sums);
        }
    }
}

/// Products of few rows of `x` at this level.
pub(super) struct Avx2;

impl Dot for Avx2 {
    fn is_supported() -> bool {
        Level::Avx2.is_supported()
    }

    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    unsafe fn dot<const R: usize, const M: usize>(
        format: BlockFormat,
        rows: [&[u8]; R],
        x: &Activations,
        first_x: usize,
    ) -> [[f32; M]; R] {
        // SAFETY: they are there, says the caller.
        unsafe { dot::dot::<R, M>(format, rows, x, first_x) }
    }
}

/// Takes the mins of a group off the totals of `R` rows of `x`.
#[target_feature(enable = "avx2,fma")]
fn take_mins<const R: usize>(
    tile: &Tile,
    group: &Group<'_>,
    format: BlockFormat,
    row: usize,
    totals: &mut [[__m256; R]; 2],
) {
    let n_subs = group.len / format.sub_len();
    if fine_activations(format) {
        for sub in 0..n_subs {
            for half in 0..2 {
                let min = load_8(&tile.min_scales[sub], half);
                for r in 0..R {
                    let at = (row + r) * n_subs + sub;
                    let x = _mm256_set1_ps(group.scales[at] * group.sums[at] as f32);
                    totals[half][r] = _mm256_fnmadd_ps(x, min, totals[half][r]);
                }
            }
        }
        return;
    }
    let mut mins = [[_mm256_setzero_si256(); R]; 2];
    for pair in 0..n_subs / 2 {
        let small = &tile.mins[pair];
        let small = [load_8_i32(small, 0), load_8_i32(small, 1)];
        for r in 0..R {
            let x_sums = _mm256_set1_epi32(group.sums[(row + r) * n_subs / 2 + pair]);
            for half in 0..2 {
                let products = _mm256_madd_epi16(small[half], x_sums);
                mins[half][r] = _mm256_add_epi32(mins[half][r], products);
            }
        }
    }
    for half in 0..2 {
        let scale = load_8(&tile.min_scales[0], half);
        for r in 0..R {
            let mins = _mm256_cvtepi32_ps(mins[half][r]);
            totals[half][r] = _mm256_fnmadd_ps(mins, scale, totals[half][r]);
        }
    }
}

/// Adds the totals of a group to the sums of `R` rows of `x`, from `first` on.
#[target_feature(enable = "avx2,fma")]
fn add_totals<const R: usize>(
    group: &Group<'_>,
    format: BlockFormat,
    row: usize,
    sums: &mut Sums,
    first: usize,
    totals: [[__m256; R]; 2],
) {
    for r in 0..R {
        for half in 0..2 {
            let sums = &mut sums[row + r][first + 8 * half..][..8];
            let old = load_8_of(sums);
            let new = if fine_activations(format) {
                _mm256_add_ps(old, totals[half][r])
            } else {
                _mm256_fmadd_ps(totals[half][r], _mm256_set1_ps(group.scales[row + r]), old)
            };
            store_8(sums, new);
        }
    }
}

/// Four bytes of a row of `x`, for all lanes.
#[target_feature(enable = "avx2")]
#[inline]
fn broadcast(quad: [i8; 4]) -> __m256i {
    _mm256_set1_epi32(i32::from_le_bytes(quad.map(i8::cast_unsigned)))
}

loads! { "avx2":
    load_32(u8, 32) -> __m256i = _mm256_loadu_si256;
    load_8_of(f32, 8) -> __m256 = _mm256_loadu_ps;
    load_8_of_i32(i32, 8) -> __m256i = _mm256_loadu_si256;
}

/// Half of the numbers of 16 rows.
#[target_feature(enable = "avx2")]
fn load_8(from: &[f32; LANES], half: usize) -> __m256 {
    load_8_of(&from[8 * half..])
}

#[target_feature(enable = "avx2")]
fn load_8_i32(from: &[i32; LANES], half: usize) -> __m256i {
    load_8_of_i32(&from[8 * half..])
}

/// Half of the codes of 16 rows.
#[target_feature(enable = "avx2")]
#[inline]
fn load_half(codes: &[[u8; 4]; LANES], half: usize) -> __m256i {
    load_32(codes[8 * half..][..8].as_flattened())
}

#[expect(unsafe_code, reason = "a vector store")]
#[target_feature(enable = "avx2")]
fn store_8(to: &mut [f32], x: __m256) {
    let to = &mut to[..8];
    // SAFETY: 8 numbers.
    unsafe { _mm256_storeu_ps(to.as_mut_ptr(), x) }
}
