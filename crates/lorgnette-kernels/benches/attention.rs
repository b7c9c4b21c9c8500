//! Attention and half-precision products, in the sizes of Pixtral's encoder and decoder, in f32 and
//! with factors rounded. `cargo bench -p lorgnette-kernels --bench attention`

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use half::f16;
use lorgnette_kernels::attention::Attention;
use lorgnette_kernels::kv::DenseHeads;
use lorgnette_kernels::{Precision, half_matmul};

/// The exact one, and what a network runs in on the processor at hand.
fn precisions() -> [(String, Precision); 2] {
    [Precision::F32, Precision::best()].map(|precision| (format!("{precision:?}"), precision))
}

/// 4,096 patches look at 4,096; 512 tokens read behind 3,584; one behind 4,095.
fn attention(criterion: &mut Criterion) {
    let encoder = Attention {
        n_heads: 16,
        n_kv_heads: 16,
        head_dim: 64,
        n_queries: 1024,
        n_keys: 4096,
        scale: 0.125,
        causal_from: None,
        precision: Precision::F32,
    };
    let decoder = Attention { n_heads: 32, n_kv_heads: 8, head_dim: 128, ..encoder };
    let prefill = Attention { n_queries: 512, causal_from: Some(3584), ..decoder };
    let decode = Attention { n_queries: 1, causal_from: Some(4095), ..decoder };
    for (name, sizes) in [("encoder", encoder), ("prefill", prefill), ("decode", decode)] {
        let Attention { n_heads, n_kv_heads, head_dim, n_queries, n_keys, .. } = sizes;
        let q = numbers(n_heads * n_queries * head_dim);
        let k: Vec<f16> =
            numbers(n_kv_heads * n_keys * head_dim).into_iter().map(f16::from_f32).collect();
        let mut out = vec![0.0; q.len()];
        let mut group = criterion.benchmark_group(format!("attention-{name}"));
        group.sample_size(10).measurement_time(Duration::from_secs(3));
        group.throughput(Throughput::Elements((4 * q.len() * n_keys) as u64));
        for (name, precision) in precisions() {
            let sizes = Attention { precision, ..sizes };
            group.bench_function(name, |bencher| {
                let k = DenseHeads { numbers: &k, stride: n_keys * head_dim, head_dim };
                bencher.iter(|| sizes.run(&q, k, k, &mut out));
            });
        }
    }
}

fn half_products(criterion: &mut Criterion) {
    for (name, n, k) in [("gate", 4096, 1024), ("down", 1024, 4096)] {
        let m = 1024;
        let x = numbers(m * k);
        let w: Vec<f16> = numbers(n * k).into_iter().map(f16::from_f32).collect();
        let mut y = vec![0.0; m * n];
        let mut group = criterion.benchmark_group(format!("half-{name}"));
        group.sample_size(10).measurement_time(Duration::from_secs(3));
        group.throughput(Throughput::Elements((2 * m * n * k) as u64));
        for (name, precision) in precisions() {
            group.bench_function(name, |bencher| {
                bencher.iter(|| half_matmul::matmul_nt(&x, &w, &mut y, (m, n, k), precision));
            });
        }
    }
}

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| (i * 7919 % 613) as f32 / 307.0 - 1.0).collect()
}

criterion_group!(benches, attention, half_products);
criterion_main!(benches);
