//! Products of many rows of `x` with AVX-VNNI: four products of bytes are added to a sum of 32 bits
//! at once.

use std::arch::x86_64::*;

use lorgnette_gguf::BlockFormat;

use super::{add_totals, broadcast, load_8, load_half, take_mins};
use crate::quant::activations::Group;
use crate::quant::chunk::{Chunk, LANES, Tile};
use crate::quant::fine_activations;
use crate::quant::gemm::Sums;

/// Rows of `x` at a time: 6 integer sums and 6 floating ones leave four of the 16 registers.
const ROWS: usize = 3;

/// Adds the products of a chunk with a group of all rows of `x`.
#[target_feature(enable = "avx2,fma,avxvnni")]
pub(super) fn add(chunk: &Chunk, group: &Group<'_>, format: BlockFormat, sums: &mut Sums) {
    let m = sums.len();
    for row in (0..m).step_by(ROWS) {
        for (half, tile) in chunk.tiles.iter().enumerate() {
            let first = half * LANES;
            match m - row {
                1 => rows::<1>(tile, group, format, row, sums, first),
                2 => rows::<2>(tile, group, format, row, sums, first),
                _ => rows::<ROWS>(tile, group, format, row, sums, first),
            }
        }
    }
}

#[target_feature(enable = "avx2,fma,avxvnni")]
fn rows<const R: usize>(
    tile: &Tile,
    group: &Group<'_>,
    format: BlockFormat,
    row: usize,
    sums: &mut Sums,
    first: usize,
) {
    let sub_quads = format.sub_len() / 4;
    let n_subs = group.len / format.sub_len();
    let rows: [&[[i8; 4]]; R] = std::array::from_fn(|r| {
        group.codes[(row + r) * group.len..][..group.len].as_chunks::<4>().0
    });
    let mut totals = [[_mm256_setzero_ps(); R]; 2];
    for sub in 0..n_subs {
        let mut products = [[_mm256_setzero_si256(); R]; 2];
        for r in 0..R {
            let start = _mm256_set1_epi32(group.starts[(row + r) * n_subs + sub]);
            products[0][r] = start;
            products[1][r] = start;
        }
        for quad in sub * sub_quads..(sub + 1) * sub_quads {
            let codes = [load_half(&tile.codes[quad], 0), load_half(&tile.codes[quad], 1)];
            for r in 0..R {
                let x = broadcast(rows[r][quad]);
                for half in 0..2 {
                    products[half][r] = _mm256_dpbusd_avx_epi32(products[half][r], codes[half], x);
                }
            }
        }
        for half in 0..2 {
            let scale = load_8(&tile.scales[sub], half);
            for r in 0..R {
                let mut product = _mm256_cvtepi32_ps(products[half][r]);
                if fine_activations(format) {
                    let x_scale = group.scales[(row + r) * n_subs + sub];
                    product = _mm256_mul_ps(product, _mm256_set1_ps(x_scale));
                }
                totals[half][r] = _mm256_fmadd_ps(product, scale, totals[half][r]);
            }
        }
    }
    if format.has_min() {
        take_mins(tile, group, format, row, &mut totals);
    }
    add_totals(group, format, row, sums, first, totals);
}
