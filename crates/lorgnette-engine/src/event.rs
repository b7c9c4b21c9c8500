//! What an answer tells while it is made.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A step of an answer, in order: encoding, reading, text, and the end.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerEvent {
    /// A picture is being encoded.
    Encode {
        /// Which, from 0, of those that have to be.
        picture: usize,
        /// Those that have to be; pictures already known are not among them.
        n_pictures: usize,
        /// Steps done.
        done: usize,
        /// All steps of this picture.
        total: usize,
    },
    /// The prompt is being read.
    Prefill {
        /// Tokens read in this request.
        done_tokens: usize,
        /// Tokens to read in this request.
        total_tokens: usize,
        /// Tokens that an earlier request read, and that need not be read again.
        cached_tokens: usize,
    },
    /// A piece of the answer: whole characters.
    Text(String),
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model ended it.
    EndOfText,
    /// It has the length that was asked for.
    Length,
    /// It came to a text to stop at, which is not part of it.
    StopString(String),
    /// The person stopped it.
    Cancelled,
    /// The session holds no more tokens.
    ContextFull,
}

/// An answer that has ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// All of its text.
    pub text: String,
    /// Why it ended.
    pub stop: StopReason,
    /// What it took.
    pub timings: Timings,
}

/// What an answer took.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timings {
    /// Pictures encoded for it; those known from earlier are not counted.
    pub n_encoded_pictures: usize,
    /// Pictures whose encoding was kept from another chat or an earlier run.
    pub n_recalled_pictures: usize,
    /// Seconds in the vision encoder.
    pub encode_s: f64,
    /// Tokens that were read.
    pub n_read_tokens: usize,
    /// Tokens that an earlier request had read.
    pub n_cached_tokens: usize,
    /// Seconds in reading them.
    pub prefill_s: f64,
    /// Seconds from the request to the first token of the answer.
    pub first_token_s: f64,
    /// Tokens of the answer.
    pub n_answer_tokens: usize,
    /// Tokens of the answer that prompt lookup had drafted.
    // Chats and `--json` have had this key since the first release.
    #[serde(rename = "n_guessed_tokens")]
    pub n_drafted_tokens: usize,
    /// Seconds in writing them, the first one aside.
    pub decode_s: f64,
}

impl Timings {
    /// Tokens read a second.
    pub fn prefill_tokens_per_s(&self) -> f64 {
        rate(self.n_read_tokens, self.prefill_s)
    }

    /// Tokens written a second, the first one aside: it comes out of reading.
    pub fn decode_tokens_per_s(&self) -> f64 {
        rate(self.n_answer_tokens.saturating_sub(1), self.decode_s)
    }
}

fn rate(n: usize, seconds: f64) -> f64 {
    if n == 0 || seconds <= 0.0 { 0.0 } else { n as f64 / seconds }
}

/// Seconds, for the fields of [`Timings`].
pub(crate) fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
