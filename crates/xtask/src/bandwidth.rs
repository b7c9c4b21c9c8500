//! Measures how fast a device reads its own memory, which bounds the speed of decode.

use std::time::Instant;

use anyhow::{Result, bail};
use lorgnette_pixtral::{DeviceChoice, Tensor};

/// Copies a large tensor on the device and prints the bytes read and written a second, as JSON.
#[derive(clap::Args)]
pub struct Args {
    /// The device that computes: auto, cpu, cuda, cuda:N, metal
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// The size of the tensor in MiB
    #[arg(long, value_name = "MIB", default_value_t = 2048)]
    mib: usize,
}

/// The number of copies that are timed, each by itself. The fastest one counts.
const N_COPIES: usize = 10;

impl Args {
    /// Prints the bytes that were read and written a second.
    pub fn run(&self) -> Result<()> {
        let chosen = self.device.open();
        if let Some(reason) = chosen.not_used.first() {
            bail!("{reason}");
        }
        let n = self.mib.max(1) << 18;
        let tensor = Tensor::ones(n, candle_core::DType::F32, &chosen.device)?;
        let mut fastest_s = f64::INFINITY;
        for _ in 0..N_COPIES {
            chosen.device.synchronize()?;
            let started = Instant::now();
            let copy = tensor.copy()?;
            chosen.device.synchronize()?;
            fastest_s = fastest_s.min(started.elapsed().as_secs_f64());
            drop(copy);
        }
        let bytes_per_s = 2.0 * 4.0 * n as f64 / fastest_s;
        println!("{}", serde_json::json!({ "device": chosen.name, "bytes_per_s": bytes_per_s }));
        Ok(())
    }
}
