//! How fast this processor computes what Pixtral 12B is made of, by a moment's work of the real
//! kernels. With it, the time of a model that was never run here can be told.

use std::time::{Duration, Instant};

use half::f16;
use lorgnette_gguf::BlockFormat;

use crate::attention::Attention;
use crate::half_matmul;
use crate::kv::DenseHeads;
use crate::precision::Precision;
use crate::quant::{Level, QuantMatrix};

/// The speeds of the kernels on all threads of the current pool; a product counts as two operations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Operations a second in the vision encoder, for a picture of 1024 by 1024 pixels.
    pub encode_flop_per_s: f64,
    /// Operations a second in reading tokens, with weights of four to five bits.
    pub prefill_flop_per_s: f64,
}

/// Rows of a product: as many as keep all threads busy.
const ROWS: usize = 512;
/// Of the encoder's operations for a picture of 4,096 patches, those of attention.
const ATTENTION_SHARE: f64 = 1.65 / 4.95;
/// What the whole network has of its kernels' speed: the rest are norms, positions, copies. See
/// `docs/benchmarks.md`.
const KERNELS_SHARE: f64 = 0.85;
/// Runs of one kernel end after so long, if not before.
const PATIENCE: Duration = Duration::from_millis(60);
const RUNS: usize = 6;

impl Calibration {
    /// Runs the kernels for some 0.2 seconds.
    pub fn measure() -> Self {
        let (mlp, attention) = (encoder_matmul(), encoder_attention());
        let encoder = 1.0 / ((1.0 - ATTENTION_SHARE) / mlp + ATTENTION_SHARE / attention);
        Self {
            encode_flop_per_s: KERNELS_SHARE * encoder,
            prefill_flop_per_s: KERNELS_SHARE * decoder_matmul(),
        }
    }
}

fn encoder_matmul() -> f64 {
    let (m, n, k) = (ROWS, 4096, 1024);
    let (x, w, mut y) = (vec![0.5; m * k], vec![f16::ONE; n * k], vec![0.0; m * n]);
    ops_per_s(2 * m * n * k, || {
        half_matmul::matmul_nt(&x, &w, &mut y, (m, n, k), Precision::best());
    })
}

fn encoder_attention() -> f64 {
    let (n_heads, n_keys, head_dim) = (2, 4096, 64);
    let sizes = Attention {
        n_heads,
        n_kv_heads: n_heads,
        head_dim,
        n_queries: ROWS,
        n_keys,
        scale: 0.125,
        causal_from: None,
        precision: Precision::best(),
    };
    let (q, k) =
        (vec![0.5; n_heads * ROWS * head_dim], vec![f16::ONE; n_heads * n_keys * head_dim]);
    let mut out = vec![0.0; q.len()];
    ops_per_s(4 * n_heads * ROWS * n_keys * head_dim, || {
        let k = DenseHeads { numbers: &k, stride: n_keys * head_dim, head_dim };
        sizes.run(&q, k, k, &mut out);
    })
}

fn decoder_matmul() -> f64 {
    let (m, n, k) = (ROWS, 2048, 5120);
    let bytes = vec![0; n * k / BlockFormat::Q4K.block_len() * BlockFormat::Q4K.block_bytes()];
    let w = QuantMatrix::new(BlockFormat::Q4K, n, k, &bytes);
    let (x, mut y) = (vec![0.5; m * k], vec![0.0; m * n]);
    ops_per_s(2 * m * n * k, || w.matmul(&x, &mut y, m, Level::best()))
}

/// The most that `work` does a second.
fn ops_per_s(n_ops: usize, mut work: impl FnMut()) -> f64 {
    let begun = Instant::now();
    let mut best = 0.0_f64;
    for _ in 0..RUNS {
        let run = Instant::now();
        work();
        best = best.max(n_ops as f64 / run.elapsed().as_secs_f64());
        if begun.elapsed() > PATIENCE {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_computes_more_than_nothing_and_less_than_all_that_there_are() {
        let Calibration { encode_flop_per_s, prefill_flop_per_s } = Calibration::measure();
        for rate in [encode_flop_per_s, prefill_flop_per_s] {
            assert!((1e6..1e16).contains(&rate), "{rate:e}");
        }
    }
}
