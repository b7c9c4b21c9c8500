//! Error and speed of the quantisers on one core, as JSON: `quantise-speed NUMBERS ROUNDS`.

use std::time::Instant;

use lorgnette_weights::GgmlDType;
use lorgnette_weights::quantise::{dequantise, quantise};

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let n: usize = arguments.next().unwrap_or(1 << 22);
    let rounds = arguments.next().unwrap_or(3);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let numbers = bell_curve(n);
    let mut results = serde_json::Map::new();
    for (name, dtype) in [
        ("q4_k", GgmlDType::Q4K),
        ("q5_k", GgmlDType::Q5K),
        ("q6_k", GgmlDType::Q6K),
        ("q8_0", GgmlDType::Q8_0),
    ] {
        let mut best = f64::INFINITY;
        let mut bytes = Vec::new();
        for _ in 0..rounds {
            let began = Instant::now();
            bytes = one.install(|| quantise(&numbers, 256, dtype)).expect("quantise");
            best = best.min(began.elapsed().as_secs_f64());
        }
        let back = dequantise(&bytes, 256, dtype).expect("dequantise");
        let square = |x: f32| f64::from(x) * f64::from(x);
        let error: f64 = numbers.iter().zip(&back).map(|(a, b)| square(a - b)).sum();
        let size: f64 = numbers.iter().map(|a| square(*a)).sum();
        let result = serde_json::json!({
            "error": (error / size).sqrt(),
            "mb_per_s": 2.0 * n as f64 / best / 1e6,
        });
        results.insert(name.into(), result);
    }
    println!("{}", serde_json::Value::Object(results));
}

/// Box and Muller's, of an even generator.
fn bell_curve(n: usize) -> Vec<f32> {
    let mut state = 1_u64;
    let mut even = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    let pair = |_| {
        let radius = (-2.0 * even().ln()).sqrt() * 0.014;
        let (sin, cos) = (std::f64::consts::TAU * even()).sin_cos();
        [(radius * sin) as f32, (radius * cos) as f32]
    };
    (0..n / 2).flat_map(pair).collect()
}
