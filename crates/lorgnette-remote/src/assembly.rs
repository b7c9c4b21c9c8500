//! An answer while its chunks come.

use std::time::Instant;

use lorgnette_engine::{Answer, AnswerEvent, StopReason, Timings};

use crate::error::RemoteError;
use crate::sse::beginning;
use crate::wire::{Chunk, Delta, PromptProgress, Usage, message_of};

/// What ends a stream.
const DONE: &str = "[DONE]";

/// An answer as far as it came.
pub(crate) struct Assembly {
    host: String,
    began: Instant,
    /// When the first piece came.
    first: Option<Instant>,
    last: Option<Instant>,
    thoughts: String,
    text: String,
    n_pieces: usize,
    n_thought_pieces: usize,
    stop: Option<StopReason>,
    usage: Option<Usage>,
    is_done: bool,
}

impl Assembly {
    pub(crate) fn new(host: String) -> Self {
        Self {
            host,
            began: Instant::now(),
            first: None,
            last: None,
            thoughts: String::new(),
            text: String::new(),
            n_pieces: 0,
            n_thought_pieces: 0,
            stop: None,
            usage: None,
            is_done: false,
        }
    }

    /// Takes the data of an event, and tells what the answer goes on with.
    ///
    /// # Errors
    /// [`RemoteError::NotOpenAi`], and [`RemoteError::Failed`] where the server says that it failed.
    pub(crate) fn push(
        &mut self,
        data: &str,
        emit: &mut dyn FnMut(AnswerEvent),
    ) -> Result<(), RemoteError> {
        if self.is_done {
            return Ok(());
        }
        if data.trim() == DONE {
            self.is_done = true;
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
            self.not_openai(&format!("a chunk of its answer cannot be read ({error}): {data}"))
        })?;
        let failed = chunk.error.as_ref().filter(|error| !error.is_null());
        if let Some(error) = failed {
            let (host, detail) = (self.host.clone(), beginning(&message_of(error)));
            return Err(RemoteError::Failed { host, detail });
        }
        if let Some(progress) = &chunk.prompt_progress {
            emit(prefill(progress));
        }
        if chunk.usage.is_some() {
            self.usage = chunk.usage;
        }
        let Some(choices) = chunk.choices else {
            return Err(self.not_openai(&format!("a chunk of its answer has no choices: {data}")));
        };
        // One answer was asked for. The chunk with what it took has none.
        let Some(choice) = choices.into_iter().next() else { return Ok(()) };
        self.grow(choice.delta, emit);
        if let Some(reason) = choice.finish_reason {
            self.stop = Some(match reason.as_str() {
                "stop" => StopReason::EndOfText,
                "length" => StopReason::Length,
                other => StopReason::Disconnected(format!(
                    "{} ended it: {}",
                    self.host,
                    beginning(other)
                )),
            });
        }
        Ok(())
    }

    fn grow(&mut self, delta: Delta, emit: &mut dyn FnMut(AnswerEvent)) {
        let thought = delta.reasoning_content.or(delta.reasoning).unwrap_or_default();
        let text = delta.content.unwrap_or_default();
        if thought.is_empty() && text.is_empty() {
            return;
        }
        let now = Instant::now();
        self.first.get_or_insert(now);
        self.last = Some(now);
        if !thought.is_empty() {
            self.n_thought_pieces += 1;
            self.thoughts.push_str(&thought);
            emit(AnswerEvent::Thought(thought));
        }
        if !text.is_empty() {
            self.text.push_str(&text);
            emit(AnswerEvent::Text(text));
        }
        self.n_pieces += 1;
    }

    fn not_openai(&self, reason: &str) -> RemoteError {
        RemoteError::NotOpenAi { host: self.host.clone(), reason: beginning(reason) }
    }

    /// Whether the server said that it was all.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Whether words or thoughts came.
    pub(crate) fn has_begun(&self) -> bool {
        self.first.is_some()
    }

    /// Whether it said why the answer ends: only what it took may still come.
    pub(crate) fn has_ended(&self) -> bool {
        self.stop.is_some()
    }

    /// Whether the server's model thinks.
    pub(crate) fn thinks(&self) -> bool {
        !self.thoughts.is_empty()
    }

    /// The answer of a stream that is over. `failure` is why it broke off, if it did: what came before
    /// stands, and says that it is not all.
    ///
    /// # Errors
    /// The failure, where nothing came before.
    pub(crate) fn finish(self, failure: Option<RemoteError>) -> Result<Answer, RemoteError> {
        let has_none = self.text.is_empty() && self.thoughts.is_empty();
        let stop = match (self.stop.clone(), failure) {
            // The server said that the answer is whole; what was lost is how long it took.
            (Some(stop), _) => stop,
            (None, Some(failure)) if has_none => return Err(failure),
            (None, Some(failure)) => StopReason::Disconnected(failure.to_string()),
            (None, None) if has_none => {
                return Err(self.not_openai("its answer ended before it began"));
            }
            (None, None) => {
                StopReason::Disconnected(format!("{} did not say that it is whole", self.host))
            }
        };
        Ok(self.answer(stop))
    }

    /// The answer of somebody who wants no more of it.
    pub(crate) fn cancelled(self) -> Answer {
        self.answer(StopReason::Cancelled)
    }

    fn answer(self, stop: StopReason) -> Answer {
        let first = self.first.unwrap_or_else(Instant::now);
        let first_token_s = (first - self.began).as_secs_f64();
        let mut timings = Timings {
            first_token_s,
            prefill_s: first_token_s,
            decode_s: self.last.map_or(0.0, |last| (last - first).as_secs_f64()),
            // As good as a count, where the server does not tell: most send a token a piece.
            n_answer_tokens: self.n_pieces,
            n_thought_tokens: self.n_thought_pieces,
            ..Timings::default()
        };
        if let Some(usage) = self.usage {
            let cached = usage.prompt_tokens_details.and_then(|it| it.cached_tokens).unwrap_or(0);
            let cached = cached.min(usage.prompt_tokens);
            timings.n_read_tokens = (usage.prompt_tokens - cached) as usize;
            timings.n_cached_tokens = cached as usize;
            timings.n_answer_tokens = usage.completion_tokens as usize;
            let thought = usage.completion_tokens_details.and_then(|it| it.reasoning_tokens);
            timings.n_thought_tokens =
                thought.map_or(timings.n_thought_tokens, |thought| thought as usize);
        }
        Answer { thoughts: self.thoughts, text: self.text, stop, timings }
    }
}

