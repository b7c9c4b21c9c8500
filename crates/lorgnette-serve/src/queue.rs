//! Who came first is answered first. One thread takes what waits, and does one thing at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lorgnette_app::Cancel;

use crate::refusal::Refusal;

/// What is done for a request when its turn comes.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// The number of a request: later ones have larger numbers.
pub(crate) type Ticket = u64;

/// A job takes about so long before one is measured.
const FIRST_MEAN_S: f64 = 10.0;
/// How much the latest job counts.
const WEIGHT: f64 = 0.3;
/// Nobody is told to come back later than after ten minutes.
const MAX_RETRY_S: f64 = 600.0;

/// Requests in the order in which they came.
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    limit: usize,
}

struct State {
    next_ticket: Ticket,
    places: BTreeMap<Ticket, Entry>,
    is_closed: bool,
    mean_s: f64,
}

struct Entry {
    cancel: Cancel,
    stage: Stage,
}

enum Stage {
    /// It has come, and is looked through.
    Arrived,
    Waiting(Job),
    InHand,
}

/// A place in the queue. Who drops it has gone: what was to be done is not begun, or stopped.
pub(crate) struct Place {
    queue: Arc<Queue>,
    ticket: Ticket,
    n_before: usize,
    cancel: Cancel,
}

impl Queue {
    /// At most `limit` requests wait.
    pub(crate) fn new(limit: usize) -> Self {
        let state = State {
            next_ticket: 1,
            places: BTreeMap::new(),
            is_closed: false,
            mean_s: FIRST_MEAN_S,
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), limit }
    }

    /// The place behind all others.
    ///
    /// # Errors
    /// [`Refusal::QueueFull`], [`Refusal::Stopping`]: there is no place.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Place, Refusal> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(Refusal::Stopping);
        }
        let n_before = state.places.len();
        let n_waiting = state.n_waiting();
        if n_waiting >= self.limit {
            let after_s = (state.mean_s * n_waiting as f64).clamp(1.0, MAX_RETRY_S).ceil() as u64;
            return Err(Refusal::QueueFull { n_waiting, after_s });
        }
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        let cancel = Cancel::default();
        let entry = Entry { cancel: cancel.clone(), stage: Stage::Arrived };
        state.places.insert(ticket, entry);
        Ok(Place { queue: Arc::clone(self), ticket, n_before, cancel })
    }

    /// The next job, when there is one; `None` when the queue was closed. A request that has come and
    /// is still looked through keeps its turn: that takes no longer than its bytes do.
    pub(crate) fn take(&self) -> Option<(Ticket, Job)> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(mut first) = state.places.first_entry()
                && matches!(first.get().stage, Stage::Waiting(_))
                && let Stage::Waiting(job) =
                    std::mem::replace(&mut first.get_mut().stage, Stage::InHand)
            {
                return Some((*first.key(), job));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What was taken is done, and took so long.
    pub(crate) fn done(&self, ticket: Ticket, took: Duration) {
        let mut state = self.lock();
        state.places.remove(&ticket);
        state.mean_s += WEIGHT * (took.as_secs_f64() - state.mean_s);
    }

    /// Stops what is in hand, and lets nobody in.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        for entry in state.places.values_mut() {
            entry.cancel.cancel();
            if let Stage::Waiting(_) = entry.stage {
                // Its client is told by the end of its channel.
                entry.stage = Stage::Arrived;
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Whether it was closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// How many requests wait, and whether one is in hand.
    pub(crate) fn load(&self) -> (usize, bool) {
        let state = self.lock();
        let n_waiting = state.n_waiting();
        (n_waiting, n_waiting < state.places.len())
    }

    /// A thread that panicked leaves whole values behind: every change under the lock is one assignment.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn n_waiting(&self) -> usize {
        // What is in hand is the first.
        let in_hand = self.places.first_key_value();
        let is_in_hand = in_hand.is_some_and(|(_, entry)| matches!(entry.stage, Stage::InHand));
        self.places.len() - usize::from(is_in_hand)
    }
}

impl Place {
    /// The number of the request.
    pub(crate) fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// How many requests were before it when it came.
    pub(crate) fn n_before(&self) -> usize {
        self.n_before
    }

    /// What stops the job of this place.
    pub(crate) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Says what is to be done.
    pub(crate) fn submit(&self, job: Job) {
        let mut state = self.queue.lock();
        if !state.is_closed
            && let Some(entry) = state.places.get_mut(&self.ticket)
        {
            entry.stage = Stage::Waiting(job);
        }
        drop(state);
        self.queue.changed.notify_all();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.cancel.cancel();
        let mut state = self.queue.lock();
        let is_in_hand = |entry: &Entry| matches!(entry.stage, Stage::InHand);
        if !state.places.get(&self.ticket).is_none_or(is_in_hand) {
            state.places.remove(&self.ticket);
        }
        drop(state);
        self.queue.changed.notify_all();
    }
}

#[cfg(test)]
mod tests;
