//! The handle that stops work from outside.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::Interrupted;

/// How soon a blocked thread sees that it may go on.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Paused,
    Cancelled,
}

/// A handle on work that can be cancelled and paused. Its clones are the same handle: the window's
/// button, Ctrl+C and a test may each hold one, and the work looks at its own between two steps.
///
/// Cancelled work stays cancelled; the next piece of work takes a new handle.
#[derive(Debug, Clone)]
pub struct Cancel {
    state: Arc<watch::Sender<State>>,
}

impl Default for Cancel {
    fn default() -> Self {
        Self { state: Arc::new(watch::Sender::new(State::Running)) }
    }
}

impl Cancel {
    /// Asks the work to end at its next step.
    pub fn cancel(&self) {
        self.state.send_replace(State::Cancelled);
    }

    /// Asks the work to stand still until [`Cancel::resume`]. Only work that calls [`Cancel::wait`]
    /// or [`Cancel::until_resumed`] does.
    pub fn pause(&self) {
        self.replace(State::Running, State::Paused);
    }

    /// Lets paused work go on.
    pub fn resume(&self) {
        self.replace(State::Paused, State::Running);
    }

    /// Whether the work is to end.
    pub fn is_cancelled(&self) -> bool {
        *self.state.borrow() == State::Cancelled
    }

    /// Whether the work is to stand still.
    pub fn is_paused(&self) -> bool {
        *self.state.borrow() == State::Paused
    }

    /// Ends the caller with `?` when the work is to end.
    ///
    /// # Errors
    /// [`Interrupted::Cancelled`] if it was cancelled.
    pub fn check<E>(&self) -> Result<(), Interrupted<E>> {
        if self.is_cancelled() { Err(Interrupted::Cancelled) } else { Ok(()) }
    }

    /// Blocks the thread while the work is paused.
    ///
    /// # Errors
    /// [`Interrupted::Cancelled`], also from a pause.
    pub fn wait<E>(&self) -> Result<(), Interrupted<E>> {
        while self.is_paused() {
            std::thread::sleep(BETWEEN_LOOKS);
        }
        self.check()
    }

    /// Returns when the work is cancelled, and never when it is not.
    pub async fn cancelled(&self) {
        // An error would mean that the sender is gone, and `self` holds it.
        let _ = self.state.subscribe().wait_for(|state| *state == State::Cancelled).await;
    }

    /// Returns when the work is not paused, or not paused any more.
    pub async fn until_resumed(&self) {
        let _ = self.state.subscribe().wait_for(|state| *state != State::Paused).await;
    }

    fn replace(&self, from: State, to: State) {
        self.state.send_if_modified(|state| {
            let is_from = *state == from;
            if is_from {
                *state = to;
            }
            is_from
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn cancelled_work_can_neither_be_paused_nor_resumed() {
        let cancel = Cancel::default();
        cancel.pause();
        assert!(cancel.is_paused() && !cancel.is_cancelled());
        cancel.cancel();
        cancel.resume();
        cancel.pause();
        assert!(cancel.is_cancelled() && !cancel.is_paused());
        assert_eq!(cancel.check::<()>(), Err(Interrupted::Cancelled));
    }

    /// What a thread says that waits while `act` is done to its handle.
    fn waiting(act: fn(&Cancel)) -> Result<(), Interrupted<()>> {
        let cancel = Cancel::default();
        cancel.pause();
        let (sender, ended) = mpsc::channel();
        let of_thread = cancel.clone();
        std::thread::spawn(move || sender.send(of_thread.wait()));
        assert!(ended.recv_timeout(3 * BETWEEN_LOOKS).is_err(), "it waits");
        act(&cancel);
        ended.recv_timeout(Duration::from_secs(10)).expect("it goes on")
    }

    #[test]
    fn paused_work_waits_until_it_is_resumed_or_cancelled() {
        assert_eq!(waiting(Cancel::resume), Ok(()));
        assert_eq!(waiting(Cancel::cancel), Err(Interrupted::Cancelled));
    }

    #[test]
    fn tasks_hear_of_it_at_once() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
        let cancel = Cancel::default();
        cancel.pause();
        let (resumed, cancelled) = (cancel.clone(), cancel.clone());
        let act = async {
            cancel.resume();
            tokio::task::yield_now().await;
            cancel.cancel();
        };
        runtime.block_on(async {
            tokio::join!(resumed.until_resumed(), cancelled.cancelled(), act);
        });
        assert!(cancel.is_cancelled());
    }
}
