//! What a thread does in a second of computing, kernel by kernel, in the sizes of Pixtral 12B: its
//! own time and not the clock's, so that a busy machine hardly matters (Linux; elsewhere the
//! clock's). `cargo run --release -p lorgnette-kernels --example speed [PART OF A NAME]`

use std::time::Instant;

use half::f16;
use lorgnette_gguf::BlockFormat;
use lorgnette_kernels::attention::Attention;
use lorgnette_kernels::kv::DenseHeads;
use lorgnette_kernels::peaks::Peaks;
use lorgnette_kernels::quant::{Level, QuantMatrix};
use lorgnette_kernels::{Precision, half_matmul};

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    pool.install(|| {
        if "peaks".contains(wanted.as_str()) {
            println!("{:?}", Peaks::measure());
        }
        products(&wanted);
        attention(&wanted);
    });
}

/// Measures what has a name that is wanted.
fn meter(wanted: &str) -> impl Fn(String, usize, &str, &mut dyn FnMut()) {
    move |name: String, n_ops: usize, unit: &str, work: &mut dyn FnMut()| {
        if !name.contains(wanted) {
            return;
        }
        let mut best = f64::INFINITY;
        // The system counts in ticks of some milliseconds.
        let mut n_runs = 1;
        for _ in 0..4 {
            loop {
                let begun = clock();
                (0..n_runs).for_each(|_| work());
                let seconds = clock() - begun;
                if seconds > 0.25 {
                    best = best.min(seconds / f64::from(n_runs));
                    break;
                }
                n_runs *= 2;
            }
        }
        println!("{name:<44} {:8.1} {unit}", n_ops as f64 / best / 1e9);
    }
}

fn products(wanted: &str) {
    let measure = meter(wanted);
    for (what, m, n, k) in [("mlp", 1024, 4096, 1024), ("down", 1024, 1024, 4096)] {
        let x = numbers(m * k);
        let w: Vec<f16> = numbers(n * k).into_iter().map(f16::from_f32).collect();
        let mut y = vec![0.0; m * n];
        let sizes = (m, n, k);
        for precision in precisions() {
            let name = format!("encoder {what} f16 in {precision:?}");
            measure(name, 2 * m * n * k, "Gop/s", &mut || {
                half_matmul::matmul_nt(&x, &w, &mut y, sizes, precision);
            });
        }
    }

    for format in BlockFormat::ALL {
        // Those of the encoder, and of the decoder.
        let is_of_encoder = format == BlockFormat::Q8_0;
        let (m, n, k) = if is_of_encoder { (1024, 4096, 1024) } else { (512, 2048, 5120) };
        let bytes = vec![0; n * k / format.block_len() * format.block_bytes()];
        let w = QuantMatrix::new(format, n, k, &bytes);
        for level in Level::ALL.into_iter().filter(|level| level.is_supported()) {
            if level == Level::Scalar {
                continue;
            }
            let (x, mut y) = (numbers(m * k), vec![0.0; m * n]);
            measure(format!("{format:?} {level} {m} rows"), 2 * m * n * k, "Gop/s", &mut || {
                w.matmul(&x, &mut y, m, level);
            });
            if level == Level::Avx2 {
                let name = format!("{format:?} {level}, the quickest, {m} rows");
                measure(name, 2 * m * n * k, "Gop/s", &mut || {
                    w.matmul_quickest(&x, &mut y, m, level);
                });
            }
            for m in [1, 2, 4, 5, 8] {
                measure(format!("{format:?} {level} {m} row(s)"), bytes.len(), "GB/s", &mut || {
                    w.matmul(&x[..m * k], &mut y[..m * n], m, level);
                });
            }
        }
    }
}

fn attention(wanted: &str) {
    let measure = meter(wanted);
    let encoder = Attention {
        n_heads: 2,
        n_kv_heads: 2,
        head_dim: 64,
        n_queries: 1024,
        n_keys: 4096,
        scale: 0.125,
        causal_from: None,
        precision: Precision::F32,
    };
    let decoder = Attention {
        n_heads: 8,
        n_kv_heads: 2,
        head_dim: 128,
        n_queries: 512,
        n_keys: 4096,
        causal_from: Some(3584),
        ..encoder
    };
    for (name, sizes) in [("encoder", encoder), ("decoder", decoder)] {
        let Attention { n_heads, n_kv_heads, head_dim, n_queries, n_keys, .. } = sizes;
        let q = numbers(n_heads * n_queries * head_dim);
        let k: Vec<f16> =
            numbers(n_kv_heads * n_keys * head_dim).into_iter().map(f16::from_f32).collect();
        let mut out = vec![0.0; q.len()];
        for precision in precisions() {
            let sizes = Attention { precision, ..sizes };
            let n_ops = 4 * n_heads * n_queries * n_keys * head_dim;
            measure(format!("attention {name} in {precision:?}"), n_ops, "Gop/s", &mut || {
                let k = DenseHeads { numbers: &k, stride: n_keys * head_dim, head_dim };
                sizes.run(&q, k, k, &mut out);
            });
        }
    }
    let one = Attention { n_queries: 1, causal_from: Some(4095), ..decoder };
    let (q, k) = (numbers(8 * 128), vec![f16::ONE; 2 * 4096 * 128]);
    let mut out = vec![0.0; q.len()];
    measure("attention one query at 4096 f16".into(), 4 * k.len(), "GB/s", &mut || {
        let k = DenseHeads { numbers: &k, stride: 4096 * 128, head_dim: 128 };
        one.run(&q, k, k, &mut out);
    });
}

/// What the processor at hand has, the most exact first.
fn precisions() -> Vec<Precision> {
    let levels = Level::ALL.into_iter().filter(|level| level.is_supported());
    let mut all: Vec<Precision> = levels.map(Precision::at).collect();
    all.dedup();
    all
}

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| (i * 7919 % 613) as f32 / 307.0 - 1.0).collect()
}

/// Seconds that this thread computed, where Linux says it; else of the clock on the wall.
fn clock() -> f64 {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let computed = fs_err::read_to_string("/proc/thread-self/schedstat").ok();
    let computed = computed.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    computed.map_or_else(|| BEGUN.get_or_init(Instant::now).elapsed().as_secs_f64(), |ns| ns / 1e9)
}
