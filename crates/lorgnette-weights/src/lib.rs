//! Bytes on disk: model files fetched, verified, quantised while they arrive, and written.
//!
//! A model is larger than memory, so everything streams. In reading order:
//! - [`catalogue`]: the models that are known by name
//! - [`hub`]: what a repository holds, and its files as ordered bytes ([`http`] beneath it)
//! - [`recipe`]: which bytes of which source file become which rows of which GGUF file
//! - [`install`]: carries a recipe out, in a work folder that survives being killed
//! - [`store`]: the models folder: who may write to it, what is in it, whether it is whole
//! - [`quantise`], [`scheme`]: number formats, and which tensor gets which
//! - [`gguf_writer`], [`safetensors_writer`], [`safetensors_header`]: the containers
//!
//! A file has its final name only when it is complete and on the disk.

pub mod catalogue;
pub mod checksum;
pub mod control;
pub mod gguf_writer;
pub mod http;
pub mod hub;
pub mod install;
pub mod quantise;
pub mod recipe;
pub mod safetensors_header;
pub mod safetensors_writer;
pub mod scheme;
pub mod store;

mod error;
mod fetch;
mod journal;
mod part_file;

pub use candle_core::quantized::GgmlDType;
pub use control::{Control, InstallEvent, Report};
pub use error::{Halt, WeightsError, WriteError};
pub use gguf_writer::{GgufHeader, GgufTensor, GgufValue, GgufWriter};
pub use hub::{Hub, HubSettings};
pub use safetensors_writer::{
    SafetensorsDtype, SafetensorsShard, SafetensorsTensor, SafetensorsWriter,
};
pub use scheme::QuantScheme;
