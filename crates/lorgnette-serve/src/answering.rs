//! From a question to its answers: on the one thread that answers, told as it goes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use lorgnette_app::conversation::Conversation;
use lorgnette_app::{Answer, AnswerEvent, AnswerOptions, AppError, Cancel, Chat, StopReason};
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
    /// Seconds for all answers.
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
        Err(LendError::App(error)) => Err(Refusal::Failed(error)),
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
        let mut work = Work::default();
        for (index, options) in options_of(asked.options, asked.n_answers).enumerate() {
            let answer = self.one(&chat, options, index)?;
            let timings = &answer.timings;
            if index == 0 {
                work.n_prompt_tokens = timings.n_read_tokens + timings.n_cached_tokens;
                work.n_cached_tokens = timings.n_cached_tokens;
            }
            work.n_answer_tokens += timings.n_answer_tokens;
            work.n_thought_tokens += timings.n_thought_tokens;
            work.read_s += timings.encode_s + timings.prefill_s;
            work.write_s += timings.decode_s;
            let _ = self.tell.send(Told::Ended { index, stop: answer.stop });
        }
        Ok(work)
    }

    fn one(&self, chat: &Chat, options: AnswerOptions, index: usize) -> Result<Answer, Refusal> {
        let mut is_too_long = false;
        let mut on_event = |event: Option<AnswerEvent>| {
            let told = match event {
                Some(AnswerEvent::Text(piece)) => Some(Told::Text { index, piece }),
                Some(AnswerEvent::Thought(piece)) => Some(Told::Thought { index, piece }),
                Some(AnswerEvent::Encode { .. } | AnswerEvent::Prefill { .. }) | None => None,
            };
            is_too_long |= self.begun.elapsed() > self.limit;
            let has_gone = told.is_some_and(|told| self.tell.send(told).is_err());
            if is_too_long || has_gone {
                self.cancel.cancel();
            }
        };
        let answer = self.conversation.answer(chat.clone(), options, self.cancel, &mut on_event);
        match answer {
            _ if is_too_long => Err(Refusal::TooLong { limit: self.limit }),
            // Its client has gone, or the server ends.
            Ok(answer) if answer.stop == StopReason::Cancelled => Err(Refusal::Stopping),
            Ok(answer) => Ok(answer),
            Err(error) => Err(AppError::into(error)),
        }
    }
}

/// How each of so many answers is made: they differ by their seed. The question and its pictures are
/// read for the first alone; the others find them in the KV cache.
fn options_of(options: AnswerOptions, n: usize) -> impl Iterator<Item = AnswerOptions> {
    (0..n as u64).map(move |index| {
        let mut options = options.clone();
        options.sampling.seed = options.sampling.seed.wrapping_add(index);
        options
    })
}
