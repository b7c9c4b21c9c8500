//! Weights in files: number formats, GGUF, and the safetensors that GGUF is made of.
//!
//! In reading order:
//! - [`format`](mod@format): the number formats, each declared once, and how the numbers of a block lie
//! - [`reader`]: the header of a GGUF file, which nobody trusts
//! - [`shards`]: a model in several GGUF files
//! - [`writer`]: GGUF as a stream
//! - [`quantise`]: numbers to blocks and back
//! - [`scheme`]: which tensor of a model gets which format
//! - [`safetensors`]: header, index and stream of the container that checkpoints come in
//!
//! A new number format is a row of the table in [`format`](mod@format), its layout in `blocks`, and
//! a quantiser if it is written; everybody else asks [`NumberFormat`] and [`QuantScheme`].
#![warn(missing_docs)]

pub mod format;
pub mod quantise;
pub mod reader;
pub mod safetensors;
pub mod scheme;
pub mod shards;
pub mod writer;

mod blocks;
mod error;
mod lfs;
mod source;

pub use error::GgufError;
pub use format::{BlockFormat, NumberFormat};
pub use lfs::is_lfs_pointer;
pub use reader::GgufFile;
pub use scheme::QuantScheme;
pub use source::{Source, StoredTensor};
pub use writer::{GgufHeader, GgufTensor, GgufValue, GgufWriter};
