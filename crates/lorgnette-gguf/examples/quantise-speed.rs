//! Speed of the quantisers on one core and the hash of their blocks, as JSON.
//!
//! `quantise-speed NUMBERS.f32 RUNS`: the file has little-endian f32 numbers, a multiple of 256.
//! `scripts/compare quantisers` runs it beside llama.cpp.

use std::time::Instant;

use lorgnette_gguf::quantise::quantise;
use lorgnette_gguf::{BlockFormat, NumberFormat};
use sha2::{Digest as _, Sha256};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("usage: quantise-speed NUMBERS.f32 [RUNS]");
    let n_runs: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(3);
    let bytes = fs_err::read(path).expect("a readable file");
    let four = |four: &[u8]| f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
    let numbers: Vec<f32> = bytes.chunks_exact(4).map(four).collect();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let mut results = serde_json::Map::new();
    let is_written = |format: &BlockFormat| quantise(&[0.0; 256], 256, (*format).into()).is_ok();
    for format in BlockFormat::ALL.into_iter().filter(is_written) {
        let mut best = f64::INFINITY;
        let mut blocks = Vec::new();
        for _ in 0..n_runs {
            let (seconds, made) = one.install(|| {
                let began = clock();
                let made = quantise(&numbers, 256, format.into()).expect("quantise");
                (clock() - began, made)
            });
            best = best.min(seconds);
            blocks = made;
        }
        let hash = hex::encode(Sha256::digest(&blocks));
        let result = serde_json::json!({
            "sha256": hash,
            "mb_per_s": 2.0 * numbers.len() as f64 / best / 1e6,
        });
        results.insert(NumberFormat::from(format).name().to_lowercase(), result);
    }
    println!("{}", serde_json::Value::Object(results));
}

/// Seconds that this thread computed, where Linux says it; else of the clock on the wall.
fn clock() -> f64 {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let computed = fs_err::read_to_string("/proc/thread-self/schedstat").ok();
    let computed = computed.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    computed.map_or_else(|| BEGUN.get_or_init(Instant::now).elapsed().as_secs_f64(), |ns| ns / 1e9)
}
