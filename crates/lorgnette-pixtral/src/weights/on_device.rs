//! What a device that is no CPU has of a tensor: the formats of candle's kernels.

use candle_core::quantized::GgmlDType;
use lorgnette_gguf::quantise::{dequantise, quantise};
use lorgnette_gguf::{NumberFormat, StoredTensor};

use crate::error::LoadError;

/// Candle's name for a format, by ggml's number of it; `None` for one that candle does not know.
/// Candle keeps its own table private.
pub(super) fn candle_dtype(format: NumberFormat) -> Option<GgmlDType> {
    const CANDLE: [(u32, GgmlDType); 15] = [
        (0, GgmlDType::F32),
        (1, GgmlDType::F16),
        (2, GgmlDType::Q4_0),
        (3, GgmlDType::Q4_1),
        (6, GgmlDType::Q5_0),
        (7, GgmlDType::Q5_1),
        (8, GgmlDType::Q8_0),
        (9, GgmlDType::Q8_1),
        (10, GgmlDType::Q2K),
        (11, GgmlDType::Q3K),
        (12, GgmlDType::Q4K),
        (13, GgmlDType::Q5K),
        (14, GgmlDType::Q6K),
        (15, GgmlDType::Q8K),
        (30, GgmlDType::BF16),
    ];
    CANDLE.iter().find(|(type_id, _)| *type_id == format.type_id()).map(|(_, dtype)| *dtype)
}

/// Bytes that a tensor takes on a device that is no CPU.
pub(crate) fn device_bytes(stored: &StoredTensor) -> u64 {
    match stored.dtype {
        // FP8 is computed with in bf16.
        NumberFormat::F8E4M3 => 2 * stored.n_bytes,
        dtype if candle_dtype(dtype).is_none() => {
            NumberFormat::Q8_0.tensor_bytes(&stored.shape).unwrap_or(stored.n_bytes)
        }
        _ => stored.n_bytes,
    }
}

/// Blocks that candle does not know, in `Q8_0`: on a device only candle's kernels are there, and this
/// is the nearest format that they have. Some rows at a time, since as f32 they take many times
/// the memory.
pub(super) fn in_q8_0(
    blocks: &[u8],
    row_len: usize,
    dtype: NumberFormat,
) -> Result<Vec<u8>, LoadError> {
    const ROWS: usize = 256;
    let row_bytes = dtype.row_bytes(row_len).unwrap_or_default().max(1);
    let mut out = Vec::new();
    for rows in blocks.chunks(ROWS * row_bytes) {
        let numbers = dequantise(rows, row_len, dtype)?;
        out.extend(quantise(&numbers, row_len, NumberFormat::Q8_0)?);
    }
    Ok(out)
}
