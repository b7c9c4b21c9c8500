//! Compares what a device says with what the CPU says.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use lorgnette_app::open::{LocalModel, ModelChoice, OpenOptions};
use lorgnette_app::{AnswerOptions, Cancel, Kernels, KvFormat, LoadOptions, Sampling, pictures};
use lorgnette_engine::{Chat, EngineError, Generator};
use lorgnette_interrupt::Interrupted;
use lorgnette_pixtral::{CHUNK_TOKENS, DeviceChoice, Prompt, go_on};
use serde::Deserialize;

/// The number of tokens whose logits are compared: first read in one go, then token by token.
const N_READ: usize = 48;
const N_STEPS: usize = 16;

/// Runs a model on the CPU and on a device, and compares the rows of a picture, logits, and the words
/// of greedy answers. It fails if they differ.
#[derive(clap::Args)]
pub struct Args {
    /// The path or name of a model; without one, the built-in model
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The device that is compared with the CPU: auto, cpu, cuda, cuda:N, metal
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// The number of layers on the device; all by default
    #[arg(long, value_name = "N")]
    gpu_layers: Option<usize>,
    /// The kernels of that side, if it is a CPU
    #[arg(long, value_name = "NAME")]
    kernels: Option<Kernels>,
    /// A folder with `questions.json` and its pictures, for answers
    #[arg(long, value_name = "DIR")]
    questions: Option<PathBuf>,
    /// Ask only the first N questions
    #[arg(long, value_name = "N", default_value_t = 24)]
    limit: usize,
    /// A picture whose rows are compared
    #[arg(long, value_name = "FILE", default_value = "assets/samples/dialog.png")]
    picture: PathBuf,
    /// The difference that is allowed, as a part of what the CPU says (root mean square). Activations
    /// are rounded to 8 bits for products with quantised matrices, or to bf16. That is some 0.4 % a
    /// product, in groups of other sizes on each side, and adds up with the square root of the number
    /// of blocks.
    #[arg(long, default_value_t = 0.05)]
    tolerance: f64,
}

#[derive(Deserialize)]
struct Question {
    picture: String,
    question: String,
}

impl Args {
    /// Prints each comparison.
    pub fn run(&self) -> Result<()> {
        let name = self.model.clone().unwrap_or_else(|| "pocket".into());
        let reference = OpenOptions {
            model: ModelChoice::named(&name),
            device: DeviceChoice::Cpu,
            ..OpenOptions::default()
        };
        let other = OpenOptions {
            device: self.device,
            gpu_layers: self.gpu_layers,
            load: LoadOptions { kernels: self.kernels, ..LoadOptions::default() },
            ..reference.clone()
        };
        // The device first: where there is none, nothing is loaded for nothing.
        let device = open(&other)?;
        let wanted_cpu = self.device == DeviceChoice::Cpu;
        if let (false, [reason, ..]) = (wanted_cpu, device.device.not_used.as_slice()) {
            bail!("{reason}");
        }
        ensure!(wanted_cpu || device.n_gpu_layers().is_some(), "there is no device but the CPU");
        match device.n_gpu_layers() {
            Some(n) => println!("{name} on {}, {n} layers on it", device.device.name),
            None => println!("{name} on the CPU with kernels {}", device.kernels),
        }
        for note in device.device_notes() {
            println!("note: {note}");
        }
        let cpu = open(&reference)?;

        let mut n_different = 0;
        let mut report = |what: &str, numbers: String, same: bool| {
            n_different += usize::from(!same);
            println!("{:<8}{what:<16}{numbers}", if same { "ok" } else { "DIFFERS" });
        };
        let mut rms = |what: &str, of: &dyn Fn(&LocalModel) -> Result<Vec<f32>>| -> Result<()> {
            let difference = relative_difference(&of(&device)?, &of(&cpu)?);
            let numbers = format!("{difference:.2e} of it, allowed {:.0e}", self.tolerance);
            report(what, numbers, difference <= self.tolerance);
            Ok(())
        };
        if cpu.config.vision.is_some() {
            rms("picture rows", &|model| self.picture_rows(model))?;
        }
        rms("logits", &logits)?;
        if let Some(folder) = &self.questions {
            let text = fs_err::read(folder.join("questions.json"))?;
            let questions: Vec<Question> = serde_json::from_slice(&text)?;
            let (mut n_asked, mut n_same) = (0, 0);
            for question in questions.iter().take(self.limit) {
                let path = folder.join(&question.picture);
                let [theirs, ours] =
                    [&device, &cpu].map(|model| answer(model, &path, &question.question));
                let (theirs, ours) = (theirs?, ours?);
                n_asked += 1;
                n_same += usize::from(theirs == ours);
                if theirs != ours {
                    println!("{}: {ours:?} on the CPU, {theirs:?} there", question.picture);
                }
            }
            ensure!(n_asked > 0, "{} has no questions", folder.display());
            report("answers", format!("{n_same} of {n_asked} are the same"), n_same == n_asked);
        }
        ensure!(n_different == 0, "{n_different} comparisons differ");
        Ok(())
    }

