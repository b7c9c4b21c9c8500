//! `lorgnette describe` answers a question about pictures.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use lorgnette_app::conversation::Conversation;
use lorgnette_app::conversation::check::Checked;
use lorgnette_app::pictures::{self, Picture, PreparedPicture};
use lorgnette_app::purpose::Purpose;
use lorgnette_app::system::capture;
use lorgnette_app::{
    Answer, AnswerEvent, AnswerOptions, AppError, Cancel, Chat, Interrupted, StopReason, Timings,
};
use serde::Serialize;

use crate::Ending;
use crate::args::Describe;
use crate::interrupt::CancelOnCtrlC;
use crate::output::{self, Failure, printable};
use crate::progress::{self, Progress};
use crate::speak::Speaking;

/// What `--json` prints.
#[derive(Serialize)]
struct Output<'a> {
    model: &'a Path,
    device: &'a str,
    load_s: f64,
    pictures: Vec<PictureOutput<'a>>,
    answer: &'a str,
    stop: &'a StopReason,
    timings: &'a Timings,
    /// How many other answers agree with each sentence; only with `--check`.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<&'a [Checked]>,
    prefill_tokens_per_s: f64,
    decode_tokens_per_s: f64,
}

#[derive(Serialize)]
struct PictureOutput<'a> {
    name: &'a str,
    #[serde(rename = "seen_width")]
    model_view_width: u32,
    #[serde(rename = "seen_height")]
    model_view_height: u32,
    tokens: usize,
}

/// Loads the model, asks, and prints the answer as it comes.
pub fn run(args: &Describe) -> Result<Ending, Failure> {
    // Pictures come before the model: one that cannot be read should not cost loading it, and what is
    // on the screen changes while a model loads.
    let pictures = decoded(args)?;
    let conversation = progress::open(&args.model.options())?;
    let prepare =
        |(name, picture): &(String, Picture)| conversation.picture(name, picture, args.max_side);
    let prepared: Vec<_> = pictures.iter().map(prepare).collect::<Result<_, AppError>>()?;
    drop(pictures);

    let cancel = Cancel::default();
    let _ctrl_c = CancelOnCtrlC::new(&cancel);
    progress::restore(&conversation, args.keep.as_deref());
    let speaking = Speaking::begin(&args.speech);
    if let Some(speaking) = &speaking {
        conversation.calibrate();
        speaking.say_wait(conversation.wait_s(&prepared));
    }
    let mut chat = Chat::default();
    chat.ask(prepared.iter().cloned(), question(args, conversation.model().built_in));
    let options = options(args);
    let max_tokens = options.max_tokens;
    let answer = answer(args, &conversation, chat.clone(), options, &cancel, speaking.as_ref())?;
    progress::save(&conversation, args.keep.as_deref());

    let text =
        args.purpose.map_or(Cow::Borrowed(answer.text.as_str()), |it| it.finish(&answer.text));
    let checked = match args.check {
        Some(n) if !cancel.is_cancelled() => {
            check(&conversation, &chat, &answer.text, n.into(), max_tokens, &cancel)?
        }
        _ => None,
    };
    let checked = checked.as_deref();
    if args.json {
        print_json(&conversation, &prepared, &answer, &text, checked)?;
    } else {
        let rest = if is_cut(args) { printable(&text) } else { Cow::Borrowed("") };
        output::print(&(rest.into_owned() + "\n"))?;
        let checked = checked.unwrap_or_default();
        checked.iter().filter(|one| one.is_uncertain()).for_each(tell_doubt);
    }
    if let Some(speaking) = speaking {
        if is_cut(args) {
            speaking.push(&text);
        }
        speaking.say_doubts(checked.unwrap_or_default());
        speaking.finish(&cancel)?;
    }
    Ok(if answer.stop == StopReason::Cancelled { Ending::Cancelled } else { Ending::Done })
}

/// Returns whether the answer is cut to a length: then it is shown and spoken when it is complete.
fn is_cut(args: &Describe) -> bool {
    args.purpose == Some(Purpose::Alt)
}

