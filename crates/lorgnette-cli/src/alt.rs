//! `lorgnette alt` makes a table of alt texts for a folder of pictures. One picture that fails stops
//! nothing, and what is done in the table already is not done again.

pub mod found;
pub mod table;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lorgnette_app::conversation::Conversation;
use lorgnette_app::pictures::PictureFile;
use lorgnette_app::{AppError, Cancel, Chat, StopReason, say};

use self::found::Found;
use self::table::{TABLE, Table};
use crate::Ending;
use crate::args::Alt;
use crate::cut::Cut;
use crate::interrupt::CancelOnCtrlC;
use crate::jobs;
use crate::notes;
use crate::output::{Failure, is_of_server, printable};
use crate::output_file::OutputFile;
use crate::picture_files::can_have_pages;
use crate::progress::{self, Progress};
use crate::thoughts::without_answer;

/// Describes every picture that has no alt text yet.
pub fn run(args: &Alt) -> Result<Ending, Failure> {
    let mut table = Table::open(OutputFile::new(&args.csv, &TABLE, &[])?, args.excel)?;
    let found = found::pictures(&args.folder)?;
    let found: Vec<Picture> = found.into_iter().flat_map(|found| rows(args, found)).collect();
    let todo: Vec<&Picture> =
        found.iter().filter(|found| args.again || !table.is_done(&found.file)).collect();
    say!("{} pictures, {} of them have no alt text yet", found.len(), todo.len());
    if todo.is_empty() {
        return Ok(Ending::Done);
    }
    let conversation = progress::open(&args.model.options().unattended(), false)?;
    // A model that reads no pictures fails once, not for each of them.
    conversation.model().image_config(args.max_side)?;
    let n_jobs = progress::n_jobs(&conversation, args.jobs)?;
    let cancel = Cancel::default();
    let _ctrl_c = CancelOnCtrlC::new(&cancel);
    let (mut n_failed, n_todo, mut is_cancelled) = (0, todo.len(), false);
    let work = |picture: &&Picture| match &picture.fault {
        Some(fault) => Ok(Some(Err(fault.one_line()))),
        None => match describe(args, &conversation, picture, &cancel) {
            Err(error) if is_of_server(&error) => Err(error),
            Err(error) => Ok(Some(Err(error.one_line()))),
            Ok(alt_text) => Ok(alt_text.map(Ok)),
        },
    };
    let written = jobs::in_order(n_jobs, &todo, &cancel, work, |i, outcome| {
        let Some(outcome) = outcome? else {
            is_cancelled = true;
            return Ok(ControlFlow::Break(()));
        };
        let file = &todo[i].file;
        let (text, notes, fault) = match outcome {
            Ok(AltText { text, notes, cut }) => (Some(text), notes, cut),
            Err(fault) => (None, String::new(), Some(fault)),
        };
        n_failed += usize::from(fault.is_some());
        let said = [text.as_deref(), fault.as_deref(), Some(notes.as_str())];
        let said = said.into_iter().flatten().filter(|part| !part.is_empty());
        let said = said.collect::<Vec<_>>().join("; ");
        say!("{} of {n_todo}  {}  {}", i + 1, printable(file), printable(&said));
        table.put(file, text.as_deref(), fault.as_deref(), &notes)?;
        Ok::<_, Failure>(ControlFlow::Continue(()))
    });
    if let Err(Failure::App(error)) = &written
        && is_of_server(error)
    {
        say!("note: the table has what was done before; the same command goes on from there");
    }
    written?;
    if is_cancelled {
        return Ok(Ending::Cancelled);
    }
    if n_failed == 0 {
        return Ok(Ending::Done);
    }
    say!("{n_failed} of {n_todo} failed; the table says why, and the next run tries them again");
    let is_any_done = found.iter().any(|found| table.is_done(&found.file));
    Ok(if is_any_done { Ending::Partly } else { Ending::NotDone })
}

/// A picture, or a page, with a row of its own in the table.
struct Picture {
    file: String,
    path: PathBuf,
    page: Option<u32>,
    /// Why nobody knows what is there.
    fault: Option<AppError>,
}

/// Returns the rows of a file: one, or one for each of its pages that was asked for.
fn rows(args: &Alt, found: Found) -> Vec<Picture> {
    let Found { file, path, fault } = found;
    let list = args.pages.as_ref().filter(|_| fault.is_none() && can_have_pages(&path));
    // One that cannot be opened says so when it is described.
    let n_pages = list.and_then(|_| opened(args, &path).ok()?.n_pages().ok()).unwrap_or(1);
    let Some(list) = list.filter(|_| n_pages > 1) else {
        return vec![Picture { file, path, page: None, fault }];
    };
    // What is asked of all files is no error of one that has fewer.
    let numbers = list.numbers(n_pages).into_iter().filter(|page| *page <= n_pages);
    let row = |page| Picture {
        file: format!("{file}#page={page}"),
        path: path.clone(),
        page: Some(page),
        fault: None,
    };
    numbers.map(row).collect()
}

/// Returns a file, opened with its password if it needs one.
fn opened(args: &Alt, path: &Path) -> Result<PictureFile, AppError> {
    let file = PictureFile::read(path)?;
    args.password.open(&file)?;
    Ok(file)
}

/// What the model says of a picture.
struct AltText {
    text: String,
    /// What a person should know about the picture.
    notes: String,
    /// Why it is not all of it, in words.
    cut: Option<String>,
}

/// Returns the alt text of one picture, or `None` if it was cancelled.
fn describe(
    args: &Alt,
    conversation: &Conversation,
    picture: &Picture,
    cancel: &Cancel,
) -> Result<Option<AltText>, AppError> {
    if cancel.is_cancelled() {
        return Ok(None);
    }
    let file = opened(args, &picture.path)?;
    let page = file.page(picture.page)?;
    let picture = conversation.picture(file.name(), &page, args.max_side)?;
    let notes = notes::texts(&picture);
    let progress = Progress::of(args.jobs);
    let purpose = args.purpose;
    let question = match &args.ask {
        Some(words) => words,
        None => purpose.question_for(conversation.model()),
    };
    let mut options = args.answer.options();
    options.max_tokens = args.answer.max_tokens.unwrap_or(purpose.max_tokens());
    let mut chat = Chat::default();
    conversation.add_question(&mut chat, [&picture], question);
    let answer = conversation.answer(chat, options.clone(), cancel, &mut |event| {
        if let Some(event) = event {
            progress.event(&event);
        }
    });
    progress.clear();
    let answer = answer?;
    if answer.stop == StopReason::Cancelled {
        return Ok(None);
    }
    let cut = Cut::of(&answer.stop);
    let cut = cut.filter(|cut| cut.is_unwanted() && purpose.uses_end(&answer.text));
    Ok(Some(AltText {
        text: purpose.finish(&answer.text).into_owned(),
        notes: notes.join("; "),
        cut: match without_answer(&answer) {
            Some(note) => Some(note.to_owned()),
            None => cut.map(|cut| cut.words(&options, conversation.model().context())),
        },
    }))
}
