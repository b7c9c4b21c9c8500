//! How fast a model is on this machine.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use lorgnette_engine::{AnswerOptions, Chat, EngineError, PreparedPicture, Sampling};
use lorgnette_image::{ImageConfig, Picture};
use lorgnette_interrupt::{Cancel, Interrupted};
use lorgnette_pixtral::{CHUNK_TOKENS, DeviceMemory, Peaks, Prompt, go_on};
use serde::Serialize;

use crate::error::ModelsError;
use crate::open::LocalModel;

/// What is measured.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// Numbers of tokens, each of which is read once.
    pub prefill: Vec<usize>,
    /// The number of tokens that are written.
    pub n_decode: usize,
    /// Numbers of tokens behind which the others are written.
    pub depths: Vec<usize>,
    /// Numbers of answers that are written together, behind each depth.
    pub together: Vec<usize>,
    /// Width and height of a picture to ask about.
    pub image: Option<(u32, u32)>,
    /// Width and height of a picture to encode.
    pub encode: Option<(u32, u32)>,
    pub clock: Clock,
}

/// Which seconds count. Those of a question about a picture are always the wall's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// The time that passes.
    #[default]
    Wall,
    /// The time that all threads of the program computed, where Linux says it: for a machine that
    /// others use, and one thread.
    Computed,
}

impl Clock {
    fn now(self) -> f64 {
        static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let wall = || BEGUN.elapsed().as_secs_f64();
        match self {
            Self::Wall => wall(),
            Self::Computed => computed_s().unwrap_or_else(wall),
        }
    }
}

/// Seconds that the threads of the program computed so far, those that have ended aside.
fn computed_s() -> Option<f64> {
    let mut ns = 0.0;
    for task in fs_err::read_dir("/proc/self/task").ok()? {
        let text = fs_err::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        ns += text.split(' ').next()?.parse::<f64>().ok()?;
    }
    Some(ns / 1e9)
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct BenchResult {
    pub model: PathBuf,
    /// The device that computed.
    pub device: String,
    /// The number of decoder blocks that were on the device; absent for a CPU.
    pub n_gpu_layers: Option<usize>,
    /// Bytes of the device's memory that are in use at the end, by all programs; absent for a CPU.
    pub device_memory_bytes: Option<u64>,
    /// What multiplied quantised matrices, if a CPU did.
    pub kernels: String,
    /// What factors of products with half-precision matrices, and of attention, were rounded to on a
    /// CPU.
    pub precision: String,
    /// Threads that compute.
    pub n_threads: usize,
    pub clock: Clock,
    /// The number format of keys and values, and bytes that a token takes.
    pub kv: String,
    pub kv_token_bytes: u64,
    pub peaks: PeaksResult,
    /// Bytes of the weights on disk.
    pub model_bytes: u64,
    pub load_s: f64,
    /// Absent where no picture was asked about.
    pub picture: Option<PictureResult>,
    /// Absent where no picture was encoded.
    pub encode_s: Option<f64>,
    pub prefill: Vec<PrefillResult>,
    pub decode: Vec<DecodeResult>,
    /// Empty where no answers were written together.
    pub together: Vec<TogetherResult>,
    /// The most memory that the program had resident; absent where the system does not say.
    pub peak_memory_bytes: Option<u64>,
}

/// What the processor could do at best, on the threads that compute; absent where it has no such
/// instruction.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PeaksResult {
    /// Operations on bytes, two for each product.
    pub int8_ops_per_s: Option<f64>,
    /// Operations on bf16, two for each product.
    pub bf16_ops_per_s: Option<f64>,
    /// Operations on f32, two for each product.
    pub f32_ops_per_s: Option<f64>,
    /// Bytes that are read from memory.
    pub read_bytes_per_s: f64,
}

/// How fast so many tokens were read.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PrefillResult {
    pub n_tokens: usize,
    pub tokens_per_s: f64,
}

/// How fast so many tokens were written.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct DecodeResult {
    /// The number of tokens that were read before.
    pub depth: usize,
    pub n_tokens: usize,
    pub tokens_per_s: f64,
}

/// How fast so many tokens of each of several answers were written.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct TogetherResult {
    pub n_answers: usize,
    /// The number of tokens that were read before, once.
    pub depth: usize,
    pub n_tokens: usize,
    /// Tokens of all answers.
    pub tokens_per_s: f64,
}

