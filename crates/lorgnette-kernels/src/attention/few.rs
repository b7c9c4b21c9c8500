//! Attention of few queries, as decoding has them: keys and values are widened where they lie, a few
//! at a time, for all queries. Factors are f32.
//!
//! What a query finds does not depend on the others: the keys of a sequence are cut into the same
//! tiles, and each sum is added in the same order, whether they lie behind each other or begin with
//! keys that other sequences share.

use std::ops::Range;

use rayon::prelude::*;

use super::{Attention, Scratch, Span, online_softmax};
use crate::few;
use crate::kv::Heads;

/// Keys to a tile: 32 × 128 numbers are 16 KiB, within the first cache.
const KEYS: usize = 32;

/// As [`Attention::run`], or with `tails` as [`Attention::run_together`], whose assertions hold.
pub(super) fn run<H: Heads>(
    attention: &Attention,
    q: &[f32],
    shared: Span<H>,
    tails: &[Span<H>],
    out: &mut [f32],
) {
    let head_len = attention.n_queries * attention.group() * attention.head_dim;
    if head_len == 0 {
        return;
    }
    out.par_chunks_mut(head_len).enumerate().for_each_init(
        Scratch::default,
        |scratch, (kv_head, out)| {
            head(attention, kv_head, q, shared, tails, scratch, out);
        },
    );
}

/// All queries against one head of keys and values.
fn head<H: Heads>(
    attention: &Attention,
    kv_head: usize,
    q: &[f32],
    shared: Span<H>,
    tails: &[Span<H>],
    scratch: &mut Scratch,
    out: &mut [f32],
) {
    let (d, group) = (attention.head_dim, attention.group());
    let n_rows = out.len() / d;
    scratch.resize(n_rows, KEYS, d);
    let Scratch { queries, wide, scores, maxima, sums } = scratch;
    for (row, scaled) in queries.chunks_exact_mut(d).enumerate() {
        attention.scale_query(q, kv_head, 0, row, scaled);
    }
    out.fill(0.0);
    maxima.fill(f32::NEG_INFINITY);
    sums.fill(0.0);

    let mut all = Rows { queries, out, maxima, sums, d };
    // Sequences that go on by themselves have the tile where they part each for itself.
    let n_whole = if tails.is_empty() {
        attention.n_visible_keys(attention.n_queries - 1)
    } else {
        shared.n_keys / KEYS * KEYS
    };
    for first in (0..n_whole).step_by(KEYS) {
        let keys = first..n_whole.min(first + KEYS);
        let n_visible = |row: usize| {
            let n = if tails.is_empty() {
                attention.n_visible_keys(row / group)
            } else {
                shared.n_keys
            };
            n.saturating_sub(first).min(keys.len())
        };
        all.score(shared.k.rows(kv_head, keys.clone(), wide), scores, n_visible);
        all.add(shared.v.rows(kv_head, keys.clone(), wide), scores);
    }
    for (i, tail) in tails.iter().enumerate() {
        let mut rows = all.of(i * group..(i + 1) * group);
        let n_shared = shared.n_keys - n_whole;
        let n_keys = n_shared + tail.n_keys;
        for first in (0..n_keys).step_by(KEYS) {
            let keys = first..n_keys.min(first + KEYS);
            let [of_shared, of_tail] = parts(keys.clone(), n_shared);
            let of_shared = n_whole + of_shared.start..n_whole + of_shared.end;
            let wide = &mut wide[..keys.len() * d];
            let gather = |shared: &H, tail: &H, wide: &mut [f32]| {
                let (one, two) = wide.split_at_mut(of_shared.len() * d);
                shared.rows_into(kv_head, of_shared.clone(), one);
                tail.rows_into(kv_head, of_tail.clone(), two);
            };
            gather(&shared.k, &tail.k, wide);
            rows.score(wide, scores, |_| keys.len());
            gather(&shared.v, &tail.v, wide);
            rows.add(wide, scores);
        }
    }
    for (row, sum) in all.out.chunks_exact_mut(d).zip(all.sums) {
        for x in row {
            *x /= *sum;
        }
    }
}

/// What of `keys` is before `n_shared`, and what is behind, counted from there.
fn parts(keys: Range<usize>, n_shared: usize) -> [Range<usize>; 2] {
    [
        keys.start.min(n_shared)..keys.end.min(n_shared),
        keys.start.saturating_sub(n_shared)..keys.end.saturating_sub(n_shared),
    ]
}

/// Queries and what they have found so far, `(rows, d)` each. A query position counts once for each
/// head of its group.
struct Rows<'a> {
    queries: &'a [f32],
    out: &'a mut [f32],
    maxima: &'a mut [f32],
    sums: &'a mut [f32],
    d: usize,
}

impl Rows<'_> {
    fn of(&mut self, rows: Range<usize>) -> Rows<'_> {
        let numbers = rows.start * self.d..rows.end * self.d;
        Rows {
            queries: &self.queries[numbers.clone()],
            out: &mut self.out[numbers],
            maxima: &mut self.maxima[rows.clone()],
            sums: &mut self.sums[rows],
            d: self.d,
        }
    }

    /// Puts the weights of a tile of keys into `weights` `(rows, KEYS)`; those beyond a row's
    /// `n_visible` are 0.
    fn score(&mut self, keys: &[f32], weights: &mut [f32], n_visible: impl Fn(usize) -> usize) {
        let (d, n_rows, n_tile) = (self.d, self.maxima.len(), keys.len() / self.d);
        few::dots(self.queries, keys, weights, KEYS, (n_rows, n_tile, d));
        pulp::Arch::new().dispatch(|| {
            for (row, weights) in weights.chunks_exact_mut(KEYS).take(n_rows).enumerate() {
                let (visible, hidden) = weights[..n_tile].split_at_mut(n_visible(row));
                hidden.fill(0.0);
                let rescale = online_softmax(visible, &mut self.maxima[row], &mut self.sums[row]);
                if rescale < 1.0 {
                    for x in &mut self.out[row * d..][..d] {
                        *x *= rescale;
                    }
                }
            }
        });
    }

    /// Adds a tile of values with their weights.
    fn add(&mut self, values: &[f32], weights: &[f32]) {
        let sizes = (self.maxima.len(), values.len() / self.d, self.d);
        few::add_weighted(weights, KEYS, values, self.out, sizes);
    }
}
