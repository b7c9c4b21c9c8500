//! The thread that a page is drawn on: with a time limit, a stack for documents that nest deeply, and
//! an end to panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::{cost, damaged};
use crate::{Format, ImageError};

/// The name by which a program knows the thread: its panics are answers and no bugs of ours.
const NAME: &str = "page";
const STACK_BYTES: usize = 64 << 20;
/// A page that takes longer is given up. The slowest of real ones take a few seconds.
const MAX_TIME: Duration = Duration::from_secs(30);

/// Runs `draw` on a thread of its own. What it is given becomes true when nobody waits any more.
///
/// Errors: those of `draw`; `Damaged` if it panics; `TooMuchWork` if it takes too long.
pub(super) fn run<T: Send + 'static>(
    draw: impl FnOnce(&AtomicBool) -> Result<T, ImageError> + Send + 'static,
) -> Result<T, ImageError> {
    let stop = Arc::new(AtomicBool::new(false));
    let is_given_up = Arc::clone(&stop);
    let (done, outcome) = sync_channel(1);
    let work = move || {
        let drawn = catch_unwind(AssertUnwindSafe(|| draw(&is_given_up)));
        // Nobody waits if it took too long.
        let _ = done.send(drawn.unwrap_or_else(|panic| Err(cost::explain(&*panic))));
    };
    thread::Builder::new()
        .name(NAME.into())
        .stack_size(STACK_BYTES)
        .spawn(work)
        .map_err(|source| ImageError::NoThread { source })?;
    match outcome.recv_timeout(MAX_TIME) {
        Ok(drawn) => drawn,
        Err(RecvTimeoutError::Timeout) => {
            stop.store(true, Ordering::Relaxed);
            Err(ImageError::TooMuchWork { format: Format::Pdf })
        }
        Err(RecvTimeoutError::Disconnected) => Err(damaged("drawing it came to no end")),
    }
}
