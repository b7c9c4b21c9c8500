//! One answer while it is written: which token comes next, and what it says.

use std::time::Instant;

use lorgnette_pixtral::ModelError;

use crate::answer_stream::{AnswerStream, Said};
use crate::error::EngineError;
use crate::event::{Answer, AnswerEvent, StopReason, Timings, seconds};
use crate::generator::AnswerOptions;
use crate::sampling::Sampler;
use crate::tokens::{TokenId, Tokenizer};

/// An answer as far as it came, and the chance that chooses on.
pub(crate) struct Writing<'a> {
    sampler: Sampler,
    stream: AnswerStream<'a>,
    tokenizer: &'a Tokenizer,
    options: &'a AnswerOptions,
    timings: Timings,
    /// When it was asked for.
    started: Instant,
    /// When its first token was chosen.
    decoding: Instant,
}

/// What comes next.
pub(crate) enum Choice {
    Token(TokenId),
    End(StopReason),
}

impl<'a> Writing<'a> {
    /// Begins behind the prompt, which may have been left inside thoughts.
    pub(crate) fn new(
        tokenizer: &'a Tokenizer,
        prompt: &[TokenId],
        options: &'a AnswerOptions,
        (started, timings): (Instant, Timings),
    ) -> Self {
        let wanted = (options.may_think, options.stop.as_slice());
        Self {
            sampler: Sampler::new(&options.sampling),
            stream: AnswerStream::new(tokenizer, prompt, wanted),
            tokenizer,
            options,
            timings,
            started,
            decoding: Instant::now(),
        }
    }

    /// Chooses the next token by the logits `(vocab_size)` behind `position` tokens.
    ///
    /// # Errors
    /// [`EngineError::NotANumber`] when no logit is a number.
    pub(crate) fn choose(
        &mut self,
        logits: Vec<f32>,
        position: usize,
    ) -> Result<Choice, EngineError> {
        let uncounted = self.stream.n_thought_tokens().min(self.options.room_to_think);
        if self.timings.n_answer_tokens - uncounted >= self.options.max_tokens {
            return Ok(Choice::End(StopReason::Length));
        }
        let stream = &self.stream;
        let id = self.sampler.next(logits, |id| !stream.allows(id)).map_err(ModelError::from)?;
        let Some(id) = id else { return Err(EngineError::NotANumber { position }) };
        if self.timings.n_answer_tokens == 0 {
            self.timings.first_token_s = seconds(self.started.elapsed());
            self.decoding = Instant::now();
        }
        let ends = self.tokenizer.control().ends_answer(id);
        Ok(if ends { Choice::End(StopReason::EndOfText) } else { Choice::Token(id) })
    }

    /// Takes the token that was chosen, and says what it says. Returns why the answer ends with it, if
    /// it does.
    pub(crate) fn take(
        &mut self,
        id: TokenId,
        emit: &mut dyn FnMut(AnswerEvent),
    ) -> Option<StopReason> {
        self.timings.n_answer_tokens += 1;
        self.stream.push(id, emit).map(StopReason::StopString)
    }

    /// Counts a token that was drafted and then chosen.
    pub(crate) fn count_drafted(&mut self) {
        self.timings.n_drafted_tokens += 1;
    }

    /// Ends the answer with all that was held back.
    pub(crate) fn finish(self, stop: StopReason, emit: &mut dyn FnMut(AnswerEvent)) -> Answer {
        let mut timings = self.timings;
        timings.decode_s = seconds(self.decoding.elapsed());
        let Said { thoughts, text, n_thought_tokens, thought } = self.stream.finish(emit);
        timings.n_thought_tokens = n_thought_tokens;
        timings.thought_s = seconds(thought);
        Answer { thoughts, text, stop, timings }
    }
}
