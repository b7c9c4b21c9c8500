use half::{bf16, f16};

use super::*;
use crate::element::Element;
use crate::kv::{DenseHeads, Q8Heads, q8_0_row_bytes, quantise_rows};
use crate::quant::Level;

/// With keys and values of plain numbers, `stride` of them from head to head.
fn run<T: Element>(a: &Attention, q: &[f32], k: &[T], v: &[T], stride: usize, out: &mut [f32]) {
    let heads = |numbers| DenseHeads { numbers, stride, head_dim: a.head_dim };
    a.run(q, heads(k), heads(v), out);
}

/// Numbers in (−1, 1) that look random and are the same every time.
fn noise(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

/// The definition, in f64, with the whole score row.
fn reference(a: &Attention, q: &[f32], k: &[f32], v: &[f32], stride: usize) -> Vec<f32> {
    let (d, group) = (a.head_dim, a.n_heads / a.n_kv_heads);
    let mut out = vec![0.0; a.n_heads * a.n_queries * d];
    for head in 0..a.n_heads {
        let kv = head / group;
        for query in 0..a.n_queries {
            let n_visible = a.n_visible_keys(query);
            let row = &q[(head * a.n_queries + query) * d..][..d];
            let scores: Vec<f64> = (0..n_visible)
                .map(|key| {
                    let key = &k[kv * stride + key * d..][..d];
                    let dot: f64 =
                        row.iter().zip(key).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                    dot * f64::from(a.scale)
                })
                .collect();
            let maximum = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let weights: Vec<f64> = scores.iter().map(|s| (s - maximum).exp()).collect();
            let sum: f64 = weights.iter().sum();
            for i in 0..d {
                let x: f64 = weights
                    .iter()
                    .enumerate()
                    .map(|(key, w)| w * f64::from(v[kv * stride + key * d + i]))
                    .sum();
                out[((kv * a.n_queries + query) * group + head % group) * d + i] = (x / sum) as f32;
            }
        }
    }
    out
}

#[track_caller]
fn check(a: Attention, spread: f32) {
    // Scores grow with the spread, and so does the rounding of a score in f32.
    let tolerance = 2e-5 * spread;
    let stride = (a.n_keys + 5) * a.head_dim; // the cache is longer than what is in use
    let q: Vec<f32> =
        noise(a.n_heads * a.n_queries * a.head_dim, 1).iter().map(|x| x * spread).collect();
    let k = noise(a.n_kv_heads * stride, 2);
    let v = noise(a.n_kv_heads * stride, 3);
    let expected = reference(&a, &q, &k, &v, stride);
    let mut out = vec![f32::NAN; expected.len()];
    run(&a, &q, &k, &v, stride, &mut out);
    assert_close(&out, &expected, tolerance);

    let (k16, v16): (Vec<f16>, Vec<f16>) =
        k.iter().zip(&v).map(|(k, v)| (f16::from_f32(*k), f16::from_f32(*v))).unzip();
    let k_wide: Vec<f32> = k16.iter().map(|x| x.to_f32()).collect();
    let v_wide: Vec<f32> = v16.iter().map(|x| x.to_f32()).collect();
    run(&a, &q, &k16, &v16, stride, &mut out);
    assert_close(&out, &reference(&a, &q, &k_wide, &v_wide, stride), tolerance);

    let (k16, v16): (Vec<bf16>, Vec<bf16>) =
        k.iter().zip(&v).map(|(k, v)| (bf16::from_f32(*k), bf16::from_f32(*v))).unzip();
    let k_wide: Vec<f32> = k16.iter().map(|x| x.to_f32()).collect();
    let v_wide: Vec<f32> = v16.iter().map(|x| x.to_f32()).collect();
    run(&a, &q, &k16, &v16, stride, &mut out);
    assert_close(&out, &reference(&a, &q, &k_wide, &v_wide, stride), tolerance);
}

/// What the processor at hand rounds to, and how far that may be from the definition here: a bf16
/// has 8 bits, a weight of 16 bits some 13 and a value 10. Many of them together come to less.
fn all_that_round() -> Vec<(Precision, f32)> {
    let levels = Level::ALL.into_iter().filter(|level| level.is_supported());
    let of = |level| match Precision::at(level) {
        Precision::F32 => None,
        Precision::Bf16 => Some((Precision::Bf16, 8e-3)),
        Precision::Int16(level) => Some((Precision::Int16(level), 1e-3)),
    };
    levels.filter_map(of).collect()
}

#[test]
fn attention_that_rounds_is_near_the_definition() {
    let of = |sizes: Attention, (precision, tolerance): (Precision, f32)| {
        let a = Attention { precision, ..sizes };
        let stride = (a.n_keys + 3) * a.head_dim;
        let q = noise(a.n_heads * a.n_queries * a.head_dim, 1);
        let (k, v) = (noise(a.n_kv_heads * stride, 2), noise(a.n_kv_heads * stride, 3));
        let expected = reference(&a, &q, &k, &v, stride);
        let mut out = vec![f32::NAN; expected.len()];
        run(&a, &q, &k, &v, stride, &mut out);
        assert_close(&out, &expected, tolerance);
        let narrow = |x: &[f32]| x.iter().map(|x| f16::from_f32(*x)).collect::<Vec<_>>();
        run(&a, &q, &narrow(&k), &narrow(&v), stride, &mut out);
        assert_close(&out, &expected, tolerance);
    };
    for one in all_that_round() {
        for (head_dim, n) in [(64, 300), (128, 65), (16, 33), (34, 257), (66, 64)] {
            of(sizes(4, 4, head_dim, n, n), one);
            of(Attention { causal_from: Some(0), ..sizes(8, 2, head_dim, n, n) }, one);
            of(Attention { causal_from: Some(601), ..sizes(8, 2, head_dim, n, n + 601) }, one);
        }
    }
}

/// One key that all look at, and thousands that together weigh as much: their small weights are not
/// lost beside the large one. Values of very different sizes, and some that are nothing.
#[test]
fn small_weights_that_are_many_count() {
    for (precision, tolerance) in all_that_round() {
        let (d, n_keys, n_queries) = (64, 9000, 40);
        let a = Attention { precision, scale: 1.0, ..sizes(1, 1, d, n_queries, n_keys) };
        let q: Vec<f32> = (0..n_queries * d).map(|i| if i % d == 0 { 9.0 } else { 0.0 }).collect();
        let k: Vec<f32> = (0..n_keys * d).map(|i| if i == 777 * d { 1.0 } else { 0.0 }).collect();
        let sizes_of_values = [1.0, 0.0, 0.03, 1.0];
        let v: Vec<f32> = noise(n_keys * d, 5)
            .iter()
            .enumerate()
            .map(|(i, x)| (x + 0.3) * sizes_of_values[i / d % 4])
            .collect();
        let expected = reference(&a, &q, &k, &v, k.len());
        let mut out = vec![f32::NAN; expected.len()];
        run(&a, &q, &k, &v, k.len(), &mut out);
        assert_close(&out, &expected, tolerance);
    }
}

/// A query's result does not depend on the others beside it: chunks of a prompt are the prompt.
#[test]
fn attention_that_rounds_is_the_same_in_chunks() {
    for (precision, _) in all_that_round() {
        same_in_chunks(precision);
    }
}

fn same_in_chunks(precision: Precision) {
    let whole = Attention { causal_from: Some(0), precision, ..sizes(4, 2, 64, 300, 300) };
    let q = noise(4 * 300 * 64, 1);
    let (k, v) = (noise(2 * 300 * 64, 2), noise(2 * 300 * 64, 3));
    let mut expected = vec![0.0; q.len()];
    run(&whole, &q, &k, &v, 300 * 64, &mut expected);
    let part = Attention { causal_from: Some(201), n_queries: 99, ..whole };
    let of_head = |head: usize| &q[(head * 300 + 201) * 64..(head + 1) * 300 * 64];
    let q: Vec<f32> = (0..4).flat_map(of_head).copied().collect();
    let mut out = vec![0.0; q.len()];
    run(&part, &q, &k, &v, 300 * 64, &mut out);
    for (got, expected) in out.chunks_exact(99 * 2 * 64).zip(expected.chunks_exact(300 * 2 * 64)) {
        assert_eq!(got, &expected[201 * 2 * 64..]);
    }
}

#[test]
fn a_number_that_is_none_is_not_hidden_by_rounding() {
    for (precision, _) in all_that_round() {
        let a = Attention { precision, ..sizes(1, 1, 64, 40, 40) };
        let (mut q, k, mut v) = (noise(40 * 64, 1), noise(40 * 64, 2), noise(40 * 64, 3));
        q[64 * 7] = f32::NAN;
        let mut out = vec![0.0; q.len()];
        run(&a, &q, &k, &v, k.len(), &mut out);
        for (query, out) in out.chunks_exact(64).enumerate() {
            assert_eq!(out[0].is_nan(), query == 7, "{query}");
        }
        v[64 * 3] = f32::NAN;
        run(&a, &q, &k, &v, k.len(), &mut out);
        assert!(out.iter().step_by(64).all(|x| x.is_nan()));
    }
}

#[track_caller]
fn assert_close(got: &[f32], expected: &[f32], tolerance: f32) {
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        assert!((got - expected).abs() <= tolerance, "at {i}: {got} instead of {expected}");
    }
}

