//! Many rows of `x`.

use lorgnette_gguf::BlockFormat;
use rayon::prelude::*;

use super::activations::{Activations, Group};
use super::chunk::{CHUNK_ROWS, Chunk, LANES, Tile};
use super::level::Level;
use super::{Columns, QuantMatrix, fine_activations, par_pieces};

/// Sums of one panel: `(m, CHUNK_ROWS)`. Beside each other, because the rows of `y` lie a multiple
/// of 4 KiB apart and would push each other out of the cache.
pub(super) type Sums = Vec<[f32; CHUNK_ROWS]>;

struct Scratch {
    chunk: Box<Chunk>,
    sums: Sums,
}

/// Computes `y = x · wᵀ`, a panel of rows of `w` for each task.
pub(super) fn run(w: &QuantMatrix<'_>, x: &Activations, y: &mut [f32], level: Level) {
    let columns = Columns::of(y, x.m, w.n);
    let scratch = || Scratch { chunk: Chunk::zeroed(), sums: vec![[0.0; CHUNK_ROWS]; x.m] };
    par_pieces(w.n, CHUNK_ROWS).for_each_init(scratch, |scratch, rows| {
        let Scratch { chunk, sums } = scratch;
        sums.fill([0.0; CHUNK_ROWS]);
        for i in 0..x.n_groups() {
            fill(chunk, w, rows.start, i, level);
            add(chunk, &x.group(i), x.format, sums, level);
        }
        for (row, sums) in sums.iter().enumerate() {
            #[expect(unsafe_code, reason = "threads write disjoint columns of one matrix")]
            // SAFETY: panels are disjoint ranges of columns, each of one task.
            unsafe {
                columns.write(row, rows.start, &sums[..rows.len()]);
            }
        }
    });
}

fn fill(chunk: &mut Chunk, w: &QuantMatrix<'_>, first: usize, group: usize, level: Level) {
    for (i, tile) in chunk.tiles.iter_mut().enumerate() {
        let first = first + i * LANES;
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512Vnni => super::avx512::fill(tile, w, first, group),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::AvxVnni => super::avx2::fill(tile, w, first, group),
            _ => tile.fill(w, first, group),
        }
    }
}

fn add(chunk: &Chunk, group: &Group<'_>, format: BlockFormat, sums: &mut Sums, level: Level) {
    match level {
        Level::Scalar => {
            for (row, sums) in sums.iter_mut().enumerate() {
                let (low, high) = sums.split_at_mut(LANES);
                add_tile(&chunk.tiles[0], group, format, row, low);
                add_tile(&chunk.tiles[1], group, format, row, high);
            }
        }
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::AvxVnni => super::avx2::add(chunk, group, format, sums, level),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512Vnni => super::avx512::add(chunk, group, format, sums),
        #[cfg(target_arch = "aarch64")]
        Level::NeonDotprod | Level::NeonI8mm => {
            super::neon::add(chunk, group, format, sums, level);
        }
        _ => unreachable!("only levels that are supported are run"),
    }
}

/// What every level computes for one row of `x`: `sums` `(LANES)` plus the products with one group.
fn add_tile(tile: &Tile, group: &Group<'_>, format: BlockFormat, row: usize, sums: &mut [f32]) {
    let (sub_len, n_subs) = (format.sub_len(), group.len / format.sub_len());
    let fine = fine_activations(format);
    let codes = &group.codes[row * group.len..][..group.len];
    let starts = &group.starts[row * n_subs..][..n_subs];
    let n_scales = if fine { n_subs } else { 1 };
    let scales = &group.scales[row * n_scales..][..n_scales];
    for (lane, total) in sums.iter_mut().enumerate() {
        let mut sum = 0.0_f32;
        for sub in 0..n_subs {
            let columns = sub * sub_len..(sub + 1) * sub_len;
            let product = columns.map(|column| {
                i32::from(tile.codes[column / 4][lane][column % 4]) * i32::from(codes[column])
            });
            let product = (starts[sub] + product.sum::<i32>()) as f32;
            let product = if fine { product * scales[sub] } else { product };
            sum = product.mul_add(tile.scales[sub][lane], sum);
        }
        if format.has_min() {
            sum -= tile.mins(lane, group, format, row);
        }
        *total = if fine { *total + sum } else { sum.mul_add(scales[0], *total) };
    }
}
