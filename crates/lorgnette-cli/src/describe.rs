//! `lorgnette describe` answers a question about pictures.

use std::borrow::Cow;
use std::path::PathBuf;

use lorgnette_app::claims::{self, PlacedClaim};
use lorgnette_app::conversation::check::Checked;
use lorgnette_app::conversation::{Conversation, ConversationError, ViewedPicture};
use lorgnette_app::desktop::capture;
use lorgnette_app::desktop::clipboard::{self, CopiedPicture};
use lorgnette_app::models::{OpenModel, RemoteModel};
use lorgnette_app::pictures::{Picture, PictureFile};
use lorgnette_app::purpose::Purpose;
use lorgnette_app::reader::{Progress as ReaderProgress, Reader, Reading};
use lorgnette_app::{
    Answer, AnswerEvent, AnswerOptions, AppError, Cancel, Chat, Interrupted, StopReason, Timings,
    say,
};
use serde::Serialize;

use crate::Ending;
use crate::args::Describe;
use crate::cut::Cut;
use crate::each;
use crate::interrupt::CancelOnCtrlC;
use crate::notes;
use crate::output::{self, Failure, printable};
use crate::progress::{self, Progress};
use crate::speak::Speaking;
use crate::thoughts::{Thoughts, without_answer};

/// What `--json` prints.
#[derive(Serialize)]
struct Output<'a> {
    model: PathBuf,
    device: String,
    /// The host that the pictures went to; absent for a model of this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pictures_go_to: Option<String>,
    load_s: f64,
    pictures: Vec<PictureOutput<'a>>,
    /// What the model thought before it answered; null if it did not.
    thoughts: Option<&'a str>,
    answer: &'a str,
    stop: &'a StopReason,
    /// Why it is not all of an answer; absent where it is.
    cut: Option<Cut>,
    timings: &'a Timings,
    /// How many other answers agree with each sentence; only with `--check`.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<&'a [Checked]>,
    /// The quotes, numbers, dates and names of the answer, and where the text of the pictures has
    /// them; only with `--check`.
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<&'a [PlacedClaim]>,
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
    /// Null where a server counts them.
    tokens: Option<usize>,
    /// How many overlapping parts it is looked at in; 1: all of it at once.
    parts: usize,
    /// What was left out, is missing or was changed.
    notes: Vec<String>,
}

