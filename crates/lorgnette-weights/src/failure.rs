//! A step of an installation that failed, and what may help.

use std::time::Duration;

use lorgnette_interrupt::Interrupted;

use crate::error::WeightsError;

/// An error inside an installation. It becomes a [`WeightsError`] when no remedy helped.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: WeightsError,
    pub(crate) remedy: Remedy,
}

/// What is worth trying after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Nothing: it would fail again.
    None,
    /// The same request after a pause: the server's, or else one that grows with each try.
    Retry { after: Option<Duration> },
    /// The whole file in one request, for the server sends no ranges of it.
    WholeFile,
    /// The source from its first byte, for it is not, or no longer, what it was.
    Restart,
}

impl Failure {
    pub(crate) fn retry(error: WeightsError) -> Self {
        Self { error, remedy: Remedy::Retry { after: None } }
    }

    pub(crate) fn restart(error: WeightsError) -> Self {
        Self { error, remedy: Remedy::Restart }
    }
}

impl From<WeightsError> for Failure {
    fn from(error: WeightsError) -> Self {
        Self { error, remedy: Remedy::None }
    }
}

impl From<WeightsError> for Interrupted<Failure> {
    fn from(error: WeightsError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Failure> for WeightsError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}
