//! The thread that a page or picture is decoded on whose decoder has no limits of its own: with a time
//! limit, a stack for documents that nest deeply, and an end to panics.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::{Format, ImageError};

/// The name by which a program knows the thread: its panics are answers and no bugs of ours.
const NAME: &str = "page";
const STACK_BYTES: usize = 64 << 20;

/// Runs `work` on a thread of its own. What it is given becomes true when nobody waits any more.
///
/// Errors: those of `work`; `Damaged` if it panics; `TooMuchWork` if it takes longer than `max_time`.
pub(crate) fn run<T: Send + 'static>(
    max_time: Duration,
    format: Format,
    work: impl FnOnce(&AtomicBool) -> Result<T, ImageError> + Send + 'static,
) -> Result<T, ImageError> {
    let stop = Arc::new(AtomicBool::new(false));
    let is_given_up = Arc::clone(&stop);
    let (done, outcome) = sync_channel(1);
    let guarded = move || {
        let worked = catch_unwind(AssertUnwindSafe(|| work(&is_given_up)));
        // Nobody waits if it took too long.
        let _ = done.send(worked.unwrap_or_else(|panic| Err(explain(format, &*panic))));
    };
    thread::Builder::new()
        .name(NAME.into())
        .stack_size(STACK_BYTES)
        .spawn(guarded)
        .map_err(|source| ImageError::NoThread { source })?;
    match outcome.recv_timeout(max_time) {
        Ok(worked) => worked,
        Err(RecvTimeoutError::Timeout) => {
            stop.store(true, Ordering::Relaxed);
            Err(ImageError::TooMuchWork { format })
        }
        Err(RecvTimeoutError::Disconnected) => Err(damaged(format, "its decoder came to no end")),
    }
}

/// Says what a panic of a decoder means.
pub(crate) fn explain(format: Format, panic: &(dyn Any + Send)) -> ImageError {
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::info!("the {format} decoder gave up: {}", words.unwrap_or("without a word"));
    damaged(format, "its decoder gave up on it")
}

fn damaged(format: Format, reason: &'static str) -> ImageError {
    ImageError::Damaged { format, source: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_mins(5);

    #[test]
    fn what_takes_too_long_is_left_behind_and_told_so() {
        let (told, stopped) = sync_channel(1);
        let outcome = run(Duration::from_millis(20), Format::Heic, move |stop| {
            while !stop.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            let _ = told.send(());
            Ok(())
        });
        assert!(matches!(outcome, Err(ImageError::TooMuchWork { format: Format::Heic })));
        stopped.recv_timeout(PATIENCE).unwrap();
    }

    #[test]
    fn a_panic_is_a_damaged_file() {
        let outcome: Result<(), _> =
            run(PATIENCE, Format::Heic, |_| panic!("a decoder's own words"));
        assert!(matches!(outcome, Err(ImageError::Damaged { format: Format::Heic, .. })));
    }
}
