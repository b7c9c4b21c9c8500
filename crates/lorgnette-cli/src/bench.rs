//! `lorgnette bench` measures how fast a model is on this machine.

use indicatif::HumanBytes;
use lorgnette_app::bench::{
    self, BenchOptions, BenchResult, Clock, DecodeResult, PrefillResult, TogetherResult,
};
use lorgnette_app::open::{DEFAULT_CONTEXT, OpenOptions};
use lorgnette_app::{AppError, say};
use serde_json::Value;

use crate::Ending;
use crate::args::Bench;
use crate::output::{self, Failure};
use crate::output_file::{OutputFile, OutputKind};
use crate::progress;

/// What `--save` writes.
const MEASUREMENTS: OutputKind = OutputKind {
    name: "what bench measured",
    is_one: |head| {
        let json: Value = serde_json::from_slice(head).unwrap_or_default();
        ["model_bytes", "peaks", "n_threads"].iter().all(|key| json.get(key).is_some())
    },
};

/// Loads the model, measures it and prints the results.
pub fn run(args: &Bench) -> Result<Ending, Failure> {
    let save = args.save.as_deref().map(|path| OutputFile::new(path, &MEASUREMENTS, &[]));
    let save = save.transpose()?;
    let full = |chosen: &[usize], all: &[usize]| if args.full { all } else { chosen }.to_vec();
    let image = args.image.or(args.full.then_some((1024, 1024)));
    // Text is measured in a cache of its own size; the session's is for the picture.
    let options = OpenOptions {
        model: args.model.clone(),
        device: args.device.choice,
        gpu_layers: args.device.gpu_layers,
        context: if image.is_some() { DEFAULT_CONTEXT } else { 64 },
        kv: args.kv,
        load: args.load.options(),
        threads: args.load.threads,
        ..OpenOptions::default()
    };
    let model = progress::open_bare(&options)?;
    let options = BenchOptions {
        prefill: full(&args.prefill, &[128, 512, 4096]),
        n_decode: args.decode,
        depths: full(&args.depth, &[0, 4096]),
        together: args.together.clone(),
        image,
        encode: args.encode,
        clock: if args.computed { Clock::Computed } else { Clock::Wall },
    };
    let result = bench::run(&model, &options, |step| say!("{step} …"))?;
    if let Some(file) = save {
        let json = serde_json::to_vec_pretty(&result).map_err(std::io::Error::other);
        file.write(&json.map_err(AppError::Write)?)?;
    }
    if args.json {
        output::print_json(&result)?;
    } else {
        output::print(&text(&result))?;
    }
    Ok(Ending::Done)
}

fn text(result: &BenchResult) -> String {
    let peaks = &result.peaks;
    let ops = |peak: Option<f64>| peak.map_or("–".into(), |ops| format!("{:.0}", ops / 1e9));
    let mut lines = vec![
        match result.n_gpu_layers {
            Some(n) => format!("device   {}, {n} layers on it", result.device),
            None => format!(
                "device   {}, kernels {}, halves and attention in {}, {} threads",
                result.device, result.kernels, result.precision, result.n_threads
            ),
        },
        format!(
            "peaks    int8 {}, bf16 {}, f32 {} Gop/s, memory {:.1} GB/s",
            ops(peaks.int8_ops_per_s),
            ops(peaks.bf16_ops_per_s),
            ops(peaks.f32_ops_per_s),
            peaks.read_bytes_per_s / 1e9
        ),
        format!("load     {:.1} s for {}", result.load_s, HumanBytes(result.model_bytes)),
        format!("keys     {}, {} a token", result.kv, HumanBytes(result.kv_token_bytes)),
    ];
    if let Some(picture) = &result.picture {
        lines.push(format!(
            "picture  {} tokens: {:.2} s to encode, {:.2} tokens/s to read",
            picture.n_tokens, picture.encode_s, picture.prefill_tokens_per_s
        ));
        lines.push(format!(
            "         first token after {:.2} s, after {:.2} s for the next question: {:.2} %",
            picture.first_token_s,
            picture.follow_up_first_token_s,
            100.0 * picture.follow_up_first_token_s / picture.first_token_s
        ));
        lines.push(format!(
            "         after {:.2} s when it was prepared while the question was written",
            picture.prepared_first_token_s
        ));
    }
    if let Some(seconds) = result.encode_s {
        lines.push(format!("encode   {seconds:.2} s"));
    }
    for prefill in &result.prefill {
        let PrefillResult { n_tokens, tokens_per_s } = prefill;
        lines.push(format!("prefill  {tokens_per_s:.2} tokens/s over {n_tokens}"));
    }
    for decode in &result.decode {
        let DecodeResult { depth, n_tokens, tokens_per_s } = decode;
        lines.push(format!("decode   {tokens_per_s:.2} tokens/s over {n_tokens}, behind {depth}"));
    }
    for together in &result.together {
        let TogetherResult { n_answers, depth, n_tokens, tokens_per_s } = together;
        lines.push(format!(
            "together {tokens_per_s:.2} tokens/s, {n_answers} answers of {n_tokens}, behind {depth}"
        ));
    }
    if let Some(bytes) = result.peak_memory_bytes {
        lines.push(format!("memory   {} at the most", HumanBytes(bytes)));
    }
    if let Some(bytes) = result.device_memory_bytes {
        lines.push(format!("         {} of the device's in use", HumanBytes(bytes)));
    }
    lines.join("\n") + "\n"
}
