//! Why work ended before its end.

/// Work that did not come to its end. Cancelling is no error, so this is none either: who calls
/// decides what a cancelled piece of work is to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted<E> {
    /// Somebody asked it to stop.
    Cancelled,
    /// It failed with this error.
    Failed(E),
}

impl<E> Interrupted<E> {
    /// A failure whose error becomes one of this layer, for `map_err`, where `?` alone would have
    /// to convert twice.
    pub fn failed(error: impl Into<E>) -> Self {
        Self::Failed(error.into())
    }

    /// Applies a function to the error, and leaves `Cancelled` as it is.
    pub fn map<F>(self, f: impl FnOnce(E) -> F) -> Interrupted<F> {
        match self {
            Self::Cancelled => Interrupted::Cancelled,
            Self::Failed(error) => Interrupted::Failed(f(error)),
        }
    }

    /// Converts the error to that of the layer above.
    pub fn err_into<F: From<E>>(self) -> Interrupted<F> {
        self.map(F::from)
    }

    /// The error of work that nobody could cancel.
    ///
    /// # Panics
    /// When somebody did.
    #[track_caller]
    pub fn expect_failure(self) -> E {
        match self {
            Self::Cancelled => panic!("work that nobody could cancel was cancelled"),
            Self::Failed(error) => error,
        }
    }
}

/// The result of work whose caller only wants to know whether it came to its end: `None` when it was
/// cancelled.
///
/// # Errors
/// That of the work.
pub fn unless_cancelled<T, E>(result: Result<T, Interrupted<E>>) -> Result<Option<T>, E> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Interrupted::Cancelled) => Ok(None),
        Err(Interrupted::Failed(error)) => Err(error),
    }
}

impl<E> From<E> for Interrupted<E> {
    fn from(error: E) -> Self {
        Self::Failed(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Lower;

    #[derive(Debug, PartialEq)]
    struct Upper;

    impl From<Lower> for Upper {
        fn from(_: Lower) -> Self {
            Self
        }
    }

    fn lower(end: Interrupted<Lower>) -> Result<(), Interrupted<Lower>> {
        Err(end)
    }

    fn upper(end: Interrupted<Lower>) -> Result<(), Interrupted<Upper>> {
        lower(end).map_err(Interrupted::err_into)?;
        Ok(())
    }

    #[test]
    fn an_error_rises_through_the_layers_and_cancelling_stays_what_it_is() {
        assert_eq!(upper(Interrupted::Cancelled), Err(Interrupted::Cancelled));
        assert_eq!(upper(Interrupted::Failed(Lower)), Err(Interrupted::Failed(Upper)));
        let two_steps = || -> Result<(), Interrupted<Upper>> {
            let lower: Result<(), Lower> = Err(Lower);
            lower.map_err(Interrupted::failed)
        };
        assert_eq!(two_steps(), Err(Interrupted::Failed(Upper)));
        assert_eq!(
            upper(Interrupted::Failed(Lower)).map_err(Interrupted::expect_failure),
            Err(Upper)
        );
    }

    #[test]
    #[should_panic(expected = "nobody could cancel")]
    fn to_expect_a_failure_of_what_was_cancelled_is_a_fault_of_the_program() {
        Interrupted::<Upper>::Cancelled.expect_failure();
    }
}
