//! Any bytes are the header of a GGUF file, or are refused.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lorgnette_gguf::GgufFile;

fuzz_target!(|bytes: &[u8]| {
    let mut input = bytes;
    let _ = GgufFile::read_from(Path::new("it.gguf"), bytes.len() as u64, &mut input);
});
