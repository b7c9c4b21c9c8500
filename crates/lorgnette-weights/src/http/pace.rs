//! When a request is sent again, and how fast bytes may come.

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use lorgnette_interrupt::Interrupted;

use super::Http;
use crate::failure::{Failure, Remedy};
use crate::report::InstallEvent;

/// Counts the tries without progress, and waits between them.
pub(crate) struct Tries<'a> {
    http: &'a Http,
    n_failed: u32,
    pub(super) at_most: u32,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(http: &'a Http) -> Self {
        Self { http, n_failed: 0, at_most: http.options.patience.max_tries }
    }

    /// Begins to count anew: a byte came.
    pub(crate) fn progress(&mut self) {
        self.n_failed = 0;
    }

    /// Waits until a failed request may be tried again.
    ///
    /// # Errors
    /// The failure itself when another try does not help, or there were enough.
    pub(crate) async fn after(
        &mut self,
        end: Interrupted<Failure>,
    ) -> Result<(), Interrupted<Failure>> {
        let (error, after) = match end {
            Interrupted::Failed(Failure { error, remedy: Remedy::Retry { after } }) => {
                (error, after)
            }
            end => return Err(end),
        };
        let patience = &self.http.options.patience;
        self.n_failed += 1;
        if self.n_failed >= self.at_most || after.is_some_and(|t| t > patience.longest_pause) {
            return Err(error.into());
        }
        let doubled = patience.first_pause * 2_u32.saturating_pow(self.n_failed - 1);
        // Up to half more, so that many who were cut off together do not come back together.
        let jitter = doubled.mul_f64(0.5 * random());
        let pause = after.unwrap_or((doubled + jitter).min(patience.longest_pause));
        self.http.report.send(InstallEvent::Waiting { reason: error.to_string(), pause });
        tokio::select! {
            () = self.http.cancel.cancelled() => Err(Interrupted::Cancelled),
            () = tokio::time::sleep(pause) => Ok(()),
        }
    }
}

/// A random number from 0 to 1, by the standard library's random keys.
fn random() -> f64 {
    let bits = std::hash::RandomState::new().build_hasher().finish();
    bits as f64 / u64::MAX as f64
}

/// Spreads the bytes of all requests over time.
#[derive(Debug)]
pub(super) struct Limit {
    bytes_per_s: Option<u64>,
    next: Mutex<Instant>,
}

impl Limit {
    pub(super) fn new(bytes_per_s: Option<u64>) -> Self {
        Self { bytes_per_s: bytes_per_s.filter(|n| *n > 0), next: Mutex::new(Instant::now()) }
    }

    pub(super) async fn wait(&self, n_bytes: usize) {
        let Some(bytes_per_s) = self.bytes_per_s else { return };
        let until = {
            let mut next = self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *next = (*next).max(Instant::now());
            let until = *next;
            *next += Duration::from_secs_f64(n_bytes as f64 / bytes_per_s as f64);
            until
        };
        tokio::time::sleep_until(until.into()).await;
    }
}
