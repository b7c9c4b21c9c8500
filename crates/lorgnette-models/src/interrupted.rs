//! Work that ended before its end.

use lorgnette_interrupt::Interrupted;
use lorgnette_weights::WeightsError;

use crate::error::ModelsError;

#[derive(Debug)]
pub(crate) enum Stop {
    Cancelled,
    Failed(ModelsError),
}

impl<E: Into<ModelsError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Interrupted<WeightsError>> for Stop {
    fn from(end: Interrupted<WeightsError>) -> Self {
        match end {
            Interrupted::Cancelled => Self::Cancelled,
            Interrupted::Failed(error) => Self::Failed(error.into()),
        }
    }
}

/// `None` for what was cancelled.
pub(crate) fn unless_cancelled<T>(result: Result<T, Stop>) -> Result<Option<T>, ModelsError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Stop::Cancelled) => Ok(None),
        Err(Stop::Failed(error)) => Err(error),
    }
}
