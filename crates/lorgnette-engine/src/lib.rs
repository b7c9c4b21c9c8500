//! From a chat about pictures to an answer, token by token.
//!
//! In reading order:
//! - [`Engine`]: the one thread that owns the network
//! - [`Generator`]: encode the new pictures, read the new tokens, write
//! - [`Chat`], [`PreparedPicture`]: what is asked
//! - [`Event`], [`Answer`]: what is told
//! - [`prompt`]: the chat as token ids, in Mistral's format
//! - [`tokens`]: text to ids and back
//! - `seen`, `kept`, `lookup`: not doing work twice: pictures, what was read, what is quoted
//! - `sampling`, `stop`, `text_stream`: which token, when to stop, whole characters

mod chat;
mod error;
mod event;
mod generator;
mod kept;
mod lookup;
pub mod prompt;
mod sampling;
mod seen;
mod stop;
mod text_stream;
mod thread;
pub mod tokens;

pub use chat::{Chat, PreparedPicture, Turn, TurnPart};
pub use error::EngineError;
pub use event::{Answer, Event, StopReason, Timings};
pub use generator::{AnswerOptions, Generator};
pub use kept::KeptError;
pub use prompt::Role;
pub use sampling::Sampling;
pub use text_stream::TextStream;
pub use thread::Engine;
