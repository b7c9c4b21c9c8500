use half::{bf16, f16};

use super::*;
use crate::quant::Level;

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
    a.run(&q, &k, &v, stride, &mut out);
    assert_close(&out, &expected, tolerance);

    let (k16, v16): (Vec<f16>, Vec<f16>) =
        k.iter().zip(&v).map(|(k, v)| (f16::from_f32(*k), f16::from_f32(*v))).unzip();
    let k_wide: Vec<f32> = k16.iter().map(|x| x.to_f32()).collect();
    let v_wide: Vec<f32> = v16.iter().map(|x| x.to_f32()).collect();
    a.run(&q, &k16, &v16, stride, &mut out);
    assert_close(&out, &reference(&a, &q, &k_wide, &v_wide, stride), tolerance);

    let (k16, v16): (Vec<bf16>, Vec<bf16>) =
        k.iter().zip(&v).map(|(k, v)| (bf16::from_f32(*k), bf16::from_f32(*v))).unzip();
    let k_wide: Vec<f32> = k16.iter().map(|x| x.to_f32()).collect();
    let v_wide: Vec<f32> = v16.iter().map(|x| x.to_f32()).collect();
    a.run(&q, &k16, &v16, stride, &mut out);
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
        a.run(&q, &k, &v, stride, &mut out);
        assert_close(&out, &expected, tolerance);
        let narrow = |x: &[f32]| x.iter().map(|x| f16::from_f32(*x)).collect::<Vec<_>>();
        a.run(&q, &narrow(&k), &narrow(&v), stride, &mut out);
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
        a.run(&q, &k, &v, k.len(), &mut out);
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
    whole.run(&q, &k, &v, 300 * 64, &mut expected);
    let part = Attention { causal_from: Some(201), n_queries: 99, ..whole };
    let of_head = |head: usize| &q[(head * 300 + 201) * 64..(head + 1) * 300 * 64];
    let q: Vec<f32> = (0..4).flat_map(of_head).copied().collect();
    let mut out = vec![0.0; q.len()];
    part.run(&q, &k, &v, 300 * 64, &mut out);
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
        a.run(&q, &k, &v, k.len(), &mut out);
        for (query, out) in out.chunks_exact(64).enumerate() {
            assert_eq!(out[0].is_nan(), query == 7, "{query}");
        }
        v[64 * 3] = f32::NAN;
        a.run(&q, &k, &v, k.len(), &mut out);
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
