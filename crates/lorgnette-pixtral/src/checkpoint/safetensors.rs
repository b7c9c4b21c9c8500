//! The header of a safetensors file. The `safetensors` crate checks it: offsets without gap or
//! overlap, sizes that follow from shape and format, products that do not overflow.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use candle_core::quantized::GgmlDType;
use fs_err::File;
use safetensors::Dtype;
use safetensors::tensor::Metadata;

use super::{Source, StoredTensor};
use crate::error::LoadError;

/// As the format's own library.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// A tensor of a format that the network may not need; refused only when it does.
pub(super) type Entry = Result<StoredTensor, Dtype>;

/// The tensors of one file, by name.
pub(super) fn read_header(path: &Path) -> Result<BTreeMap<String, Entry>, LoadError> {
    let mut file = File::open(path)?;
    let n_file_bytes = file.metadata()?.len();
    let truncated = |needed_bytes| LoadError::Truncated {
        file: path.to_owned(),
        needed_bytes,
        found_bytes: n_file_bytes,
    };
    if n_file_bytes < 8 {
        return Err(truncated(8));
    }
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let n_header_bytes = u64::from_le_bytes(length);
    if n_header_bytes > MAX_HEADER_BYTES {
        return Err(LoadError::malformed(path, format!("a header of {n_header_bytes} bytes")));
    }
    let data_start = 8 + n_header_bytes;
    if data_start > n_file_bytes {
        return Err(truncated(data_start));
    }
    let mut header = Vec::new();
    file.take(n_header_bytes).read_to_end(&mut header)?;
    let metadata: Metadata = serde_json::from_slice(&header)
        .map_err(|error| LoadError::malformed(path, format!("its header: {error}")))?;
    let needed_bytes = data_start + metadata.data_len() as u64;
    if needed_bytes > n_file_bytes {
        return Err(truncated(needed_bytes));
    }
    let source = Source::file(path);
    let mut tensors = BTreeMap::new();
    for (name, info) in metadata.tensors() {
        let entry = match info.dtype {
            Dtype::F32 => Ok(GgmlDType::F32),
            Dtype::F16 => Ok(GgmlDType::F16),
            Dtype::BF16 => Ok(GgmlDType::BF16),
            other => Err(other),
        };
        let entry = match entry {
            Err(other) => Err(other),
            Ok(dtype) => {
                let offset = data_start + info.data_offsets.0 as u64;
                let tensor = StoredTensor::new(&source, dtype, info.shape.clone(), offset)
                    .map_err(|reason| LoadError::malformed(path, format!("{name}: {reason}")))?;
                Ok(tensor)
            }
        };
        tensors.insert(name, entry);
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests;
