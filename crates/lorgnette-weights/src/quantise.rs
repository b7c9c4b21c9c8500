//! f32 numbers to the bytes of a format and back.
//!
//! The formats that are offered are made here, as llama.cpp makes them; the others by candle.

mod blocks;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Tensor};
use half::slice::HalfFloatSliceExt as _;
use half::{bf16, f16};
use rayon::prelude::*;

use self::blocks::BlockFormat;

use crate::error::WriteError;

/// Numbers that one thread converts at a time; a multiple of every block size.
const CHUNK: usize = 1 << 16;
const F16_MAX: f32 = 65504.0;

/// The bytes of `numbers` in `dtype`, blocks in the order of the numbers, on all cores.
///
/// Shapes: `numbers` `(n_rows, row_len)`. Blocks never span rows, which is why `row_len` must be a
/// multiple of the format's block size (256 for the K formats, 32 for `Q8_0` and `Q4_0`).
///
/// # Errors
/// [`WriteError::Rows`], [`WriteError::OutOfRange`], [`WriteError::Quantise`].
pub fn quantise(numbers: &[f32], row_len: usize, dtype: GgmlDType) -> Result<Vec<u8>, WriteError> {
    check_rows(numbers.len(), row_len, dtype)?;
    // Infinity becomes blocks of nonsense without a word. The scales of all block formats are f16,
    // so that numbers beyond f16 are lost too.
    let most = match dtype {
        GgmlDType::F32 | GgmlDType::BF16 => f32::MAX,
        _ => F16_MAX,
    };
    let lost = |x: &f32| x.is_nan() || x.abs() > most;
    let chunks: Result<Vec<Vec<u8>>, ChunkFault> = numbers
        .par_chunks(CHUNK)
        .map(|chunk| {
            // Without an early end: such a loop becomes vector code.
            if chunk.iter().fold(false, |any, x| any | lost(x)) {
                return Err(ChunkFault::Lost);
            }
            quantise_chunk(chunk, dtype).map_err(ChunkFault::Candle)
        })
        .collect();
    match chunks {
        Ok(chunks) => Ok(chunks.concat()),
        Err(ChunkFault::Candle(source)) => Err(WriteError::Quantise { dtype, source }),
        Err(ChunkFault::Lost) => {
            let index = numbers.iter().position(lost).unwrap_or(0);
            Err(WriteError::OutOfRange { index, value: numbers[index], dtype })
        }
    }
}

enum ChunkFault {
    /// A number that the format cannot hold.
    Lost,
    Candle(candle_core::Error),
}

/// The numbers that `bytes` in `dtype` stand for, which is what a reader of the file sees.
///
/// # Errors
/// [`WriteError::Rows`], [`WriteError::Quantise`].
pub fn dequantise(bytes: &[u8], row_len: usize, dtype: GgmlDType) -> Result<Vec<f32>, WriteError> {
    let n_numbers = bytes.len() / dtype.type_size() * dtype.block_size();
    if !bytes.len().is_multiple_of(dtype.type_size()) {
        return Err(WriteError::Rows { n_numbers, row_len, dtype });
    }
    check_rows(n_numbers, row_len, dtype)?;
    let numbers = || {
        let storage = QStorage::from_data(bytes.into(), &Device::Cpu, dtype)?;
        QTensor::new(storage, n_numbers)?.dequantize(&Device::Cpu)?.to_vec1()
    };
    numbers().map_err(|source| WriteError::Quantise { dtype, source })
}

fn check_rows(n_numbers: usize, row_len: usize, dtype: GgmlDType) -> Result<(), WriteError> {
    let whole = row_len > 0
        && n_numbers.is_multiple_of(row_len)
        && row_len.is_multiple_of(dtype.block_size());
    if whole { Ok(()) } else { Err(WriteError::Rows { n_numbers, row_len, dtype }) }
}

fn quantise_chunk(numbers: &[f32], dtype: GgmlDType) -> candle_core::Result<Vec<u8>> {
    Ok(match dtype {
        GgmlDType::F32 => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
        GgmlDType::F16 => {
            let mut halves = vec![f16::ZERO; numbers.len()];
            halves.convert_from_f32_slice(numbers);
            halves.iter().flat_map(|x| x.to_le_bytes()).collect()
        }
        GgmlDType::BF16 => {
            let mut halves = vec![bf16::ZERO; numbers.len()];
            halves.convert_from_f32_slice(numbers);
            halves.iter().flat_map(|x| x.to_le_bytes()).collect()
        }
        GgmlDType::Q4K => blocks::quantise(numbers, BlockFormat::Q4K),
        GgmlDType::Q5K => blocks::quantise(numbers, BlockFormat::Q5K),
        GgmlDType::Q6K => blocks::quantise(numbers, BlockFormat::Q6K),
        GgmlDType::Q8_0 => blocks::quantise(numbers, BlockFormat::Q8_0),
        _ => {
            let tensor = Tensor::from_slice(numbers, numbers.len(), &Device::Cpu)?;
            QTensor::quantize(&tensor, dtype)?.data()?.into_owned()
        }
    })
}

#[cfg(test)]
mod tests;
