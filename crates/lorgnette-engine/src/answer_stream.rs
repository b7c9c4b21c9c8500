//! What the tokens of an answer say, while they come: thoughts, which stand between `[THINK]` and
//! `[/THINK]`, and the answer itself.
//!
//! The two tokens are known by their ids and never by their letters: a model that writes "[THINK]" in
//! letters writes text. Texts to stop at are looked for in the answer alone.

use std::time::{Duration, Instant};

use crate::event::AnswerEvent;
use crate::stop::{Matched, StopMatcher};
use crate::text_stream::TextStream;
use crate::tokens::{TokenId, Tokenizer};

/// Stands between the thoughts of a model that thinks again.
const BETWEEN_THOUGHTS: &str = "\n\n";

/// An answer as far as it came.
pub(crate) struct AnswerStream<'a> {
    tokenizer: &'a Tokenizer,
    may_think: bool,
    /// Since when it thinks, while it does.
    thinking_since: Option<Instant>,
    characters: TextStream,
    stops: StopMatcher,
    said: Said,
}

/// Hears what an answer says.
type Emit<'a> = dyn FnMut(AnswerEvent) + 'a;

/// What an answer said.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) thoughts: String,
    pub(crate) text: String,
    pub(crate) n_thought_tokens: usize,
    pub(crate) thought: Duration,
}

impl<'a> AnswerStream<'a> {
    /// Begins behind the prompt, which may have been left inside thoughts.
    pub(crate) fn new(
        tokenizer: &'a Tokenizer,
        prompt: &[TokenId],
        (may_think, stops): (bool, &[String]),
    ) -> Self {
        let is_thinking = tokenizer.control().thinking().is_some_and(|(begin, end)| {
            // Those of instructions are closed, or stand before the question's end.
            let bounds = [Some(begin), Some(end), tokenizer.control().end_inst()];
            prompt.iter().rev().find(|id| bounds.contains(&Some(**id))) == Some(&begin)
        });
        Self {
            tokenizer,
            may_think,
            thinking_since: is_thinking.then(Instant::now),
            characters: TextStream::new(),
            stops: StopMatcher::new(stops),
            said: Said::default(),
        }
    }

    /// The tokens that the model has thought with so far.
    pub(crate) fn n_thought_tokens(&self) -> usize {
        self.said.n_thought_tokens
    }

    /// Whether the answer may go on with this token. Of those without letters these are its end, and the
    /// one that begins thoughts or ends them.
    pub(crate) fn allows(&self, id: TokenId) -> bool {
        let control = self.tokenizer.control();
        control.ends_answer(id) || self.is_turn(id) || !self.tokenizer.is_unprintable(id)
    }

    /// Whether the token turns from the answer to thoughts, or back.
    fn is_turn(&self, id: TokenId) -> bool {
        let Some((begin, end)) = self.tokenizer.control().thinking() else { return false };
        if self.thinking_since.is_some() { id == end } else { self.may_think && id == begin }
    }

    /// Takes the next token. Returns the text to stop at, if the answer has come to one.
    pub(crate) fn push(&mut self, id: TokenId, emit: &mut Emit<'_>) -> Option<String> {
        let is_turn = self.is_turn(id);
        if is_turn || self.thinking_since.is_some() {
            self.said.n_thought_tokens += 1;
        }
        if !is_turn {
            let piece = self.characters.push(self.tokenizer.token_bytes(id));
            return self.show(&piece, emit);
        }
        // A character does not go on behind a token that is none of the text's.
        let rest = self.characters.finish();
        let stop = self.show(&rest, emit);
        if let Some(since) = self.thinking_since.take() {
            self.said.thought += since.elapsed();
        } else {
            self.thinking_since = Some(Instant::now());
            if !self.said.thoughts.is_empty() {
                self.think(BETWEEN_THOUGHTS, emit);
            }
        }
        stop
    }

    /// Ends the answer with all that was held back.
    pub(crate) fn finish(mut self, emit: &mut Emit<'_>) -> Said {
        let rest = self.characters.finish();
        if self.show(&rest, emit).is_none() {
            let held = self.stops.finish();
            self.say(&held, emit);
        }
        if let Some(since) = self.thinking_since {
            self.said.thought += since.elapsed();
        }
        self.said
    }

    /// Takes whole characters. Returns the text to stop at that they end.
    fn show(&mut self, piece: &str, emit: &mut Emit<'_>) -> Option<String> {
        if self.thinking_since.is_some() {
            self.think(piece, emit);
            return None;
        }
        match self.stops.push(piece) {
            Matched::Text(piece) => {
                self.say(&piece, emit);
                None
            }
            Matched::Stop { before, stop } => {
                self.say(&before, emit);
                // What is begun is behind the stop.
                self.characters = TextStream::new();
                Some(stop)
            }
        }
    }

    fn think(&mut self, piece: &str, emit: &mut Emit<'_>) {
        if !piece.is_empty() {
            self.said.thoughts.push_str(piece);
            emit(AnswerEvent::Thought(piece.to_owned()));
        }
    }

    fn say(&mut self, piece: &str, emit: &mut Emit<'_>) {
        if !piece.is_empty() {
            self.said.text.push_str(piece);
            emit(AnswerEvent::Text(piece.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests;
