//! Coalesces what the engine tells, so that at most thirty messages a second cross to a window: each
//! costs time on both sides. The page coalesces once more, by how long it takes to draw.

use std::time::{Duration, Instant};

use super::Progress;
use crate::AnswerEvent;

/// Between two things that are told.
const BETWEEN: Duration = Duration::from_millis(34);

/// What was not told yet.
pub(super) struct Coalescer {
    progress: Option<Progress>,
    thought: String,
    piece: String,
    n_tokens: usize,
    first_token: Option<Instant>,
    told: Option<Instant>,
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
    pub(super) fn due_in(&self, now: Instant) -> Option<Duration> {
        if self.progress.is_none() && self.thought.is_empty() && self.piece.is_empty() {
            return None;
        }
        let told = self.told.map_or(Duration::ZERO, |told| {
            BETWEEN.saturating_sub(now.saturating_duration_since(told))
        });
        Some(told)
    }

    /// What is to be told now; with `all`, though it be early.
    pub(super) fn take(&mut self, now: Instant, all: bool) -> Option<Progress> {
        if self.due_in(now).is_none_or(|due| !all && !due.is_zero()) {
            return None;
        }
        self.told = Some(now);
        if self.thought.is_empty() && self.piece.is_empty() {
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
