//! Makes models of the true shapes with random weights, to measure and to test with.
//!
//! Every format of a shape and a seed holds the same network, up to the rounding of the format.

mod gguf;
pub mod hugging_face;
pub mod random;
mod script;
pub mod shapes;
mod tekken;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, ensure};
use lorgnette_app::models::convert::pair::{GgufPair, Rows, VisionFormat};
use lorgnette_gguf::{NumberFormat, QuantScheme};
use lorgnette_pixtral::checkpoint::{BlockPart, Naming, Part};

use self::hugging_face::Numbers;
use self::random::{Kind, RandomWeights, Wanted};
use self::script::Script;
use self::shapes::Shape;

/// Writes a model with random weights: true shapes, the real tokenizer, and no sense.
///
/// The same shape, format and seed give the same bytes, and two formats of one seed the same
/// network.
#[derive(clap::Args)]
pub struct Args {
    /// The sizes of the network
    #[arg(long)]
    shape: Shape,
    /// The files to write: a GGUF pair as llama.cpp's, or a Hugging Face folder
    #[arg(long)]
    format: Format,
    /// The folder. It is made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The number format of a GGUF pair's vision part
    #[arg(long, default_value = "f16")]
    vision: Vision,
    /// The number of positions in the model's configuration, instead of the shape's
    #[arg(long, value_name = "N")]
    positions: Option<usize>,
    /// The seed of the random weights
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A text that the network answers with, whatever it is asked. No token may come twice in it
    #[arg(long, value_name = "TEXT")]
    says: Option<String>,
    /// A text that it thinks before
    #[arg(long, value_name = "TEXT", requires = "says")]
    thinks: Option<String>,
    /// It thinks so again and again, until somebody ends it
    #[arg(long, requires = "thinks")]
    endless: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Vision {
    F16,
    #[value(name = "q8_0")]
    Q8_0,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    #[value(name = "gguf-q4_k_m")]
    GgufQ4KM,
    #[value(name = "gguf-q8_0")]
    GgufQ8_0,
    #[value(name = "gguf-f16")]
    GgufF16,
    #[value(name = "gguf-f32")]
    GgufF32,
    #[value(name = "safetensors-bf16")]
    SafetensorsBf16,
    #[value(name = "safetensors-f32")]
    SafetensorsF32,
    #[value(name = "safetensors-fp8")]
    SafetensorsFp8,
}

impl Args {
    /// Writes the files and prints their sizes.
    pub fn run(&self) -> Result<()> {
        let start = Instant::now();
        fs_err::create_dir_all(&self.out)?;
        let mut config = self.shape.config();
        if let Some(positions) = self.positions {
            config.text.max_position_embeddings = positions;
        }
        let mut tokenizer = self.shape.tokenizer()?;
        let mut weights = RandomWeights::new(self.seed, self.shape.is_tiny());
        if let Some(answer) = &self.says {
            ensure!(self.shape.is_tiny(), "only a tiny network says a text");
            tokenizer = script::tokenizer(&tokenizer)?;
            let text = (self.thinks.as_deref(), answer.as_str());
            weights.say(Script::new(&tokenizer, text, self.endless, &config)?);
        }
        let gguf = |scheme, weights: &mut RandomWeights| {
            let name = self.shape.name();
            let vocab = tokenizer.to_gguf_vocab();
            let vision = match self.vision {
                Vision::F16 => VisionFormat::F16,
                Vision::Q8_0 => VisionFormat::Q8_0,
            };
            let title = format!("{name} with random weights");
            let pair = GgufPair::new(name, &title, &config, &vocab, scheme, vision);
            gguf::write(&self.out, pair, weights)
        };
        let folder = |numbers, weights: &mut RandomWeights| {
            hugging_face::write(&self.out, numbers, &config, &tokenizer, weights)
        };
        let files = match self.format {
            Format::GgufQ4KM => gguf(QuantScheme::Q4KM, &mut weights),
            Format::GgufQ8_0 => gguf(QuantScheme::Q8_0, &mut weights),
            Format::GgufF16 => gguf(QuantScheme::F16, &mut weights),
            Format::GgufF32 => gguf(QuantScheme::F32, &mut weights),
            Format::SafetensorsBf16 => folder(Numbers::Bf16, &mut weights),
            Format::SafetensorsF32 => folder(Numbers::F32, &mut weights),
            Format::SafetensorsFp8 => folder(Numbers::Fp8, &mut weights),
        }?;
        for (path, n_bytes) in files {
            println!("{:>7.3} GB  {}", n_bytes as f64 / 1e9, path.display());
        }
        eprintln!("written in {:.1} s", start.elapsed().as_secs_f64());
        Ok(())
    }
}

/// Returns the distribution and the layout of a tensor's numbers.
fn wanted(part: Part, shape: &[usize], dtype: NumberFormat, rows: Rows) -> Wanted {
    let kind = match part {
        Part::Text(_, BlockPart::AttentionNorm | BlockPart::FfnNorm)
        | Part::Vision(_, BlockPart::AttentionNorm | BlockPart::FfnNorm)
        | Part::OutputNorm
        | Part::VisionPreNorm
        | Part::ProjectorNorm => Kind::Norm,
        Part::Projector1Bias | Part::Projector2Bias => Kind::Bias,
        _ => Kind::Matrix,
    };
    let n_rows = if shape.len() < 2 { 1 } else { shape[0] };
    let row_len = shape.iter().product::<usize>() / n_rows;
    Wanted { name: Naming::Llava.name(part), kind, n_rows, row_len, dtype, rows }
}

#[cfg(test)]
mod tests;
