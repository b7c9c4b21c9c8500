//! A start that failed.

use lorgnette_app::start::WayOn;
use lorgnette_app::{AppError, Fault};
use serde::Serialize;
use specta::Type;

use super::UiError;

/// Why the program cannot start, and what can be done about it.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "FailedStart")]
pub struct FailedStartDto {
    error: UiError,
    /// The best one first.
    ways: Vec<WayOn>,
}

impl FailedStartDto {
    pub fn new(error: &AppError, ways: Vec<WayOn>) -> Self {
        Self { error: Fault::from(error).into(), ways }
    }

    pub fn ways(&self) -> &[WayOn] {
        &self.ways
    }

    /// What happened and what to do, in English.
    pub fn words(&self) -> (&str, &str) {
        self.error.words()
    }
}
