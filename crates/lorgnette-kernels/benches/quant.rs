//! Products with quantised matrices, of the sizes that Pixtral 12B has. In numbers a second: two
//! operations a product. `cargo bench -p lorgnette-kernels`; a name on the command line chooses.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lorgnette_kernels::quant::{Format, Level, QuantMatrix};

fn products(criterion: &mut Criterion) {
    let (n, k) = (14_336, 5120);
    for format in Format::ALL {
        let n_bytes = n * k / format.block_len() * format.block_bytes();
        // Zero scales: the work is the same for every number.
        let bytes = vec![0; n_bytes];
        let w = QuantMatrix::new(format, n, k, &bytes);
        let mut group = criterion.benchmark_group(format!("{format:?}"));
        group.sample_size(10).measurement_time(Duration::from_secs(3));
        group.warm_up_time(Duration::from_millis(500));
        for m in [1, 4, 16, 128, 512] {
            let x: Vec<f32> = (0..m * k).map(|i| (i % 613) as f32 / 307.0 - 1.0).collect();
            let mut y = vec![0.0; m * n];
            let throughput = match m {
                1 => Throughput::Bytes(n_bytes as u64),
                _ => Throughput::Elements((2 * m * n * k) as u64),
            };
            group.throughput(throughput);
            group.bench_function(BenchmarkId::from_parameter(m), |bencher| {
                bencher.iter(|| w.matmul(&x, &mut y, m, Level::best()));
            });
        }
    }
}

criterion_group!(benches, products);
criterion_main!(benches);
