//! What Lorgnette does, without a window and without a terminal.
//!
//! In reading order:
//! - [`conversation`]: the one driver of the engine: an open model, its pictures, its speeds
//! - [`coordinator`]: everything that a window can ask for, and what it is told
//! - [`chats`], [`picture_store`]: what is kept: questions, answers, branches, drafts, pictures
//! - [`settings`]: what the person chose
//! - [`pictures`]: files and streams to pictures the model can take
//! - [`purpose`], [`quick_action`], [`alt`]: descriptions for a purpose, from anywhere, of a whole folder
//! - [`export`]: chats as files, and back
//! - [`system`]: what the desktop gives: the screen, the clipboard, links, portals
//!
//! Models:
//! - [`models`]: models that can be had, and how they come here
//! - [`open`]: a model from disk to an engine that answers
//! - [`offers`], [`speed`], [`expected`]: the models there are, how fast they were and will be
//! - [`cost`]: what a picture costs before it costs
//! - [`bench`], [`doctor`], [`folders`]: measurements, the machine, where things lie

pub mod alt;
pub mod bench;
mod builtin;
pub mod chats;
pub mod conversation;
pub mod coordinator;
pub mod cost;
pub mod doctor;
mod error;
pub mod expected;
pub mod export;
mod files;
pub mod folders;
pub mod gguf_pair;
pub mod models;
pub mod offers;
pub mod open;
pub mod picture_store;
pub mod pictures;
pub mod purpose;
pub mod quick_action;
pub mod samples;
pub mod settings;
pub mod speed;
pub mod system;

pub use error::{AppError, Fault, FaultDetails, FaultId, FaultKind, FaultValue, With};
pub use lorgnette_engine::{
    Answer, AnswerEvent, AnswerOptions, PreparedPicture, Sampling, SnapshotError, StopReason,
    Timings,
};
pub use lorgnette_image::{ImageConfig, Region};
pub use lorgnette_pixtral::{
    Cancel, DeviceChoice, Kernels, KvFormat, LoadMode, LoadOptions, ModelConfig, Precision,
};
pub use lorgnette_speech as speech;