/// What a question about a picture took.
#[derive(Debug, Clone, Serialize)]
pub struct PictureResult {
    /// Tokens of the picture.
    pub n_tokens: usize,
    pub encode_s: f64,
    pub prefill_tokens_per_s: f64,
    /// Seconds from the question to the first token of the answer.
    pub first_token_s: f64,
    /// The same for the next question about the same picture.
    pub follow_up_first_token_s: f64,
    /// The same for a first question about a picture that was prepared while it was written: all but
    /// the question was read.
    pub prepared_first_token_s: f64,
}

/// Measures a model. `on_step` is told what is measured next.
///
/// # Errors
/// [`ModelsError::Engine`] when the tokens do not fit into the session.
pub fn run(
    model: &LocalModel,
    options: &BenchOptions,
    mut on_step: impl FnMut(&str),
) -> Result<BenchResult, ModelsError> {
    let mut result = BenchResult {
        model: model.path.clone(),
        device: model.device.name.clone(),
        n_gpu_layers: model.n_gpu_layers(),
        device_memory_bytes: None,
        kernels: model.kernels.to_string(),
        precision: model.precision.to_string(),
        n_threads: rayon::current_num_threads(),
        clock: options.clock,
        kv: model.kv.format.to_string(),
        kv_token_bytes: model.kv_bytes_per_token(),
        peaks: peaks(),
        model_bytes: model.n_bytes,
        load_s: model.load_s,
        picture: None,
        encode_s: None,
        prefill: Vec::new(),
        decode: Vec::new(),
        together: Vec::new(),
        peak_memory_bytes: None,
    };
    if let Some((width, height)) = options.image {
        on_step("asking about a picture, twice");
        result.picture = Some(ask_twice(model, width, height)?);
    }
    let clock = options.clock;
    if let Some((width, height)) = options.encode {
        on_step("encoding a picture");
        let pixels = test_picture(width, height, &model.image_config(None)?)?;
        result.encode_s = Some(wait(&model.engine.with(move |generator| {
            let encoding = clock.now();
            let encoded = generator.model().encode_image(&pixels, &mut go_on);
            encoded.map_err(Interrupted::expect_failure)?;
            Ok(clock.now() - encoding)
        }))?);
    }
    let mut lengths: Vec<usize> = options.prefill.iter().chain(&options.depths).copied().collect();
    lengths.sort_unstable();
    lengths.dedup();
    for n in lengths {
        let writes = options.depths.contains(&n) && options.n_decode > 0;
        let n_decode = if writes { options.n_decode } else { 0 };
        let behind = if writes { format!(", writing {n_decode}") } else { String::new() };
        on_step(&format!("reading {n} tokens{behind}"));
        let together = if writes { options.together.as_slice() } else { &[] };
        let (prefill_s, decode_s, together_s) =
            read_and_write(model, n, n_decode, together, clock)?;
        if options.prefill.contains(&n) {
            let tokens_per_s = n as f64 / prefill_s;
            result.prefill.push(PrefillResult { n_tokens: n, tokens_per_s });
        }
        if writes {
            let tokens_per_s = n_decode as f64 / decode_s;
            result.decode.push(DecodeResult { depth: n, n_tokens: n_decode, tokens_per_s });
        }
        for (n_answers, seconds) in together.iter().zip(together_s) {
            let tokens_per_s = (n_answers * n_decode) as f64 / seconds;
            let (n_answers, depth, n_tokens) = (*n_answers, n, n_decode);
            result.together.push(TogetherResult { n_answers, depth, n_tokens, tokens_per_s });
        }
    }
    result.peak_memory_bytes = peak_memory_bytes();
    let used = |memory: DeviceMemory| memory.total_bytes.saturating_sub(memory.free_bytes);
    result.device_memory_bytes = model.device.memory().map(used);
    Ok(result)
}