/// Returns all pictures, each decoded once: files, standard input, the screen, the clipboard.
fn decoded(args: &Describe) -> Result<Vec<(String, Picture)>, AppError> {
    let mut decoded = Vec::new();
    for path in &args.pictures {
        decoded.push((pictures::display_name(path), pictures::decode(path)?));
    }
    if args.capture.clipboard {
        decoded.push(("clipboard".into(), capture::clipboard()?));
    } else if let Some(area) = args.capture.area() {
        decoded.push((area.name().into(), capture::screen(area)?));
    }
    Ok(decoded)
}

fn options(args: &Describe) -> AnswerOptions {
    let mut options = args.answer.options();
    if let (Some(purpose), None) = (args.purpose, args.answer.max_tokens) {
        options.max_tokens = purpose.max_tokens();
    }
    options
}

/// Asks, and prints and speaks the answer as it comes.
fn answer(
    args: &Describe,
    conversation: &Conversation,
    chat: Chat,
    options: AnswerOptions,
    cancel: &Cancel,
    speaking: Option<&Speaking>,
) -> Result<Answer, Failure> {
    let progress = Progress::new();
    let mut printed = Ok(());
    let answer = conversation.answer(chat, options, cancel, &mut |event| {
        let Some(event) = event else { return };
        progress.event(&event);
        let AnswerEvent::Text(text) = &event else { return };
        if is_cut(args) || printed.is_err() {
            return;
        }
        if let Some(speaking) = speaking {
            speaking.push(text);
        }
        if !args.json {
            printed = output::print(&printable(text));
            if printed.is_err() {
                cancel.cancel();
            }
        }
    });
    progress.clear();
    printed?;
    Ok(answer?)
}

/// Answers again and compares the answers. Returns nothing if it was cancelled.
fn check(
    conversation: &Conversation,
    chat: &Chat,
    answer: &str,
    n: usize,
    max_tokens: usize,
    cancel: &Cancel,
) -> Result<Option<Vec<Checked>>, AppError> {
    let progress = Progress::new();
    let mut on_sample = |done| progress.show("answering again".into(), done as u64, n as u64);
    let checked = conversation.check(chat, answer, n, max_tokens, cancel, &mut on_sample);
    progress.clear();
    match checked {
        Ok(checked) => Ok(Some(checked)),
        Err(Interrupted::Cancelled) => Ok(None),
        Err(Interrupted::Failed(error)) => Err(error),
    }
}

fn tell_doubt(doubt: &Checked) {
    let Checked { shown, n_agree, n_samples, instead, .. } = doubt;
    eprintln!("uncertain, {n_agree} of {n_samples} agree: {}", printable(shown));
    for other in instead {
        eprintln!("  instead: {}", printable(other));
    }
}

fn print_json(
    conversation: &Conversation,
    prepared: &[Arc<PreparedPicture>],
    answer: &Answer,
    text: &str,
    checked: Option<&[Checked]>,
) -> Result<(), Failure> {
    let model = conversation.model();
    let pictures = prepared.iter().map(|picture| PictureOutput {
        name: &picture.name,
        model_view_width: picture.pixels().width(),
        model_view_height: picture.pixels().height(),
        tokens: picture.pixels().grid().n_tokens(),
    });
    output::print_json(&Output {
        model: &model.path,
        device: &model.device.name,
        load_s: model.load_s,
        pictures: pictures.collect(),
        answer: text,
        stop: &answer.stop,
        timings: &answer.timings,
        checked,
        prefill_tokens_per_s: answer.timings.prefill_tokens_per_s(),
        decode_tokens_per_s: answer.timings.decode_tokens_per_s(),
    })
}

/// Returns the question: the person's words, or those of the purpose.
fn question(args: &Describe, built_in: bool) -> &str {
    match (&args.ask, args.purpose) {
        (Some(words), _) => words,
        (None, Some(purpose)) if built_in => purpose.short_question(),
        (None, Some(purpose)) => purpose.question(),
        (None, None) => "Describe this picture.",
    }
}
