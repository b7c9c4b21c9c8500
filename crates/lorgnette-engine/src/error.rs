//! Why a request is not answered.

use std::borrow::Cow;
use std::cmp::Reverse;
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
            Self::ContextFull { needed, pictures, .. } => {
                let limit = needed.next_multiple_of(1024);
                let most = if 2 * n_tokens(pictures) > *needed {
                    "the pictures take most: use fewer or a smaller --max-side"
                } else {
                    "the words take most: ask in fewer, or begin a new chat"
                };
                return format!("{most}, or raise --context to {limit}").into();
            }
            Self::Prompt(error) => error.hint(),
            Self::TokenizerMismatch { .. } => "put the model's own tokenizer beside its weights",
            Self::NotANumber { .. } => "the weights may be damaged; verify or fetch them again",
            Self::Panicked { .. } => "ask again; if it happens again, report it with this message",
            Self::Stopped => "start the program again",
        })
    }
}

/// So many pictures are named with their tokens; of the others, how many they are.
const MOST_PICTURES: usize = 4;

/// What pictures take: each of a few, the largest of many.
fn costs(pictures: &[(String, usize)]) -> String {
    let mut named = pictures.to_vec();
    let mut others = Vec::new();
    if pictures.len() > MOST_PICTURES {
        named.sort_by_key(|(_, n_tokens)| Reverse(*n_tokens));
        others = named.split_off(MOST_PICTURES - 1);
    }
    let mut text = String::new();
    for (name, n_tokens) in &named {
        let _ = write!(text, ", {name} takes {n_tokens}");
    }
    if !others.is_empty() {
        let _ = write!(text, ", {} other pictures take {}", others.len(), n_tokens(&others));
    }
    text
}

fn n_tokens(pictures: &[(String, usize)]) -> usize {
    pictures.iter().map(|(_, n_tokens)| n_tokens).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_is_about_what_takes_most_and_names_the_limit() {
        let full = |needed, pictures: &[(String, usize)]| EngineError::ContextFull {
            needed,
            capacity: 8192,
            pictures: pictures.to_vec(),
        };
        let pages: Vec<_> = (0..500).map(|i| (format!("page {i}.png"), 100 + i)).collect();
        let many = full(180_000, &pages);
        let said = many.to_string();
        assert!(said.contains("page 499.png takes 599") && said.len() < 200, "{said}");
        assert!(said.ends_with("497 other pictures take 172956"), "{said}");
        assert!(many.hint().contains("the pictures take most"), "{}", many.hint());
        let words = full(9_000, &pages[..2]);
        assert!(words.hint().contains("the words take most"), "{}", words.hint());
        assert!(words.hint().ends_with("raise --context to 9216"), "{}", words.hint());
    }
}
