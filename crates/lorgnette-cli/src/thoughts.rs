//! What a model thinks before it answers, on standard error: it is no part of the answer.

use std::io::{self, IsTerminal as _};
use std::str::FromStr;

use lorgnette_app::{Answer, AnswerEvent, stderr};

use crate::output::printable;
use crate::progress::Progress;

/// When thoughts are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ShowThoughts {
    /// Where a person reads along: on a terminal.
    #[default]
    Auto,
    Always,
    Never,
}

impl FromStr for ShowThoughts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err("use auto, always or never".into()),
        }
    }
}

/// Begins what a terminal shows dim, and ends it. Source: ECMA-48, 8.3.117.
const DIM: [&str; 2] = ["\u{1b}[2m", "\u{1b}[0m"];

/// Shows thoughts as they come.
pub struct Thoughts {
    is_shown: bool,
    is_dim: bool,
    /// Some were written, and their line has not ended.
    is_open: bool,
}

impl Thoughts {
    /// A program that reads `--json` has them there.
    pub fn new(when: ShowThoughts, is_json: bool) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let is_shown = match when {
            ShowThoughts::Auto => is_terminal && !is_json,
            ShowThoughts::Always => true,
            ShowThoughts::Never => false,
        };
        let has_colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { is_shown, is_dim: is_terminal && has_colours && !cfg!(windows), is_open: false }
    }

    /// Shows an event: thoughts as text, unless they are not wanted, and others as progress.
    pub fn event(&mut self, event: &AnswerEvent, progress: &Progress) {
        match event {
            AnswerEvent::Thought(piece) if self.is_shown => {
                progress.clear();
                self.is_open = true;
                let [dim, plain] = if self.is_dim { DIM } else { ["", ""] };
                // Each piece ends what it begins: whatever else is written is not dim.
                stderr::say(format_args!("{dim}{}{plain}", printable(piece)));
            }
            _ => {
                self.end();
                progress.event(event);
            }
        }
    }

    /// Ends the line of thoughts, if there are any.
    pub fn end(&mut self) {
        if std::mem::take(&mut self.is_open) {
            stderr::say(format_args!("\n"));
        }
    }
}

/// Says of an answer with thoughts alone that it is none yet, and what gives one.
pub fn without_answer(answer: &Answer) -> Option<&'static str> {
    (answer.text.is_empty() && !answer.thoughts.is_empty()).then_some(
        "the model was still thinking, so there is no answer; a larger --max-tokens lets it think \
         to the end, and --no-thinking has it answer at once",
    )
}

#[cfg(test)]
mod tests {
    use lorgnette_app::{StopReason, Timings};

    use super::*;

    #[test]
    fn thoughts_alone_are_no_answer() {
        let answer = |thoughts: &str, text: &str| Answer {
            thoughts: thoughts.into(),
            text: text.into(),
            stop: StopReason::Length,
            timings: Timings::default(),
        };
        assert!(
            without_answer(&answer("Hm", "")).is_some_and(|note| note.contains("--max-tokens"))
        );
        for whole in [answer("", ""), answer("Hm", "Yes"), answer("", "Yes")] {
            assert_eq!(without_answer(&whole), None);
        }
    }
}
