//! Writes a trained network as the GGUF pair that ships.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use lorgnette_app::models::convert::pair::{GgufPair, VisionFormat};
use lorgnette_engine::tokens::Tokenizer;
use lorgnette_gguf::quantise::quantise;
use lorgnette_gguf::{GgufWriter, QuantScheme};
use lorgnette_pixtral::Checkpoint;
use lorgnette_pixtral::checkpoint::Naming;

/// Writes the GGUF pair of a Hugging Face folder, both files in `Q8_0`. If the vocabulary is shorter
/// than the shipped tokenizer's, it is the beginning of that.
#[derive(clap::Args)]
pub struct Args {
    /// The folder with `config.json` and `model.safetensors`
    folder: PathBuf,
    /// The name of the files
    #[arg(long)]
    name: String,
    /// The title of the model
    #[arg(long)]
    title: String,
    /// The folder that the files go to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Args {
    /// Writes both files and prints their sizes.
    pub fn run(&self) -> Result<()> {
        let checkpoint = Checkpoint::open(&self.folder)?;
        ensure!(checkpoint.naming() == Naming::Llava, "only llava folders are read here");
        let config = checkpoint.config();
        let vocab = Tokenizer::pixtral()?.truncated(config.text.vocab_size)?.to_gguf_vocab();
        let (name, title) = (&self.name, &self.title);
        let pair =
            GgufPair::new(name, title, config, &vocab, QuantScheme::Q8_0, VisionFormat::Q8_0);
        let parts = lorgnette_pixtral::checkpoint::inventory(config);
        fs_err::create_dir_all(&self.out)?;
        for file in std::iter::once(pair.text).chain(pair.vision) {
            let path = self.out.join(&file.name);
            let declared = file.tensors.iter().map(|tensor| tensor.declared.clone()).collect();
            let mut writer = GgufWriter::create(&path, &file.metadata, declared)?;
            for tensor in &file.tensors {
                let declared = &tensor.declared;
                let stored = parts.iter().find(|(part, _)| *part == tensor.part);
                let (part, shape) = stored.expect("the pair is made of the network's parts");
                let numbers = checkpoint.numbers(*part, shape)?;
                let n_stored_rows = if shape.len() < 2 { 1 } else { shape[0] };
                let row_len = numbers.len() / n_stored_rows;
                let n_rows = declared.shape.iter().product::<usize>() / row_len;
                let mut rows = Vec::with_capacity(n_rows * row_len);
                for row in 0..n_rows {
                    let start = tensor.rows.source_row(row, n_rows) * row_len;
                    rows.extend_from_slice(&numbers[start..start + row_len]);
                }
                writer.append(&declared.name, &quantise(&rows, row_len, declared.dtype)?)?;
            }
            let n_bytes = writer.finish()?;
            println!("{:>7.2} MB  {}", n_bytes as f64 / 1e6, path.display());
        }
        Ok(())
    }
}