fn sizes(
    n_heads: usize,
    n_kv_heads: usize,
    head_dim: usize,
    n_queries: usize,
    n_keys: usize,
) -> Attention {
    Attention {
        n_heads,
        n_kv_heads,
        head_dim,
        n_queries,
        n_keys,
        scale: 0.3,
        causal_from: None,
        precision: Precision::F32,
    }
}

#[test]
fn full_attention_equals_the_definition_over_several_tiles() {
    check(sizes(4, 4, 16, 300, 300), 1.0);
    check(sizes(2, 2, 64, 1, 700), 1.0);
}

#[test]
fn causal_grouped_attention_equals_the_definition() {
    for (n_queries, first) in [(1, 0), (1, 600), (7, 3), (64, 250), (530, 0)] {
        let n_keys = first + n_queries;
        check(Attention { causal_from: Some(first), ..sizes(8, 2, 32, n_queries, n_keys) }, 1.0);
    }
}

#[test]
fn scores_that_would_overflow_an_exponential_do_not() {
    check(Attention { causal_from: Some(0), ..sizes(2, 1, 16, 300, 300) }, 400.0);
}

/// With keys and values in 8 bits it is the definition on the numbers that those stand for.
#[test]
fn attention_on_blocks_is_that_of_their_numbers() {
    let mut precisions = all_that_round();
    precisions.push((Precision::F32, 2e-5));
    for (precision, tolerance) in precisions {
        for (head_dim, n_queries, first) in
            [(64, 70, 200), (128, 1, 99), (32, 5, 31), (80, 90, 0), (16, 1, 300), (48, 64, 64)]
        {
            let n_keys = first + n_queries;
            let a = Attention {
                causal_from: Some(first),
                precision,
                ..sizes(8, 2, head_dim, n_queries, n_keys)
            };
            let capacity = n_keys + 3;
            let q = noise(8 * n_queries * head_dim, 1);
            let blocks = |seed| {
                let numbers = noise(2 * capacity * head_dim, seed);
                let mut bytes = vec![0; 2 * capacity * q8_0_row_bytes(head_dim)];
                quantise_rows(&numbers, head_dim, &mut bytes);
                bytes
            };
            let (k, v) = (blocks(2), blocks(3));
            let stride = capacity * q8_0_row_bytes(head_dim);
            let [k, v] = [&k, &v].map(|bytes| Q8Heads { bytes, stride, head_dim });
            let wide = |heads: Q8Heads<'_>| {
                let mut wide = vec![0.0; 2 * capacity * head_dim];
                for (head, wide) in wide.chunks_exact_mut(capacity * head_dim).enumerate() {
                    heads.rows_into(head, 0..capacity, wide);
                }
                wide
            };
            let expected = reference(&a, &q, &wide(k), &wide(v), capacity * head_dim);
            let mut out = vec![f32::NAN; expected.len()];
            a.run(&q, k, v, &mut out);
            assert_close(&out, &expected, tolerance);
        }
    }
}

