//! Answers page by page: the model is asked about each picture of a question by itself, so that a
//! document of any length fits its context. An answer that goes on has each page once.

use std::sync::Arc;

use lorgnette_engine::EngineError;
use lorgnette_pictures::PictureError;

use super::answer::{Made, Work, end_of};
use super::notice::Progress;
use super::{Inner, lock};
use crate::StopReason;
use crate::chats::{AnswerBy, Attachment, End, Message, MessageId};
use crate::error::AppError;
use crate::sections::{headings, starts};

impl Inner {
    /// Asks about each picture of the question by itself.
    pub(super) fn make_pages(
        self: &Arc<Self>,
        work: &Work,
        path: &[Message],
        made: &mut Made,
    ) -> Result<End, AppError> {
        let question = path.last().ok_or(EngineError::Stopped)?;
        let headings = self.headings(&question.pictures);
        // An answer that goes on was cut back to what is whole.
        let (n_done, _) = begun(&headings, &format!("{}\n", made.text));
        self.answer_begins(work.id, &made.text, work.wanted.aloud, AnswerBy::Pages);
        let mut options = lock(&self.settings).answer_options();
        options.may_think = false;
        let pages = headings.iter().zip(&question.pictures).enumerate().skip(n_done);
        for (nth, (heading, picture)) in pages {
            let gap = if made.text.is_empty() { "" } else { "\n\n" };
            self.write_piece(work, made, &format!("{gap}## {heading}\n\n"))?;
            if work.cancel.is_cancelled() {
                return Ok(End::Stopped);
            }
            let n_pictures = question.pictures.len();
            let begins = Progress::Encode { picture: nth, n_pictures, done: 0, total: 1 };
            self.jobs.tell(work.id, begins);
            let mut chat = self.chat_for_engine(&[], work.conversation)?;
            let viewed = match self.viewed(picture, work.conversation) {
                Ok(viewed) => viewed,
                // One that is damaged is no reason to leave out the others.
                Err(error @ AppError::Picture(PictureError::Image { .. })) => {
                    self.write_piece(work, made, &format!("*{}*", error.one_line()))?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            work.conversation.add_question(&mut chat, [&*viewed], &question.text);
            chat.is_private = crate::chats::is_private(work.id);
            let of = Some((nth, n_pictures));
            let answer = self.write_answer(work, chat, options.clone(), made, of)?;
            made.add_timings(&answer.timings);
            match answer.stop {
                StopReason::Cancelled | StopReason::Disconnected(_) => {
                    return Ok(end_of(answer.stop));
                }
                StopReason::Length | StopReason::ContextFull => {
                    self.write_piece(work, made, " …")?;
                }
                StopReason::EndOfText | StopReason::StopString(_) => {}
            }
        }
        Ok(End::Whole)
    }

    /// Cuts an answer that goes on back to the pages or steps that are whole: the last is made anew.
    pub(super) fn cut_back(&self, id: MessageId) -> Result<(), AppError> {
        let chats = self.chats_of(id)?;
        let path = chats.path_to(id)?;
        let [.., question, answer] = path.as_slice() else { return Ok(()) };
        if answer.by == AnswerBy::Summary {
            let pages = path.iter().rposition(|message| message.by == AnswerBy::Pages);
            let Some(pages) = pages.and_then(|at| path.get(at.checked_sub(1)?)) else {
                return Ok(());
            };
            return Ok(chats.write(id, self.whole_steps(pages, &answer.text))?);
        }
        let headings = self.headings(&question.pictures);
        // The last that was begun may not be whole.
        let (_, whole) = begun(&headings, &answer.text);
        Ok(chats.write(id, whole)?)
    }

    /// What stands over what is said of each picture.
    pub(super) fn headings(&self, pictures: &[Attachment]) -> Vec<String> {
        headings(pictures, |id| self.picture(id).ok(), &self.language())
    }
}

/// How many pages of an answer are begun, and the text before the last of them.
fn begun<'t>(headings: &[String], text: &'t str) -> (usize, &'t str) {
    let starts = starts(headings, text);
    (starts.len(), text[..starts.last().map_or(0, |last| last.0)].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_goes_on_has_each_page_once() {
        let headings: Vec<String> = (1..=3).map(|page| format!("Page {page} of 3")).collect();
        let check = |text: &str, n_whole, whole: &str| {
            let (_, cut) = begun(&headings, text);
            assert_eq!(cut, whole, "{text:?}");
            // What is left is not cut again.
            assert_eq!(begun(&headings, &format!("{cut}\n")).0, n_whole, "{text:?}");
        };
        check("", 0, "");
        check("## Page 1 of 3\n\nA boi", 0, "");
        let two = "## Page 1 of 3\n\nA boiler.\n\n## Page 2 of 3\n\nA val";
        check(two, 1, "## Page 1 of 3\n\nA boiler.");
        // What a model writes itself is no beginning of a page before its turn.
        check("## Page 1 of 3\n\n## Page 3 of 3\n\nsays the page", 0, "");
        check("## Page 1 of 3\n\nIt says ## Page 2 of 3\n", 0, "");
        let three = "## Page 1 of 3\n\n\n\n## Page 2 of 3\n\nx\n\n## Page 3 of 3\n\n";
        check(three, 2, "## Page 1 of 3\n\n\n\n## Page 2 of 3\n\nx");
        // A page about which nothing was said.
        check("## Page 1 of 3\n\n## Page 2 of 3\n\n", 1, "## Page 1 of 3");
        check("Text without pages", 0, "");
    }
}
