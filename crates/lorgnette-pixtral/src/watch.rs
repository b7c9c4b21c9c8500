//! Watching long work, and stopping it between its steps.

use std::ops::ControlFlow;

use lorgnette_interrupt::Interrupted;

/// Called between the steps of long work with the steps done and all of them; `Break` stops it.
pub type Watch<'a> = dyn FnMut(usize, usize) -> ControlFlow<()> + 'a;

/// What becomes of tensors that a watcher may stop.
pub(crate) type Watched<T> = Result<T, Interrupted<candle_core::Error>>;

/// Tells the watcher how far the work is, and ends it when the watcher says so.
pub(crate) fn tell<E>(
    watch: &mut Watch<'_>,
    done: usize,
    total: usize,
) -> Result<(), Interrupted<E>> {
    if watch(done, total).is_break() { Err(Interrupted::Cancelled) } else { Ok(()) }
}

/// A watcher that never stops the work.
pub fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
