use half::{bf16, f16};

use super::*;

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
            let n_seen = a.n_keys_seen(query);
            let row = &q[(head * a.n_queries + query) * d..][..d];
            let scores: Vec<f64> = (0..n_seen)
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
    Attention { n_heads, n_kv_heads, head_dim, n_queries, n_keys, scale: 0.3, causal_from: None }
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
