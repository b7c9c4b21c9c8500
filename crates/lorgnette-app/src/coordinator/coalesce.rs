//! Coalesces what the engine tells, so that at most thirty messages a second cross to a window, and
//! four while nothing is written yet: each costs time on both sides, and the processor that draws a bar
//! is the one that fills it. The page coalesces once more, by how long it takes to draw.

use std::mem::{Discriminant, discriminant};
use std::time::{Duration, Instant};

use super::Progress;
use crate::AnswerEvent;

/// Between two things that are told.
const BETWEEN: Duration = Duration::from_millis(34);

/// Between two steps of one phase, of whatever has some.
pub(super) const BETWEEN_STEPS: Duration = Duration::from_millis(250);

/// What was not told yet.
pub(super) struct Coalescer {
    progress: Option<Progress>,
    thought: String,
    piece: String,
    n_tokens: usize,
    first_token: Option<Instant>,
    told: Option<Instant>,
    /// The phase whose step was told last.
    told_phase: Option<Discriminant<Progress>>,
}

impl Coalescer {
    pub(super) fn new() -> Self {
        Self {
            progress: None,
            thought: String::new(),
            piece: String::new(),
            n_tokens: 0,
            first_token: None,
            told: None,
            told_phase: None,
        }
    }

    /// Takes an event; of steps only the latest counts, of text every letter does.
    pub(super) fn push(&mut self, event: AnswerEvent) {
        match event {
            AnswerEvent::Encode { picture, n_pictures, done, total } => {
                self.progress = Some(Progress::Encode { picture, n_pictures, done, total });
            }
            AnswerEvent::Prefill { done_tokens, total_tokens, cached_tokens } => {
                self.progress =
                    Some(Progress::Prefill { done_tokens, total_tokens, cached_tokens });
            }
            AnswerEvent::Thought(piece) => {
                self.thought.push_str(&piece);
                self.count_token();
            }
            AnswerEvent::Text(piece) => {
                self.piece.push_str(&piece);
                self.count_token();
            }
        }
    }

    fn count_token(&mut self) {
        self.progress = None;
        self.n_tokens += 1;
        self.first_token.get_or_insert_with(Instant::now);
    }

    /// How long until something may be told; `None`: there is nothing.
    fn due_in(&self, now: Instant) -> Option<Duration> {
        let is_text = !self.thought.is_empty() || !self.piece.is_empty();
        let between = match self.progress.as_ref().map(discriminant) {
            _ if is_text => BETWEEN,
            None => return None,
            phase if phase == self.told_phase => BETWEEN_STEPS,
            Some(_) => BETWEEN,
        };
        let since = |told| between.saturating_sub(now.saturating_duration_since(told));
        Some(self.told.map_or(Duration::ZERO, since))
    }

    /// What is to be told now; with `all`, though it be early.
    pub(super) fn take(&mut self, now: Instant, all: bool) -> Option<Progress> {
        if self.due_in(now).is_none_or(|due| !all && !due.is_zero()) {
            return None;
        }
        self.told = Some(now);
        if self.thought.is_empty() && self.piece.is_empty() {
            self.told_phase = self.progress.as_ref().map(discriminant);
            return self.progress.take();
        }
        let seconds = self.first_token.map_or(0.0, |first| (now - first).as_secs_f64());
        let tokens_per_s =
            if seconds > 0.0 { self.n_tokens.saturating_sub(1) as f64 / seconds } else { 0.0 };
        let n_tokens = self.n_tokens;
        if !self.thought.is_empty() {
            // What is answered meanwhile comes behind it.
            if !self.piece.is_empty() {
                self.told = None;
            }
            let piece = std::mem::take(&mut self.thought);
            return Some(Progress::Thought { piece, n_tokens, tokens_per_s });
        }
        let piece = std::mem::take(&mut self.piece);
        Some(Progress::Text { piece, n_tokens, tokens_per_s })
    }
}

#[cfg(test)]
mod tests;
