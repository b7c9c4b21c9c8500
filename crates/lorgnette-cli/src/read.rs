//! `lorgnette read` prints the text in pictures exactly, without a model.

mod input;
mod output;

use std::time::Instant;

use lorgnette_app::layer::{self, Fit};
use lorgnette_app::reader::{Progress as ReaderProgress, Reader, Reading};
use lorgnette_app::{AppError, Cancel, ImageError, Interrupted, Note, PictureError, say};

use self::input::{Input, Opened};
use crate::Ending;
use crate::args::Read;
use crate::interrupt::CancelOnCtrlC;
use crate::notes;
use crate::output::{Failure, print, printable};
use crate::progress::Progress;
use crate::speak::Speaking;

/// Reads every picture, and every page. One that fails stops nothing.
pub fn run(args: &Read) -> Result<Ending, Failure> {
    let inputs = input::inputs(&args.pictures, &args.capture);
    let cancel = Cancel::default();
    let _ctrl_c = CancelOnCtrlC::new(&cancel);
    let speaking = Speaking::begin(&args.speech);
    if let (Some(speaking), Some(language)) = (&speaking, args.lang) {
        speaking.set_language(language);
    }
    let mut run = Run {
        args,
        reader: Reader::new(args.threads),
        cancel: &cancel,
        speaking: speaking.as_ref(),
        is_alone: inputs.len() == 1,
        n_read: 0,
        n_failed: 0,
        is_partial: false,
    };
    for input in inputs {
        match run.input(input) {
            Ok(()) => {}
            Err(Interrupted::Cancelled) => return Ok(Ending::Cancelled),
            Err(Interrupted::Failed(failure)) => return Err(failure),
        }
    }
    let (n_failed, n) = (run.n_failed, run.n_failed + run.n_read);
    let is_partial = run.is_partial;
    if n == 0 {
        say!("no pictures");
    }
    if let Some(speaking) = speaking {
        speaking.finish(&cancel)?;
    }
    if cancel.is_cancelled() {
        return Ok(Ending::Cancelled);
    }
    if n_failed > 0 {
        say!("{n_failed} of {n} failed");
    }
    Ok(match n_failed {
        0 if !is_partial => Ending::Done,
        failed if failed == n => Ending::NotDone,
        _ => Ending::Partly,
    })
}

/// Reading all that was asked for, in order.
struct Run<'a> {
    args: &'a Read,
    reader: Reader,
    cancel: &'a Cancel,
    speaking: Option<&'a Speaking>,
    /// Whether one file was named, which needs no name then.
    is_alone: bool,
    n_read: usize,
    n_failed: usize,
    is_partial: bool,
}

/// A picture or page that was read.
struct Done {
    picture_notes: Vec<Note>,
    reading: Reading,
    /// How much of it has the letters that the document has of itself; `None` if it has none.
    fit: Option<Fit>,
    /// The time that reading took, without decoding.
    seconds: f64,
}

