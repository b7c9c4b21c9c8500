//! Attention with queries, keys, values and weights in 16 bits, on processors with AVX2 and nothing
//! for bf16. Scores, sums and results stay f32.
//!
//! A query, a key and a value each have a scale of their own, and the weights of a query have one
//! for each tile of keys. The scale of a value is part of its weight: its logarithm is added to the
//! score. So what a query finds does not depend on the others beside it.
//!
//! Keys and values are packed once for all queries: the keys in panels of 16 by pairs of their
//! numbers, the values in panels of 16 of their numbers by pairs of keys.

#![allow(clippy::wildcard_imports, reason = "instructions have names of their own kind")]

use std::arch::x86_64::*;

use rayon::prelude::*;

use super::Attention;
use crate::element::Wide;
use crate::int16::{self, LANES, PANEL_ROWS, Rows, largest_code};
use crate::kv::Heads;
use crate::quant::Level;

/// Keys to a tile.
const KEYS: usize = 256;
/// Rows of scores to a tile: they stay in the first cache from one product to the other.
const ROWS: usize = 24;
/// The largest code of a weight and of a value. Weights take the larger part of the 31 bits that the
/// sums of a tile have: a tile's small ones are many.
const LARGEST_WEIGHT: f32 = 8191.0;
const LARGEST_VALUE: f32 = 1023.0;
/// Stands for the scale of a value that is zero, whose codes are zero anyway: far below that of others,
/// so that its weight does not take their bits, and not so far that its part of the sum is lost.
const SCALE_OF_ZERO: f32 = 1e-12;
const _: () = assert!(8191 * 1023 * KEYS < 1 << 31);

/// Whether heads have such a form, and the processor the instructions.
pub(super) fn is_possible(attention: &Attention) -> bool {
    int16::is_supported()
        && attention.head_dim.is_multiple_of(2)
        && attention.head_dim <= int16::BLOCK
}

/// One head of keys and values.
struct Packed {
    /// Keys in the order `(panel of keys, pair of numbers, key)`.
    keys: Vec<[u32; PANEL_ROWS]>,
    /// What the codes of a key are multiplied with: `(panel of keys, key)`.
    key_scales: Vec<[f32; PANEL_ROWS]>,
    /// Values in the order `(panel of numbers, pair of keys, number)`.
    values: Vec<[u32; PANEL_ROWS]>,
    /// The logarithm of what the codes of a value are multiplied with: `(panel of keys, key)`.
    value_logs: Vec<[f32; PANEL_ROWS]>,
    /// Its inverse, 0 where there is no key: `(panel of keys, key)`.
    value_inverses: Vec<[f32; PANEL_ROWS]>,
}

/// As [`Attention::run`], whose assertions hold.
pub(super) fn run<H: Heads>(
    attention: &Attention,
    q: &[f32],
    k: H,
    v: H,
    out: &mut [f32],
    level: Level,
) {
    let Attention { n_kv_heads, n_keys, .. } = *attention;
    let pack = |kv_head: usize| pack_head(&k.head(kv_head, n_keys), &v.head(kv_head, n_keys));
    let packed: Vec<Packed> = (0..n_kv_heads).into_par_iter().map(pack).collect();
    let packed = &packed;
    attention.blocks(out).for_each_init(
        Scratch::default,
        |scratch, (kv_head, first_query, out)| {
            block(attention, (kv_head, first_query), q, &packed[kv_head], scratch, out, level);
        },
    );
}

fn pack_head(k: &impl Wide, v: &impl Wide) -> Packed {
    let (n_keys, d) = k.shape();
    let n_panels = n_keys.div_ceil(PANEL_ROWS);
    let mut keys = vec![[0; PANEL_ROWS]; n_panels * d / 2];
    let mut key_scales = vec![[0.0; PANEL_ROWS]; n_panels];
    keys.par_chunks_mut(d / 2).zip(key_scales.par_iter_mut()).enumerate().for_each(
        |(i, (panel, scales))| {
            int16::pack(k, i * PANEL_ROWS, 0..d, panel, scales);
        },
    );
    let n_pairs = n_panels * PANEL_ROWS / 2;
    let mut codes = vec![0; n_pairs * 2 * (d / 2)];
    let mut value_logs = vec![[0.0; PANEL_ROWS]; n_panels];
    let mut value_inverses = vec![[0.0; PANEL_ROWS]; n_panels];
    let panels = codes.par_chunks_mut(PANEL_ROWS * (d / 2));
    let panels = panels.zip(value_logs.par_iter_mut()).zip(value_inverses.par_iter_mut());
    panels.enumerate().for_each(|(panel, ((codes, logs), inverses))| {
        let mut scratch = vec![0.0; d];
        let here = n_keys.saturating_sub(panel * PANEL_ROWS).min(PANEL_ROWS);
        for (i, codes) in codes.chunks_exact_mut(d / 2).take(here).enumerate() {
            let numbers = v.widen(panel * PANEL_ROWS + i, 0..d, &mut scratch);
            let scale = int16::quantise(numbers, LARGEST_VALUE, codes);
            let scale = if scale == 0.0 { SCALE_OF_ZERO } else { scale };
            (logs[i], inverses[i]) = (scale.ln(), scale.recip());
        }
    });
    let mut values = vec![[0; PANEL_ROWS]; d.div_ceil(PANEL_ROWS) * n_pairs];
    values.par_chunks_mut(n_pairs).enumerate().for_each(|(panel, pairs)| {
        let words = panel * PANEL_ROWS / 2..(d / 2).min((panel + 1) * PANEL_ROWS / 2);
        for (pair, two_keys) in pairs.iter_mut().zip(codes.chunks_exact(d)) {
            let (one, two) = two_keys.split_at(d / 2);
            let words = one[words.clone()].iter().zip(&two[words.clone()]);
            for (pair, (one, two)) in pair.chunks_exact_mut(2).zip(words) {
                pair[0] = one & 0xffff | two << 16;
                pair[1] = one >> 16 | two & 0xffff_0000;
            }
        }
    });
    Packed { keys, key_scales, values, value_logs, value_inverses }
}

