//! Stopping and pausing from outside, and hearing how far it is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Run,
    Pause,
    Cancel,
}

/// A handle that many may hold: the window's button, Ctrl+C, a test.
#[derive(Debug, Clone)]
pub struct Control {
    wish: Arc<watch::Sender<Wish>>,
}

impl Default for Control {
    fn default() -> Self {
        Self { wish: Arc::new(watch::Sender::new(Wish::Run)) }
    }
}

impl Control {
    /// Ends the work at the next piece of data; what is done is kept for the next time.
    pub fn cancel(&self) {
        self.wish.send_replace(Wish::Cancel);
    }

    /// Takes no more bytes until [`Control::resume`].
    pub fn pause(&self) {
        self.wish.send_if_modified(|wish| {
            let runs = *wish == Wish::Run;
            if runs {
                *wish = Wish::Pause;
            }
            runs
        });
    }

    /// Goes on after [`Control::pause`].
    pub fn resume(&self) {
        self.wish.send_if_modified(|wish| {
            let paused = *wish == Wish::Pause;
            if paused {
                *wish = Wish::Run;
            }
            paused
        });
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        *self.wish.borrow() == Wish::Cancel
    }

    /// Whether it is paused.
    pub fn is_paused(&self) -> bool {
        *self.wish.borrow() == Wish::Pause
    }

    /// Returns when it is cancelled.
    pub(crate) async fn cancelled(&self) {
        // An error would mean that the sender is gone, and `self` holds it.
        let _ = self.wish.subscribe().wait_for(|wish| *wish == Wish::Cancel).await;
    }

    /// Returns when it is not paused (any more).
    pub(crate) async fn while_paused(&self) {
        let _ = self.wish.subscribe().wait_for(|wish| *wish != Wish::Pause).await;
    }
}

/// What is told while a model is made. Bytes are those of the source files.
#[derive(Debug, Clone, PartialEq)]
pub enum InstallEvent {
    /// Bytes that are quantised and written.
    Progress {
        /// The source file.
        file: String,
        /// Bytes of it that are done.
        file_done: u64,
        /// Its bytes.
        file_total: u64,
        /// Bytes of all files that are done.
        done: u64,
        /// Bytes of all files.
        total: u64,
    },
    /// The network made trouble; it is tried again.
    Waiting {
        /// What failed.
        reason: String,
        /// How long until the next try.
        pause: Duration,
    },
    /// A source file was not what its hash says, or changed; its part of the model is made anew.
    Restarted {
        /// The source file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A source file is whole and matches its published hash.
    Verified {
        /// The source file.
        file: String,
    },
    /// The finished model is read back.
    Checking {
        /// Bytes read.
        done: u64,
        /// Bytes of the model.
        total: u64,
    },
}

/// Where events go. Called from several threads.
#[derive(Clone)]
pub struct Report(Arc<dyn Fn(InstallEvent) + Send + Sync>);

impl Report {
    /// Calls `listener` with each event.
    pub fn new(listener: impl Fn(InstallEvent) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// For who does not listen.
    pub fn none() -> Self {
        Self::new(drop)
    }

    pub(crate) fn send(&self, event: InstallEvent) {
        (self.0)(event);
    }
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Report")
    }
}

#[cfg(test)]
mod tests {
    use super::Control;

    #[test]
    fn a_cancelled_work_cannot_be_resumed() {
        let control = Control::default();
        control.pause();
        assert!(!control.is_cancelled());
        control.cancel();
        control.resume();
        control.pause();
        assert!(control.is_cancelled());
    }
}
