//! Hearing how far an installation is.

use std::sync::Arc;
use std::time::Duration;

/// What an installation tells while it makes a model.
#[derive(Debug, Clone, PartialEq)]
pub enum InstallEvent {
    /// More bytes of the sources were quantised and written.
    Progress {
        /// Name of the source file that is taken.
        file: String,
        /// Bytes of this source that are done.
        file_done: u64,
        /// Size of this source in bytes.
        file_total: u64,
        /// Bytes of all sources that are done.
        done: u64,
        /// Size of all sources in bytes.
        total: u64,
    },
    /// A request failed, and will be tried again.
    Waiting {
        /// Message of the error.
        reason: String,
        /// Time until the next try.
        pause: Duration,
    },
    /// A source did not match its published hash, or changed; its part of the model is made anew.
    Restarted {
        /// Name of the source file.
        file: String,
        /// Message of the error.
        reason: String,
    },
    /// A source file is whole and matches its published hash.
    Verified {
        /// Name of the source file.
        file: String,
    },
    /// The finished model is read back.
    Checking {
        /// Bytes of the model that were read.
        done: u64,
        /// Size of the model in bytes.
        total: u64,
    },
}

/// A listener for [`InstallEvent`]s, called from several threads.
#[derive(Clone)]
pub struct Report(Arc<dyn Fn(InstallEvent) + Send + Sync>);

impl Report {
    /// Calls `listener` with each event.
    pub fn new(listener: impl Fn(InstallEvent) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// A report that nobody listens to.
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
