//! The product of a chunk with many rows of `x`.

use std::arch::x86_64::*;

use lorgnette_gguf::BlockFormat;

use crate::quant::activations::Group;
use crate::quant::chunk::{Chunk, LANES};
use crate::quant::fine_activations;
use crate::quant::gemm::Sums;

/// Rows of `x` at a time: with two vectors of rows of the matrix, 12 integer sums and 12 floating
/// ones, two vectors of codes and one of `x` leave five of the 32 registers.
const ROWS: usize = 6;

/// `sums` plus the products of the chunk with the group.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) fn add(chunk: &Chunk, group: &Group<'_>, format: BlockFormat, sums: &mut Sums) {
    match (format.sub_len(), fine_activations(format), format.has_min()) {
        (16, _, false) => all_rows::<4, false, false>(chunk, group, sums),
        (16, _, true) => all_rows::<4, false, true>(chunk, group, sums),
        (_, false, false) => all_rows::<8, false, false>(chunk, group, sums),
        (_, false, true) => all_rows::<8, false, true>(chunk, group, sums),
        (_, true, false) => all_rows::<8, true, false>(chunk, group, sums),
        (_, true, true) => all_rows::<8, true, true>(chunk, group, sums),
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn all_rows<const SUB_QUADS: usize, const FINE: bool, const MINS: bool>(
    chunk: &Chunk,
    group: &Group<'_>,
    sums: &mut Sums,
) {
    let m = sums.len();
    let n_subs = group.len / (4 * SUB_QUADS);
    assert!(group.len <= 4 * chunk.tiles[0].codes.len() && n_subs <= chunk.tiles[0].scales.len());
    assert_eq!(group.codes.len(), m * group.len);
    assert_eq!(group.scales.len(), m * if FINE { n_subs } else { 1 });
    assert_eq!(group.starts.len(), m * n_subs);
    let n_sums = if FINE { n_subs } else { n_subs / 2 };
    assert_eq!(group.sums.len(), if MINS { m * n_sums } else { 0 });
    assert!(!(FINE && MINS) || n_subs <= chunk.tiles[0].min_scales.len());
    // As even as can be: a last tile of one or two rows would wait for its own sums.
    let n_tiles = m.div_ceil(ROWS);
    #[expect(unsafe_code, reason = "pointers without checks in the innermost loop")]
    for tile in 0..n_tiles {
        let (row, end) = (tile * m / n_tiles, (tile + 1) * m / n_tiles);
        // SAFETY: `end <= m`, `end - row` rows in each call, and the lengths were asserted above.
        unsafe {
            match end - row {
                1 => rows::<1, SUB_QUADS, FINE, MINS>(chunk, group, row, sums),
                2 => rows::<2, SUB_QUADS, FINE, MINS>(chunk, group, row, sums),
                3 => rows::<3, SUB_QUADS, FINE, MINS>(chunk, group, row, sums),
                4 => rows::<4, SUB_QUADS, FINE, MINS>(chunk, group, row, sums),
                5 => rows::<5, SUB_QUADS, FINE, MINS>(chunk, group, row, sums),
                6 => rows::<6, SUB_QUADS, FINE, MINS>(chunk, group, row, sums),
                n => unreachable!("{n} rows in a tile of {ROWS}"),
            }
        }
    }
}

/// `R` rows of `x` from `row` on.
///
/// # Safety
/// The group and the sums have `row + R` rows at least, of the group's length.
#[expect(unsafe_code, reason = "pointers without checks in the innermost loop")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn rows<const R: usize, const SUB_QUADS: usize, const FINE: bool, const MINS: bool>(
    chunk: &Chunk,
    group: &Group<'_>,
    row: usize,
    sums: &mut Sums,
) {
    let n_subs = group.len / (4 * SUB_QUADS);
    let [low, high] = &chunk.tiles;
    // SAFETY: every pointer below stays inside its slice, which has these rows.
    unsafe {
        let codes = group.codes.as_ptr().add(row * group.len);
        let starts = group.starts.as_ptr().add(row * n_subs);
        let n_scales = if FINE { n_subs } else { 1 };
        let scales = group.scales.as_ptr().add(row * n_scales);
        let mut totals = [[_mm512_setzero_ps(); R]; 2];
        for sub in 0..n_subs {
            let mut products = [[_mm512_setzero_si512(); R]; 2];
            if !MINS {
                for r in 0..R {
                    let start = _mm512_set1_epi32(*starts.add(r * n_subs + sub));
                    products[0][r] = start;
                    products[1][r] = start;
                }
            }
            let first = sub * SUB_QUADS;
            for quad in first..first + SUB_QUADS {
                let w_low = _mm512_load_si512(low.codes.as_ptr().add(quad).cast());
                let w_high = _mm512_load_si512(high.codes.as_ptr().add(quad).cast());
                for r in 0..R {
                    let x = codes.add(r * group.len + 4 * quad).cast::<i32>();
                    let x = _mm512_set1_epi32(x.read_unaligned());
                    products[0][r] = _mm512_dpbusd_epi32(products[0][r], w_low, x);
                    products[1][r] = _mm512_dpbusd_epi32(products[1][r], w_high, x);
                }
            }
            let s_low = _mm512_load_ps(low.scales.as_ptr().add(sub).cast());
            let s_high = _mm512_load_ps(high.scales.as_ptr().add(sub).cast());
            for r in 0..R {
                let mut p_low = _mm512_cvtepi32_ps(products[0][r]);
                let mut p_high = _mm512_cvtepi32_ps(products[1][r]);
                if FINE {
                    let scale = _mm512_set1_ps(*scales.add(r * n_scales + sub));
                    p_low = _mm512_mul_ps(p_low, scale);
                    p_high = _mm512_mul_ps(p_high, scale);
                }
                totals[0][r] = _mm512_fmadd_ps(p_low, s_low, totals[0][r]);
                totals[1][r] = _mm512_fmadd_ps(p_high, s_high, totals[1][r]);
            }
        }
        if MINS && FINE {
            let x_sums = group.sums.as_ptr().add(row * n_subs);
            for sub in 0..n_subs {
                let m_low = _mm512_load_ps(low.min_scales.as_ptr().add(sub).cast());
                let m_high = _mm512_load_ps(high.min_scales.as_ptr().add(sub).cast());
                for r in 0..R {
                    let at = r * n_subs + sub;
                    let x = _mm512_set1_ps(*scales.add(at) * *x_sums.add(at) as f32);
                    totals[0][r] = _mm512_fnmadd_ps(x, m_low, totals[0][r]);
                    totals[1][r] = _mm512_fnmadd_ps(x, m_high, totals[1][r]);
                }
            }
        } else if MINS {
            let pairs = group.sums.as_ptr().add(row * n_subs / 2);
            let mut mins = [[_mm512_setzero_si512(); R]; 2];
            for pair in 0..n_subs / 2 {
                let m_low = _mm512_load_si512(low.mins.as_ptr().add(pair).cast());
                let m_high = _mm512_load_si512(high.mins.as_ptr().add(pair).cast());
                for r in 0..R {
                    let x = _mm512_set1_epi32(*pairs.add(r * n_subs / 2 + pair));
                    mins[0][r] = _mm512_dpwssd_epi32(mins[0][r], m_low, x);
                    mins[1][r] = _mm512_dpwssd_epi32(mins[1][r], m_high, x);
                }
            }
            let s_low = _mm512_load_ps(low.min_scales[0].as_ptr());
            let s_high = _mm512_load_ps(high.min_scales[0].as_ptr());
            for r in 0..R {
                let (m_low, m_high) =
                    (_mm512_cvtepi32_ps(mins[0][r]), _mm512_cvtepi32_ps(mins[1][r]));
                totals[0][r] = _mm512_fnmadd_ps(m_low, s_low, totals[0][r]);
                totals[1][r] = _mm512_fnmadd_ps(m_high, s_high, totals[1][r]);
            }
        }
        let sums = sums.as_mut_ptr().add(row).cast::<f32>();
        for r in 0..R {
            for (half, totals) in totals.iter().enumerate() {
                let sum = sums.add((2 * r + half) * LANES);
                let old = _mm512_loadu_ps(sum);
                let new = if FINE {
                    _mm512_add_ps(old, totals[r])
                } else {
                    _mm512_fmadd_ps(totals[r], _mm512_set1_ps(*scales.add(r)), old)
                };
                _mm512_storeu_ps(sum, new);
            }
        }
    }
}
