//! Copies of the chats: one a week, and back to one of them.

use std::sync::Arc;
use std::time::Instant;

use super::background::{spawn, step_back};
use super::notice::Notice;
use super::{App, CLOSING_TAKES, Inner};
use crate::chats::ChatsCopy;
use crate::error::AppError;

/// Keeps a copy beside everything else, if it is time for one.
pub(super) fn start(inner: &Arc<Inner>) {
    let inner = Arc::clone(inner);
    spawn("copy", move || {
        step_back();
        // A disk that is full has room another time; damage is found again at the next start.
        let _ = inner.chats.keep_weekly_copy();
    });
}

impl App {
    /// The copies of the chats, the newest first.
    pub fn copies(&self) -> Vec<ChatsCopy> {
        self.0.chats.copies()
    }

    /// Goes on with the chats of a copy. Answers that are being made are stopped and kept with the
    /// chats of now, which stay beside.
    ///
    /// # Errors
    /// Those of [`Chats::restore_copy`](crate::chats::Chats::restore_copy).
    pub fn restore_copy(&self, name: &str) -> Result<(), AppError> {
        self.stop_all();
        self.0.jobs.wait_for_none(Instant::now() + CLOSING_TAKES);
        self.0.chats.restore_copy(name)?;
        self.look_for_unread();
        (self.0.notify)(Notice::Chats);
        Ok(())
    }
}
