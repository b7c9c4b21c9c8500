//! What an answer claims to stand in the picture.

use std::ops::Range;

use serde::Serialize;

/// A quote, a number, a date or a name in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// What kind of claim it is.
    pub kind: ClaimKind,
    /// As it stands in the answer, without quotation marks.
    pub text: String,
    /// Where it stands in the answer's Markdown, in bytes.
    pub source: Range<usize>,
    /// The lines of the text that it was found in, from 0; empty where it was not found.
    pub found: Vec<u32>,
}

/// What kind of claim it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum ClaimKind {
    Quote,
    Date,
    Number,
    Name,
}

impl Claim {
    pub(crate) fn of(kind: ClaimKind, answer: &str, source: Range<usize>, found: Vec<u32>) -> Self {
        Self { kind, text: answer[source.clone()].into(), source, found }
    }

    /// Whether the text has it.
    pub fn is_found(&self) -> bool {
        !self.found.is_empty()
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.source.start < other.source.end && other.source.start < self.source.end
    }
}
