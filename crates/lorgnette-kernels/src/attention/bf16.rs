//! Attention with queries, keys, values and weights rounded to bf16, on processors that multiply
//! bf16. Scores, sums and results stay f32: what a network run in bf16 does, and less rounded.
//!
//! Keys and values are packed once for all queries: the keys in panels of 64 by pairs of their
//! numbers, the values in panels of 64 of their numbers by pairs of keys.

#![allow(clippy::wildcard_imports, reason = "instructions have names of their own kind")]

use std::arch::x86_64::*;

use rayon::prelude::*;

use super::Attention;
use crate::bf16::{self, LANES, PANEL_ROWS};
use crate::element::Wide;
use crate::kv::Heads;

/// Keys to a tile, four panels. 256 × 256 scores in f32 and in bf16 are 384 KiB, within an L2 cache.
const KEYS: usize = 4 * PANEL_ROWS;

/// Whether heads have such a form, and the processor the instructions.
pub(super) fn is_possible(attention: &Attention) -> bool {
    bf16::is_supported() && attention.head_dim.is_multiple_of(2)
}

/// One head of keys and values.
struct Packed {
    /// Keys in the order `(panel of keys, pair of numbers, key)`.
    keys: Vec<[u32; PANEL_ROWS]>,
    /// Values in the order `(panel of numbers, pair of keys, number)`.
    values: Vec<[u32; PANEL_ROWS]>,
}

/// As [`Attention::run`], whose assertions hold.
pub(super) fn run<H: Heads>(attention: &Attention, q: &[f32], k: H, v: H, out: &mut [f32]) {
    let Attention { n_kv_heads, n_keys, .. } = *attention;
    let pack = |kv_head: usize| pack_head(&k.head(kv_head, n_keys), &v.head(kv_head, n_keys));
    let packed: Vec<Packed> = (0..n_kv_heads).into_par_iter().map(pack).collect();
    let packed = &packed;
    attention.blocks(out).for_each_init(
        Scratch::default,
        |scratch, (kv_head, first_query, out)| {
            block(attention, kv_head, first_query, q, &packed[kv_head], scratch, out);
        },
    );
}

fn pack_head(k: &impl Wide, v: &impl Wide) -> Packed {
    let (n_keys, d) = k.shape();
    let n_panels = n_keys.div_ceil(PANEL_ROWS);
    let mut keys = vec![[0; PANEL_ROWS]; n_panels * d / 2];
    keys.par_chunks_mut(d / 2).enumerate().for_each(|(i, panel)| {
        bf16::pack(k, i * PANEL_ROWS, 0..d, panel);
    });
    let n_pairs = n_panels * PANEL_ROWS / 2;
    let mut values = vec![[0; PANEL_ROWS]; d.div_ceil(PANEL_ROWS) * n_pairs];
    values.par_chunks_mut(32).enumerate().for_each(|(i, pairs)| {
        let (panel, first) = (32 * i / n_pairs, 32 * i % n_pairs);
        let columns = panel * PANEL_ROWS..d.min((panel + 1) * PANEL_ROWS);
        let mut scratch = [[0.0; PANEL_ROWS]; 2];
        let [one, two] = &mut scratch;
        for (i, pair) in pairs.iter_mut().enumerate() {
            let key = 2 * (first + i);
            if key >= n_keys {
                break;
            }
            let one = v.widen(key, columns.clone(), one);
            let two = if key + 1 < n_keys { v.widen(key + 1, columns.clone(), two) } else { &[] };
            pulp::Arch::new().dispatch(|| {
                for (pair, one) in pair.iter_mut().zip(one) {
                    *pair = bf16_bits(*one);
                }
                for (pair, two) in pair.iter_mut().zip(two) {
                    *pair |= bf16_bits(*two) << 16;
                }
            });
        }
    });
    Packed { keys, values }
}

/// The bits of the nearest bf16, half to even; NaN stays NaN.
#[inline(always)]
fn bf16_bits(x: f32) -> u32 {
    let bits = x.to_bits();
    let nearest = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    if x.is_nan() { 0x7fff } else { nearest }
}

/// One block of query positions against one head of keys and values.
fn block(
    attention: &Attention,
    kv_head: usize,
    first_query: usize,
    q: &[f32],
    packed: &Packed,
    scratch: &mut Scratch,
    out: &mut [f32],
) {
    let (d, group) = (attention.head_dim, attention.group());
    let n_rows = out.len() / d;
    let n_queries = n_rows / group;
    let d_panels = d.div_ceil(PANEL_ROWS);
    let d_wide = d_panels * PANEL_ROWS;
    scratch.resize(n_rows, d, d_wide);
    let Scratch { scaled, queries, scores, weights, results, maxima, sums } = scratch;

    // Rows in the order of `out`: position, then head of the group; scaled once, here.
    for (row, pairs) in queries.chunks_exact_mut(d / 2).enumerate() {
        attention.scale_query(q, kv_head, first_query, row, scaled);
        bf16::round(scaled, pairs);
    }
    results.fill(0.0);
    maxima.fill(f32::NEG_INFINITY);
    sums.fill(0.0);

    let n_keys = attention.n_visible_keys(first_query + n_queries - 1);
    let n_pairs = packed.values.len() / d_panels;
    for first_key in (0..n_keys).step_by(KEYS) {
        let n_panels = KEYS.min(n_keys - first_key).div_ceil(PANEL_ROWS);
        for panel in 0..n_panels {
            let keys = &packed.keys[(first_key / PANEL_ROWS + panel) * d / 2..][..d / 2];
            let scores = &mut scores[panel * PANEL_ROWS..];
            bf16::products::<false>(n_rows, queries, d / 2, keys, scores, KEYS);
        }
        let n_tile = n_panels * PANEL_ROWS;
        for row in 0..n_rows {
            let n_visible = attention.n_visible_keys(first_query + row / group);
            let n_visible = n_visible.saturating_sub(first_key).min(n_tile);
            let scores = &mut scores[row * KEYS..][..n_tile];
            let weights = &mut weights[row * KEYS / 2..][..n_tile / 2];
            #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
            // SAFETY: they are there: `bf16::round` asserted it.
            let rescale = unsafe {
                online_softmax(scores, n_visible, weights, &mut maxima[row], &mut sums[row])
            };
            if rescale < 1.0 {
                for x in &mut results[row * d_wide..][..d_wide] {
                    *x *= rescale;
                }
            }
        }
        for panel in 0..d_panels {
            let values = &packed.values[panel * n_pairs + first_key / 2..][..n_tile / 2];
            let results = &mut results[panel * PANEL_ROWS..];
            bf16::products::<true>(n_rows, weights, KEYS / 2, values, results, d_wide);
        }
    }
    for ((out, result), sum) in out.chunks_exact_mut(d).zip(results.chunks_exact(d_wide)).zip(sums)
    {
        for (out, result) in out.iter_mut().zip(result) {
            *out = result / *sum;
        }
    }
}

