//! Bytes on disk: how a model file is written.
//!
//! A model is larger than memory, so both writers stream: the tensors are declared first, then
//! their bytes are handed over in that order, in pieces of any size. A file has its final name
//! only when it is complete and on the disk.

pub mod gguf_writer;
pub mod mixture;
pub mod quantise;
pub mod safetensors_writer;

mod error;
mod part_file;

pub use candle_core::quantized::GgmlDType;
pub use error::WriteError;
pub use gguf_writer::{GgufTensor, GgufValue, GgufWriter};
pub use mixture::Mixture;
pub use safetensors_writer::{SafetensorsDtype, SafetensorsTensor, SafetensorsWriter};