/// The keys of a sequence cut into what it shares with others and what is its own.
#[test]
fn sequences_together_find_what_each_finds_alone() {
    let (n_heads, n_kv_heads, d) = (6, 2, 48);
    let group = n_heads / n_kv_heads;
    for (n_shared, lengths) in [
        (0, vec![1, 2, 70]),
        (31, vec![1]),
        (32, vec![1, 1, 5, 33]),
        (100, vec![3, 64, 1, 2, 40, 7, 8, 9]),
        (257, vec![30, 31]),
    ] {
        let n = lengths.len();
        let shared_k = noise(n_kv_heads * n_shared * d, 2);
        let shared_v = noise(n_kv_heads * n_shared * d, 3);
        let tails: Vec<(Vec<f32>, Vec<f32>)> = lengths
            .iter()
            .enumerate()
            .map(|(i, n)| {
                let of = |seed| noise(n_kv_heads * n * d, seed + 7 * i as u32);
                (of(100), of(200))
            })
            .collect();
        let q = noise(n_heads * n * d, 1);
        let heads = |numbers, n_rows| DenseHeads { numbers, stride: n_rows * d, head_dim: d };
        let span = |k, v, n_keys| Span { k: heads(k, n_keys), v: heads(v, n_keys), n_keys };
        let tail_spans: Vec<_> =
            tails.iter().zip(&lengths).map(|((k, v), n)| span(k, v, *n)).collect();
        let together = sizes(n_heads, n_kv_heads, d, n, 0);
        let mut out = vec![f32::NAN; q.len()];
        together.run_together(&q, span(&shared_k, &shared_v, n_shared), &tail_spans, &mut out);

        for (i, ((k, v), n_own)) in tails.iter().zip(&lengths).enumerate() {
            let n_keys = n_shared + n_own;
            let joined = |shared: &[f32], own: &[f32]| -> Vec<f32> {
                let heads = 0..n_kv_heads;
                let of = |head: usize| {
                    let shared = &shared[head * n_shared * d..(head + 1) * n_shared * d];
                    [shared, &own[head * n_own * d..(head + 1) * n_own * d]].concat()
                };
                heads.flat_map(of).collect()
            };
            let (k, v) = (joined(&shared_k, k), joined(&shared_v, v));
            let q: Vec<f32> =
                (0..n_heads).flat_map(|head| q[(head * n + i) * d..][..d].to_vec()).collect();
            // As a network does, whatever it rounds to: one query is never rounded.
            for precision in [Precision::F32, Precision::best()] {
                let causal_from = Some(n_keys - 1);
                let a = Attention {
                    causal_from,
                    precision,
                    ..sizes(n_heads, n_kv_heads, d, 1, n_keys)
                };
                let mut alone = vec![f32::NAN; q.len()];
                run(&a, &q, &k, &v, n_keys * d, &mut alone);
                for kv_head in 0..n_kv_heads {
                    let len = group * d;
                    let found = &out[(kv_head * n + i) * len..][..len];
                    assert_eq!(found, &alone[kv_head * len..][..len], "{n_shared} {i}");
                }
            }
        }
    }
}
