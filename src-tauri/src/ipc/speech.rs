//! Reading aloud and checking, as they cross.

use lorgnette_app::conversation::check::Checked;
use lorgnette_app::coordinator::{Aloud, AloudDo, Check};
use lorgnette_app::speech::VoiceInfo;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::UiError;

/// What is read aloud.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "at", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[serde(rename = "Aloud")]
pub enum AloudDto {
    /// Nothing.
    Silent,
    /// A sentence.
    Speaking {
        /// Of which answer.
        answer_id: i64,
        /// Which, from 0.
        index: usize,
        /// Without markup.
        shown: String,
        /// It waits.
        is_paused: bool,
    },
    /// It could not be.
    Failed {
        /// Why.
        error: UiError,
    },
}

impl From<Aloud> for AloudDto {
    fn from(aloud: Aloud) -> Self {
        match aloud {
            Aloud::Silent => Self::Silent,
            Aloud::Speaking { answer, index, shown, is_paused } => {
                Self::Speaking { answer_id: answer, index, shown, is_paused }
            }
            Aloud::Failed(fault) => Self::Failed { error: fault.into() },
        }
    }
}

/// What is wanted of it.
#[derive(Debug, Clone, Copy, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "AloudDo")]
pub enum AloudDoDto {
    /// Silence, for now.
    Pause,
    /// On from there.
    Resume,
    /// Silence.
    Stop,
    /// The next sentence.
    Next,
    /// The one before.
    Previous,
}

impl From<AloudDoDto> for AloudDo {
    fn from(what: AloudDoDto) -> Self {
        match what {
            AloudDoDto::Pause => Self::Pause,
            AloudDoDto::Resume => Self::Resume,
            AloudDoDto::Stop => Self::Stop,
            AloudDoDto::Next => Self::Next,
            AloudDoDto::Previous => Self::Previous,
        }
    }
}

/// A voice that can be chosen.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "Voice")]
pub struct VoiceDto {
    name: String,
    language: String,
}

impl From<VoiceInfo> for VoiceDto {
    fn from(voice: VoiceInfo) -> Self {
        Self { name: voice.name, language: voice.language }
    }
}

/// How far the check of an answer is.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "at", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[serde(rename = "Check")]
pub enum CheckDto {
    /// Answers are made.
    Running {
        /// So many.
        n_done: usize,
        /// Of so many.
        n_samples: usize,
    },
    /// Each sentence.
    Done {
        /// In order.
        sentences: Vec<CheckedDto>,
    },
    /// It was stopped.
    Stopped,
    /// It went wrong.
    Failed {
        /// Why.
        error: UiError,
    },
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
