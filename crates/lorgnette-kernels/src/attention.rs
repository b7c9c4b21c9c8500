//! Attention in tiles: the score matrix is never whole.
//!
//! For 4,096 patches and 16 heads the scores are 1 GiB in f32; here a thread holds one tile of
//! them. Keys and values stay in the format of the cache and are widened a tile at a time. The
//! running maximum and sum are those of Milakov & Gimelshein, "Online normalizer calculation for
//! softmax" (2018), as in `FlashAttention`.

#[cfg(target_arch = "x86_64")]
mod bf16;
mod few;
#[cfg(target_arch = "x86_64")]
mod int16;

use gemm::Parallelism;
use rayon::prelude::*;

use crate::elementwise::exp;
use crate::kv::Heads;
use crate::precision::Precision;

/// Rows of scores a thread works on: a query position counts once for each head of its group.
const ROWS: usize = 256;
/// Keys to a tile. 256 × 256 scores and 256 × 128 keys in f32 are 384 KiB, within an L2 cache.
const KEYS: usize = 256;

/// The sizes of one attention. `n_heads` is a multiple of `n_kv_heads`.
#[derive(Debug, Clone, Copy)]
pub struct Attention {
    /// How many heads the queries have.
    pub n_heads: usize,
    /// Heads of the keys and values; query head `h` reads head `h * n_kv_heads / n_heads`.
    pub n_kv_heads: usize,
    /// How many numbers a head has.
    pub head_dim: usize,
    /// How many positions ask.
    pub n_queries: usize,
    /// Keys that may be read; those behind them in the slices are not.
    pub n_keys: usize,
    /// What the scores are multiplied with, usually `1 / sqrt(head_dim)`.
    pub scale: f32,
    /// Position of the first query among the keys: query `i` then sees the keys `0..=first + i`.
    /// `None`: every query sees every key.
    pub causal_from: Option<usize>,
    /// What queries, keys, values and weights are rounded to before they are multiplied.
    pub precision: Precision,
}

/// Keys and values that belong to each other, `(n_kv_heads, at least n_keys, head_dim)`.
#[derive(Debug, Clone, Copy)]
pub struct Span<H> {
    /// What the queries are compared with.
    pub k: H,
    /// What the queries gather.
    pub v: H,
    /// How many of each may be read.
    pub n_keys: usize,
}

/// Rows of scores to a key from which on it pays to pack keys and values for all of them.
const MANY_ROWS: usize = 32;

impl Attention {
    /// Whether there are so few queries that each is computed as it would be alone.
    fn has_few_rows(&self) -> bool {
        self.n_queries == 1 || self.n_queries * self.group() < MANY_ROWS
    }

    fn n_visible_keys(&self, query: usize) -> usize {
        self.causal_from.map_or(self.n_keys, |first| (first + query + 1).min(self.n_keys))
    }

    fn group(&self) -> usize {
        self.n_heads / self.n_kv_heads
    }

    /// softmax(scale · q·kᵀ)·v.
    ///
    /// Shapes: `q` `(n_heads, n_queries, head_dim)`; `k` and `v` `(n_kv_heads, at least n_keys,
    /// head_dim)`; the result `(n_kv_heads, n_queries, n_heads / n_kv_heads, head_dim)`, which puts
    /// what a thread writes side by side.
    ///
    /// # Panics
    /// When a slice is shorter than its shape or the sizes do not fit each other.
    pub fn run<H: Heads>(&self, q: &[f32], k: H, v: H, out: &mut [f32]) {
        let Self { n_kv_heads, head_dim, n_keys, .. } = *self;
        assert!(n_keys > 0);
        self.check(q, out);
        k.check(n_kv_heads, n_keys, head_dim);
        v.check(n_kv_heads, n_keys, head_dim);
        if self.has_few_rows() {
            return few::run(self, q, Span { k, v, n_keys }, &[], out);
        }
        match self.precision {
            #[cfg(target_arch = "x86_64")]
            Precision::Bf16 if bf16::is_possible(self) => return bf16::run(self, q, k, v, out),
            #[cfg(target_arch = "x86_64")]
            Precision::Int16(level) if int16::is_possible(self) => {
                return int16::run(self, q, k, v, out, level);
            }
            _ => {}
        }
        self.blocks(out).for_each_init(Scratch::default, |scratch, (kv_head, first_query, out)| {
            self.block((kv_head, first_query), q, (&k, &v), scratch, out);
        });
    }

