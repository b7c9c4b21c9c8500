//! `lorgnette bench`: how fast a model is here.

use indicatif::HumanBytes;
use lorgnette_app::bench::{self, BenchOptions, BenchResult};
use lorgnette_app::open::{DEFAULT_CONTEXT, OpenOptions};

use crate::Ending;
use crate::args::Bench;
use crate::output::{self, Failure};
use crate::progress;

/// Loads the model, measures, prints.
pub fn run(args: &Bench) -> Result<Ending, Failure> {
    // Text is measured in a cache of its own size; the session's is for the picture.
    let options = OpenOptions {
        model: args.model.clone(),
        device: args.device.choice,
        gpu_layers: args.device.gpu_layers,
        context: if args.image.is_some() { DEFAULT_CONTEXT } else { 64 },
        load: args.load.options(),
        threads: args.load.threads,
        ..OpenOptions::default()
    };
    let model = progress::open(&options)?;
    let options = BenchOptions {
        n_prefill: args.prefill,
        n_decode: args.decode,
        image: args.image,
        encode: args.encode,
    };
    let result = bench::run(&model, &options, |step| eprintln!("{step} …"))?;
    if args.json {
        output::print_json(&result)?;
    } else {
        output::print(&text(&result))?;
    }
    Ok(Ending::Done)
}

fn text(result: &BenchResult) -> String {
    let mut lines = vec![
        match result.n_gpu_layers {
            Some(n) => format!("device   {}, {n} layers on it", result.device),
            None => format!("device   {}, kernels {}", result.device, result.kernels),
        },
        format!("load     {:.1} s for {}", result.load_s, HumanBytes(result.model_bytes)),
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
    }
    if let Some(seconds) = result.encode_s {
        lines.push(format!("encode   {seconds:.2} s"));
    }
    lines.push(format!(
        "prefill  {:.2} tokens/s over {}",
        result.prefill_tokens_per_s, result.n_prefill
    ));
    lines.push(format!(
        "decode   {:.2} tokens/s over {}",
        result.decode_tokens_per_s, result.n_decode
    ));
    if let Some(bytes) = result.peak_memory_bytes {
        lines.push(format!("memory   {} at the most", HumanBytes(bytes)));
    }
    if let Some(bytes) = result.device_memory_bytes {
        lines.push(format!("         {} of the device's in use", HumanBytes(bytes)));
    }
    lines.join("\n") + "\n"
}
