//! f32 numbers to the bytes of a format and back, through candle's quantisers.

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Tensor};
use rayon::prelude::*;

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
    // Candle's quantisers turn infinity into blocks of nonsense without a word. The scales of all
    // block formats are f16, so that numbers beyond f16 are lost too.
    let most = match dtype {
        GgmlDType::F32 | GgmlDType::BF16 => f32::MAX,
        _ => F16_MAX,
    };
    if let Some(index) = numbers.iter().position(|x| x.is_nan() || x.abs() > most) {
        return Err(WriteError::OutOfRange { index, value: numbers[index], dtype });
    }
    let chunks: Vec<Vec<u8>> = numbers
        .par_chunks(CHUNK)
        .map(|chunk| quantise_chunk(chunk, dtype))
        .collect::<Result<_, _>>()
        .map_err(|source| WriteError::Quantise { dtype, source })?;
    Ok(chunks.concat())
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
    let tensor = Tensor::from_slice(numbers, numbers.len(), &Device::Cpu)?;
    Ok(QTensor::quantize(&tensor, dtype)?.data()?.into_owned())
}

#[cfg(test)]
mod tests;
