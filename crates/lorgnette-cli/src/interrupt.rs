//! Handles Ctrl+C for every command: it cancels what runs, and a second one ends the program.

use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use lorgnette_app::Cancel;

/// What Ctrl+C cancels; `None` while nothing can be cancelled.
static RUNNING: Mutex<Option<Cancel>> = Mutex::new(None);
static LISTENER: Once = Once::new();

/// Makes Ctrl+C cancel this until the guard is dropped. Afterwards it ends the program.
#[must_use]
pub struct CancelOnCtrlC(());

impl CancelOnCtrlC {
    pub fn new(cancel: &Cancel) -> Self {
        LISTENER.call_once(listen);
        *running() = Some(cancel.clone());
        Self(())
    }
}

impl Drop for CancelOnCtrlC {
    fn drop(&mut self) {
        *running() = None;
    }
}

fn running() -> MutexGuard<'static, Option<Cancel>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the thread that listens. Without one, Ctrl+C ends the program, as it does anywhere.
fn listen() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    let (to_caller, ready) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime.block_on(async {
            let mut signal = Box::pin(tokio::signal::ctrl_c());
            // Polled once, it has taken over the signal; the caller may be interrupted from now on.
            let is_pending = std::future::poll_fn(|context| {
                std::task::Poll::Ready(signal.as_mut().poll(context).is_pending())
            });
            let is_pending = is_pending.await;
            // The receiver is gone only when the program ends.
            let _ = to_caller.send(());
            let mut outcome = if is_pending { signal.await } else { Ok(()) };
            while outcome.is_ok() {
                match &*running() {
                    Some(cancel) if !cancel.is_cancelled() => cancel.cancel(),
                    _ => std::process::exit(130),
                }
                outcome = tokio::signal::ctrl_c().await;
            }
        });
    });
    let _ = ready.recv();
}
