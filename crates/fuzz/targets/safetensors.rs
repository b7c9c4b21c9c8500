//! Any bytes are the header of a safetensors file, or its index, or are refused.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lorgnette_gguf::safetensors::{Header, header_len, shard_names};

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("it.safetensors");
    let _ = shard_names(path, bytes);
    let Some((first, json)) = bytes.split_first_chunk::<8>() else { return };
    let n_bytes = bytes.len() as u64;
    let _ = header_len(path, *first, n_bytes);
    if let Ok(header) = Header::parse(path, json) {
        let _ = header.check_size(path, n_bytes);
    }
});
