//! `lorgnette read` prints the text in pictures exactly, without a model.

mod input;
mod output;

use std::time::Instant;

use lorgnette_app::pictures::Picture;
use lorgnette_app::reader::{Progress as ReaderProgress, Reader, Reading};
use lorgnette_app::{AppError, Cancel, Interrupted, say};

use self::input::Input;
use crate::Ending;
use crate::args::Read;
use crate::interrupt::CancelOnCtrlC;
use crate::notes;
use crate::output::{Failure, print, printable};
use crate::progress::Progress;
use crate::speak::Speaking;

/// Reads every picture. One that fails stops nothing.
pub fn run(args: &Read) -> Result<Ending, Failure> {
    let inputs = input::inputs(&args.pictures, &args.capture);
    let cancel = Cancel::default();
    let _ctrl_c = CancelOnCtrlC::new(&cancel);
    let reader = Reader::new(args.threads);
    let speaking = Speaking::begin(&args.speech);
    if let (Some(speaking), Some(language)) = (&speaking, args.lang) {
        speaking.set_language(language);
    }
    let (mut n_failed, mut is_partial) = (0, false);
    let n_inputs = inputs.len();
    for (i, input) in inputs.into_iter().enumerate() {
        let name = input.name();
        let is_alone = n_inputs == 1;
        let outcome = read(args, &reader, input, &cancel);
        let done = match outcome {
            Ok(done) => done,
            Err(Interrupted::Cancelled) => return Ok(Ending::Cancelled),
            // As every command fails with one picture.
            Err(Interrupted::Failed(error)) if is_alone => return Err(error.into()),
            Err(Interrupted::Failed(error)) => {
                n_failed += 1;
                crate::report(&error);
                if args.json {
                    output::print_fault(&name, &error)?;
                }
                continue;
            }
        };
        is_partial |= !done.reading.unreadable.is_empty();
        if !args.json && !is_alone {
            let gap = if i == 0 { "" } else { "\n" };
            print(&format!("{gap}==> {} <==\n", printable(&name)))?;
        }
        tell(args, &name, is_alone, &done, speaking.as_ref())?;
    }
    if n_inputs == 0 {
        say!("no pictures");
    }
    if let Some(speaking) = speaking {
        speaking.finish(&cancel)?;
    }
    if cancel.is_cancelled() {
        return Ok(Ending::Cancelled);
    }
    if n_failed > 0 {
        say!("{n_failed} of {n_inputs} failed");
    }
    Ok(match n_failed {
        0 if !is_partial => Ending::Done,
        n if n == n_inputs => Ending::NotDone,
        _ => Ending::Partly,
    })
}

/// A picture that was read.
struct Done {
    picture_notes: Vec<lorgnette_app::Note>,
    reading: Reading,
    /// The time that reading took, without decoding.
    seconds: f64,
}

fn read(
    args: &Read,
    reader: &Reader,
    input: Input,
    cancel: &Cancel,
) -> Result<Done, Interrupted<AppError>> {
    let picture: Picture = input.decode(args.page)?;
    let progress = Progress::new();
    let begun = Instant::now();
    let reading = reader.read(&picture, cancel, &mut |at| match at {
        ReaderProgress::Detect { n_done, n_strips } => {
            progress.show("looking for text".into(), n_done as u64, n_strips as u64);
        }
        ReaderProgress::Recognise { n_done, n_lines } => {
            progress.show(format!("reading {n_lines} lines"), n_done as u64, n_lines as u64);
        }
        ReaderProgress::Begins { .. } => {}
    });
    progress.clear();
    let reading = reading.map_err(Interrupted::err_into)?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Done { picture_notes: picture.notes().to_vec(), reading, seconds })
}

/// Prints and speaks what was read in one picture, and what could not be.
fn tell(
    args: &Read,
    name: &str,
    is_alone: bool,
    done: &Done,
    speaking: Option<&Speaking>,
) -> Result<(), Failure> {
    let reading = &done.reading;
    let prefix = if is_alone { String::new() } else { format!("{name}: ") };
    let before = notes::told(&prefix, &done.picture_notes, !args.json, speaking);
    if args.json {
        output::print_json(name, done)?;
    } else if args.lines {
        print(&(before + &output::lines(reading)))?;
    } else {
        let text = reading.text();
        let end = if text.is_empty() { "" } else { "\n" };
        print(&(before + &printable(&text) + end))?;
    }
    if let Some(speaking) = speaking {
        for paragraph in reading.paragraphs() {
            speaking.push_plain(&paragraph);
        }
    }
    for words in missing(reading) {
        say!("note: {}{words}", printable(&prefix));
        if let Some(speaking) = speaking {
            speaking.say(&words);
        }
    }
    Ok(())
}

/// Says what is not in the text.
fn missing(reading: &Reading) -> Vec<String> {
    let is_empty = reading.lines.is_empty() && reading.unreadable.is_empty();
    let nothing = is_empty.then(|| "no text was found".to_owned());
    nothing.into_iter().chain(lorgnette_app::notes::missing(reading, "en")).collect()
}
