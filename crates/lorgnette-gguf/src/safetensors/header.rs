//! The header of a safetensors file, whether the file is on this machine or not yet.
//!
//! The `safetensors` crate checks it: offsets without gap or overlap, sizes that follow from shape
//! and format, products that do not overflow. Here it is compared with the file's size, before
//! anything is read or fetched by it.

use std::io::Read as _;
use std::ops::Range;
use std::path::Path;

use ::safetensors::Dtype;
use ::safetensors::tensor::Metadata;
use fs_err::File;

use crate::error::GgufError;
use crate::lfs::may_be_lfs_pointer;
use crate::safetensors::json_fault;

/// The limit of the format's own library.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// What a header says.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// The tensors in the order of their bytes.
    pub entries: Vec<HeaderEntry>,
    /// Bytes of a file that ends with the last tensor.
    pub n_file_bytes: u64,
}

/// A tensor as the header describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct HeaderEntry {
    /// The tensor's name in the checkpoint.
    pub name: String,
    /// The number format of its rows.
    pub dtype: Dtype,
    /// Its sizes, rows first.
    pub shape: Vec<usize>,
    /// Where its bytes lie in the file.
    pub bytes: Range<u64>,
}

/// How many bytes the header has, from a file's first eight. `file` is what errors call it.
///
/// # Errors
/// [`GgufError::Malformed`] for more than a header may have, [`GgufError::Truncated`] when it does
/// not fit into a file of `n_file_bytes`, [`GgufError::LfsPointer`] for a file that is none.
pub fn header_len(file: &Path, first: [u8; 8], n_file_bytes: u64) -> Result<u64, GgufError> {
    if may_be_lfs_pointer(first) {
        return Err(GgufError::LfsPointer { file: file.to_owned() });
    }
    let n_bytes = u64::from_le_bytes(first);
    if n_bytes > MAX_HEADER_BYTES {
        return Err(GgufError::malformed(file, format!("a header of {n_bytes} bytes")));
    }
    check_len(file, n_bytes + 8, n_file_bytes)?;
    Ok(n_bytes)
}

impl Header {
    /// The tensors that a header in JSON names. `file` is what errors call its file.
    ///
    /// # Errors
    /// [`GgufError::Malformed`] when it contradicts itself.
    pub fn parse(file: &Path, json: &[u8]) -> Result<Self, GgufError> {
        let metadata: Metadata =
            serde_json::from_slice(json).map_err(|error| json_fault(file, "its header", &error))?;
        let start = 8 + json.len() as u64;
        let end = start.checked_add(metadata.data_len() as u64);
        let n_file_bytes =
            end.ok_or_else(|| GgufError::malformed(file, "its header has sizes that overflow"))?;
        let mut entries: Vec<_> = metadata
            .tensors()
            .into_iter()
            .map(|(name, info)| HeaderEntry {
                name,
                dtype: info.dtype,
                shape: info.shape.clone(),
                bytes: start + info.data_offsets.0 as u64..start + info.data_offsets.1 as u64,
            })
            .collect();
        entries.sort_by_key(|entry| entry.bytes.start);
        Ok(Self { entries, n_file_bytes })
    }

    /// Reads the header of a file on this machine. Bytes behind the last tensor are allowed.
    ///
    /// # Errors
    /// [`GgufError::Io`], [`GgufError::Malformed`]; [`GgufError::Truncated`] when the file is shorter
    /// than its header says.
    pub fn read(path: &Path) -> Result<Self, GgufError> {
        let mut file = File::open(path)?;
        let n_file_bytes = file.metadata()?.len();
        check_len(path, 8, n_file_bytes)?;
        let mut first = [0; 8];
        file.read_exact(&mut first)?;
        let n_header_bytes = header_len(path, first, n_file_bytes)?;
        let mut json = Vec::new();
        file.take(n_header_bytes).read_to_end(&mut json)?;
        let header = Self::parse(path, &json)?;
        check_len(path, header.n_file_bytes, n_file_bytes)?;
        Ok(header)
    }

    /// Compares the header with the size that its file is published with.
    ///
    /// # Errors
    /// [`GgufError::Malformed`] for any other size.
    pub fn check_size(&self, file: &Path, n_file_bytes: u64) -> Result<(), GgufError> {
        if self.n_file_bytes == n_file_bytes {
            return Ok(());
        }
        let n = self.n_file_bytes;
        let reason = format!("its header is of a file of {n} bytes, not of {n_file_bytes}");
        Err(GgufError::malformed(file, reason))
    }
}

fn check_len(file: &Path, needed_bytes: u64, found_bytes: u64) -> Result<(), GgufError> {
    if needed_bytes <= found_bytes {
        return Ok(());
    }
    Err(GgufError::Truncated { file: file.to_owned(), needed_bytes, found_bytes })
}

#[cfg(test)]
mod tests;
