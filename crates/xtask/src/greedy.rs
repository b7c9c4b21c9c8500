//! Prints the ids that a model continues with, to compare with other programs.

use std::path::PathBuf;

use anyhow::Result;
use lorgnette_interrupt::Interrupted;
use lorgnette_pixtral::{Checkpoint, DeviceChoice, KvFormat, Pixtral, Prompt, go_on};

use crate::parity::argmax;

/// Continues token ids greedily and prints the new ones.
#[derive(clap::Args)]
pub struct Args {
    /// The model: a folder or a GGUF file.
    model: PathBuf,
    /// The ids to begin with, separated by commas.
    #[arg(long, value_delimiter = ',', required = true)]
    ids: Vec<u32>,
    /// The number of ids to continue with.
    #[arg(long, default_value_t = 24)]
    n: usize,
}

impl Args {
    /// Prints the ids, separated by commas.
    pub fn run(&self) -> Result<()> {
        let device = DeviceChoice::Cpu.open().device;
        let model = Pixtral::load(&Checkpoint::open(&self.model)?, &device, &mut |_| {})?;
        let mut cache = model.new_cache(self.ids.len() + self.n, KvFormat::F32)?; // no rounding of our own
        let prompt = Prompt { ids: &self.ids, image_token: None, pictures: &[] };
        let logits = model.prefill(&prompt, &mut cache, 64, &mut go_on);
        let mut logits = logits.map_err(Interrupted::expect_failure)?;
        let mut ids = Vec::new();
        for _ in 0..self.n {
            let id = argmax(&logits);
            ids.push(id.to_string());
            logits = model.decode_step(id, &mut cache)?;
        }
        println!("{}", ids.join(","));
        Ok(())
    }
}
