//! The app for other programs on this machine: a server on loopback that speaks as OpenAI's and
//! Ollama's do.
//!
//! In reading order:
//! - [`Server`], [`Listening`], [`ServeOptions`]: starting, stopping, who used it last
//! - [`ModelSource`]: whose models answer; [`InstalledModels`] are this machine's,
//!   [`AppModel`] is the one that a window has open
//! - [`TokenFile`], `access`: who may ask
//! - `connections`, `body`: what comes over the wire, and its limits
//! - `openai`, `ollama`, `ocr`: the interfaces; `wire` is what they share
//! - `question`, `picture`: what is asked, in one form for both
//! - `queue`: in order of arrival, one at a time
//! - `answering`: from a question to its answer
//! - [`Refusal`], [`ServeError`]: why not
#![warn(missing_docs)]

mod access;
mod answering;
mod app_model;
mod body;
mod connections;
mod error;
mod installed;
mod models;
mod ocr;
mod ollama;
mod openai;
mod options;
mod picture;
mod question;
mod queue;
mod refusal;
mod server;
mod token;
mod wire;

pub use access::{Access, Origin};
pub use app_model::AppModel;
pub use error::ServeError;
pub use installed::InstalledModels;
pub use models::{LendError, Lent, LoadedModel, ModelSource, ServedModel};
pub use options::{DEFAULT_PORT, Limits, ServeOptions};
pub use refusal::Refusal;
pub use server::{LastUse, Listening, Server, Status};
pub use token::TokenFile;