/// One block of query positions, from `first_query` on, against one head of keys and values.
fn block(
    attention: &Attention,
    (kv_head, first_query): (usize, usize),
    q: &[f32],
    packed: &Packed,
    scratch: &mut Scratch,
    out: &mut [f32],
    level: Level,
) {
    let (d, group) = (attention.head_dim, attention.group());
    let n_rows = out.len() / d;
    let n_queries = n_rows / group;
    let d_panels = d.div_ceil(PANEL_ROWS);
    let d_wide = d_panels * PANEL_ROWS;
    scratch.resize(n_rows, d, d_wide);
    let Scratch { scaled, queries, query_scales, scores, weights, weight_scales, .. } = scratch;
    let Scratch { results, maxima, sums, .. } = scratch;

    // Rows in the order of `out`: position, then head of the group; scaled once, here.
    let largest = largest_code(d);
    let rows = queries.chunks_exact_mut(d / 2).zip(query_scales.iter_mut());
    for (row, (pairs, query_scale)) in rows.enumerate() {
        attention.scale_query(q, kv_head, first_query, row, scaled);
        *query_scale = int16::quantise(scaled, largest, pairs);
    }
    results.fill(0.0);
    maxima.fill(f32::NEG_INFINITY);
    sums.fill(0.0);

    let n_keys = attention.n_visible_keys(first_query + n_queries - 1);
    let n_pairs = packed.values.len() / d_panels;
    for first_key in (0..n_keys).step_by(KEYS) {
        let panels = first_key / PANEL_ROWS..(first_key + KEYS).min(n_keys).div_ceil(PANEL_ROWS);
        let n_tile = panels.len() * PANEL_ROWS;
        let inverses = packed.value_inverses[panels.clone()].as_flattened();
        for first_row in (0..n_rows).step_by(ROWS) {
            let rows = first_row..n_rows.min(first_row + ROWS);
            let x = Rows {
                pairs: &queries[first_row * d / 2..],
                stride: d / 2,
                scales: &query_scales[rows.clone()],
            };
            for (i, panel) in panels.clone().enumerate() {
                let keys = int16::Columns {
                    panel: &packed.keys[panel * d / 2..][..d / 2],
                    scales: &packed.key_scales[panel],
                };
                let start = Some(&packed.value_logs[panel]);
                int16::products(x, keys, start, &mut scores[i * PANEL_ROWS..], KEYS, level);
            }
            for (i, row) in rows.clone().enumerate() {
                let n_visible = attention.n_visible_keys(first_query + row / group);
                let n_visible = n_visible.saturating_sub(first_key).min(n_tile);
                let scores = &mut scores[i * KEYS..][..n_tile];
                let weights = &mut weights[i * KEYS / 2..][..n_tile / 2];
                #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
                // SAFETY: they are there: `int16::quantise` asserted it.
                let (tile_maximum, tile_sum) =
                    unsafe { softmax(scores, n_visible, inverses, weights) };
                let maximum = maxima[row].max(tile_maximum);
                let [rescale, of_tile] =
                    [maxima[row], tile_maximum].map(|one| crate::elementwise::exp(one - maximum));
                maxima[row] = maximum;
                sums[row] = sums[row] * rescale + tile_sum * of_tile;
                weight_scales[i] = of_tile / LARGEST_WEIGHT;
                if rescale < 1.0 {
                    for x in &mut results[row * d_wide..][..d_wide] {
                        *x *= rescale;
                    }
                }
            }
            let x = Rows { pairs: weights, stride: KEYS / 2, scales: &weight_scales[..rows.len()] };
            for panel in 0..d_panels {
                let values = int16::Columns {
                    panel: &packed.values[panel * n_pairs + first_key / 2..][..n_tile / 2],
                    scales: &[1.0; PANEL_ROWS],
                };
                let results = &mut results[first_row * d_wide + panel * PANEL_ROWS..];
                int16::products(x, values, None, results, d_wide, level);
            }
        }
    }
    for ((out, result), sum) in out.chunks_exact_mut(d).zip(results.chunks_exact(d_wide)).zip(sums)
    {
        for (out, result) in out.iter_mut().zip(result) {
            *out = result / *sum;
        }
    }
}

