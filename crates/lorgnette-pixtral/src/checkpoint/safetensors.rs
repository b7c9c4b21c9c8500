//! The tensors of a safetensors file, as far as their formats are computed with.

use std::collections::BTreeMap;
use std::path::Path;

use lorgnette_gguf::safetensors::{Dtype, Header, number_format};
use lorgnette_gguf::{Source, StoredTensor};

use crate::error::LoadError;

/// A tensor of a format that the network may not need; refused only when it does.
pub(super) type Entry = Result<StoredTensor, Dtype>;

/// The tensors of one file, by name.
pub(super) fn read_tensors(path: &Path) -> Result<BTreeMap<String, Entry>, LoadError> {
    let source = Source::file(path);
    let mut tensors = BTreeMap::new();
    for entry in Header::read(path)?.entries {
        let stored = match number_format(entry.dtype) {
            None => Err(entry.dtype),
            Some(dtype) => {
                let stored = StoredTensor::new(&source, dtype, entry.shape, entry.bytes.start);
                Ok(stored.map_err(|reason| {
                    LoadError::malformed(path, format!("{}: {reason}", entry.name))
                })?)
            }
        };
        tensors.insert(entry.name, stored);
    }
    Ok(tensors)
}