    /// As [`Self::run`] for queries of different sequences with the same beginning: query `i` sees all
    /// keys of `shared`, and behind them those of `tails[i]`. What it finds is what [`Self::run`]
    /// finds for it alone, with all its keys behind each other.
    ///
    /// # Panics
    /// As [`Self::run`], and unless there is a tail for each query.
    pub fn run_together<H: Heads>(
        &self,
        q: &[f32],
        shared: Span<H>,
        tails: &[Span<H>],
        out: &mut [f32],
    ) {
        self.check(q, out);
        assert_eq!(self.n_queries, tails.len());
        for span in tails.iter().chain([&shared]) {
            span.k.check(self.n_kv_heads, span.n_keys, self.head_dim);
            span.v.check(self.n_kv_heads, span.n_keys, self.head_dim);
        }
        assert!(tails.iter().all(|tail| shared.n_keys + tail.n_keys > 0));
        few::run(self, q, shared, tails, out);
    }

    fn check(&self, q: &[f32], out: &[f32]) {
        let Self { n_heads, n_kv_heads, head_dim, n_queries, .. } = *self;
        assert!(n_kv_heads > 0 && n_heads.is_multiple_of(n_kv_heads));
        assert!(q.len() >= n_heads * n_queries * head_dim);
        assert_eq!(out.len(), n_heads * n_queries * head_dim);
    }

    /// Row `row` of a block of queries from position `first_query` on, multiplied with the scale.
    fn scale_query(
        &self,
        q: &[f32],
        kv_head: usize,
        first_query: usize,
        row: usize,
        scaled: &mut [f32],
    ) {
        let (d, group) = (self.head_dim, self.group());
        let (query, head) = (first_query + row / group, kv_head * group + row % group);
        let from = &q[(head * self.n_queries + query) * d..][..d];
        for (to, from) in scaled.iter_mut().zip(from) {
            *to = from * self.scale;
        }
    }

    /// The result cut for the threads: a head of keys, its first query position, and what the
    /// positions from there on become, some [`ROWS`] rows of queries.
    fn blocks<'a>(
        &self,
        out: &'a mut [f32],
    ) -> impl ParallelIterator<Item = (usize, usize, &'a mut [f32])> {
        let queries_per_block = (ROWS / self.group()).max(1);
        let position_len = self.group() * self.head_dim;
        out.par_chunks_mut(self.n_queries * position_len).enumerate().flat_map(
            move |(kv_head, out)| {
                out.par_chunks_mut(queries_per_block * position_len)
                    .enumerate()
                    .map(move |(block, out)| (kv_head, block * queries_per_block, out))
            },
        )
    }

    /// One block of query positions against one head of keys and values.
    fn block<H: Heads>(
        &self,
        (kv_head, first_query): (usize, usize),
        q: &[f32],
        (keys, values): (&H, &H),
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        let (d, group) = (self.head_dim, self.group());
        let n_rows = out.len() / d;
        let n_queries = n_rows / group;
        scratch.resize(n_rows, KEYS, d);
        let Scratch { queries, wide, scores, maxima, sums } = scratch;

        // Rows in the order of `out`: position, then head of the group; scaled once, here.
        for row in 0..n_rows {
            self.scale_query(q, kv_head, first_query, row, &mut queries[row * d..][..d]);
        }
        out.fill(0.0);
        maxima.fill(f32::NEG_INFINITY);
        sums.fill(0.0);

        let n_keys = self.n_visible_keys(first_query + n_queries - 1);
        for first_key in (0..n_keys).step_by(KEYS) {
            let n_tile = KEYS.min(n_keys - first_key);
            let tile = first_key..first_key + n_tile;
            let wide_keys = keys.rows(kv_head, tile.clone(), wide);
            matmul_nt(queries, wide_keys, scores, (n_rows, n_tile, d));
            pulp::Arch::new().dispatch(|| {
                for row in 0..n_rows {
                    let n_visible = self.n_visible_keys(first_query + row / group);
                    let n_visible = n_visible.saturating_sub(first_key).min(n_tile);
                    let (visible, hidden) =
                        scores[row * n_tile..][..n_tile].split_at_mut(n_visible);
                    hidden.fill(0.0);
                    let rescale = online_softmax(visible, &mut maxima[row], &mut sums[row]);
                    if rescale < 1.0 {
                        for x in &mut out[row * d..][..d] {
                            *x *= rescale;
                        }
                    }
                }
            });
            let wide_values = values.rows(kv_head, tile, wide);
            matmul_add(scores, wide_values, out, (n_rows, d, n_tile));
        }
        for (row, sum) in out.chunks_exact_mut(d).zip(sums) {
            for x in row {
                *x /= *sum;
            }
        }
    }
}

