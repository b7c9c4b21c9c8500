//! How fast a model is on this machine.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use lorgnette_engine::{AnswerOptions, Chat, EngineError, Picture, Sampling};
use lorgnette_image::{ImageConfig, Picture as Decoded};
use lorgnette_pixtral::{CHUNK_TOKENS, Cancel, DeviceMemory, Prompt};
use serde::Serialize;

use crate::error::AppError;
use crate::open::OpenModel;

/// What to measure.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// Tokens to read.
    pub n_prefill: usize,
    /// Tokens to write.
    pub n_decode: usize,
    /// Width and height of a picture to ask about.
    pub image: Option<(u32, u32)>,
    /// Width and height of a picture to encode.
    pub encode: Option<(u32, u32)>,
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct BenchResult {
    /// The model.
    pub model: PathBuf,
    /// What computed.
    pub device: String,
    /// Decoder blocks that were on it; absent for a CPU.
    pub n_gpu_layers: Option<usize>,
    /// Bytes of the device's memory that are in use at the end, by all programs; absent for a CPU.
    pub device_memory_bytes: Option<u64>,
    /// What multiplied quantised matrices, if a CPU did.
    pub kernels: String,
    /// Bytes of the weights on disk.
    pub model_bytes: u64,
    /// Seconds to load it.
    pub load_s: f64,
    /// A question about a picture; absent without one.
    pub picture: Option<PictureResult>,
    /// Seconds to encode a picture; absent without one.
    pub encode_s: Option<f64>,
    /// Tokens read.
    pub n_prefill: usize,
    /// Tokens read a second.
    pub prefill_tokens_per_s: f64,
    /// Tokens written.
    pub n_decode: usize,
    /// Tokens written a second.
    pub decode_tokens_per_s: f64,
    /// The most memory that the program had resident; absent where the system does not say.
    pub peak_memory_bytes: Option<u64>,
}

/// What a question about a picture took.
#[derive(Debug, Clone, Serialize)]
pub struct PictureResult {
    /// Tokens of the picture.
    pub n_tokens: usize,
    /// Seconds to encode it.
    pub encode_s: f64,
    /// Tokens read a second.
    pub prefill_tokens_per_s: f64,
    /// Seconds from the question to the first token of the answer.
    pub first_token_s: f64,
    /// The same for the next question about the same picture.
    pub follow_up_first_token_s: f64,
}

/// Measures. `on_step` is told what is measured next.
///
/// # Errors
/// [`AppError::Engine`] when the tokens do not fit into the session.
pub fn run(
    model: &OpenModel,
    options: &BenchOptions,
    mut on_step: impl FnMut(&str),
) -> Result<BenchResult, AppError> {
    let mut result = BenchResult {
        model: model.path.clone(),
        device: model.device.name.clone(),
        n_gpu_layers: model.n_gpu_layers(),
        device_memory_bytes: None,
        kernels: model.kernels.to_string(),
        model_bytes: model.n_bytes,
        load_s: model.load_s,
        picture: None,
        encode_s: None,
        n_prefill: options.n_prefill,
        prefill_tokens_per_s: 0.0,
        n_decode: options.n_decode,
        decode_tokens_per_s: 0.0,
        peak_memory_bytes: None,
    };
    if let Some((width, height)) = options.image {
        on_step("asking about a picture, twice");
        result.picture = Some(ask_twice(model, width, height)?);
    }
    if let Some((width, height)) = options.encode {
        on_step("encoding a picture");
        let pixels = test_picture(width, height, &model.image_config(None)?)?;
        result.encode_s = Some(wait(&model.engine.with(move |assistant| {
            let encoding = Instant::now();
            assistant.model().encode_image(&pixels, &mut |_, _| ControlFlow::Continue(()))?;
            Ok(encoding.elapsed().as_secs_f64())
        }))?);
    }
    on_step("reading and writing text");
    let (n_prefill, n_decode) = (options.n_prefill.max(1), options.n_decode);
    let (prefill_s, decode_s) = wait(&model.engine.with(move |assistant| {
        assistant.forget();
        let mut cache = assistant.model().new_cache(n_prefill + n_decode, crate::KvFormat::F16)?;
        let vocab_size = assistant.tokenizer().vocab_size() as u32;
        // Ordinary tokens, no two alike in a row; what they say does not change the speed.
        let ids: Vec<u32> =
            (0..n_prefill as u32).map(|i| vocab_size / 2 + i * 7919 % (vocab_size / 2)).collect();
        let prompt = Prompt { ids: &ids, image_token: None, pictures: &[] };
        let model = assistant.model();
        let reading = Instant::now();
        let go_on = &mut |_, _| ControlFlow::Continue(());
        model.prefill(&prompt, &mut cache, CHUNK_TOKENS, go_on)?;
        let prefill_s = reading.elapsed().as_secs_f64();
        let writing = Instant::now();
        for i in 0..n_decode {
            model.decode_step(ids[i % ids.len()], &mut cache)?;
        }
        Ok((prefill_s, writing.elapsed().as_secs_f64()))
    }))?;
    result.prefill_tokens_per_s = n_prefill as f64 / prefill_s;
    if n_decode > 0 {
        result.decode_tokens_per_s = n_decode as f64 / decode_s;
    }
    result.peak_memory_bytes = peak_memory_bytes();
    let used = |memory: DeviceMemory| memory.total_bytes.saturating_sub(memory.free_bytes);
    result.device_memory_bytes = model.device.memory().map(used);
    Ok(result)
}

