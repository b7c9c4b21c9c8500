//! `lorgnette describe`.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use lorgnette_app::conversation::Session;
use lorgnette_app::conversation::check::Checked;
use lorgnette_app::cost::{self, PictureCost};
use lorgnette_app::expected::Expected;
use lorgnette_app::folders::Folders;
use lorgnette_app::open::OpenModel;
use lorgnette_app::pictures::{Picture, PreparedPicture};
use lorgnette_app::purpose::Purpose;
use lorgnette_app::speed::{self, Meter, Speeds};
use lorgnette_app::{
    Answer, AnswerEvent, AppError, Cancel, StopReason, Timings, offers, pictures, system::capture,
};
use serde::Serialize;
use tokio::sync::oneshot;
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
    let prepared = prepare(args, &model, captured)?;

    let cancel = Cancel::default();
    let progress = Progress::new();
    let mut closed = Ok(());
    let mut session = Session::new(&model);
    progress::recall(&session, args.keep.as_deref());
    let speaking = Speaking::begin(&args.speech);
    let mut speed = Measured::find(&model, &prepared);
    if let (Some(speaking), Some(speed)) = (&speaking, &speed) {
        speaking.say_wait(speed.wait_s(&model));
    }
    // What is cut to a length is shown and spoken when it has that length.
    let is_cut = args.purpose == Some(Purpose::Alt);
    let on_event = |event: AnswerEvent| {
        progress.event(&event);
        if let Some(speed) = &mut speed {
            speed.meter.push(&event, Instant::now());
        }
        let AnswerEvent::Text(text) = &event else { return };
        if is_cut || closed.is_err() {
            return;
        }
        if let Some(speaking) = &speaking {
            speaking.push(text);
        }
        if !args.json {
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
    if let Some(speed) = speed {
        speed.learn(&answer.timings);
    }
    let text =
        args.purpose.map_or(Cow::Borrowed(answer.text.as_str()), |it| it.finish(&answer.text));
    let checked = match args.check {
        Some(n) if !cancel.is_cancelled() => check(&session, n.into(), max_tokens, &cancel)?,
        _ => None,
    };
    if args.json {
        let checked = checked.as_deref();
        print_json(
            &model,
            &prepared,
            &Answer { text: text.to_string(), ..answer.clone() },
            checked,
        )?;
    } else {
        let rest = if is_cut { printable(&text) } else { Cow::Borrowed("") };
        output::print(&(rest.into_owned() + "\n"))?;
        checked.iter().flatten().filter(|one| one.is_uncertain()).for_each(tell_doubt);
    }
    if let Some(speaking) = speaking {
        if is_cut {
            speaking.push(&text);
        }
        speaking.say_doubts(checked.as_deref().unwrap_or_default());
        let silence = cancel.clone();
        let spoken = async { spawn_blocking(move || speaking.finish(&silence)).await };
        with_ctrl_c(&cancel, spoken).unwrap_or(Ok(()))?;
    }
    Ok(if answer.stop == StopReason::Cancelled { Ending::Cancelled } else { Ending::Done })
}

/// All pictures as the model takes them.
fn prepare(
    args: &Describe,
    model: &OpenModel,
    captured: Option<(&'static str, Picture)>,
) -> Result<Vec<Arc<PreparedPicture>>, AppError> {
    let config = model.image_config(args.max_side)?;
    let prepared = args.pictures.iter().map(|path| pictures::prepare(path, &config));
    let mut prepared: Vec<_> = prepared.collect::<Result<_, AppError>>()?;
    if let Some((name, picture)) = captured {
        prepared.push(pictures::prepare_decoded(name, &picture, &config)?);
    }
    Ok(prepared)
}

/// How fast this model was here, and how fast it is now.
struct Measured {
    speeds: Speeds,
    expected: Expected,
    model: String,
    costs: Vec<PictureCost>,
    meter: Meter,
}

impl Measured {
    /// What earlier answers measured, the window's too.
    fn find(model: &OpenModel, prepared: &[Arc<PreparedPicture>]) -> Option<Self> {
        let cache = Folders::find().ok()?.cache;
        let speeds = Speeds::read(&cache.join("speeds.json"));
        let expected = Expected::read(&cache.join("expected.json"));
        let config = model.image_config(None).ok()?;
        let cost = |picture: &Arc<PreparedPicture>| {
            let (width, height) = (picture.pixels().width(), picture.pixels().height());
            cost::of_picture((width, height), &config, &model.config)
        };
        let costs = prepared.iter().filter_map(cost).collect();
        Some(Self { speeds, expected, model: offers::id(model), costs, meter: Meter::default() })
    }

    /// Seconds until the first word; `None`: on a GPU that was not measured yet.
    fn wait_s(&self, model: &OpenModel) -> Option<f64> {
        let seen = self.speeds.of(&self.model);
        let on_cpu = model.device.device.is_cpu();
        let is_unsure = on_cpu && !seen.is_seen() && speed::is_slow(&model.config);
        let trial = is_unsure.then(|| self.expected.find());
        let speed = seen.or_expected(&model.config, trial.as_ref());
        self.costs.iter().map(|cost| speed.picture_s(cost)).sum()
    }

    fn learn(mut self, timings: &Timings) {
        let all_were = timings.n_encoded_pictures == self.costs.len();
        let flop = all_were.then(|| self.costs.iter().map(|cost| cost.encode_flop).sum());
        self.speeds.learn(&self.model, &self.meter, flop, timings);
    }
}

/// Answers again and compares; nothing when it was cancelled.
fn check(
    session: &Session<'_>,
    n: usize,
    max_tokens: usize,
    cancel: &Cancel,
) -> Result<Option<Vec<Checked>>, AppError> {
    let progress = Progress::new();
    let told = |done| progress.show("answering again".into(), done as u64, n as u64);
    let checked = std::thread::scope(|scope| {
        let (done, ended) = oneshot::channel();
        scope.spawn(move || {
            // Nobody waits any more only when the program ends.
            let _ = done.send(session.check(n, max_tokens, cancel, &mut { told }));
        });
        with_ctrl_c(cancel, ended).unwrap_or(Ok(None))
    });
    progress.clear();
    checked
}

fn tell_doubt(doubt: &Checked) {
    let Checked { shown, n_agree, n_samples, instead, .. } = doubt;
    eprintln!("uncertain, {n_agree} of {n_samples} agree: {}", printable(shown));
    for other in instead {
        eprintln!("  instead: {}", printable(other));
    }
}

fn print_json(
    model: &OpenModel,
    prepared: &[Arc<PreparedPicture>],
    answer: &Answer,
    checked: Option<&[Checked]>,
) -> Result<(), Failure> {
    let seen = prepared.iter().map(|picture| PictureOutput {
        name: &picture.name,
        seen_width: picture.pixels().width(),
        seen_height: picture.pixels().height(),
        tokens: picture.pixels().grid().n_tokens(),
    });
    output::print_json(&Output {
        model: &model.path,
        device: &model.device.name,
        load_s: model.load_s,
        pictures: seen.collect(),
        answer: &answer.text,
        stop: &answer.stop,
        timings: &answer.timings,
        checked,
        prefill_tokens_per_s: answer.timings.prefill_tokens_per_s(),
        decode_tokens_per_s: answer.timings.decode_tokens_per_s(),
    })
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
