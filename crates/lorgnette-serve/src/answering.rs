//! From a question to its answers: on the one thread that answers, told as it goes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use lorgnette_app::conversation::Conversation;
use lorgnette_app::{
    Answer, AnswerEvent, AnswerOptions, AnswersEvent, AppError, Cancel, StopReason,
};
use tokio::sync::mpsc::UnboundedSender;

use crate::models::{LendError, ModelSource};
use crate::question::{self, Question};
use crate::queue::Queue;
use crate::refusal::Refusal;

/// What is told while a question is answered. It cannot grow without bound: an answer has no more
/// tokens than a chat.
#[derive(Debug)]
pub(crate) enum Told {
    /// The model is there and the pictures are read: from now on it can go wrong only in the middle.
    Begun { model: String },
    /// The answer of that index goes on thinking.
    Thought { index: usize, piece: String },
    /// The answer of that index goes on.
    Text { index: usize, piece: String },
    /// The answer of that index has ended.
    Ended { index: usize, stop: StopReason },
    /// All answers have ended.
    Done(Work),
    /// There is no answer, or no more of it.
    Failed(Refusal),
}

/// The work that all answers to a question took.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Work {
    /// Tokens of the question, with all before it.
    pub(crate) n_prompt_tokens: usize,
    /// How many of them were read before.
    pub(crate) n_cached_tokens: usize,
    /// Tokens of all answers, thoughts included.
    pub(crate) n_answer_tokens: usize,
    pub(crate) n_thought_tokens: usize,
    /// Seconds that loading took, if it was loaded for this.
    pub(crate) load_s: f64,
    /// Seconds for pictures and question.
    pub(crate) read_s: f64,
    /// Seconds for the first answer. Where they are told, there is no other.
    pub(crate) write_s: f64,
    /// Seconds from the turn of the request to its end.
    pub(crate) total_s: f64,
}

/// Takes what waits, one after the other, until the queue is closed.
pub(crate) fn work(queue: &Queue) {
    while let Some((ticket, job)) = queue.take() {
        let begun = Instant::now();
        // A panic ends this request alone: its client is told by the end of its channel.
        let _ = catch_unwind(AssertUnwindSafe(job));
        queue.done(ticket, begun.elapsed());
    }
}

/// Answers a question, and tells of it. `limit` is the time that it may take.
pub(crate) fn answer(
    models: &dyn ModelSource,
    asked: Question,
    cancel: &Cancel,
    limit: Duration,
    tell: &UnboundedSender<Told>,
) {
    let begun = Instant::now();
    let name = asked.model.clone();
    let mut outcome = Err(Refusal::Stopping);
    let lent = models.lend(
        name.as_deref(),
        cancel,
        Box::new(|name, conversation| {
            let load_s = begun.elapsed().as_secs_f64();
            let asking = Asking { conversation, cancel, begun: Instant::now(), limit, tell };
            outcome = asking.answer(name, asked).map(|work| Work { load_s, ..work });
        }),
    );
    let outcome = match lent {
        Ok(()) => outcome,
        Err(LendError::Unknown { name }) => Err(Refusal::UnknownModel { name }),
        Err(LendError::Failed(fault)) => Err(Refusal::Failed(fault)),
        Err(LendError::Cancelled) => Err(Refusal::Stopping),
    };
    let total_s = begun.elapsed().as_secs_f64();
    // Who has gone does not want to know.
    let _ = tell.send(match outcome {
        Ok(work) => Told::Done(Work { total_s, ..work }),
        Err(refusal) => Told::Failed(refusal),
    });
}

/// A question with the model that answers it.
struct Asking<'a> {
    conversation: &'a Conversation,
    cancel: &'a Cancel,
    /// When its turn came and the model was there.
    begun: Instant,
    limit: Duration,
    tell: &'a UnboundedSender<Told>,
}

impl Asking<'_> {
    fn answer(&self, model: &str, asked: Question) -> Result<Work, Refusal> {
        let chat = question::chat(self.conversation, asked.turns)?;
        // Who has gone does not want to know.
        let _ = self.tell.send(Told::Begun { model: model.to_owned() });
        let mut is_too_long = false;
        let mut on_event = |event: Option<AnswersEvent>| {
            is_too_long |= self.begun.elapsed() > self.limit;
            let has_gone = event.and_then(told).is_some_and(|told| self.tell.send(told).is_err());
            if is_too_long || has_gone {
                self.cancel.cancel();
            }
        };
        let options = options_of(asked.options, asked.n_answers).collect();
        let answers = self.conversation.answers(chat, options, self.cancel, &mut on_event);
        let is_cancelled = |answer: &Answer| answer.stop == StopReason::Cancelled;
        match answers {
            _ if is_too_long => Err(Refusal::TooLong { limit: self.limit }),
            // Its client has gone, or the server ends.
            Ok(answers) if answers.iter().any(is_cancelled) => Err(Refusal::Stopping),
            Ok(answers) => Ok(Work::of(&answers)),
            Err(error) => Err(AppError::from(error).into()),
        }
    }
}

/// What is told of an event; nothing of reading, and of an answer that was stopped.
fn told(event: AnswersEvent) -> Option<Told> {
    match event {
        AnswersEvent::Writing { index, event: AnswerEvent::Text(piece) } => {
            Some(Told::Text { index, piece })
        }
        AnswersEvent::Writing { index, event: AnswerEvent::Thought(piece) } => {
            Some(Told::Thought { index, piece })
        }
        AnswersEvent::Ended { index, answer } if answer.stop != StopReason::Cancelled => {
            Some(Told::Ended { index, stop: answer.stop })
        }
        AnswersEvent::Reading(_) | AnswersEvent::Writing { .. } | AnswersEvent::Ended { .. } => {
            None
        }
    }
}

impl Work {
    /// The question is read for the first answer, or for all of them at once.
    fn of(answers: &[Answer]) -> Self {
        let sum = |count: fn(&Answer) -> usize| answers.iter().map(count).sum();
        let first = answers.first().map(|answer| answer.timings.clone()).unwrap_or_default();
        Self {
            n_prompt_tokens: first.n_read_tokens + first.n_cached_tokens,
            n_cached_tokens: first.n_cached_tokens,
            n_answer_tokens: sum(|answer| answer.timings.n_answer_tokens),
            n_thought_tokens: sum(|answer| answer.timings.n_thought_tokens),
            read_s: first.encode_s + first.prefill_s,
            write_s: first.decode_s,
            ..Self::default()
        }
    }
}

/// How each of so many answers is made: they differ by their seed.
fn options_of(options: AnswerOptions, n: usize) -> impl Iterator<Item = AnswerOptions> {
    (0..n as u64).map(move |index| {
        let mut options = options.clone();
        options.sampling.seed = options.sampling.seed.wrapping_add(index);
        options
    })
}
