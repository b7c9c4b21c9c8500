//! Safetensors, the container that checkpoints come in: its header, its index, and a writer.
//!
//! Source: the format section of the `safetensors` README; shard names and index as
//! `huggingface_hub`'s `save_torch_state_dict` writes them.

mod header;
mod index;
mod writer;

pub use ::safetensors::Dtype;
pub use header::{Header, HeaderEntry, header_len};
pub use index::{INDEX_NAME, shard_names};
pub use writer::{SafetensorsShard, SafetensorsTensor, SafetensorsWriter};

use std::path::Path;

use serde_json::error::Category;

use crate::error::GgufError;
use crate::format::NumberFormat;

/// The format of plain numbers that computing knows; `None` for others.
pub fn number_format(dtype: Dtype) -> Option<NumberFormat> {
    match dtype {
        Dtype::F32 => Some(NumberFormat::F32),
        Dtype::F16 => Some(NumberFormat::F16),
        Dtype::BF16 => Some(NumberFormat::Bf16),
        Dtype::F8_E4M3 => Some(NumberFormat::F8E4M3),
        _ => None,
    }
}

/// What is wrong with JSON, in our words; those of the library are in the log.
fn json_fault(file: &Path, what: &str, error: &serde_json::Error) -> GgufError {
    tracing::info!("{}: {error}", file.display());
    let fault = match error.classify() {
        Category::Data => "contradicts itself",
        Category::Eof => "ends too early",
        Category::Syntax | Category::Io => "is no JSON",
    };
    GgufError::malformed(file, format!("{what} {fault}"))
}