/// Turns a row's first `n_visible` scores into weights e^(score − maximum so far), as pairs of bf16,
/// the others into 0, and returns what the row's earlier results must be multiplied with, for the
/// maximum may have grown.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn online_softmax(
    scores: &mut [f32],
    n_visible: usize,
    weights: &mut [u32],
    maximum: &mut f32,
    sum: &mut f32,
) -> f32 {
    if n_visible == 0 {
        weights.fill(0);
        return 1.0;
    }
    scores[n_visible..].fill(f32::NEG_INFINITY);
    let (vectors, _) = scores.as_chunks::<{ 2 * LANES }>();
    let mut most = _mm512_set1_ps(*maximum);
    for two in vectors {
        let [one, two] = halves(two);
        most = _mm512_max_ps(most, _mm512_max_ps(one, two));
    }
    let new_maximum = _mm512_reduce_max_ps(most);
    let shift = _mm512_set1_ps(new_maximum);
    let mut tile_sum = [_mm512_setzero_ps(); 2];
    let (pairs, _) = weights.as_chunks_mut::<LANES>();
    for (two, pairs) in vectors.iter().zip(pairs) {
        let [one, two] = halves(two).map(|x| exp(_mm512_sub_ps(x, shift)));
        tile_sum = [_mm512_add_ps(tile_sum[0], one), _mm512_add_ps(tile_sum[1], two)];
        *pairs = words(_mm512_cvtne2ps_pbh(two, one));
    }
    let rescale = crate::elementwise::exp(*maximum - new_maximum);
    *sum = *sum * rescale + _mm512_reduce_add_ps(_mm512_add_ps(tile_sum[0], tile_sum[1]));
    *maximum = new_maximum;
    rescale
}

/// e^x for x ≤ 0, with a relative error under 1e-6; 0 where it is below 2^−149. A NaN stays one.
///
/// As [`crate::elementwise::exp`], with a polynomial of degree 5: the result is rounded to bf16.
#[target_feature(enable = "avx512f")]
fn exp(x: __m512) -> __m512 {
    // The constant first: of two numbers, one of them a NaN, the second is taken.
    let x = _mm512_max_ps(_mm512_set1_ps(-104.0), x);
    let n = _mm512_mul_ps(x, _mm512_set1_ps(std::f32::consts::LOG2_E));
    let n = _mm512_roundscale_ps::<0>(n);
    let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693_359_4), x);
    let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.121_944_4e-4), r);
    let mut p = _mm512_set1_ps(1.0 / 120.0);
    for coefficient in [1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(coefficient));
    }
    _mm512_scalef_ps(p, n)
}

#[target_feature(enable = "avx512f")]
fn halves(two: &[f32; 2 * LANES]) -> [__m512; 2] {
    let two: &[[f32; LANES]; 2] = two.as_chunks().0.try_into().expect("two vectors");
    #[expect(unsafe_code, reason = "vector loads")]
    // SAFETY: 16 numbers each.
    unsafe {
        [_mm512_loadu_ps(two[0].as_ptr()), _mm512_loadu_ps(two[1].as_ptr())]
    }
}

#[target_feature(enable = "avx512f")]
fn words(from: __m512bh) -> [u32; LANES] {
    #[expect(unsafe_code, reason = "a vector of 64 bytes")]
    // SAFETY: both are 64 bytes of numbers, any of which are valid.
    unsafe {
        std::mem::transmute::<__m512bh, [u32; LANES]>(from)
    }
}

/// What a thread needs beside its output; kept from block to block.
#[derive(Default)]
struct Scratch {
    scaled: Vec<f32>,  // (head_dim)
    queries: Vec<u32>, // (rows, head_dim / 2)
    scores: Vec<f32>,  // (rows, KEYS)
    weights: Vec<u32>, // (rows, KEYS / 2)
    results: Vec<f32>, // (rows, head_dim up to whole panels)
    maxima: Vec<f32>,  // (rows)
    sums: Vec<f32>,    // (rows)
}

impl Scratch {
    fn resize(&mut self, n_rows: usize, head_dim: usize, wide: usize) {
        self.scaled.resize(head_dim, 0.0);
        self.queries.resize(n_rows * head_dim / 2, 0);
        self.scores.resize(n_rows * KEYS, 0.0);
        self.weights.resize(n_rows * KEYS / 2, 0);
        self.results.resize(n_rows * wide, 0.0);
        self.maxima.resize(n_rows, 0.0);
        self.sums.resize(n_rows, 0.0);
    }
}