/// Turns a row's first `n_visible` scores into weights e^(score − their maximum) in 16 bits, the
/// others into 0. Returns the maximum, and the sum of the weights, each multiplied with the inverse
/// of what was added to its score for its value.
#[target_feature(enable = "avx2,fma")]
fn softmax(
    scores: &mut [f32],
    n_visible: usize,
    inverses: &[f32],
    weights: &mut [u32],
) -> (f32, f32) {
    if n_visible == 0 {
        weights.fill(0);
        return (f32::NEG_INFINITY, 0.0);
    }
    scores[n_visible..].fill(f32::NEG_INFINITY);
    let (vectors, _) = scores.as_chunks::<PANEL_ROWS>();
    let mut most = [_mm256_set1_ps(f32::NEG_INFINITY); 2];
    for two in vectors {
        let two = int16::numbers(two);
        most = std::array::from_fn(|v| _mm256_max_ps(most[v], two[v]));
    }
    let maximum = int16::lanes(most).into_iter().fold(f32::NEG_INFINITY, f32::max);
    let (shift, largest) = (_mm256_set1_ps(maximum), _mm256_set1_ps(LARGEST_WEIGHT));
    let mut sum = [_mm256_setzero_ps(); 2];
    let (inverses, _) = inverses.as_chunks::<PANEL_ROWS>();
    let (pairs, _) = weights.as_chunks_mut::<LANES>();
    for ((two, inverses), pairs) in vectors.iter().zip(inverses).zip(pairs) {
        let two = int16::numbers(two).map(|x| exp(_mm256_sub_ps(x, shift)));
        let inverses = int16::numbers(inverses);
        sum = std::array::from_fn(|v| _mm256_fmadd_ps(two[v], inverses[v], sum[v]));
        let [low, high] = two.map(|x| _mm256_cvtps_epi32(_mm256_mul_ps(x, largest)));
        // The halves of both lie between each other.
        let codes = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(low, high));
        *pairs = int16::integers(codes);
    }
    (maximum, int16::lanes(sum).iter().sum())
}

/// e^x for x ≤ 0, with a relative error under 1e-6; 0 below −87. A NaN stays one.
///
/// As [`crate::elementwise::exp`], with a polynomial of degree 5: the result gets 13 bits.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn exp(x: __m256) -> __m256 {
    let least = _mm256_set1_ps(-87.0);
    let is_more = _mm256_cmp_ps::<_CMP_NLT_UQ>(x, least);
    // The constant first: of two numbers, one of them a NaN, the second is taken.
    let x = _mm256_max_ps(least, x);
    let n = _mm256_mul_ps(x, _mm256_set1_ps(std::f32::consts::LOG2_E));
    let n = _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(n);
    let r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693_359_4), x);
    let r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.121_944_4e-4), r);
    let mut p = _mm256_set1_ps(1.0 / 120.0);
    for coefficient in [1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(coefficient));
    }
    let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    let two_to_n = _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent));
    _mm256_and_ps(_mm256_mul_ps(p, two_to_n), is_more)
}

/// What a thread needs beside its output; kept from block to block.
#[derive(Default)]
struct Scratch {
    scaled: Vec<f32>,        // (head_dim)
    queries: Vec<u32>,       // (rows, head_dim / 2)
    query_scales: Vec<f32>,  // (rows)
    scores: Vec<f32>,        // (ROWS, KEYS)
    weights: Vec<u32>,       // (ROWS, KEYS / 2)
    weight_scales: Vec<f32>, // (ROWS)
    results: Vec<f32>,       // (rows, head_dim up to whole panels)
    maxima: Vec<f32>,        // (rows)
    sums: Vec<f32>,          // (rows)
}

impl Scratch {
    fn resize(&mut self, n_rows: usize, head_dim: usize, wide: usize) {
        self.scaled.resize(head_dim, 0.0);
        self.queries.resize(n_rows * head_dim / 2, 0);
        self.query_scales.resize(n_rows, 0.0);
        self.scores.resize(ROWS * KEYS, 0.0);
        self.weights.resize(ROWS * KEYS / 2, 0);
        self.weight_scales.resize(ROWS, 0.0);
        self.results.resize(n_rows * wide, 0.0);
        self.maxima.resize(n_rows, 0.0);
        self.sums.resize(n_rows, 0.0);
    }
}