/// A question about a picture, and another one.
fn ask_twice(model: &OpenModel, width: u32, height: u32) -> Result<PictureResult, AppError> {
    let config = model.image_config(None)?;
    let picture = Picture::new("bench", test_picture(width, height, &config)?);
    let n_tokens = picture.pixels().grid().n_tokens();
    let options =
        AnswerOptions { max_tokens: 1, sampling: Sampling::GREEDY, ..AnswerOptions::default() };
    let mut chat = Chat::default();
    chat.ask([picture], "What is this?");
    let ask = |chat: &Chat| {
        wait(&model.engine.answer(chat.clone(), options.clone(), Cancel::default(), |_| {}))
    };
    let first = ask(&chat)?;
    chat.answered(&first.text);
    chat.ask([], "What else?");
    let follow_up = ask(&chat)?;
    Ok(PictureResult {
        n_tokens,
        encode_s: first.timings.encode_s,
        prefill_tokens_per_s: first.timings.prefill_tokens_per_s(),
        first_token_s: first.timings.first_token_s,
        follow_up_first_token_s: follow_up.timings.first_token_s,
    })
}

/// A picture with something in every patch.
fn test_picture(
    width: u32,
    height: u32,
    config: &ImageConfig,
) -> Result<lorgnette_image::Pixels, AppError> {
    let pixel = |i: u64| [(i % 251) as u8, (i / 7 % 241) as u8, (i / 1003 % 239) as u8];
    let rgb = (0..u64::from(width) * u64::from(height)).flat_map(pixel).collect();
    let picture = Decoded::from_rgb(width, height, rgb);
    picture
        .and_then(|picture| picture.prepare(config))
        .map_err(|source| AppError::Picture { name: format!("{width}x{height}"), source })
}

fn wait<T>(receiver: &std::sync::mpsc::Receiver<Result<T, EngineError>>) -> Result<T, AppError> {
    Ok(receiver.recv().unwrap_or(Err(EngineError::Stopped))?)
}

/// The high-water mark of resident memory. Linux tells it in `/proc`; elsewhere `None`.
pub fn peak_memory_bytes() -> Option<u64> {
    status_bytes("VmHWM:")
}

/// Memory that is resident now. Linux tells it in `/proc`; elsewhere `None`.
pub fn memory_bytes() -> Option<u64> {
    status_bytes("VmRSS:")
}

fn status_bytes(name: &str) -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(kib * 1024)
}
