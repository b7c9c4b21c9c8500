//! What Lorgnette does, without a window and without a terminal.
//!
//! In reading order:
//! - [`open`]: a model from disk to an engine that answers
//! - [`pictures`]: files and streams to pictures the model can take
//! - [`session`]: one chat, its answers as they come
//! - [`cost`]: what a picture costs before it costs
//! - [`bench`]: how fast it is on this machine
//! - [`doctor`]: what this machine has
//! - [`models`]: models that can be had, and how they come here
//! - [`folders`]: where things lie

pub mod bench;
mod builtin;
pub mod cost;
pub mod doctor;
mod error;
pub mod folders;
pub mod gguf_pair;
pub mod models;
pub mod open;
pub mod pictures;
pub mod session;

pub use error::AppError;
pub use lorgnette_engine::{Answer, AnswerOptions, Event, Sampling, StopReason, Timings};
pub use lorgnette_image::ImageConfig;
pub use lorgnette_pixtral::{
    Cancel, DeviceChoice, Kernels, KvFormat, LoadMode, LoadOptions, ModelConfig,
};
