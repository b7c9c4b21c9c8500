//! Work that ended before its end.

use lorgnette_weights::Halt;

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

impl From<Halt> for Stop {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Cancelled => Self::Cancelled,
            Halt::Failed(error) => Self::Failed(error.into()),
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
