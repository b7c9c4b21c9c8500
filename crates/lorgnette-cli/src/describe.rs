//! `lorgnette describe`.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use lorgnette_app::capture;
use lorgnette_app::check::Checked;
use lorgnette_app::folders::Folders;
use lorgnette_app::pictures::Picture;
use lorgnette_app::purpose::Purpose;
use lorgnette_app::session::Session;
use lorgnette_app::speed::{Meter, Speeds};
use lorgnette_app::{AppError, Cancel, Event, StopReason, Timings, cost, offers, pictures};
use serde::Serialize;
use tokio::task::spawn_blocking;

use crate::Ending;
use crate::args::Describe;
use crate::output::{self, Failure, printable};
use crate::progress::{self, Progress};
use crate::speak::Speaking;

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
    /// What other answers say of each sentence; only with `--check`.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<&'a [Checked]>,
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
    // At once: what is on the screen changes while a model loads.
    let captured = captured(args)?;
    let model = progress::open(&args.model.options())?;
    let config = model.image_config(args.max_side)?;
    let prepared = args.pictures.iter().map(|path| pictures::prepare(path, &config));
    let mut prepared: Vec<_> = prepared.collect::<Result<_, AppError>>()?;
    if let Some((name, picture)) = captured {
        prepared.push(pictures::prepare_decoded(name, &picture, &config)?);
    }

    let cancel = Cancel::default();
    let progress = Progress::new();
    let mut closed = Ok(());
    let mut session = Session::new(&model);
    progress::recall(&session, args.keep.as_deref());
    let speaking = Speaking::begin(&args.speech);
    // What was measured by earlier answers, the window's too.
    let costs = prepared.iter().filter_map(|picture| {
        let pixels = picture.pixels();
        cost::of_picture((pixels.width(), pixels.height()), &config, &model.config)
    });
    let costs: Vec<_> = costs.collect();
    let mut speeds =
        Folders::find().ok().map(|folders| Speeds::read(&folders.cache.join("speeds.json")));
    let model_id = offers::id(&model);
    if let (Some(speaking), Some(speeds)) = (&speaking, &speeds) {
        let speed = speeds.of(&model_id);
        speaking.say_wait(costs.iter().map(|cost| speed.picture_s(cost)).sum());
    }
    let mut meter = Meter::default();
    // What is cut to a length is shown when it has that length.
    let is_shown_late = args.json || args.purpose == Some(Purpose::Alt);
    let on_event = |event: Event| {
        progress.event(&event);
        meter.push(&event, Instant::now());
        if let (Event::Text(text), false) = (&event, is_shown_late)
            && closed.is_ok()
        {
            if let Some(speaking) = &speaking {
                speaking.push(text);
            }
            closed = output::print(&printable(text));
            if closed.is_err() {
                cancel.cancel();
            }
        }
    };
    let pictures = prepared.iter().map(Arc::clone).collect();
    let mut options = args.answer.options();
    if let (Some(purpose), None) = (args.purpose, args.answer.max_tokens) {
        options.max_tokens = purpose.max_tokens();
    }
    let max_tokens = options.max_tokens;
    let question = question(args, model.built_in);
    let asked = session.ask(pictures, question, options, &cancel, on_event);
    let answer = with_ctrl_c(&cancel, asked);
    progress.clear();
    closed?;
    let answer = answer?;
    progress::keep(&session, args.keep.as_deref());
    if let Some(speeds) = &mut speeds {
        let all_were = answer.timings.n_encoded_pictures == costs.len();
        let flop = all_were.then(|| costs.iter().map(|cost| cost.encode_flop).sum());
        speeds.learn(&model_id, &meter, flop, &answer.timings);
    }
    let text = finished(args, &answer.text);
    let mut checked = None;
    if let (Some(n), false) = (args.check, cancel.is_cancelled()) {
        let mut told = |done| progress.show("answering again".into(), done as u64, n.into());
        checked = std::thread::scope(|scope| {
            let (done, ended) = tokio::sync::oneshot::channel();
            let mut check = || session.check(n.into(), max_tokens, &cancel, &mut told);
            scope.spawn(move || drop(done.send(check())));
            with_ctrl_c(&cancel, ended).unwrap_or(Ok(None))
        })?;
        progress.clear();
    }
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
            answer: &text,
            stop: &answer.stop,
            timings: &answer.timings,
            checked: checked.as_deref(),
            prefill_tokens_per_s: answer.timings.prefill_tokens_per_s(),
            decode_tokens_per_s: answer.timings.decode_tokens_per_s(),
        })?;
    } else if is_shown_late {
        output::print(&(printable(&text).into_owned() + "\n"))?;
    } else {
        output::print("\n")?;
    }
    for doubt in checked.iter().flatten().filter(|one| one.is_uncertain()) {
        let Checked { shown, n_agree, n_samples, instead, .. } = doubt;
        if !args.json {
            eprintln!("uncertain, {n_agree} of {n_samples} agree: {}", printable(shown));
            for other in instead {
                eprintln!("  instead: {}", printable(other));
            }
        }
    }
    if let Some(speaking) = speaking {
        if let Some(checked) = checked.filter(|_| !is_shown_late) {
            speaking.say_doubts(&checked);
        }
        if is_shown_late {
            speaking.push(&text);
        }
        let silence = cancel.clone();
        let spoken = async { spawn_blocking(move || speaking.finish(&silence)).await };
        with_ctrl_c(&cancel, spoken).unwrap_or(Ok(()))?;
    }
    Ok(if answer.stop == StopReason::Cancelled { Ending::Cancelled } else { Ending::Done })
}

/// The screen or the clipboard, if one is asked about.
fn captured(args: &Describe) -> Result<Option<(&'static str, Picture)>, AppError> {
    if args.capture.clipboard {
        return Ok(Some(("clipboard", capture::clipboard()?)));
    }
    let area = args.capture.area();
    area.map(|area| Ok((area.name(), capture::screen(area)?))).transpose()
}

/// What is asked: the person's words, or those of the purpose.
fn question(args: &Describe, built_in: bool) -> &str {
    match (&args.ask, args.purpose) {
        (Some(words), _) => words,
        (None, Some(purpose)) if built_in => purpose.short_question(),
        (None, Some(purpose)) => purpose.question(),
        (None, None) => "Describe this picture.",
    }
}

fn finished<'a>(args: &Describe, answer: &'a str) -> Cow<'a, str> {
    args.purpose.map_or(Cow::Borrowed(answer), |purpose| purpose.finish(answer))
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
