//! What Lorgnette does, without a window and without a terminal.
//!
//! In reading order, for a window:
//! - [`app`]: everything that it can be asked to do, and what it tells
//! - [`life`]: whether a model is there and what the program does, as one pure step
//! - [`chats`]: what is kept: questions, answers, branches, drafts, search
//! - [`album`]: the pictures that were added
//! - [`export`]: chats as files, and back
//! - [`errand`]: what can be wished for from anywhere on the desktop
//! - [`settings`], [`offers`], [`speed`]: what was chosen, what there is, how fast it was
//! - [`expected`]: how fast what was never tried will be
//!
//! For everybody:
//! - [`open`]: a model from disk to an engine that answers
//! - [`check`]: what of an answer other answers bear out
//! - [`capture`]: pictures of the screen and of the clipboard
//! - `portal`: what Wayland lets a program do only by asking (Linux)
//! - [`alt`]: a folder of pictures to a table of alt texts
//! - [`purpose`]: what a description is for: its question, its length
//! - [`speech`]: answers read aloud
//! - [`pictures`]: files and streams to pictures the model can take
//! - [`session`]: one chat, its answers as they come
//! - [`cost`]: what a picture costs before it costs
//! - [`bench`]: how fast it is on this machine
//! - [`doctor`]: what this machine has
//! - [`models`]: models that can be had, and how they come here
//! - [`folders`]: where things lie

pub mod album;
pub mod alt;
pub mod app;
pub mod bench;
mod builtin;
pub mod capture;
pub mod chats;
pub mod check;
pub mod cost;
pub mod doctor;
pub mod errand;
mod error;
pub mod expected;
pub mod export;
mod files;
pub mod folders;
pub mod gguf_pair;
pub mod life;
pub mod links;
pub mod models;
pub mod offers;
pub mod open;
pub mod pictures;
#[cfg(target_os = "linux")]
pub mod portal;
pub mod purpose;
pub mod samples;
pub mod session;
pub mod settings;
pub mod sockets;
pub mod speed;

pub use error::{AppError, Fault, FaultId, FaultKind, FaultValue, With};
pub use lorgnette_engine::{
    Answer, AnswerOptions, Event, KeptError, Picture, Sampling, StopReason, Timings,
};
pub use lorgnette_image::{ImageConfig, Region};
pub use lorgnette_pixtral::{
    Cancel, DeviceChoice, Kernels, KvFormat, LoadMode, LoadOptions, ModelConfig, Precision,
};
pub use lorgnette_speech as speech;
