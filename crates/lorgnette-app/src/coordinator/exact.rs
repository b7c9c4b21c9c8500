//! Answers with the exact text of pictures, which needs no model and waits for none.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use lorgnette_reader::Progress as ReaderProgress;

use super::answer::Made;
use super::jobs::Wanted;
use super::notice::Progress;
use super::{Inner, background, panic_fault};
use crate::chats::{AnswerBy, Attachment, Chats, End, Message, MessageId};
use crate::error::{AppError, Fault};
use crate::{Cancel, Interrupted, notes};

/// The steps of each half of reading.
const STEPS: usize = 100;

impl Inner {
    /// Makes an answer of the exact text of the pictures, on a thread of its own.
    pub(super) fn answer_by_reader(self: &Arc<Self>, id: MessageId) {
        let inner = Arc::clone(self);
        background::spawn("exact answer", move || inner.answer_exactly(id));
    }

    fn answer_exactly(self: &Arc<Self>, id: MessageId) {
        // The private chat may have been left.
        let Ok(chats) = self.chats_of(id) else { return self.jobs.end(id, None) };
        let mut made = Made::default();
        let end = match self.jobs.get(id) {
            Some((cancel, wanted)) => {
                let read = || self.read_all(id, &chats, &cancel, wanted, &mut made);
                match catch_unwind(AssertUnwindSafe(read)) {
                    Ok(Ok(())) => End::Whole,
                    Ok(Err(Interrupted::Cancelled)) => End::Stopped,
                    Ok(Err(Interrupted::Failed(fault))) => End::Failed(fault.into()),
                    Err(panic) => End::Failed(panic_fault(panic.as_ref()).into()),
                }
            }
            None => End::Stopped,
        };
        self.answer_is_whole(id);
        self.end(id, &chats, &made, &end);
    }

    fn read_all(
        self: &Arc<Self>,
        id: MessageId,
        chats: &Chats,
        cancel: &Cancel,
        wanted: Wanted,
        made: &mut Made,
    ) -> Result<(), Interrupted<Fault>> {
        let fault = |error| Fault::from(AppError::from(error));
        let path = chats.path_to(id).map_err(fault)?;
        let pictures = pictures_of(&path);
        if pictures.is_empty() {
            let none = AppError::NotFound { what: "a picture whose text could be read" };
            return Err(Fault::from(none).into());
        }
        // One that goes on begins anew: what is read is the same.
        self.answer_begins(id, "", wanted.aloud, AnswerBy::Reader);
        let language = self.language();
        let n_pictures = pictures.len();
        let mut missing = Vec::new();
        let headings = self.headings(pictures);
        for (nth, (picture, heading)) in pictures.iter().zip(&headings).enumerate() {
            // Looking for text is one half of reading.
            let tell = |done| {
                let progress =
                    Progress::Encode { picture: nth, n_pictures, done, total: 2 * STEPS };
                self.jobs.tell(id, progress);
            };
            let is_alone = n_pictures == 1;
            // What is heard before the rest is read.
            let mut heard = String::new();
            let reading = self.reading_of(picture, cancel, &mut |progress| match progress {
                ReaderProgress::Begins { text } => {
                    if is_alone && heard.is_empty() {
                        heard = text + "\n";
                        self.answer_says(id, &heard);
                    }
                }
                ReaderProgress::Detect { n_done, n_strips } => {
                    tell(STEPS * n_done / n_strips.max(1));
                }
                ReaderProgress::Recognise { n_done, n_lines } => {
                    tell(STEPS + STEPS * n_done / n_lines.max(1));
                }
            })?;
            let mut piece = String::new();
            if !is_alone {
                let gap = if nth == 0 { "" } else { "\n\n" };
                piece = format!("{gap}{heading}\n\n");
            }
            piece += &match reading.text() {
                text if text.is_empty() => notes::no_text(&reading, &language).to_owned(),
                text => text,
            };
            let is_next = |rest: &str| rest.starts_with(char::is_whitespace) || rest.is_empty();
            if !heard.is_empty() && !piece.strip_prefix(heard.trim_end()).is_some_and(is_next) {
                // What was found later comes before: it is read aloud from its true beginning.
                heard.clear();
                self.answer_begins(id, "", wanted.aloud, AnswerBy::Reader);
            }
            self.write(id, made, &piece);
            self.answer_grows(id, piece.get(heard.len()..).unwrap_or_default());
            chats.write(id, &made.text).map_err(fault)?;
            let name = if is_alone { None } else { Some(heading.as_str()) };
            missing.extend(notes::of_reading(&reading, name, &language));
        }
        if !missing.is_empty() {
            let words = format!("\n\n{}", missing.join("\n"));
            self.write(id, made, &words);
            self.answer_grows(id, &words);
        }
        Ok(())
    }

    /// Writes more of the answer, which is shown.
    pub(super) fn write(&self, id: MessageId, made: &mut Made, piece: &str) {
        made.text.push_str(piece);
        made.n_pieces += 1;
        let (piece, n_tokens) = (piece.to_owned(), made.n_pieces);
        self.jobs.tell(id, Progress::Text { piece, n_tokens, tokens_per_s: 0.0 });
    }
}

/// The pictures of the question; where it has none, those that the question before it had.
fn pictures_of(path: &[Message]) -> &[Attachment] {
    let questions = path.iter().rev().filter(|message| !message.is_model);
    let mut pictures = questions.map(|question| question.pictures.as_slice());
    pictures.find(|pictures| !pictures.is_empty()).unwrap_or_default()
}
