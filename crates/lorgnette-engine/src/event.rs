//! What an answer tells while it is made, and when it has ended.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A step of an answer. All steps of one kind come before those of the next, but for a model that
/// thinks again while it answers.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerEvent {
    /// The vision encoder works on a picture.
    Encode {
        /// Index of the picture among those to encode.
        picture: usize,
        /// Number of pictures to encode; those that are in a cache are not counted.
        n_pictures: usize,
        /// Steps of this picture that are done.
        done: usize,
        /// Number of steps that this picture takes.
        total: usize,
    },
    /// The decoder reads the prompt.
    Prefill {
        /// Tokens that this request has read so far.
        done_tokens: usize,
        /// Tokens that this request has to read.
        total_tokens: usize,
        /// Tokens before them that are in the KV cache from an earlier request.
        cached_tokens: usize,
    },
    /// The model thinks on with these characters, none of which is cut. They are not the answer's.
    Thought(String),
    /// The answer goes on with these characters, none of which is cut.
    Text(String),
}

/// A step of several answers to one question, counted from 0.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswersEvent {
    /// The question is read for all of them: an [`AnswerEvent::Encode`] or [`AnswerEvent::Prefill`].
    Reading(AnswerEvent),
    /// One of them goes on: an [`AnswerEvent::Thought`] or [`AnswerEvent::Text`].
    Writing {
        /// Which answer it is.
        index: usize,
        /// What it says.
        event: AnswerEvent,
    },
    /// One of them has ended.
    Ended {
        /// Which answer it is.
        index: usize,
        /// All of it.
        answer: Answer,
    },
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model wrote `</s>`.
    EndOfText,
    /// The answer reached [`AnswerOptions::max_tokens`](crate::AnswerOptions::max_tokens).
    Length,
    /// The model wrote this one of the texts to stop at, which is not part of the answer.
    StopString(String),
    /// Somebody cancelled it, before or after its first word.
    Cancelled,
    /// The KV cache holds no more tokens.
    ContextFull,
    /// The server that answers did not send all of it, for this reason. No engine here ends so.
    Disconnected(String),
}

/// An answer that has ended. A cancelled one is an answer too, as far as it came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// What the model thought, if it did.
    pub thoughts: String,
    /// The whole text without the thoughts, perhaps empty: it may have ended while it was thinking.
    pub text: String,
    /// The reason for which no more text came.
    pub stop: StopReason,
    /// The work that the answer took.
    pub timings: Timings,
}

/// The work that an answer took: counts, and seconds of wall-clock time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timings {
    /// Pictures that the encoder worked on; those from a cache are not counted.
    pub n_encoded_pictures: usize,
    /// Pictures that came from the encoder cache, where another chat or an earlier run put them.
    pub n_recalled_pictures: usize,
    /// Seconds that the vision encoder took.
    pub encode_s: f64,
    /// Tokens of the prompt that this request read.
    pub n_read_tokens: usize,
    /// Tokens of the prompt that an earlier request had read.
    pub n_cached_tokens: usize,
    /// Seconds that prefill took.
    pub prefill_s: f64,
    /// Seconds from the request to the first token of the answer.
    pub first_token_s: f64,
    /// Tokens that the model chose for the answer, thoughts included.
    pub n_answer_tokens: usize,
    /// How many of them it thought with.
    #[serde(skip_serializing_if = "is_none_at_all")]
    pub n_thought_tokens: usize,
    /// Seconds that it thought.
    #[serde(skip_serializing_if = "is_none_at_all")]
    pub thought_s: f64,
    /// Tokens of the answer that prompt lookup had drafted.
    // Chats and `--json` have had this key since the first release.
    #[serde(rename = "n_guessed_tokens")]
    pub n_drafted_tokens: usize,
    /// Seconds from the first token of the answer to the last.
    pub decode_s: f64,
}

impl Timings {
    /// Tokens that prefill read a second.
    pub fn prefill_tokens_per_s(&self) -> f64 {
        rate(self.n_read_tokens, self.prefill_s)
    }

    /// Tokens written a second, without the first one, which prefill brings.
    pub fn decode_tokens_per_s(&self) -> f64 {
        rate(self.n_answer_tokens.saturating_sub(1), self.decode_s)
    }
}

/// Models that do not think have no numbers of it.
fn is_none_at_all<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

fn rate(n: usize, seconds: f64) -> f64 {
    if n == 0 || seconds <= 0.0 { 0.0 } else { n as f64 / seconds }
}

/// Converts to the unit of [`Timings`].
pub(crate) fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
