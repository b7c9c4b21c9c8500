//! What can go wrong when weights are read from files, quantised or written.

use std::io;
use std::path::{Path, PathBuf};

use crate::format::NumberFormat;

/// A container that cannot be read or written, or numbers that cannot be quantised.
#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    /// The disk refused; the source names the path.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A file that is not GGUF.
    #[error("{} is not a model: it {}", file.display(), what.unwrap_or("does not begin like a GGUF file"))]
    NotGguf {
        /// The path of the file.
        file: PathBuf,
        /// What it is instead, behind "it"; `None` where that is not known.
        what: Option<&'static str>,
    },
    /// A text of Git LFS that says where the weights are.
    #[error("{} is a Git LFS pointer and not the weights themselves", file.display())]
    LfsPointer {
        /// The path of the file, or its name on the hub.
        file: PathBuf,
    },
    /// One of several parts of a model is not there.
    #[error("{} is missing: the model is in {n_shards} parts", file.display())]
    MissingShard {
        /// The path where the part should be, or its name on the hub.
        file: PathBuf,
        /// How many parts there are.
        n_shards: usize,
    },
    /// A part of a model that was renamed, so that the others cannot be found.
    #[error("{} is one of {n_shards} parts, and its name does not say which", file.display())]
    ShardName {
        /// The path of the file, or its name on the hub.
        file: PathBuf,
        /// How many parts there are.
        n_shards: usize,
    },
    /// GGUF of a version or byte order that is not read here.
    #[error("{}: {what} is not supported", file.display())]
    Unsupported {
        /// The path of the file.
        file: PathBuf,
        /// The version or byte order.
        what: String,
    },
    /// A header or an index that breaks its format or contradicts itself.
    #[error("{} is malformed: {reason}", file.display())]
    Malformed {
        /// The path of the file, or its name on the hub.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file shorter than its own header says.
    #[error("{} is cut short: {needed_bytes} bytes needed, {found_bytes} found", file.display())]
    Truncated {
        /// The path of the file.
        file: PathBuf,
        /// Bytes up to the end of what the header promises.
        needed_bytes: u64,
        /// Bytes that the file has.
        found_bytes: u64,
    },
    /// A tensor of a number format that is not read here.
    #[error("{}: tensor {tensor} has the number format {dtype}, which is not supported", file.display())]
    UnsupportedDtype {
        /// The path of the file.
        file: PathBuf,
        /// The tensor as the file calls it.
        tensor: String,
        /// ggml's name or number of the format.
        dtype: String,
    },
    /// A tensor or a metadata value that the container cannot hold.
    #[error("{} cannot hold {name}: {reason}", file.display())]
    Declaration {
        /// The file to be written.
        file: PathBuf,
        /// The tensor or the metadata key.
        name: String,
        /// What the container asks for.
        reason: String,
    },
    /// Bytes of a tensor whose turn it is not.
    #[error("{} takes {expected} next, not {found}", file.display())]
    OutOfOrder {
        /// The file being written.
        file: PathBuf,
        /// The tensor declared for this place, or "nothing" after the last.
        expected: String,
        /// The tensor that was handed over.
        found: String,
    },
    /// More bytes than the declared shape has.
    #[error("{tensor} in {} has {declared_bytes} bytes, not {found_bytes}", file.display())]
    TooLong {
        /// The file being written.
        file: PathBuf,
        /// The tensor as the file calls it.
        tensor: String,
        /// Bytes of its shape and format.
        declared_bytes: u64,
        /// Bytes handed over so far.
        found_bytes: u64,
    },
    /// The writer was finished before every tensor had its bytes.
    #[error("{} is incomplete: {missing_bytes} bytes of {tensor} were never written", file.display())]
    Incomplete {
        /// The file being written.
        file: PathBuf,
        /// The first tensor that lacks bytes.
        tensor: String,
        /// How many bytes it lacks.
        missing_bytes: u64,
    },
    /// Rows that do not fill the format's blocks.
    #[error("{n_numbers} numbers in rows of {row_len} do not fill blocks of {dtype}")]
    Rows {
        /// How many numbers were handed over.
        n_numbers: usize,
        /// Numbers in a row.
        row_len: usize,
        /// The format that was asked for.
        dtype: NumberFormat,
    },
    /// A format that ready-made files have and that is not written here.
    #[error("{dtype} is read and not written")]
    ReadOnly {
        /// The format that was asked for.
        dtype: NumberFormat,
    },
    /// Infinity, NaN, or a number beyond the format's range.
    #[error("number {index} is {value}, which {dtype} cannot hold")]
    OutOfRange {
        /// Its place in the numbers handed over.
        index: usize,
        /// The number that does not fit.
        value: f32,
        /// The format that was asked for.
        dtype: NumberFormat,
    },
}

impl GgufError {
    /// What to do now.
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::Io(_) => "check the path, and that there is room where files are written",
            Self::NotGguf { what: Some(_), .. } => {
                "fetch the file again: something else was saved in its place"
            }
            Self::NotGguf { .. } => {
                "name a folder with config.json and .safetensors files, or a .gguf file"
            }
            Self::LfsPointer { .. } => {
                "run `git lfs pull` in its folder, or fetch the model with `lorgnette models add`"
            }
            Self::MissingShard { .. } => {
                "put all parts into one folder; `llama-gguf-split --merge` makes one file of them"
            }
            Self::ShardName { .. } => {
                "call the parts NAME-00001-of-00002.gguf and so on, or make one file of them with \
                 `llama-gguf-split --merge`"
            }
            Self::Unsupported { .. } => "convert the model again with a current llama.cpp",
            Self::Malformed { .. } | Self::Truncated { .. } => {
                "copy or fetch the file again; it is damaged or incomplete"
            }
            Self::UnsupportedDtype { .. } => {
                "fetch the model in another format: Q4_K_M and Q8_0, for example, are read, and so are BF16, \
                 F16 and F32"
            }
            Self::Declaration { .. } => "give the tensor another name, shape or format",
            Self::OutOfOrder { .. } | Self::TooLong { .. } | Self::Incomplete { .. } => {
                "the declared tensors and the bytes written differ; this is a fault of the program"
            }
            Self::Rows { .. } => "choose a format with smaller blocks, such as Q8_0 or F16",
            Self::ReadOnly { .. } => "choose a format such as Q4_K or Q8_0",
            Self::OutOfRange { .. } => "fetch the original again, or keep this tensor in F32",
        };
        hint.into()
    }

    pub(crate) fn malformed(file: &Path, reason: impl Into<String>) -> Self {
        Self::Malformed { file: file.to_owned(), reason: reason.into() }
    }
}
