//! Several answers from one reading: the question is read once, and the answers are written together,
//! each with its own chance and its own end.
//!
//! A pass through the network takes a token of each, so that its matrices are read from memory once
//! for all. What was read is shared; each answer has a tail of keys and values of its own.

use std::time::Instant;

use lorgnette_interrupt::{Cancel, Interrupted};
use lorgnette_pixtral::{KvTail, TOGETHER};
use rayon::prelude::*;

use crate::chat::Chat;
use crate::error::EngineError;
use crate::event::{Answer, AnswersEvent, StopReason, Timings};
use crate::generator::{AnswerOptions, Generator, cancelled};
use crate::tokens::TokenId;
use crate::writing::{Choice, Writing};

/// An answer that is written beside others.
struct Sequence<'a> {
    /// Which of all answers.
    index: usize,
    writing: Writing<'a>,
    tail: KvTail,
    /// What follows its last token, `(vocab_size)`.
    logits: Vec<f32>,
    id: TokenId,
}

impl Generator {
    /// Answers the chat's last turn once for each of `options`. Each answer is the one that
    /// [`Self::answer`] gives with these options behind the same reading: the same seed, the same text.
    /// (A question that was read before has its last token read by itself, and so logits with other last
    /// bits than at first.) As many are written together as there is memory for, eight at most; the
    /// others follow. The timings of each count the reading.
    ///
    /// # Errors
    /// As [`Self::answer`]. Cancelling is no error: answers that had not begun are then empty.
    pub fn answers(
        &mut self,
        chat: &Chat,
        options: &[AnswerOptions],
        cancel: &Cancel,
        emit: &mut dyn FnMut(AnswersEvent),
    ) -> Result<Vec<Answer>, EngineError> {
        let started = Instant::now();
        let mut timings = Timings::default();
        let mut on_read = |event| emit(AnswersEvent::Reading(event));
        let logits = match self.read_chat(chat, cancel, &mut timings, &mut on_read) {
            Ok(logits) => logits,
            Err(Interrupted::Cancelled) => return Ok(vec![cancelled(timings); options.len()]),
            Err(Interrupted::Failed(error)) => return Err(error),
        };
        let n_together = self.n_together(options);
        let n_read = self.read.len();
        let mut answers = Vec::with_capacity(options.len());
        for some in options.chunks(n_together) {
            let begun = (started, timings.clone());
            if let [one] = some {
                let index = answers.len();
                self.cache.truncate(n_read);
                self.read.truncate(n_read);
                let on_write = &mut |event| emit(AnswersEvent::Writing { index, event });
                let answer = self.decode(logits.clone(), one, cancel, begun, on_write)?;
                emit(AnswersEvent::Ended { index, answer: answer.clone() });
                answers.push(answer);
            } else {
                answers.extend(self.decode_some(
                    &logits,
                    some,
                    answers.len(),
                    cancel,
                    begun,
                    emit,
                )?);
            }
        }
        Ok(answers)
    }

    /// How many answers are written together: those whose tails fit into three quarters of the memory
    /// that is free, if each becomes as long as it may.
    fn n_together(&self, options: &[AnswerOptions]) -> usize {
        let n_tokens = |options: &AnswerOptions| {
            let thinks = self.thinks() && options.may_think;
            options.max_tokens.saturating_add(if thinks { options.room_to_think } else { 0 })
        };
        let most = options.iter().map(n_tokens).max().unwrap_or(0);
        let tail_bytes = self.tail_bytes(most);
        let n_fitting = self.model.free_bytes().map_or(TOGETHER, |free| {
            usize::try_from(free / 4 * 3 / tail_bytes.max(1)).unwrap_or(TOGETHER)
        });
        n_fitting.clamp(1, TOGETHER)
    }

    /// Bytes that an answer of so many tokens takes beside what was read.
    fn tail_bytes(&self, n_tokens: usize) -> u64 {
        self.cache.bytes_of(n_tokens.min(self.cache.capacity() - self.cache.len()))
    }

    /// Writes some answers together, from number `first` on, behind the logits of what was read.
    fn decode_some(
        &self,
        logits: &[f32],
        options: &[AnswerOptions],
        first: usize,
        cancel: &Cancel,
        (started, timings): (Instant, Timings),
        emit: &mut dyn FnMut(AnswersEvent),
    ) -> Result<Vec<Answer>, EngineError> {
        let read = self.read_ids();
        let begin = |(i, options)| {
            let begun = (started, timings.clone());
            Ok(Sequence {
                index: first + i,
                writing: Writing::new(&self.tokenizer, &read, options, begun),
                tail: self.model.new_tail(&self.cache)?,
                logits: logits.to_vec(),
                id: 0,
            })
        };
        let sequences = options.iter().enumerate().map(begin);
        let mut live = sequences.collect::<Result<Vec<_>, EngineError>>()?;
        let mut answers: Vec<Option<Answer>> = vec![None; options.len()];
        while !live.is_empty() {
            let choices: Vec<Result<Choice, EngineError>> =
                live.par_iter_mut().map(Sequence::choose).collect();
            let mut next = Vec::with_capacity(live.len());
            for (mut sequence, choice) in live.into_iter().zip(choices) {
                let stop = match choice? {
                    _ if cancel.is_cancelled() => Some(StopReason::Cancelled),
                    Choice::End(stop) => Some(stop),
                    Choice::Token(id) => sequence.take(id, self.cache.capacity(), emit),
                };
                match stop {
                    None => next.push(sequence),
                    Some(stop) => {
                        let index = sequence.index;
                        let answer = sequence.finish(stop, emit);
                        emit(AnswersEvent::Ended { index, answer: answer.clone() });
                        answers[index - first] = Some(answer);
                    }
                }
            }
            live = next;
            let ids: Vec<TokenId> = live.iter().map(|sequence| sequence.id).collect();
            let mut tails: Vec<&mut KvTail> =
                live.iter_mut().map(|sequence| &mut sequence.tail).collect();
            let all = self.model.decode_together(&ids, &self.cache, &mut tails)?;
            for (sequence, logits) in live.iter_mut().zip(all) {
                sequence.logits = logits;
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }
}

impl Sequence<'_> {
    fn choose(&mut self) -> Result<Choice, EngineError> {
        self.writing.choose(std::mem::take(&mut self.logits), self.tail.len())
    }

    /// Takes the token that was chosen. Returns why the answer ends with it, if it does.
    fn take(
        &mut self,
        id: TokenId,
        capacity: usize,
        emit: &mut dyn FnMut(AnswersEvent),
    ) -> Option<StopReason> {
        self.id = id;
        let index = self.index;
        let stop = self.writing.take(id, &mut |event| emit(AnswersEvent::Writing { index, event }));
        stop.or_else(|| (self.tail.len() >= capacity).then_some(StopReason::ContextFull))
    }

    fn finish(self, stop: StopReason, emit: &mut dyn FnMut(AnswersEvent)) -> Answer {
        let index = self.index;
        self.writing.finish(stop, &mut |event| emit(AnswersEvent::Writing { index, event }))
    }
}
