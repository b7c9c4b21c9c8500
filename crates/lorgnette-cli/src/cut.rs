//! Whether an answer is all that the model had to say.

use lorgnette_app::{AnswerOptions, StopReason};
use serde::{Serialize, Serializer};

/// Why an answer ends before the model ended it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// The answer has as many tokens as it may have.
    Tokens,
    /// The chat has as many tokens as it may have.
    Context,
    /// A text to stop at came.
    Stop,
    Cancelled,
    /// The server did not send all of it, for this reason.
    Disconnected(String),
}

/// The name of it; the reason for which an answer stopped has more.
impl Serialize for Cut {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(match self {
            Self::Tokens => "tokens",
            Self::Context => "context",
            Self::Stop => "stop",
            Self::Cancelled => "cancelled",
            Self::Disconnected(_) => "disconnected",
        })
    }
}

impl Cut {
    /// Returns `None` for an answer that is whole.
    pub fn of(stop: &StopReason) -> Option<Self> {
        match stop {
            StopReason::EndOfText => None,
            StopReason::Length => Some(Self::Tokens),
            StopReason::ContextFull => Some(Self::Context),
            StopReason::StopString(_) => Some(Self::Stop),
            StopReason::Cancelled => Some(Self::Cancelled),
            StopReason::Disconnected(reason) => Some(Self::Disconnected(reason.clone())),
        }
    }

    /// Whether something is missing that was wanted. Where to stop, a person says beforehand.
    pub fn is_unwanted(&self) -> bool {
        matches!(self, Self::Tokens | Self::Context | Self::Disconnected(_))
    }

    /// Says it, and what gives the whole answer.
    pub fn words(&self, options: &AnswerOptions, context: usize) -> String {
        match self {
            Self::Tokens => format!(
                "the answer is cut after {} tokens; a larger --max-tokens lets it go on",
                options.max_tokens
            ),
            Self::Context => format!(
                "the answer is cut because the chat is full with {context} tokens; a larger \
                 --context or a smaller --max-side leaves it more room"
            ),
            Self::Stop => "the answer is cut at a text of --stop".into(),
            Self::Cancelled => "the answer is cut because it was cancelled".into(),
            Self::Disconnected(reason) => format!("the answer is cut: {reason}"),
        }
    }
}