/// Turns a row's scores into e^(score − maximum so far) and returns what the row's earlier
/// results must be multiplied with, for the maximum may have grown.
#[inline(always)]
fn online_softmax(scores: &mut [f32], maximum: &mut f32, sum: &mut f32) -> f32 {
    if scores.is_empty() {
        return 1.0;
    }
    // Eight lanes by hand: a float reduction keeps its order, so the compiler may not split it.
    let mut lanes = [*maximum; 8];
    let mut eights = scores.chunks_exact(8);
    for eight in &mut eights {
        for (lane, x) in lanes.iter_mut().zip(eight) {
            *lane = if *x > *lane { *x } else { *lane };
        }
    }
    let new_maximum = lanes.iter().chain(eights.remainder()).fold(*maximum, |a, b| a.max(*b));

    let mut lanes = [0.0_f32; 8];
    let mut eights = scores.chunks_exact_mut(8);
    for eight in &mut eights {
        for (lane, x) in lanes.iter_mut().zip(eight) {
            *x = exp(*x - new_maximum);
            *lane += *x;
        }
    }
    let mut tile_sum: f32 = lanes.iter().sum();
    for x in eights.into_remainder() {
        *x = exp(*x - new_maximum);
        tile_sum += *x;
    }
    let rescale = exp(*maximum - new_maximum);
    *sum = *sum * rescale + tile_sum;
    *maximum = new_maximum;
    rescale
}

/// What a thread needs beside its output; kept from one piece of work to the next.
#[derive(Default)]
struct Scratch {
    queries: Vec<f32>, // (rows, head_dim)
    wide: Vec<f32>,    // (keys, head_dim)
    scores: Vec<f32>,  // (rows, keys)
    maxima: Vec<f32>,  // (rows)
    sums: Vec<f32>,    // (rows)
}

impl Scratch {
    fn resize(&mut self, n_rows: usize, n_keys: usize, head_dim: usize) {
        self.queries.resize(n_rows * head_dim, 0.0);
        self.wide.resize(n_keys * head_dim, 0.0);
        self.scores.resize(n_rows * n_keys, 0.0);
        self.maxima.resize(n_rows, 0.0);
        self.sums.resize(n_rows, 0.0);
    }
}

/// `c = a · bᵀ`; shapes `a` `(m, k)`, `b` `(n, k)`, `c` `(m, n)`, all row by row.
fn matmul_nt(a: &[f32], b: &[f32], c: &mut [f32], (m, n, k): (usize, usize, usize)) {
    product(a, b, (1, k.cast_signed()), c, false, (m, n, k));
}

/// `c += a · b`; shapes `a` `(m, k)`, `b` `(k, n)`, `c` `(m, n)`, all row by row.
fn matmul_add(a: &[f32], b: &[f32], c: &mut [f32], (m, n, k): (usize, usize, usize)) {
    product(a, b, (n.cast_signed(), 1), c, true, (m, n, k));
}

/// `a · b`, put into `c` or added to it; `b_strides` are those of `b`'s `k` rows and `n` columns.
fn product(
    a: &[f32],
    b: &[f32],
    (b_row, b_col): (isize, isize),
    c: &mut [f32],
    adds: bool,
    (m, n, k): (usize, usize, usize),
) {
    assert!(a.len() >= m * k && b.len() >= n * k && c.len() >= m * n);
    let (a_row, c_row) = (k.cast_signed(), n.cast_signed());
    let dst_scale = if adds { 1.0 } else { 0.0 };
    #[expect(unsafe_code, reason = "gemm takes pointers")]
    // SAFETY: the assertion bounds every address that the strides reach, for both callers give
    // `b` the strides of a dense matrix of `k · n`; and `c` is a unique borrow.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            1,
            c_row,
            adds,
            a.as_ptr(),
            1,
            a_row,
            b.as_ptr(),
            b_col,
            b_row,
            dst_scale,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests;
