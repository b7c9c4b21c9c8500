//! `lorgnette describe --each` asks about each page by itself. What it writes is whole after each page,
//! and a run that was interrupted goes on where it was.

mod record;

use std::ops::ControlFlow;
use std::path::Path;

use lorgnette_app::conversation::Conversation;
use lorgnette_app::pictures::PictureFile;
use lorgnette_app::{AppError, Cancel, Chat, StopReason, say};

use self::record::{Answered, FORMS, Place, Record};
use crate::Ending;
use crate::args::Describe;
use crate::cut::Cut;
use crate::interrupt::CancelOnCtrlC;
use crate::jobs;
use crate::notes;
use crate::output::{self, Failure, is_of_server, printable};
use crate::output_file::OutputFile;
use crate::progress::{self, Progress};
use crate::thoughts::without_answer;

/// A page that is asked about.
struct Page<'a> {
    file: &'a PictureFile,
    number: u32,
    place: Place,
}

/// Asks about every page that has no answer yet. One that fails stops nothing.
pub fn run(args: &Describe) -> Result<Ending, Failure> {
    let out = args.out.as_deref().map(|path| OutputFile::new(path, form(path), &args.pictures));
    let mut record = match out.transpose()? {
        Some(file) => Record::open(file, args.excel)?,
        None => Record::default(),
    };
    let open = |path: &std::path::PathBuf| {
        let file = PictureFile::read(path)?;
        args.password.open(&file)?;
        Ok(file)
    };
    let files = args.pictures.iter().map(open).collect::<Result<Vec<_>, AppError>>()?;
    let mut pages = Vec::new();
    for (file, path) in files.iter().zip(&args.pictures) {
        // The parts of a long picture are asked about by themselves when they are named.
        let of = if args.pages.is_some() { file.n_parts()? } else { file.n_pages()? };
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let numbers = args.pages.as_ref().map_or((1..=of).collect(), |pages| pages.numbers(of));
        pages.extend(numbers.into_iter().map(|number| {
            let place = Place { file: name.clone(), page: number, of };
            Page { file, number, place }
        }));
    }
    let n_pages = pages.len();
    pages.retain(|page| !record.is_done(&page.place));
    say!("{n_pages} pages, {} of them have no answer yet", pages.len());
    if pages.is_empty() {
        return Ok(Ending::Done);
    }
    let conversation = progress::open(&args.model.options().unattended(), args.private)?;
    // A model that reads no pictures fails once, not for each of them.
    conversation.model().image_config(args.max_side)?;
    let n_jobs = progress::n_jobs(&conversation, args.jobs)?;
    let cancel = Cancel::default();
    let _ctrl_c = CancelOnCtrlC::new(&cancel);
    let (mut n_failed, n_todo, mut is_cancelled) = (0, pages.len(), false);
    let work = |page: &Page| match answer(args, &conversation, page, &cancel) {
        Err(error) if !is_of_server(&error) => {
            Ok(Some(Answered { error: error.one_line(), ..Answered::default() }))
        }
        answered => answered,
    };
    let written = jobs::in_order(n_jobs, &pages, &cancel, work, |i, answered| {
        let Some(answered) = answered? else {
            is_cancelled = true;
            return Ok(ControlFlow::Break(()));
        };
        let page = &pages[i];
        n_failed += usize::from(!answered.error.is_empty());
        if args.out.is_none() {
            let gap = if i == 0 { "" } else { "\n" };
            output::print(&format!(
                "{gap}{}",
                printable(&record::section(&page.place, &answered))
            ))?;
        } else {
            let said = [&answered.text, &answered.error, &answered.note];
            let said = said.into_iter().filter(|part| !part.is_empty()).cloned();
            let said = said.collect::<Vec<_>>().join("; ").replace('\n', " ");
            say!(
                "{} of {n_todo}  {}  {}",
                i + 1,
                printable(&page.place.to_string()),
                printable(&said)
            );
        }
        record.put(page.place.clone(), answered)?;
        Ok::<_, Failure>(ControlFlow::Continue(()))
    });
    written?;
    if is_cancelled {
        return Ok(Ending::Cancelled);
    }
    if n_failed == 0 {
        return Ok(Ending::Done);
    }
    say!("{n_failed} of {n_todo} failed; the next run tries them again");
    Ok(if n_failed < n_pages { Ending::Partly } else { Ending::NotDone })
}

/// Returns what a file of that name is written as.
fn form(path: &Path) -> &'static crate::output_file::OutputKind {
    let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    &FORMS[usize::from(is_csv)]
}

/// Returns what the model says of a page, or `None` if it was cancelled.
fn answer(
    args: &Describe,
    conversation: &Conversation,
    page: &Page,
    cancel: &Cancel,
) -> Result<Option<Answered>, AppError> {
    if cancel.is_cancelled() {
        return Ok(None);
    }
    let decoded = page.file.page(Some(page.number))?;
    let picture = conversation.picture(page.file.name(), &decoded, args.max_side)?;
    let notes = notes::texts(&picture).into_iter().filter(|note| !note.starts_with("page "));
    let note = notes.collect::<Vec<_>>().join("; ");
    let progress = Progress::of(args.jobs);
    let options = crate::describe::options(args);
    let mut chat = Chat::default();
    let question = crate::describe::question(args, conversation.model());
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
    let cut = Cut::of(&answer.stop).filter(|cut| {
        cut.is_unwanted() && args.purpose.is_none_or(|purpose| purpose.uses_end(&answer.text))
    });
    let text = args.purpose.map_or(answer.text.clone(), |it| it.finish(&answer.text).into_owned());
    let error = match without_answer(&answer) {
        Some(note) => note.to_owned(),
        None => {
            cut.map(|cut| cut.words(&options, conversation.model().context())).unwrap_or_default()
        }
    };
    Ok(Some(Answered { text, error, note }))
}
