//! What can go wrong when a network is read and when it computes.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use lorgnette_gguf::GgufError;

use crate::placement::Shortage;

/// A checkpoint that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Nothing there, or not to be read; the source names the path.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// Nothing at that path.
    #[error("there is no model at {}", path.display())]
    NotFound {
        /// The path that was named.
        path: PathBuf,
    },
    /// A folder with none of the files that a model is made of.
    #[error("{} holds no model: no config.json, params.json or .gguf file", dir.display())]
    NoModel {
        /// The folder that was looked into.
        dir: PathBuf,
    },
    /// A file of weights that cannot be used.
    #[error(transparent)]
    Container(GgufError),
    /// Several files of which only one can be meant.
    #[error("{} holds several {what} files, {} and {}", dir.display(), first.display(), second.display())]
    Ambiguous {
        /// The folder that holds them.
        dir: PathBuf,
        /// The kind of file that is there several times.
        what: &'static str,
        /// One of the files.
        first: PathBuf,
        /// Another of the files.
        second: PathBuf,
    },
    /// A link to a model or a file of one, which leads nowhere.
    #[error("{} leads to {}, which is not there", link.display(), target.display())]
    LinkGone {
        /// The path of the link.
        link: PathBuf,
        /// The path that it leads to.
        target: PathBuf,
    },
    /// A vision part where a text model should be.
    #[error("{} is a vision part (mmproj) without its text model", file.display())]
    ProjectorAlone {
        /// The path of the vision part.
        file: PathBuf,
    },
    /// A vision part that was named and does not go with the text model.
    #[error("{} does not go with this text model: {reason}", file.display())]
    Projector {
        /// The path of the vision part.
        file: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A configuration that breaks its format or contradicts itself.
    #[error("{} is malformed: {reason}", file.display())]
    Malformed {
        /// The path of the file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A network, option or number format that this program does not run.
    #[error("{}: {what} is not supported", file.display())]
    Unsupported {
        /// The path of the file.
        file: PathBuf,
        /// What the file asks for.
        what: String,
    },
    /// Weights that the publisher quantised in a way that this program does not read.
    #[error("{}: {how} is not supported", file.display())]
    Quantised {
        /// The path of the file that says so.
        file: PathBuf,
        /// How they are quantised.
        how: String,
    },
    /// A file that the index names is not there.
    #[error("{} is missing, and {} names it", shard.display(), index.display())]
    MissingShard {
        /// The path where the file should be.
        shard: PathBuf,
        /// The index that names it.
        index: PathBuf,
    },
    /// Tensors that the network needs are in none of the files.
    #[error("{} has no tensor {tensor}{}", checkpoint.display(), and_more(*n_more))]
    MissingTensor {
        /// The folder or file that was opened.
        checkpoint: PathBuf,
        /// What the tensor is called in such a checkpoint.
        tensor: String,
        /// How many others are missing.
        n_more: usize,
    },
    /// A tensor of another shape than the configuration says.
    #[error("{}: tensor {tensor} is {found:?}, the configuration says {expected:?}", file.display())]
    WrongShape {
        /// The path of the file.
        file: PathBuf,
        /// The tensor as the file calls it.
        tensor: String,
        /// The shape in the file.
        found: Vec<usize>,
        /// The shape that the configuration gives.
        expected: Vec<usize>,
    },
    /// The device does not hold the parts that it was to.
    #[error("{shortage}")]
    DeviceMemory {
        /// What is missing, and what would fit.
        shortage: Box<Shortage>,
    },
    /// The tensor library refused.
    #[error("the weights could not be put on the device: {}", first_line(source))]
    Device {
        /// What the library says.
        #[from]
        source: candle_core::Error,
    },
}

/// What [`LoadError::Ambiguous`] calls vision parts.
pub(crate) const VISION_PART: &str = "vision (mmproj)";

/// What [`LoadError::Quantised`] calls FP8 with a scale for each block of a matrix.
pub const BLOCK_FP8: &str = "FP8 with a scale for each block";

fn and_more(n_more: usize) -> String {
    if n_more == 0 { String::new() } else { format!(", and {n_more} more are missing") }
}

impl LoadError {
    /// What to do now.
    pub fn hint(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::DeviceMemory { shortage } => return shortage.hint().into(),
            Self::Read(_) | Self::NotFound { .. } => "check the path and that you may read it",
            Self::Container(error) => return error.hint().into(),
            Self::NoModel { .. } => {
                "name a folder with config.json and .safetensors files, or a .gguf file"
            }
            Self::Ambiguous { what: VISION_PART, .. } => "name the one that is meant with --mmproj",
            Self::Ambiguous { .. } => "name the file itself",
            Self::LinkGone { .. } => {
                "connect the drive that it is on, or bring it back; else remove the link"
            }
            Self::ProjectorAlone { .. } => {
                "name the file of the text model; the vision part beside it is found"
            }
            Self::Projector { .. } => {
                "name the vision part (mmproj) that belongs to the text model"
            }
            Self::Malformed { .. }
            | Self::MissingShard { .. }
            | Self::MissingTensor { .. }
            | Self::WrongShape { .. } => {
                "copy or fetch the file again; it is damaged or incomplete"
            }
            Self::Quantised { .. } => "use the model's weights in BF16, or a GGUF file of it",
            Self::Unsupported { .. } => {
                "use Pixtral 12B, Mistral Small 3.1 or later, Ministral 3, or LightOnOCR"
            }
            // Where memory was the reason it is a `DeviceMemory`.
            Self::Device { .. } => {
                "try --device cpu; if it happens there too, report it with this message"
            }
        })
    }

    pub(crate) fn malformed(file: &Path, reason: impl Into<String>) -> Self {
        Self::Malformed { file: file.to_owned(), reason: reason.into() }
    }

    /// A tensor of a number format that is not computed with where it is needed.
    pub(crate) fn unsupported_dtype(file: &Path, tensor: String, dtype: String) -> Self {
        Self::Container(GgufError::UnsupportedDtype { file: file.to_owned(), tensor, dtype })
    }
}

