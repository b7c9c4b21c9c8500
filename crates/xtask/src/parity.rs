//! Compares our numbers with those of the reference implementations.

mod cache;
mod images;
mod network;
mod prompts;

pub use network::argmax;
use std::path::PathBuf;

use anyhow::{Result, bail};
use lorgnette_pixtral::DeviceChoice;

/// Compares with the reference and prints each difference.
#[derive(clap::Args)]
pub struct Args {
    /// Folders with `model/` and `expected.safetensors`
    dirs: Vec<PathBuf>,
    /// A folder with pictures, `expected.json` and `pixels.safetensors`
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// Files of conversations and their token ids: `prompts.json` of Pixtral, `prompts-vN.json` of a
    /// later version, whose control tokens are in `tokenizers.json` beside
    #[arg(long, value_name = "FILE")]
    prompts: Vec<PathBuf>,
    /// The device that computes: auto, cpu, cuda, cuda:N, metal
    #[arg(long, default_value = "cpu")]
    device: DeviceChoice,
}

impl Args {
    /// Runs the comparisons that were asked for. Returns an error if anything differs.
    pub fn run(&self) -> Result<()> {
        if self.dirs.is_empty() && self.images.is_none() && self.prompts.is_empty() {
            bail!("name a folder, --images DIR or --prompts FILE");
        }
        let mut report = Report::default();
        let device = self.device.open();
        if let Some(reason) = device.not_used.first() {
            bail!("{reason}");
        }
        for dir in &self.dirs {
            network::check(dir, &device.device, &mut report)?;
        }
        if let Some(dir) = &self.images {
            images::check(dir, &mut report)?;
        }
        for file in &self.prompts {
            prompts::check(file, &mut report)?;
        }
        println!("{} compared, {} differ", report.n_compared, report.n_different);
        if report.n_different > 0 {
            bail!("{} of {} comparisons differ", report.n_different, report.n_compared);
        }
        Ok(())
    }
}

/// Prints the comparisons, and counts them.
#[derive(Default)]
pub struct Report {
    n_compared: usize,
    n_different: usize,
    /// Whether the lines only show a difference and judge nothing.
    informs_only: bool,
}

impl Report {
    fn line(&mut self, what: &str, numbers: &str, passes: bool) {
        self.n_compared += 1;
        self.n_different += usize::from(!passes);
        let verdict = match (self.informs_only, passes) {
            (true, _) => "shown",
            (false, true) => "ok",
            (false, false) => "DIFFERS",
        };
        println!("{verdict:<8}{what:<52}{numbers}");
    }
}
