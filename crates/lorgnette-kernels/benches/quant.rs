//! Products with quantised matrices, of the sizes that Pixtral 12B has. In numbers a second: two
//! operations a product. `cargo bench -p lorgnette-kernels`; a name on the command line chooses.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lorgnette_gguf::BlockFormat;
use lorgnette_kernels::quant::{Level, QuantMatrix};

fn products(criterion: &mut Criterion) {
    let (n, k) = (14_336, 5120);
    for format in BlockFormat::ALL {
        let n_bytes = n * k / format.block_len() * format.block_bytes();
        // Zero scales: the work is the same for every number.
        let bytes = vec![0; n_bytes];
        let w = QuantMatrix::new(format, n, k, &bytes);
        let mut group = criterion.benchmark_group(format!("{format:?}"));
        group.sample_size(10).measurement_time(Duration::from_secs(3));
        group.warm_up_time(Duration::from_millis(500));
        for m in [4, 16, 128, 512] {
            let x: Vec<f32> = (0..m * k).map(|i| (i % 613) as f32 / 307.0 - 1.0).collect();
            let mut y = vec![0.0; m * n];
            group.throughput(Throughput::Elements((2 * m * n * k) as u64));
            group.bench_function(BenchmarkId::from_parameter(m), |bencher| {
                bencher.iter(|| w.matmul(&x, &mut y, m, Level::best()));
            });
        }
    }
}

/// One row of `x` by rows of several lengths. The matrix is many times the caches' size, as a
/// network's are together: what is measured is how well memory is read.
fn streams(criterion: &mut Criterion) {
    const BYTES: usize = 400 << 20;
    let mut memory = memmap2::MmapMut::map_anon(BYTES).expect("memory");
    #[cfg(target_os = "linux")]
    let _ = memory.advise(memmap2::Advice::HugePage);
    memory.fill(0);
    for format in BlockFormat::ALL {
        let mut group = criterion.benchmark_group(format!("stream-{format:?}"));
        group.sample_size(10).measurement_time(Duration::from_secs(3));
        group.warm_up_time(Duration::from_millis(500));
        for k in [3072, 5120, 14_336] {
            let row_bytes = k / format.block_len() * format.block_bytes();
            let n = BYTES / row_bytes;
            let w = QuantMatrix::new(format, n, k, &memory[..n * row_bytes]);
            let x: Vec<f32> = (0..k).map(|i| (i % 613) as f32 / 307.0 - 1.0).collect();
            let mut y = vec![0.0; n];
            group.throughput(Throughput::BytesDecimal((n * row_bytes) as u64));
            group.bench_function(BenchmarkId::from_parameter(k), |bencher| {
                bencher.iter(|| w.matmul(&x, &mut y, 1, Level::best()));
            });
        }
    }
}

criterion_group!(benches, products, streams);
criterion_main!(benches);
