//! What can go wrong while a model is written.

use std::path::PathBuf;

use candle_core::quantized::GgmlDType;

/// Why a model file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk refused; the source names the path.
    #[error("cannot write the model file")]
    Io(#[from] std::io::Error),
    /// A tensor or a metadata value that the format cannot hold.
    #[error("{file} cannot hold {name}: {reason}")]
    Declaration {
        /// The file to be written.
        file: PathBuf,
        /// The tensor or the metadata key.
        name: String,
        /// What the format asks for.
        reason: String,
    },
    /// Bytes of a tensor whose turn it is not.
    #[error("{file} takes {expected} next, not {found}")]
    OutOfOrder {
        /// The file being written.
        file: PathBuf,
        /// The tensor declared for this place, or "nothing" after the last.
        expected: String,
        /// The tensor that was handed over.
        found: String,
    },
    /// More bytes than the declared shape has.
    #[error("{tensor} in {file} has {declared_bytes} bytes, not {found_bytes}")]
    TooLong {
        /// The file being written.
        file: PathBuf,
        /// The tensor.
        tensor: String,
        /// Bytes of its shape and format.
        declared_bytes: u64,
        /// Bytes handed over so far.
        found_bytes: u64,
    },
    /// The writer was finished before every tensor had its bytes.
    #[error("{file} is incomplete: {missing_bytes} bytes of {tensor} were never written")]
    Incomplete {
        /// The file being written.
        file: PathBuf,
        /// The first tensor that lacks bytes.
        tensor: String,
        /// How many it lacks.
        missing_bytes: u64,
    },
    /// Rows that do not fill the format's blocks.
    #[error("{n_numbers} numbers in rows of {row_len} do not fill blocks of {dtype:?}")]
    Rows {
        /// Numbers handed over.
        n_numbers: usize,
        /// Numbers in a row.
        row_len: usize,
        /// The format.
        dtype: GgmlDType,
    },
    /// Infinity, or no number at all, in a tensor or after its conversion.
    #[error("number {index} is {value}, which {dtype:?} cannot hold")]
    OutOfRange {
        /// Its place in the numbers handed over.
        index: usize,
        /// The number.
        value: f32,
        /// The format.
        dtype: GgmlDType,
    },
    /// Candle refused to quantise.
    #[error("candle cannot quantise to {dtype:?}")]
    Quantise {
        /// The format.
        dtype: GgmlDType,
        /// Its reason.
        source: candle_core::Error,
    },
}

impl WriteError {
    /// What to do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io(_) => "check that the folder can be written to and has room",
            Self::Declaration { .. } => "give the tensor another name, shape or format",
            Self::OutOfOrder { .. } | Self::TooLong { .. } | Self::Incomplete { .. } => {
                "the declared tensors and the bytes written differ; this is a fault of the program"
            }
            Self::Rows { .. } => "choose a format with smaller blocks, such as Q8_0 or F16",
            Self::OutOfRange { .. } => "fetch the original again, or keep this tensor in F32",
            Self::Quantise { .. } => "choose F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q5_K or Q6_K",
        }
    }
}
