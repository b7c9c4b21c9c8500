//! A summary of what was said page by page. Where the answers about all pages do not fit the context,
//! some at a time are summarised first, and then those summaries: each step stands in the answer.

use std::sync::Arc;

use lorgnette_engine::EngineError;

use super::answer::{Made, Work, end_of};
use super::{Inner, lock};
use crate::chats::{AnswerBy, End, Message};
use crate::error::AppError;
use crate::sections::{Part, grouped, said, step_heading, steps};
use crate::{Answer, StopReason};

/// Bytes of a token, at the least: a token of Latin text has four, a letter of Chinese three.
const BYTES_PER_TOKEN: usize = 3;
/// The share of the context that an intermediate summary may have.
const STEP_SHARE: usize = 8;

impl Inner {
    /// Summarises the last answer page by page that the question goes on from.
    pub(super) fn make_summary(
        self: &Arc<Self>,
        work: &Work,
        path: &[Message],
        made: &mut Made,
    ) -> Result<End, AppError> {
        let asked = path.last().ok_or(EngineError::Stopped)?;
        let none = AppError::NotFound { what: "answers page by page" };
        let at = path.iter().rposition(|message| message.by == AnswerBy::Pages);
        let at = at.filter(|at| *at > 0).ok_or(none)?;
        let (question, pages) = (&path[at - 1], &path[at]);
        self.answer_begins(work.id, &made.text, work.wanted.aloud, AnswerBy::Summary);
        let headings = self.headings(&question.pictures);
        let context = work.conversation.model().context();
        let words = question.text.len() + asked.text.len();
        // The rest is for the answer and for the person's instructions.
        let room = (context * BYTES_PER_TOKEN * 5 / 8).saturating_sub(words).max(512);
        let mut parts = said(&headings, &pages.text);
        let before = made.text.clone();
        let (mut done, mut has_steps) =
            (steps(&headings, &before, self.summary()).into_iter(), false);
        loop {
            let groups = grouped(parts, room);
            if groups.len() < 2 {
                parts = groups.into_iter().flatten().collect();
                break;
            }
            has_steps = true;
            parts = Vec::new();
            for group in groups {
                let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
                let (first, last) = (first.first.clone(), last.last.clone());
                let heading = step_heading(&first, &last);
                let text = match done.next().filter(|step| step.heading == heading) {
                    Some(step) => step.text.to_owned(),
                    None if work.cancel.is_cancelled() => return Ok(End::Stopped),
                    None => {
                        self.begin_section(work, made, &heading)?;
                        let from = made.text.len();
                        let asks = [question.text.as_str(), asked.text.as_str()];
                        let most = context / STEP_SHARE;
                        let answer = self.ask_of(work, &group, asks, "", most, made)?;
                        if let StopReason::Cancelled | StopReason::Disconnected(_) = answer.stop {
                            return Ok(end_of(answer.stop));
                        }
                        made.text[from..].to_owned()
                    }
                };
                parts.push(Part { first, last, text });
            }
        }
        if work.cancel.is_cancelled() {
            return Ok(End::Stopped);
        }
        let begun = match done.next() {
            Some(last) => last.text.to_owned(),
            None if has_steps => {
                self.begin_section(work, made, self.summary())?;
                String::new()
            }
            None => before.clone(),
        };
        let asks = [question.text.as_str(), asked.text.as_str()];
        let answer = self.ask_of(work, &parts, asks, &begun, usize::MAX, made)?;
        Ok(end_of(answer.stop))
    }

    /// What is left of a summary that goes on: a step that may not be whole is made anew, and the
    /// summary itself goes on.
    pub(super) fn whole_steps<'t>(&self, pages: &Message, text: &'t str) -> &'t str {
        match steps(&self.headings(&pages.pictures), text, self.summary()).last() {
            Some(last) if last.heading != self.summary() => text[..last.at].trim_end(),
            _ => text,
        }
    }

    /// What a chat goes on with after a summary: the summary alone.
    pub(super) fn summary_in<'t>(&self, text: &'t str) -> &'t str {
        let line = format!("\n## {}\n", self.summary());
        text.rfind(&line).map_or(text, |at| text[at + line.len()..].trim())
    }

    fn begin_section(&self, work: &Work, made: &mut Made, heading: &str) -> Result<(), AppError> {
        let gap = if made.text.is_empty() { "" } else { "\n\n" };
        self.write_piece(work, made, &format!("{gap}## {heading}\n\n"))
    }

    /// Asks about what was said of some pages.
    fn ask_of(
        &self,
        work: &Work,
        parts: &[Part],
        [question, asked]: [&str; 2],
        begun: &str,
        max_tokens: usize,
        made: &mut Made,
    ) -> Result<Answer, AppError> {
        let said = parts.iter().map(|part| format!("## {}\n\n{}\n\n", part.heading(), part.text));
        let text = format!("{question}\n\n{}{asked}", said.collect::<String>());
        let mut chat = self.chat_for_engine(&[], work.conversation)?;
        work.conversation.add_question(&mut chat, [], &text);
        chat.is_private = crate::chats::is_private(work.id);
        chat.begun("", false, begun);
        let mut options = lock(&self.settings).answer_options();
        options.max_tokens = options.max_tokens.min(max_tokens);
        options.may_think = false;
        let answer = self.write_answer(work, chat, options, made, None)?;
        made.add_timings(&answer.timings);
        Ok(answer)
    }

    fn summary(&self) -> &'static str {
        if self.language() == "fr" { "Résumé" } else { "Summary" }
    }
}
