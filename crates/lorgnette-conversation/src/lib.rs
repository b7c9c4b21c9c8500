//! The one driver of models: questions about pictures, to an engine of this machine or to a server.
//!
//! In reading order:
//! - [`Conversation`]: an open model, the pictures it was prepared for, and how fast it was
//! - `answering`: an answer, by the engine or by the server
//! - [`ViewedPicture`]: a picture as the model takes it
//! - `grounding`: the built-in model's answers held against the text of the picture
//! - [`check`]: the same question again and again
//! - [`ConversationError`]: what can go wrong

mod answering;
pub mod check;
mod conversation;
mod error;
mod grounding;
mod pictures;

pub use conversation::{Conversation, ENCODER_CACHE, Preparation};
pub use error::ConversationError;
pub use pictures::ViewedPicture;
