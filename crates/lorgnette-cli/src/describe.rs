//! `lorgnette describe`.

use std::path::Path;
use std::sync::Arc;

use lorgnette_app::session::Session;
use lorgnette_app::{AppError, Cancel, Event, StopReason, Timings, pictures};
use serde::Serialize;

use crate::Ending;
use crate::args::Describe;
use crate::output::{self, Failure, printable};
use crate::progress::{self, Progress};

/// `--json`.
#[derive(Serialize)]
struct Output<'a> {
    model: &'a Path,
    device: &'a str,
    load_s: f64,
    pictures: Vec<PictureOutput<'a>>,
    answer: &'a str,
    stop: &'a StopReason,
    timings: &'a Timings,
    prefill_tokens_per_s: f64,
    decode_tokens_per_s: f64,
}

#[derive(Serialize)]
struct PictureOutput<'a> {
    name: &'a str,
    seen_width: u32,
    seen_height: u32,
    tokens: usize,
}

/// Loads the model, asks, prints the answer as it comes.
pub fn run(args: &Describe) -> Result<Ending, Failure> {
    // Before the model: a picture that cannot be read should not cost its loading.
    for path in args.pictures.iter().filter(|path| *path != Path::new("-")) {
        pictures::decode(path)?;
    }
    let model = progress::open(&args.model.options())?;
    let config = model.image_config(args.max_side)?;
    let prepared = args.pictures.iter().map(|path| pictures::prepare(path, &config));
    let prepared: Vec<_> = prepared.collect::<Result<_, AppError>>()?;

    let cancel = Cancel::default();
    let progress = Progress::new();
    let mut closed = Ok(());
    let mut session = Session::new(&model);
    progress::recall(&session, args.keep.as_deref());
    let on_event = |event: Event| {
        progress.event(&event);
        if let (Event::Text(text), false) = (&event, args.json)
            && closed.is_ok()
        {
            closed = output::print(&printable(text));
            if closed.is_err() {
                cancel.cancel();
            }
        }
    };
    let pictures = prepared.iter().map(Arc::clone).collect();
    let options = args.answer.options();
    let asked = session.ask(pictures, &args.ask, options, &cancel, on_event);
    let answer = with_ctrl_c(&cancel, asked);
    progress.clear();
    closed?;
    let answer = answer?;
    progress::keep(&session, args.keep.as_deref());
    if args.json {
        let seen = prepared.iter().map(|picture| PictureOutput {
            name: &picture.name,
            seen_width: picture.pixels().width(),
            seen_height: picture.pixels().height(),
            tokens: picture.pixels().grid().n_tokens(),
        });
        let seen = seen.collect();
        output::print_json(&Output {
            model: &model.path,
            device: &model.device.name,
            load_s: model.load_s,
            pictures: seen,
            answer: &answer.text,
            stop: &answer.stop,
            timings: &answer.timings,
            prefill_tokens_per_s: answer.timings.prefill_tokens_per_s(),
            decode_tokens_per_s: answer.timings.decode_tokens_per_s(),
        })?;
    } else {
        output::print("\n")?;
    }
    Ok(if answer.stop == StopReason::Cancelled { Ending::Cancelled } else { Ending::Done })
}

/// Runs a request to its end; Ctrl+C cancels it, a second one ends the program.
pub fn with_ctrl_c<T>(cancel: &Cancel, request: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime without threads of its own");
    let on_signal = cancel.clone();
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            on_signal.cancel();
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
    runtime.block_on(request)
}
