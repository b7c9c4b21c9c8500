//! Reading aloud and checking, as they cross.

use std::ops::Range;

use lorgnette_app::conversation::check::Checked;
use lorgnette_app::coordinator::{Aloud, Check};
use serde::Serialize;
use specta::Type;

use super::UiError;

/// What is read aloud.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "at", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[serde(rename = "Aloud")]
pub enum AloudDto {
    /// Nothing is read aloud.
    Silent,
    /// A sentence is read aloud, or paused in the middle.
    Speaking {
        answer_id: i64,
        /// Which sentence of the answer, from 0.
        index: usize,
        /// The sentence as it is shown, without markup.
        shown: String,
        /// Where it stands in the answer's text, in bytes.
        source: Range<usize>,
        is_paused: bool,
    },
    /// It could not be read aloud.
    Failed { error: UiError },
}

impl From<Aloud> for AloudDto {
    fn from(aloud: Aloud) -> Self {
        match aloud {
            Aloud::Silent => Self::Silent,
            Aloud::Speaking { answer, index, shown, source, is_paused } => {
                Self::Speaking { answer_id: answer, index, shown, source, is_paused }
            }
            Aloud::Failed(fault) => Self::Failed { error: fault.into() },
        }
    }
}

/// How far the check of an answer is.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "at", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[serde(rename = "Check")]
pub enum CheckDto {
    /// The question is answered again, `n_samples` times in all.
    Running { n_done: usize, n_samples: usize },
    /// The sentences of the answer, in order, each held against the other answers.
    Done { sentences: Vec<CheckedDto> },
    /// The check was stopped, by the person or because something was asked.
    Stopped,
    /// The check failed.
    Failed { error: UiError },
}

/// A sentence that was checked.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Checked")]
pub struct CheckedDto {
    shown: String,
    uncertain: bool,
    n_agree: usize,
    n_samples: usize,
    /// What other answers say instead.
    instead: Vec<String>,
}

impl From<Checked> for CheckedDto {
    fn from(checked: Checked) -> Self {
        Self {
            uncertain: checked.is_uncertain(),
            shown: checked.shown,
            n_agree: checked.n_agree,
            n_samples: checked.n_samples,
            instead: checked.instead,
        }
    }
}

impl From<Check> for CheckDto {
    fn from(check: Check) -> Self {
        match check {
            Check::Running { n_done, n_samples } => Self::Running { n_done, n_samples },
            Check::Done(sentences) => {
                Self::Done { sentences: sentences.into_iter().map(Into::into).collect() }
            }
            Check::Stopped => Self::Stopped,
            Check::Failed(fault) => Self::Failed { error: fault.into() },
        }
    }
}