impl Run<'_> {
    /// Reads all pages of a file that were asked for.
    fn input(&mut self, input: Input) -> Result<(), Interrupted<Failure>> {
        let name = input.name();
        let opened = input.open(&self.args.password);
        let opened = opened.and_then(|opened| Ok((opened.pages(self.args)?, opened)));
        let (pages, opened) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.failed(&name, None, self.is_alone, error),
        };
        let is_one = pages.len() == 1;
        for page in pages {
            match self.read(&opened, page) {
                Ok(done) => {
                    self.n_read += 1;
                    self.is_partial |= !done.reading.unreadable.is_empty();
                    self.tell(&name, is_one, done)?;
                }
                Err(Interrupted::Cancelled) => return Err(Interrupted::Cancelled),
                Err(Interrupted::Failed(error)) => {
                    self.failed(&name, page, self.is_alone && is_one, error)?;
                }
            }
        }
        Ok(())
    }

    /// Says that a picture or page could not be read. As every command, this one fails with the only
    /// one.
    fn failed(
        &mut self,
        name: &str,
        page: Option<u32>,
        is_only: bool,
        error: AppError,
    ) -> Result<(), Interrupted<Failure>> {
        if is_only {
            return Err(Interrupted::Failed(error.into()));
        }
        self.n_failed += 1;
        let error = match (page, error) {
            // A page that is not there is named by the error itself.
            (Some(page), AppError::Picture(PictureError::Image { name, source }))
                if !matches!(source, ImageError::NoSuchPage { .. }) =>
            {
                PictureError::Image { name: format!("{name}, page {page}"), source }.into()
            }
            (_, error) => error,
        };
        crate::report(&error);
        if self.args.json {
            output::print_fault(name, page, &error)?;
        }
        Ok(())
    }

    fn read(&self, opened: &Opened, page: Option<u32>) -> Result<Done, Interrupted<AppError>> {
        let picture = opened.page(page)?;
        let progress = Progress::new();
        let begun = Instant::now();
        let reading = self.reader.read(&picture, self.cancel, &mut |at| match at {
            ReaderProgress::Detect { n_done, n_strips } => {
                progress.show("looking for text".into(), n_done as u64, n_strips as u64);
            }
            ReaderProgress::Recognise { n_done, n_lines } => {
                progress.show(format!("reading {n_lines} lines"), n_done as u64, n_lines as u64);
            }
            ReaderProgress::Begins { .. } => {}
        });
        progress.clear();
        let mut reading = reading.map_err(Interrupted::err_into)?;
        let fit = layer::put_in(&mut reading, &opened.own_text(page));
        let seconds = begun.elapsed().as_secs_f64();
        Ok(Done { picture_notes: picture.notes().to_vec(), reading, fit, seconds })
    }

    /// Prints and speaks what was read in one picture or page, and what could not be.
    fn tell(&self, name: &str, is_one: bool, mut done: Done) -> Result<(), Failure> {
        let page = done.page().filter(|_| !is_one).map(|(page, of)| format!("page {page} of {of}"));
        let (args, speaking) = (self.args, self.speaking);
        if args.json {
            output::print_json(name, &done)?;
        }
        let heading = match (&page, self.is_alone) {
            (None, true) => String::new(),
            (None, false) => name.to_owned(),
            (Some(page), true) => page.clone(),
            (Some(page), false) => format!("{name}, {page}"),
        };
        if page.is_some() {
            // The heading says it.
            done.picture_notes.retain(|note| !matches!(note, Note::Page { .. }));
        }
        if let (Some(page), Some(speaking)) = (&page, speaking) {
            speaking.say(page);
        }
        if !args.json && !heading.is_empty() {
            let gap = if self.n_read + self.n_failed <= 1 { "" } else { "\n" };
            print(&format!("{gap}==> {} <==\n", printable(&heading)))?;
        }
        let reading = &done.reading;
        let prefix = if heading.is_empty() { heading } else { heading + ": " };
        let before = notes::told(&prefix, &done.picture_notes, !args.json, speaking);
        if args.lines {
            print(&(before + &output::lines(reading)))?;
        } else if !args.json {
            let text = reading.text();
            let end = if text.is_empty() { "" } else { "\n" };
            print(&(before + &printable(&text) + end))?;
        }
        if let Some(speaking) = speaking {
            for paragraph in reading.paragraphs() {
                speaking.push_plain(&paragraph);
            }
        }
        if let Some(fit) = done.fit.filter(|_| !args.json) {
            say!("note: {}{}", printable(&prefix), whose(fit));
        }
        for words in missing(reading) {
            say!("note: {}{words}", printable(&prefix));
            if let Some(speaking) = speaking {
                speaking.say(&words);
            }
        }
        Ok(())
    }
}

impl Done {
    /// Returns which page of a document it is, and how many there are.
    fn page(&self) -> Option<(u32, u32)> {
        self.picture_notes.iter().find_map(|note| match note {
            Note::Page { shown, of } => Some((*shown, *of)),
            _ => None,
        })
    }
}

/// Says whose letters they are.
fn whose(Fit { n_lines, n_own }: Fit) -> String {
    match (n_lines, n_own) {
        (_, 0) => "the text within the document does not fit what is seen, and was not used".into(),
        (all, own) if all == own => "the letters are those within the document".into(),
        (all, own) => format!("the letters of {own} of {all} lines are those within the document"),
    }
}

/// Says what is not in the text.
fn missing(reading: &Reading) -> Vec<String> {
    let is_empty = reading.lines.is_empty() && reading.unreadable.is_empty();
    let nothing = is_empty.then(|| "no text was found".to_owned());
    nothing.into_iter().chain(lorgnette_app::notes::missing(reading, "en")).collect()
}
