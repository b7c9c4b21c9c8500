use safetensors::SafeTensors;

use super::*;
use crate::format::NumberFormat;

/// Blocks and their numbers as llama.cpp's `gguf` package reads them, of each format but one.
const BLOCKS: &[u8] = include_bytes!("../../tests/fixtures/gguf-blocks.safetensors");
/// The same of `IQ1_M`: 4 blocks of any bytes, then 1024 numbers.
const IQ1_M: &[u8] = include_bytes!("../../tests/fixtures/iq1-m-blocks.bin");

#[test]
fn blocks_are_read_as_llama_cpp_reads_them() {
    let file = SafeTensors::deserialize(BLOCKS).unwrap();
    for format in BlockFormat::ALL {
        let name = NumberFormat::from(format).name();
        let tensor = |what: &str| file.tensor(&format!("{name}.{what}")).ok();
        match (tensor("bytes"), tensor("values")) {
            (Some(blocks), Some(values)) => check(format, blocks.data(), values.data()),
            _ => assert_eq!(format, BlockFormat::IQ1M),
        }
    }
    let (blocks, values) = IQ1_M.split_at(4 * BlockFormat::IQ1M.block_bytes());
    check(BlockFormat::IQ1M, blocks, values);
}

#[track_caller]
fn check(format: BlockFormat, blocks: &[u8], values: &[u8]) {
    let n = blocks.len() / format.block_bytes() * format.block_len();
    assert_eq!((n, blocks.len() % format.block_bytes()), (1024, 0), "{format:?}");
    let mut numbers = vec![0.0; n];
    format.dequantise(blocks, &mut numbers);
    let expected = values.as_chunks::<4>().0.iter().map(|value| f32::from_le_bytes(*value));
    assert_eq!(expected.len(), n);
    for (i, (number, expected)) in numbers.iter().zip(expected).enumerate() {
        assert_eq!(number.to_bits(), expected.to_bits(), "number {i} of {format:?}: {expected}");
    }
}

/// A code is a byte, and what kernels add up must fit their sums.
#[test]
fn codes_of_any_block_are_as_large_as_the_format_says() {
    for format in BlockFormat::ALL {
        for byte in 0..=255 {
            let block: Vec<u8> =
                (0..format.block_bytes()).map(|i| byte ^ (i * 37 % 256) as u8).collect();
            let mut codes = vec![0; format.block_len()];
            format.codes(&block, &mut codes);
            let least = u8::from(format.is_signed() && format != BlockFormat::Q8_0);
            let most = if format.is_signed() { 255 } else { 63 };
            assert!(codes.iter().all(|code| (least..=most).contains(code)), "{format:?}");
        }
    }
}
