//! A summary of what was said page by page. Where the answers about all pages do not fit the context,
//! some at a time are summarised first, and then those summaries: each step stands in the answer.

use std::sync::Arc;

use lorgnette_engine::EngineError;

use super::answer::{Made, Work};
use super::pages::starts;
use super::{Inner, lock};
use crate::chats::{AnswerBy, End, Message};
use crate::error::AppError;
use crate::{Answer, StopReason};

/// Bytes of a token, at the least: a token of Latin text has four, a letter of Chinese three.
const BYTES_PER_TOKEN: usize = 3;
/// The share of the context that an intermediate summary may have.
const STEP_SHARE: usize = 8;

/// What was said of some pages.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    first: String,
    last: String,
    text: String,
}

impl Part {
    fn heading(&self) -> String {
        if self.first == self.last {
            self.first.clone()
        } else {
            step_heading(&self.first, &self.last)
        }
    }
}

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
        let context = work.conversation.model().context;
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
                        if answer.stop == StopReason::Cancelled {
                            return Ok(End::Stopped);
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
        Ok(match answer.stop {
            StopReason::EndOfText | StopReason::StopString(_) => End::Whole,
            StopReason::Length => End::Length,
            StopReason::ContextFull => End::ContextFull,
            StopReason::Cancelled => End::Stopped,
        })
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

fn step_heading(first: &str, last: &str) -> String {
    format!("{first} – {last}")
}

/// What was said under each heading.
fn said(headings: &[String], text: &str) -> Vec<Part> {
    let starts = starts(headings, text);
    let part = |(nth, heading): (usize, &String)| {
        let from = starts.get(nth)?.1;
        let to = starts.get(nth + 1).map_or(text.len(), |next| next.0);
        let (first, last) = (heading.clone(), heading.clone());
        Some(Part { first, last, text: text.get(from..to)?.trim().to_owned() })
    };
    headings.iter().enumerate().filter_map(part).collect()
}

/// The parts in groups that fit the room each. There are fewer groups than parts, unless all fit.
fn grouped(parts: Vec<Part>, room: usize) -> Vec<Vec<Part>> {
    let (mut groups, mut size) = (Vec::<Vec<Part>>::new(), 0);
    for mut part in parts {
        // Two always fit together, so that each round has fewer.
        let most = (room / 2).saturating_sub(part.heading().len() + 8);
        part.text.truncate(part.text.floor_char_boundary(most));
        let n_bytes = part.heading().len() + part.text.len() + 8;
        if let Some(group) = groups.last_mut().filter(|_| size + n_bytes <= room) {
            group.push(part);
        } else {
            groups.push(vec![part]);
            size = 0;
        }
        size += n_bytes;
    }
    groups
}

/// A section of a summary that was begun.
struct Step<'t> {
    heading: &'t str,
    /// Where its heading begins.
    at: usize,
    text: &'t str,
}

/// The sections of a summary. What a model writes as a heading itself is part of one.
fn steps<'t>(headings: &[String], text: &'t str, summary: &str) -> Vec<Step<'t>> {
    let is_step = |heading: &str| {
        heading == summary
            || headings.iter().any(|first| {
                let last = heading.strip_prefix(first).and_then(|rest| rest.strip_prefix(" – "));
                last.is_some_and(|last| headings.iter().any(|heading| heading == last))
            })
    };
    let mut steps: Vec<Step> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let heading = line.strip_prefix("## ").map(str::trim_end).filter(|it| is_step(it));
        if let Some(heading) = heading {
            steps.push(Step { heading, at, text: text[at + line.len()..].trim() });
        }
        at += line.len();
    }
    for nth in 1..steps.len() {
        let before = &steps[nth - 1];
        let from = before.at + "## ".len() + before.heading.len();
        let whole = text[from..steps[nth].at].trim();
        steps[nth - 1].text = whole;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(n: usize) -> Vec<String> {
        (1..=n).map(|page| format!("Page {page} of {n}")).collect()
    }

    #[test]
    fn what_was_said_of_pages_is_put_together_until_it_fits() {
        let headings = headings(40);
        let section = |heading: &String| format!("## {heading}\n\n{}\n\n", "words ".repeat(20));
        let text: String = headings.iter().map(section).collect();
        let mut parts = said(&headings, &text);
        assert_eq!(parts.len(), 40);
        assert_eq!(parts[3].heading(), "Page 4 of 40");
        let (room, mut n_rounds) = (600, 0);
        loop {
            let groups = grouped(parts, room);
            for group in &groups {
                let n_bytes: usize =
                    group.iter().map(|part| part.text.len() + part.heading().len() + 8).sum();
                assert!(n_bytes <= room, "{n_bytes}");
            }
            if groups.len() == 1 {
                break;
            }
            n_rounds += 1;
            assert!(n_rounds < 10);
            let whole = |group: Vec<Part>| Part {
                first: group[0].first.clone(),
                last: group[group.len() - 1].last.clone(),
                // Longer than there is room for.
                text: "long ".repeat(500),
            };
            parts = groups.into_iter().map(whole).collect();
            assert_eq!(parts[0].first, "Page 1 of 40");
            assert_eq!(parts[parts.len() - 1].last, "Page 40 of 40");
        }
    }

    #[test]
    fn the_steps_of_a_summary_are_found_again() {
        let headings = headings(9);
        let text = "## Page 1 of 9 – Page 5 of 9\n\n## Boilers\n\nTwo.\n\n\
                    ## Page 6 of 9 – Page 9 of 9\n\nValves.\n\n## Summary\n\nBoilers and";
        let steps = steps(&headings, text, "Summary");
        let found: Vec<_> = steps.iter().map(|step| (step.heading, step.text)).collect();
        assert_eq!(
            found,
            [
                ("Page 1 of 9 – Page 5 of 9", "## Boilers\n\nTwo."),
                ("Page 6 of 9 – Page 9 of 9", "Valves."),
                ("Summary", "Boilers and"),
            ]
        );
        assert_eq!(&text[steps[1].at..][..7], "## Page");
    }
}