fn prefill(progress: &PromptProgress) -> AnswerEvent {
    let total = progress.total.saturating_sub(progress.cache);
    AnswerEvent::Prefill {
        done_tokens: progress.processed.saturating_sub(progress.cache).min(total) as usize,
        total_tokens: total as usize,
        cached_tokens: progress.cache as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of these events, and then the failure.
    fn assembled(events: &[&str], failure: Option<RemoteError>) -> Result<Answer, RemoteError> {
        let (mut assembly, mut told) = (Assembly::new("host".into()), String::new());
        let mut failure = failure;
        for event in events {
            let pushed = assembly.push(event, &mut |event| {
                if let AnswerEvent::Text(text) = event {
                    told += &text;
                }
            });
            if let Err(error) = pushed {
                failure = Some(error);
                break;
            }
        }
        let answer = assembly.finish(failure)?;
        assert_eq!(answer.text, told);
        Ok(answer)
    }

    const HELLO: &str = r#"{"choices":[{"delta":{"content":"Hello"},"finish_reason":null}]}"#;
    const END: &str = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;

    fn dropped() -> RemoteError {
        RemoteError::Dropped { host: "host".into() }
    }

    #[test]
    fn an_answer_is_whole_when_the_server_says_why_it_ends() {
        let usage = r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,
            "prompt_tokens_details":{"cached_tokens":5}}}"#;
        let answer = assembled(&[HELLO, HELLO, END, usage, DONE], None).unwrap();
        assert_eq!((answer.text.as_str(), &answer.stop), ("HelloHello", &StopReason::EndOfText));
        let Timings { n_read_tokens, n_cached_tokens, n_answer_tokens, .. } = answer.timings;
        assert_eq!((n_read_tokens, n_cached_tokens, n_answer_tokens), (2, 5, 2));
        // The rest of the stream is lost, and with it nothing of the answer.
        for rest in [None, Some(dropped())] {
            assert_eq!(assembled(&[HELLO, END], rest).unwrap().stop, StopReason::EndOfText);
        }
    }

    #[test]
    fn what_came_before_a_failure_stands_and_says_so() {
        for (events, failure) in [
            (vec![HELLO], Some(dropped())),
            (vec![HELLO, DONE], None),
            (vec![HELLO], None),
            (vec![HELLO, "{"], None),
            (vec![HELLO, r#"{"choices":7}"#], None),
            (vec![HELLO, r#"{"error":{"message":"out of memory"}}"#], None),
            (vec![HELLO, r#"{"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#], None),
        ] {
            let answer = assembled(&events, failure).unwrap();
            assert_eq!(answer.text, "Hello", "{events:?}");
            assert!(matches!(answer.stop, StopReason::Disconnected(_)), "{events:?}");
        }
    }

    #[test]
    fn where_nothing_came_it_is_an_error() {
        for events in [
            vec![],
            vec![DONE],
            vec!["{"],
            vec!["7"],
            vec![r#"{"choices":[{"delta":{"content":7}}]}"#],
            vec![r#"{"object":"error","message":"no"}"#],
        ] {
            let error = assembled(&events, None).unwrap_err();
            assert!(matches!(error, RemoteError::NotOpenAi { .. }), "{events:?}: {error}");
        }
        let error = assembled(&[], Some(dropped())).unwrap_err();
        assert!(matches!(error, RemoteError::Dropped { .. }), "{error}");
    }

    #[test]
    fn a_model_may_have_nothing_to_say() {
        let answer = assembled(&[END, DONE], None).unwrap();
        assert_eq!((answer.text.as_str(), answer.stop), ("", StopReason::EndOfText));
    }

    #[test]
    fn lies_about_tokens_are_no_panic() {
        let usage = r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":18446744073709551615,
            "prompt_tokens_details":{"cached_tokens":9}},
            "prompt_progress":{"total":1,"cache":9,"processed":0}}"#;
        assembled(&[HELLO, usage, END], None).unwrap();
    }
}
