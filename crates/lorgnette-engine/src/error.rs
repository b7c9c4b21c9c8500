//! Why a request is not answered.

use std::borrow::Cow;
use std::fmt::Write as _;

use lorgnette_pixtral::ModelError;

use crate::prompt::PromptError;

/// A request that was not answered. The next one may be.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The chat has more tokens than the KV cache holds. Nothing was computed.
    #[error("{needed} tokens are needed and this session holds {capacity}{}", costs(pictures))]
    ContextFull {
        /// Tokens of the whole chat, and one of an answer.
        needed: usize,
        /// Tokens that the KV cache holds.
        capacity: usize,
        /// Each picture's name, and the tokens that it takes.
        pictures: Vec<(String, usize)>,
    },
    /// The chat cannot be written in the model's format.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// The network could not be run.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The tokenizer and the network do not belong together.
    #[error("the tokenizer does not belong to this model: {reason}")]
    TokenizerMismatch {
        /// The two numbers that differ, in words.
        reason: String,
    },
    /// Every logit was NaN or infinite.
    #[error("the model computed no usable numbers at token {position}")]
    NotANumber {
        /// Position of the token in the KV cache.
        position: usize,
    },
    /// The engine's thread panicked. It goes on with an empty cache.
    #[error("the engine failed: {message}")]
    Panicked {
        /// The message of the panic.
        message: String,
    },
    /// The engine was shut down before it answered.
    #[error("the engine was shut down")]
    Stopped,
}

impl EngineError {
    /// Says what a person can do about it.
    pub fn hint(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Model(error) => return error.hint(),
            Self::ContextFull { .. } => {
                "use fewer pictures or a smaller --max-side, or raise --context"
            }
            Self::Prompt(error) => error.hint(),
            Self::TokenizerMismatch { .. } => "put the model's own tokenizer beside its weights",
            Self::NotANumber { .. } => "the weights may be damaged; verify or fetch them again",
            Self::Panicked { .. } => "ask again; if it happens again, report it with this message",
            Self::Stopped => "start the program again",
        })
    }
}

fn costs(pictures: &[(String, usize)]) -> String {
    let mut text = String::new();
    for (name, n_tokens) in pictures {
        let _ = write!(text, ", {name} takes {n_tokens}");
    }
    text
}