/// Seconds to read `n` tokens, at least one, to write some behind them, and to write as many of each of
/// several answers together.
fn read_and_write(
    model: &LocalModel,
    n: usize,
    n_decode: usize,
    together: &[usize],
    clock: Clock,
) -> Result<(f64, f64, Vec<f64>), ModelsError> {
    let (together, format) = (together.to_vec(), model.kv.format);
    wait(&model.engine.with(move |generator| {
        generator.forget();
        let n = n.max(1);
        let mut cache = generator.model().new_cache(n + n_decode, format)?;
        let vocab_size = generator.tokenizer().vocab_size() as u32;
        // Ordinary tokens, no two alike in a row; what they say does not change the speed.
        let ids: Vec<u32> =
            (0..n as u32).map(|i| vocab_size / 2 + i * 7919 % (vocab_size / 2)).collect();
        let prompt = Prompt { ids: &ids, image_token: None, pictures: &[] };
        let model = generator.model();
        let reading = clock.now();
        let read = model.prefill(&prompt, &mut cache, CHUNK_TOKENS, &mut go_on);
        read.map_err(Interrupted::expect_failure)?;
        let prefill_s = clock.now() - reading;
        let writing = clock.now();
        for i in 0..n_decode {
            model.decode_step(ids[i % ids.len()], &mut cache)?;
        }
        let decode_s = clock.now() - writing;
        cache.truncate(n);
        let mut together_s = Vec::new();
        for n_answers in together {
            let writing = clock.now();
            let mut tails = Vec::with_capacity(n_answers);
            for _ in 0..n_answers {
                tails.push(model.new_tail(&cache)?);
            }
            for i in 0..n_decode {
                let step: Vec<u32> = (0..n_answers).map(|j| ids[(i + j) % ids.len()]).collect();
                let mut tails: Vec<_> = tails.iter_mut().collect();
                model.decode_together(&step, &cache, &mut tails)?;
            }
            together_s.push(clock.now() - writing);
        }
        Ok((prefill_s, decode_s, together_s))
    }))
}

fn peaks() -> PeaksResult {
    let Peaks { int8_ops_per_s, bf16_ops_per_s, f32_ops_per_s, read_bytes_per_s } =
        Peaks::measure();
    PeaksResult { int8_ops_per_s, bf16_ops_per_s, f32_ops_per_s, read_bytes_per_s }
}

/// A question about a picture, and another one.
fn ask_twice(model: &LocalModel, width: u32, height: u32) -> Result<PictureResult, ModelsError> {
    let config = model.image_config(None)?;
    let picture = PreparedPicture::new("bench", test_picture(width, height, &config)?);
    let n_tokens = picture.pixels().grid().n_tokens();
    let options =
        AnswerOptions { max_tokens: 1, sampling: Sampling::GREEDY, ..AnswerOptions::default() };
    let mut chat = Chat::default();
    chat.ask([Arc::clone(&picture)], "What is this?");
    // After the other two, the cache holds what a preparation leaves: `<s>[INST]` and the picture.
    let mut other = Chat::default();
    other.ask([picture], "How many people are there?");
    let ask = |chat: &Chat| {
        wait(&model.engine.answer(chat.clone(), options.clone(), Cancel::default(), |_| {}))
    };
    let first = ask(&chat)?;
    chat.answered(&first.text);
    chat.ask([], "What else?");
    let follow_up = ask(&chat)?;
    let prepared = ask(&other)?;
    Ok(PictureResult {
        n_tokens,
        encode_s: first.timings.encode_s,
        prefill_tokens_per_s: first.timings.prefill_tokens_per_s(),
        first_token_s: first.timings.first_token_s,
        follow_up_first_token_s: follow_up.timings.first_token_s,
        prepared_first_token_s: prepared.timings.first_token_s,
    })
}

/// A picture with something in every patch.
fn test_picture(
    width: u32,
    height: u32,
    config: &ImageConfig,
) -> Result<lorgnette_image::Pixels, ModelsError> {
    let pixel = |i: u64| [(i % 251) as u8, (i / 7 % 241) as u8, (i / 1003 % 239) as u8];
    let rgb = (0..u64::from(width) * u64::from(height)).flat_map(pixel).collect();
    let picture = Picture::from_rgb(width, height, rgb);
    picture
        .and_then(|picture| picture.prepare(config))
        .map_err(|source| ModelsError::Picture { name: format!("{width}x{height}"), source })
}

fn wait<T>(receiver: &std::sync::mpsc::Receiver<Result<T, EngineError>>) -> Result<T, ModelsError> {
    Ok(receiver.recv().unwrap_or(Err(EngineError::Stopped))?)
}

/// The most memory that was resident; `None` where `/proc` does not say it.
pub fn peak_memory_bytes() -> Option<u64> {
    status_bytes("VmHWM:")
}

/// The memory that is resident now; `None` where `/proc` does not say it.
pub fn memory_bytes() -> Option<u64> {
    status_bytes("VmRSS:")
}

fn status_bytes(name: &str) -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(kib * 1024)
}
