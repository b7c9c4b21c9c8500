//! What can go wrong with a request.

use std::borrow::Cow;
use std::fmt::Write as _;

use lorgnette_pixtral::ModelError;

use crate::prompt::PromptError;

/// A request that was not answered. The engine goes on: the next one may be.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// More tokens than the session holds; found before anything is computed.
    #[error("{needed} tokens are needed and this session holds {capacity}{}", costs(pictures))]
    ContextFull {
        /// Tokens of the whole chat and at least one of an answer.
        needed: usize,
        /// Tokens the session holds.
        capacity: usize,
        /// Name and tokens of each picture.
        pictures: Vec<(String, usize)>,
    },
    /// A chat that the format has no form for.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// The network could not compute it.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The tokenizer and the network do not belong together.
    #[error("the tokenizer does not belong to this model: {reason}")]
    TokenizerMismatch {
        /// What does not fit.
        reason: String,
    },
    /// The network's numbers are no numbers.
    #[error("the model computed no usable numbers at token {position}")]
    NotANumber {
        /// Where.
        position: usize,
    },
    /// A panic on the engine's thread, which goes on with an empty cache.
    #[error("the engine failed: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The engine was shut down before it answered.
    #[error("the engine was shut down")]
    Stopped,
}

impl EngineError {
    /// What to do now.
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