/// Loads the model, asks, and prints the answer as it comes.
pub fn run(args: &Describe) -> Result<Ending, Failure> {
    if args.each {
        return each::run(args);
    }
    let snapshot = progress::snapshot(args.keep.as_deref(), &args.pictures)?;
    // Pictures come before the model: one that cannot be read should not cost loading it, and what is
    // on the screen changes while a model loads.
    let pictures = decoded(args)?;
    let how = args.model.options();
    // A program that reads JSON reads no notes.
    let how = if args.json { how.unattended() } else { how };
    let conversation = progress::open(&how, args.private)?;
    let prepare =
        |(name, picture): &(String, Picture)| conversation.picture(name, picture, args.max_side);
    let prepared: Vec<_> =
        pictures.iter().map(prepare).collect::<Result<_, ConversationError>>()?;
    // Only what is held against the answer is needed once more.
    let pictures = if args.check.is_some() { pictures } else { Vec::new() };

    let cancel = Cancel::default();
    let _ctrl_c = CancelOnCtrlC::new(&cancel);
    progress::restore(&conversation, snapshot.as_ref());
    let speaking = Speaking::begin(&args.speech);
    notes::tell(&prepared, !args.json, speaking.as_ref())?;
    if let Some(speaking) = &speaking {
        conversation.calibrate();
        speaking.say_wait(conversation.wait_s(prepared.iter().flat_map(|one| &one.parts)));
    }
    let mut chat = Chat::default();
    let question = question(args, conversation.model());
    conversation.add_question(&mut chat, &prepared, question);
    let options = options(args);
    let asked = (chat.clone(), options.clone());
    let answer = answer(args, &conversation, asked, &cancel, speaking.as_ref())?;
    progress::save(&conversation, snapshot.as_ref());

    let text =
        args.purpose.map_or(Cow::Borrowed(answer.text.as_str()), |it| it.finish(&answer.text));
    let claims = match args.check {
        Some(_) if !cancel.is_cancelled() => claims(&answer.text, pictures, args, &cancel)?,
        _ => None,
    };
    let claims = claims.as_deref();
    let checked = match args.check {
        Some(n) if !cancel.is_cancelled() => {
            check(&conversation, &chat, &answer.text, n.into(), options.max_tokens, &cancel)?
        }
        _ => None,
    };
    let checked = checked.as_deref();
    let cut = Cut::of(&answer.stop)
        .filter(|_| args.purpose.is_none_or(|purpose| purpose.uses_end(&answer.text)));
    if args.json {
        print_json(&conversation, &prepared, (&answer, cut.clone()), &text, (checked, claims))?;
    } else {
        let rest = if is_shortened(args) { printable(&text) } else { Cow::Borrowed("") };
        output::print(&(rest.into_owned() + "\n"))?;
        not_found(claims).for_each(|claim| say!("not found in the picture: {}", printable(&claim)));
        let checked = checked.unwrap_or_default();
        checked.iter().filter(|one| one.is_uncertain()).for_each(tell_doubt);
    }
    if let Some(note) = without_answer(&answer) {
        say!("note: {note}");
    } else if let Some(cut) = cut {
        say!("note: {}", cut.words(&options, conversation.model().context()));
    }
    if let Some(speaking) = speaking {
        if is_shortened(args) {
            speaking.push(&text);
        }
        if without_answer(&answer).is_some() {
            speaking.say_only_thoughts();
        }
        not_found(claims).for_each(|claim| speaking.say_not_found(&claim));
        speaking.say_doubts(checked.unwrap_or_default());
        speaking.finish(&cancel)?;
    }
    Ok(match answer.stop {
        StopReason::Cancelled => Ending::Cancelled,
        StopReason::Disconnected(_) => Ending::Partly,
        _ => Ending::Done,
    })
}

/// Returns whether the answer is brought to a length: then it is shown and spoken when it is complete.
fn is_shortened(args: &Describe) -> bool {
    args.purpose == Some(Purpose::Alt)
}

/// Returns all pictures, each decoded once: files, standard input, the screen, the clipboard.
fn decoded(args: &Describe) -> Result<Vec<(String, Picture)>, AppError> {
    let mut decoded = Vec::new();
    for path in &args.pictures {
        decoded.extend(pages(args, &PictureFile::read(path)?)?);
    }
    if args.capture.clipboard {
        for copied in clipboard::pictures()? {
            let file = match copied {
                CopiedPicture::File(path) => PictureFile::read(&path)?,
                CopiedPicture::Bytes(bytes) => PictureFile::new("clipboard".into(), bytes),
            };
            decoded.extend(pages(args, &file)?);
        }
    } else if let Some(area) = args.capture.area() {
        decoded.push((area.name().into(), capture::screen(area)?));
    }
    Ok(decoded)
}

/// Returns the pages of a file that were asked for; without a choice, what a person would look at.
fn pages(args: &Describe, file: &PictureFile) -> Result<Vec<(String, Picture)>, AppError> {
    args.password.open(file)?;
    let Some(pages) = &args.pages else {
        return Ok(vec![(file.name().into(), file.page(args.page)?)]);
    };
    let numbers = pages.numbers(file.n_parts()?).into_iter();
    let page = |number| -> Result<(String, Picture), AppError> {
        Ok((format!("{}, page {number}", file.name()), file.page(Some(number))?))
    };
    numbers.map(page).collect()
}

