//! `lorgnette bench`: how fast a model is here.

use indicatif::HumanBytes;
use lorgnette_app::bench::{self, BenchOptions, BenchResult};
use lorgnette_app::open::OpenOptions;

use crate::Ending;
use crate::args::Bench;
use crate::output::{self, Failure};
use crate::progress;

/// Loads the model, measures, prints.
pub fn run(args: &Bench) -> Result<Ending, Failure> {
    // The bench makes a cache of its own size; the session's stays small.
    let options = OpenOptions {
        model: Some(args.model.clone()),
        device: args.device,
        context: 64,
        ..OpenOptions::default()
    };
    let model = progress::open(&options)?;
    let options = BenchOptions {
        n_prefill: args.prefill,
        n_decode: args.decode,
        image: args.image,
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
        format!("device   {}", result.device),
        format!(
            "load     {:.1} s for {}",
            result.load_s,
            HumanBytes(result.model_bytes)
        ),
    ];
    if let (Some(tokens), Some(seconds)) = (result.image_tokens, result.encode_s) {
        lines.push(format!(
            "encode   {seconds:.2} s for a picture of {tokens} tokens"
        ));
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
    lines.join("\n") + "\n"
}