impl From<GgufError> for LoadError {
    fn from(error: GgufError) -> Self {
        match error {
            GgufError::Io(error) => Self::Read(error),
            error => Self::Container(error),
        }
    }
}

/// A computation that cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A picture for a network that has no vision part.
    #[error("this model reads no pictures: it has no vision encoder")]
    NoVision,
    /// More tokens than the cache was made for.
    #[error("{needed} tokens do not fit into the {capacity} of this session")]
    CacheFull {
        /// Tokens in the cache and those to add.
        needed: usize,
        /// Tokens the cache can hold.
        capacity: usize,
    },
    /// Picture rows that do not match the `[IMG]` ids, or an id outside the vocabulary.
    #[error("the prompt does not fit this model: {reason}")]
    Prompt {
        /// What does not fit.
        reason: String,
    },
    /// The device ran out of memory.
    #[error("{shortage}")]
    DeviceMemory {
        /// What is missing, and what would fit.
        shortage: Box<Shortage>,
    },
    /// The tensor library refused.
    #[error("the device could not compute: {}", first_line(source))]
    Device {
        /// What the library says.
        #[from]
        source: candle_core::Error,
    },
}

impl ModelError {
    /// What to do now.
    pub fn hint(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::DeviceMemory { shortage } => return shortage.hint().into(),
            Self::NoVision => {
                "put the model's mmproj file beside it or name it with --mmproj, or ask without a picture"
            }
            Self::CacheFull { .. } => "ask with fewer or smaller pictures, or start a new chat",
            Self::Prompt { .. } => "use the tokenizer that belongs to the model",
            // Where memory was the reason it is a `DeviceMemory`.
            Self::Device { .. } => {
                "try --device cpu; if it happens there too, report it with this message"
            }
        })
    }
}

/// Candle prints a backtrace behind its message.
fn first_line(source: &candle_core::Error) -> String {
    source.to_string().lines().next().unwrap_or_default().to_owned()
}