    fn picture_rows(&self, model: &LocalModel) -> Result<Vec<f32>> {
        let picture = pictures::prepare_at(&self.picture, &model.image_config(Some(512))?)?;
        on_engine(model, move |generator| {
            let features = generator.model().encode_image(picture.pixels(), &mut go_on);
            let features = features.map_err(Interrupted::expect_failure)?;
            Ok(features.rows().flatten_all().and_then(|rows| rows.to_vec1()))
        })?
        .context("the rows of the picture")
    }
}

fn open(options: &OpenOptions) -> Result<LocalModel> {
    Ok(options.open_local(&mut |_, _| {})?)
}

fn on_engine<T: Send + 'static>(
    model: &LocalModel,
    work: impl FnOnce(&mut Generator) -> Result<T, EngineError> + Send + 'static,
) -> Result<T> {
    let result = model.engine.with(work).recv().map_err(|_| anyhow!("the engine stopped"))?;
    Ok(result?)
}

/// Returns the logits behind each token of a text. Both sides read the same text, whatever each of
/// them would have said.
fn logits(model: &LocalModel) -> Result<Vec<f32>> {
    on_engine(model, |generator| {
        let model = generator.model();
        let vocab_size = generator.tokenizer().vocab_size() as u32;
        let ids: Vec<u32> = (0..(N_READ + N_STEPS) as u32)
            .map(|i| vocab_size / 2 + i * 7919 % (vocab_size / 2))
            .collect();
        let mut cache = model.new_cache(ids.len(), KvFormat::F16)?;
        let prompt = Prompt { ids: &ids[..N_READ], image_token: None, pictures: &[] };
        let read = model.prefill_all_logits(&prompt, &mut cache, CHUNK_TOKENS)?;
        let read = read.flatten_all().and_then(|logits| logits.to_vec1::<f32>());
        let mut logits = read.map_err(lorgnette_pixtral::ModelError::from)?;
        for id in &ids[N_READ..] {
            logits.extend(model.decode_step(*id, &mut cache)?);
        }
        Ok(logits)
    })
}

fn answer(model: &LocalModel, picture: &std::path::Path, question: &str) -> Result<String> {
    let picture = pictures::prepare_at(picture, &model.image_config(None)?)?;
    let mut chat = Chat::default();
    chat.ask([Arc::clone(&picture)], question);
    let options =
        AnswerOptions { max_tokens: 128, sampling: Sampling::GREEDY, ..AnswerOptions::default() };
    let answer = model.engine.answer(chat, options, Cancel::default(), |_| {}).recv()??;
    Ok(answer.text)
}

/// Returns `|a − b| / |b|`, or infinity if a number is not finite or the lengths differ.
fn relative_difference(a: &[f32], b: &[f32]) -> f64 {
    if a.len() != b.len() {
        return f64::INFINITY;
    }
    let squares = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>();
    let difference = squares(&mut a.iter().zip(b).map(|(a, b)| f64::from(*a) - f64::from(*b)));
    let whole = squares(&mut b.iter().map(|b| f64::from(*b)));
    let ratio = (difference / whole).sqrt();
    if ratio.is_nan() { f64::INFINITY } else { ratio }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_parts_of_the_reference() {
        assert!((relative_difference(&[1.0, 1.1], &[1.0, 1.0]) - 0.1 / 2_f64.sqrt()).abs() < 1e-6);
        assert!(relative_difference(&[3.0], &[3.0]) < f64::EPSILON);
        assert!(relative_difference(&[f32::NAN], &[3.0]).is_infinite());
        assert!(relative_difference(&[1.0], &[1.0, 2.0]).is_infinite());
    }

    /// Runs the command itself; candle's kernels stand in for the device.
    #[test]
    fn candles_kernels_say_what_ours_say() {
        let args = Args {
            model: None,
            device: DeviceChoice::Cpu,
            gpu_layers: None,
            kernels: Some(Kernels::Candle),
            questions: Some("../../models/pocket/held-out".into()),
            limit: 2,
            picture: "../../assets/samples/dialog.png".into(),
            tolerance: 0.05,
        };
        args.run().expect("the same answers");
        let strict = Args { tolerance: 0.0, questions: None, ..args };
        let error = strict.run().expect_err("kernels that round as ours");
        assert!(error.to_string().contains("comparisons differ"), "{error}");
    }
}
