//! f32 numbers to the bytes of a format and back, as llama.cpp makes and reads them.
//!
//! Searches for scales work on sixteen sub-blocks side by side. Every lane of a vector is one
//! sub-block and does what llama.cpp's C code does, in its order: the blocks are the same, bit by
//! bit. The compiler makes vector code of the loops over lanes, for the processor at hand
//! ([`pulp`]).

mod lanes;
mod one_scale;
mod q3_k;
mod q6_k;
mod with_min;

use float8::F8E4M3;
use half::slice::HalfFloatSliceExt as _;
use half::{bf16, f16};
use rayon::prelude::*;

use crate::error::GgufError;
use crate::format::{BlockFormat, NumberFormat};

/// Numbers that one thread converts at a time; a multiple of every block length.
const CHUNK: usize = 1 << 16;
const F16_MAX: f32 = 65504.0;
const F8_MAX: f32 = 448.0;

/// The bytes of `numbers` in `dtype`, blocks in the order of the numbers, on all cores.
///
/// Shapes: `numbers` `(n_rows, row_len)`. Blocks never span rows, which is why `row_len` must be a
/// multiple of the format's block length (256 for the K formats, 32 for `Q8_0` and `Q4_0`).
///
/// # Errors
/// [`GgufError::Rows`] if the numbers are not whole blocks, [`GgufError::OutOfRange`] if one is too
/// large for the format, [`GgufError::ReadOnly`] for a format that has no quantiser here.
pub fn quantise(
    numbers: &[f32],
    row_len: usize,
    dtype: NumberFormat,
) -> Result<Vec<u8>, GgufError> {
    check_rows(numbers.len(), row_len, dtype)?;
    // Infinity becomes blocks of nonsense without a word. The scales of all block formats are f16,
    // so that numbers beyond f16 are lost too.
    let most = match dtype {
        NumberFormat::F32 | NumberFormat::Bf16 => f32::MAX,
        NumberFormat::F16 | NumberFormat::Blocks(_) => F16_MAX,
        NumberFormat::F8E4M3 => F8_MAX,
    };
    let lost = |x: &f32| x.is_nan() || x.abs() > most;
    let chunks = numbers.par_chunks(CHUNK).map(|chunk| {
        // Without an early end: such a loop becomes vector code.
        let any_lost = chunk.iter().fold(false, |any, x| any | lost(x));
        if any_lost { None } else { Some(quantise_chunk(chunk, dtype)) }
    });
    let chunks: Option<Vec<Option<Vec<u8>>>> = chunks.collect();
    let chunks = chunks.ok_or_else(|| {
        let index = numbers.iter().position(lost).unwrap_or(0);
        GgufError::OutOfRange { index, value: numbers[index], dtype }
    })?;
    let chunks: Option<Vec<Vec<u8>>> = chunks.into_iter().collect();
    chunks.map(|chunks| chunks.concat()).ok_or(GgufError::ReadOnly { dtype })
}

/// The numbers that `bytes` in `dtype` stand for, which is what a reader of the file sees.
///
/// # Errors
/// [`GgufError::Rows`] if the bytes are not whole blocks.
pub fn dequantise(
    bytes: &[u8],
    row_len: usize,
    dtype: NumberFormat,
) -> Result<Vec<f32>, GgufError> {
    let n_numbers = bytes.len() / dtype.block_bytes() * dtype.block_len();
    if !bytes.len().is_multiple_of(dtype.block_bytes()) {
        return Err(GgufError::Rows { n_numbers, row_len, dtype });
    }
    check_rows(n_numbers, row_len, dtype)?;
    Ok(match dtype {
        NumberFormat::F32 => {
            let (numbers, _) = bytes.as_chunks::<4>();
            numbers.iter().map(|x| f32::from_le_bytes(*x)).collect()
        }
        NumberFormat::F16 => {
            let (numbers, _) = bytes.as_chunks::<2>();
            numbers.iter().map(|x| f16::from_le_bytes(*x).to_f32()).collect()
        }
        NumberFormat::Bf16 => {
            let (numbers, _) = bytes.as_chunks::<2>();
            numbers.iter().map(|x| bf16::from_le_bytes(*x).to_f32()).collect()
        }
        NumberFormat::F8E4M3 => bytes.iter().map(|code| f8_e4m3(*code)).collect(),
        NumberFormat::Blocks(format) => {
            let mut numbers = vec![0.0; n_numbers];
            format.dequantise(bytes, &mut numbers);
            numbers
        }
    })
}

/// The number that a code of FP8 stands for; the two codes of all ones are no numbers.
/// Source: OCP 8-bit floating point specification, E4M3.
pub fn f8_e4m3(code: u8) -> f32 {
    F8E4M3::from_bits(code).to_f32()
}

fn check_rows(n_numbers: usize, row_len: usize, dtype: NumberFormat) -> Result<(), GgufError> {
    let whole = row_len > 0
        && n_numbers.is_multiple_of(row_len)
        && row_len.is_multiple_of(dtype.block_len());
    if whole { Ok(()) } else { Err(GgufError::Rows { n_numbers, row_len, dtype }) }
}

/// `None` for a format without a quantiser.
fn quantise_chunk(numbers: &[f32], dtype: NumberFormat) -> Option<Vec<u8>> {
    Some(match dtype {
        NumberFormat::F32 => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
        NumberFormat::F16 => {
            let mut halves = vec![f16::ZERO; numbers.len()];
            halves.convert_from_f32_slice(numbers);
            halves.iter().flat_map(|x| x.to_le_bytes()).collect()
        }
        NumberFormat::Bf16 => {
            let mut halves = vec![bf16::ZERO; numbers.len()];
            halves.convert_from_f32_slice(numbers);
            halves.iter().flat_map(|x| x.to_le_bytes()).collect()
        }
        NumberFormat::F8E4M3 => numbers.iter().map(|x| F8E4M3::from_f32(*x).to_bits()).collect(),
        NumberFormat::Blocks(format) => return quantise_blocks(numbers, format),
    })
}

/// The blocks of `numbers`, which fill them; `None` for a format without a quantiser.
fn quantise_blocks(numbers: &[f32], format: BlockFormat) -> Option<Vec<u8>> {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            Some(match format {
                BlockFormat::Q4_0 => one_scale::q4_0(numbers),
                BlockFormat::Q8_0 => one_scale::q8_0(numbers),
                BlockFormat::Q3K => q3_k::q3_k(numbers),
                BlockFormat::Q4K => with_min::with_min::<4>(numbers),
                BlockFormat::Q5K => with_min::with_min::<5>(numbers),
                BlockFormat::Q6K => q6_k::q6_k(numbers),
                // Ready-made files have them; nothing here writes them.
                _ => return None,
            })
        },
    )
}

#[cfg(test)]
mod tests;