/// Returns how it is answered.
pub fn options(args: &Describe) -> AnswerOptions {
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
    (chat, options): (Chat, AnswerOptions),
    cancel: &Cancel,
    speaking: Option<&Speaking>,
) -> Result<Answer, Failure> {
    let progress = Progress::new();
    let mut thoughts = Thoughts::new(args.thoughts, args.json);
    let (mut printed, mut says_thinking) = (Ok(()), true);
    let answer = conversation.answer(chat, options, cancel, &mut |event| {
        let Some(event) = event else { return };
        thoughts.event(&event, &progress);
        if let (AnswerEvent::Thought(_), Some(speaking)) = (&event, speaking)
            && std::mem::take(&mut says_thinking)
        {
            speaking.say_thinking();
        }
        let AnswerEvent::Text(text) = &event else { return };
        if is_shortened(args) || printed.is_err() {
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
    thoughts.end();
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
        Err(Interrupted::Failed(error)) => Err(error.into()),
    }
}

/// Reads the pictures, and looks up in them what the answer claims. Returns nothing if it was
/// cancelled.
fn claims(
    answer: &str,
    pictures: Vec<(String, Picture)>,
    args: &Describe,
    cancel: &Cancel,
) -> Result<Option<Vec<PlacedClaim>>, AppError> {
    let reader = Reader::new(args.model.load.threads);
    let progress = Progress::new();
    let mut readings: Vec<(String, Reading)> = Vec::new();
    for (name, picture) in pictures {
        let mut show = |at: ReaderProgress| {
            if let ReaderProgress::Recognise { n_done, n_lines } = at {
                progress.show("reading the text".into(), n_done as u64, n_lines as u64);
            }
        };
        let reading = reader.read(&picture, cancel, &mut show);
        match reading {
            Ok(reading) => readings.push((name, reading)),
            Err(Interrupted::Cancelled) => {
                progress.clear();
                return Ok(None);
            }
            Err(Interrupted::Failed(error)) => {
                progress.clear();
                return Err(error.into());
            }
        }
    }
    progress.clear();
    let readings: Vec<(&str, &Reading)> =
        readings.iter().map(|(name, reading)| (name.as_str(), reading)).collect();
    Ok(Some(claims::placed(answer, &readings)))
}

/// Returns the claims that no picture has, each once.
fn not_found(claims: Option<&[PlacedClaim]>) -> impl Iterator<Item = String> {
    let mut texts: Vec<String> = Vec::new();
    for claim in claims.unwrap_or_default().iter().filter(|claim| !claim.is_found()) {
        if !texts.contains(&claim.text) {
            texts.push(claim.text.clone());
        }
    }
    texts.into_iter()
}

fn tell_doubt(doubt: &Checked) {
    let Checked { shown, n_agree, n_samples, instead, .. } = doubt;
    say!("uncertain, {n_agree} of {n_samples} agree: {}", printable(shown));
    for other in instead {
        say!("  instead: {}", printable(other));
    }
}

fn print_json(
    conversation: &Conversation,
    prepared: &[ViewedPicture],
    (answer, cut): (&Answer, Option<Cut>),
    text: &str,
    (checked, claims): (Option<&[Checked]>, Option<&[PlacedClaim]>),
) -> Result<(), Failure> {
    let model = conversation.model();
    let pictures = prepared.iter().map(|picture| {
        let parts = || picture.parts.iter();
        PictureOutput {
            name: &picture.name,
            model_view_width: parts().map(|part| part.pixels().width()).max().unwrap_or_default(),
            model_view_height: parts().map(|part| part.pixels().height()).max().unwrap_or_default(),
            tokens: picture.n_tokens,
            parts: picture.parts.len(),
            notes: notes::texts(picture),
        }
    });
    output::print_json(&Output {
        model: model.local().map_or_else(|| model.id().into(), |model| model.path.clone()),
        device: model.device_name(),
        pictures_go_to: model.remote().map(RemoteModel::host),
        load_s: model.local().map_or(0.0, |model| model.load_s),
        pictures: pictures.collect(),
        thoughts: Some(answer.thoughts.as_str()).filter(|thoughts| !thoughts.is_empty()),
        answer: text,
        stop: &answer.stop,
        cut,
        timings: &answer.timings,
        checked,
        claims,
        prefill_tokens_per_s: answer.timings.prefill_tokens_per_s(),
        decode_tokens_per_s: answer.timings.decode_tokens_per_s(),
    })
}

/// Returns the question: the person's words, or those of the purpose.
pub fn question<'a>(args: &'a Describe, model: &OpenModel) -> &'a str {
    match (&args.ask, args.purpose) {
        (Some(words), _) => words,
        (None, Some(purpose)) => purpose.question_for(model),
        (None, None) if model.only_reads_pages() => "",
        (None, None) => "Describe this picture.",
    }
}
