//! From a chat about pictures to an answer, token by token.
//!
//! In reading order:
//! - [`Engine`]: the one thread that owns the network
//! - [`Generator`]: encode the new pictures, prefill the new tokens, decode
//! - [`Chat`], [`PreparedPicture`]: the question
//! - [`AnswerEvent`], [`Answer`]: what comes back
//! - [`AnswersEvent`]: the same of several answers that are written together
//! - [`prompt`]: the chat as token ids, in Mistral's format or in `ChatML`
//! - [`tokens`]: text to ids and back
//! - `encoder_cache`, `kv_snapshot`, `prompt_lookup`: work that is not done twice
//! - `writing`: one answer while it is written; `together`: several from one reading
//! - `sampling`, `answer_stream`: which token, and what it says: a thought or the answer
//! - `stop`, `text_stream`: when to stop, whole characters
#![warn(missing_docs)]

mod answer_stream;
mod chat;
mod encoder_cache;
mod error;
mod event;
mod generator;
mod kv_snapshot;
pub mod prompt;
mod prompt_lookup;
mod sampling;
mod stop;
mod text_stream;
mod thread;
mod together;
pub mod tokens;
mod writing;

pub use chat::{Chat, PreparedPicture, Turn, TurnPart};
pub use error::EngineError;
pub use event::{Answer, AnswerEvent, AnswersEvent, StopReason, Timings};
pub use generator::{AnswerOptions, Generator};
pub use kv_snapshot::{SnapshotError, is_kv_snapshot};
pub use prompt::Role;
pub use sampling::Sampling;
pub use text_stream::TextStream;
pub use thread::{Engine, panic_message};
