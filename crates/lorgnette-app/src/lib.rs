//! What Lorgnette does, without a window and without a terminal.
//!
//! In reading order:
//! - [`conversation`]: the one driver of the engine: an open model, its pictures, its speeds
//! - [`coordinator`]: everything that a window can ask for, and what it is told
//! - [`picture_store`]: the pictures that are kept
//! - [`picture_text`], [`claims`]: the text of a picture, and what an answer claims of it
//! - [`refusal`]: what the built-in model says where it has no answer
//! - [`start`]: what can be done when the program cannot start
//! - [`settings`]: what the person chose
//! - [`pictures`]: files and streams to pictures the model can take
//! - [`purpose`], [`quick_action`]: descriptions for a purpose, and from anywhere on the desktop
//! - [`export`]: chats as files, and back
//! - [`stderr`]: what is said beside an answer, which may be dropped
//!
//! What is known of models is [`models`], what is kept of questions and answers [`chats`], what the
//! desktop gives [`desktop`]: crates of their own.

pub mod claims;
pub mod conversation;
pub mod coordinator;
mod error;
pub mod export;
pub mod notes;
pub mod picture_store;
pub mod picture_text;
pub mod pictures;
pub mod purpose;
pub mod quick_action;
pub mod refusal;
pub mod samples;
pub mod settings;
pub mod start;
pub mod stderr;
pub mod view;

pub use error::{AppError, Fault, FaultDetails, FaultId, FaultKind, FaultValue, With};
pub use lorgnette_chats as chats;
pub use lorgnette_desktop as desktop;
pub use lorgnette_engine::{
    Answer, AnswerEvent, AnswerOptions, Chat, PreparedPicture, Sampling, SnapshotError, StopReason,
    Timings, is_kv_snapshot,
};
pub use lorgnette_image::{Format, ImageConfig, ImageError, Note, Region};
pub use lorgnette_interrupt::{Cancel, Interrupted};
pub use lorgnette_models::{self as models, bench, cost, doctor, folders, open};
pub use lorgnette_pixtral::{
    DeviceChoice, Kernels, KvFormat, LoadMode, LoadOptions, ModelConfig, Precision,
};
pub use lorgnette_reader as reader;
pub use lorgnette_speech as speech;
