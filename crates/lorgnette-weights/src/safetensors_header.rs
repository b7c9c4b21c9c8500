//! The header of a safetensors file that is not on this machine yet.
//!
//! The `safetensors` crate checks it: offsets without gap or overlap, sizes that follow from shape
//! and format, products that do not overflow. Here it is compared with the file's published size,
//! before anything is fetched by it.

use std::ops::Range;

use safetensors::tensor::Metadata;

pub use safetensors::Dtype;

use crate::error::WeightsError;

/// As the format's own library.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// A tensor as the header describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteTensor {
    /// Its name.
    pub name: String,
    /// Its number format.
    pub dtype: Dtype,
    /// Rows first.
    pub shape: Vec<usize>,
    /// Its bytes in the file.
    pub bytes: Range<u64>,
}

/// How many bytes the header has, from a file's first eight.
///
/// # Errors
/// [`WeightsError::Header`] when it cannot be in a file of `n_file_bytes`.
pub fn header_len(file: &str, first: [u8; 8], n_file_bytes: u64) -> Result<u64, WeightsError> {
    let n_bytes = u64::from_le_bytes(first);
    if n_bytes > MAX_HEADER_BYTES || n_bytes + 8 > n_file_bytes {
        let reason = format!("a header of {n_bytes} bytes in a file of {n_file_bytes}");
        return Err(WeightsError::Header { file: file.to_owned(), reason });
    }
    Ok(n_bytes)
}

/// The tensors, in the order of their bytes.
///
/// # Errors
/// [`WeightsError::Header`] when the header contradicts itself or the file's size.
pub fn parse(
    file: &str,
    header: &[u8],
    n_file_bytes: u64,
) -> Result<Vec<RemoteTensor>, WeightsError> {
    let fault = |reason: String| WeightsError::Header { file: file.to_owned(), reason };
    let metadata: Metadata =
        serde_json::from_slice(header).map_err(|error| fault(format!("its header: {error}")))?;
    let start = 8 + header.len() as u64;
    let end = start.checked_add(metadata.data_len() as u64);
    if end != Some(n_file_bytes) {
        let n = metadata.data_len();
        return Err(fault(format!(
            "{n} bytes of tensors after {start} in a file of {n_file_bytes}"
        )));
    }
    let mut tensors: Vec<_> = metadata
        .tensors()
        .into_iter()
        .map(|(name, info)| RemoteTensor {
            name,
            dtype: info.dtype,
            shape: info.shape.clone(),
            bytes: start + info.data_offsets.0 as u64..start + info.data_offsets.1 as u64,
        })
        .collect();
    tensors.sort_by_key(|tensor| tensor.bytes.start);
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(header: &str, n_data_bytes: u64, because: &str) {
        let n_file_bytes = 8 + header.len() as u64 + n_data_bytes;
        let error = parse("x", header.as_bytes(), n_file_bytes).expect_err("refused").to_string();
        assert!(error.contains(because), "{error}");
    }

    #[test]
    fn headers_that_cannot_be_are_refused() {
        for n in [1_u64 << 63, u64::MAX, 93, MAX_HEADER_BYTES + 1] {
            assert!(header_len("x", n.to_le_bytes(), 100).is_err(), "{n}");
        }
        assert_eq!(header_len("x", 92_u64.to_le_bytes(), 100).expect("fits"), 92);
        let a = r#""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#;
        let overlapping = r#""b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}"#;
        check_refused(&format!("{{{a},{overlapping}}}"), 12, "header");
        let gap = r#""b":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}"#;
        check_refused(&format!("{{{a},{gap}}}"), 24, "header");
        let overflowing =
            r#"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,8]}}"#;
        check_refused(overflowing, 8, "header");
        check_refused(&format!("{{{a}}}"), 7, "8 bytes of tensors");
        check_refused(&format!("{{{a}}}"), 9, "8 bytes of tensors");
        check_refused("not JSON", 8, "header");
    }

    #[test]
    fn tensors_come_in_the_order_of_their_bytes() {
        let header = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[1,2],"data_offsets":[4,8]},"b":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}"#;
        let start = 8 + header.len() as u64;
        let tensors = parse("x", header.as_bytes(), start + 8).expect("header");
        assert_eq!(tensors[0].name, "b");
        assert_eq!(
            (tensors[1].dtype, tensors[1].bytes.clone()),
            (Dtype::BF16, start + 4..start + 8)
        );
    }
}
