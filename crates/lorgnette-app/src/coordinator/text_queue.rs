//! Which picture is read next: the one that was asked for last. It is what the person looks at, so what
//! is being read then is put back, and read again from its beginning.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lorgnette_reader::{Progress, Reading};

use super::lock;
use crate::error::Fault;
use crate::pictures::Picture;
use crate::{Cancel, Interrupted};

/// Names what was asked for.
pub(super) type Ticket = u64;

static N_ASKED: AtomicU64 = AtomicU64::new(1);

/// Something that is to be read.
#[derive(Clone)]
pub(super) struct What {
    ticket: Ticket,
    /// The id of the picture; empty for pixels that are none yet.
    pub picture: String,
    pub pixels: Option<Arc<Picture>>,
    /// A person asked for it in so many words.
    pub is_asked_for: bool,
    pub cancel: Cancel,
}

/// What who waits for a text is told.
pub(super) enum Told {
    Progress(Progress),
    Ended(Result<Arc<Reading>, Fault>),
}

/// What the thread does next.
pub(super) enum Next {
    /// Read this.
    Read(What),
    /// Look for pictures that nobody has read.
    Look,
    /// End: the program does.
    Closed,
}

/// What waits to be read, and what is being read.
#[derive(Default)]
pub(super) struct TextQueue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<Job>,
    running: Option<Job>,
    look_at: Option<Instant>,
    is_closed: bool,
}

struct Job {
    what: What,
    /// When it was asked for last, counted.
    asked: Ticket,
    /// Who waits for it; nobody for a picture of an old chat.
    listeners: Vec<Sender<Told>>,
    /// How its text begins, once that is known.
    begins: Option<Progress>,
    /// It is not to be read any more.
    is_stopped: bool,
}

impl State {
    /// Has something wait, with what is the same and waits already.
    fn wait(&mut self, job: Job) {
        match self.waiting.iter_mut().find(|known| known.what.is_same(&job.what)) {
            Some(known) => {
                known.asked = known.asked.max(job.asked);
                known.listeners.extend(job.listeners);
                known.what.is_asked_for |= job.what.is_asked_for;
            }
            None => self.waiting.push(job),
        }
    }
}

impl What {
    /// The text of a picture.
    pub fn picture(id: &str, is_asked_for: bool) -> Self {
        Self::new(id.to_owned(), None, is_asked_for)
    }

    /// The text of pixels.
    pub fn pixels(pixels: Arc<Picture>) -> Self {
        Self::new(String::new(), Some(pixels), true)
    }

    fn new(picture: String, pixels: Option<Arc<Picture>>, is_asked_for: bool) -> Self {
        let ticket = N_ASKED.fetch_add(1, Ordering::Relaxed);
        Self { ticket, picture, pixels, is_asked_for, cancel: Cancel::default() }
    }

    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    fn is_same(&self, other: &Self) -> bool {
        self.ticket == other.ticket || !self.picture.is_empty() && self.picture == other.picture
    }
}

impl TextQueue {
    /// Asks for a text. It is read before all that was asked for earlier. When the sender is gone,
    /// it was stopped.
    pub fn ask(&self, what: What) -> Receiver<Told> {
        let (listener, told) = mpsc::channel();
        let mut state = lock(&self.state);
        if state.is_closed {
            return told;
        }
        let is_same = |job: &Job| job.what.is_same(&what) && !job.is_stopped;
        if let Some(job) = state.running.as_mut().filter(|job| is_same(job))
            && !job.what.cancel.is_cancelled()
        {
            if let Some(begins) = &job.begins {
                let _ = listener.send(Told::Progress(begins.clone()));
            }
            job.listeners.push(listener);
            job.what.is_asked_for |= what.is_asked_for;
            return told;
        }
        let asked = what.ticket;
        let listeners = vec![listener];
        state.wait(Job { what, asked, listeners, begins: None, is_stopped: false });
        if let Some(job) = &state.running {
            job.what.cancel.cancel();
        }
        self.changed.notify_all();
        told
    }

    /// Takes what is next, and waits until there is something.
    pub fn next(&self) -> Next {
        let mut state = lock(&self.state);
        loop {
            if state.is_closed {
                return Next::Closed;
            }
            let last = (0..state.waiting.len()).max_by_key(|at| state.waiting[*at].asked);
            if let Some(at) = last {
                let mut job = state.waiting.swap_remove(at);
                job.what.cancel = Cancel::default();
                let what = job.what.clone();
                state.running = Some(job);
                return Next::Read(what);
            }
            let wait = state.look_at.map(|at| at.saturating_duration_since(Instant::now()));
            if wait.is_some_and(|wait| wait.is_zero()) {
                state.look_at = None;
                return Next::Look;
            }
            let wait = wait.unwrap_or(Duration::from_hours(1));
            let waited = self.changed.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Has the thread look for pictures that nobody has read, no later than after that time.
    pub fn look_in(&self, later: Duration) {
        let at = Instant::now() + later;
        let mut state = lock(&self.state);
        state.look_at = Some(state.look_at.map_or(at, |known| known.min(at)));
        self.changed.notify_all();
    }

    /// Begins what nobody waits for, unless something else came.
    pub fn begin(&self, what: &What) -> bool {
        let mut state = lock(&self.state);
        if state.is_closed || !state.waiting.is_empty() {
            return false;
        }
        let (what, asked) = (what.clone(), what.ticket);
        let listeners = Vec::new();
        state.running = Some(Job { what, asked, listeners, begins: None, is_stopped: false });
        true
    }

    /// Tells who waits how far it is.
    pub fn progressed(&self, progress: &Progress) {
        if let Some(job) = &mut lock(&self.state).running {
            for listener in &job.listeners {
                // Who has given up hears nothing.
                let _ = listener.send(Told::Progress(progress.clone()));
            }
            if matches!(progress, Progress::Begins { .. }) {
                job.begins = Some(progress.clone());
            }
        }
    }

    /// Pixels have become a picture. False: they are not waiting to be read, nor being read.
    pub fn is_now(&self, ticket: Ticket, picture: &str) -> bool {
        let mut state = lock(&self.state);
        let State { waiting, running, .. } = &mut *state;
        let job = waiting.iter_mut().chain(running).find(|job| job.what.ticket == ticket);
        let Some(job) = job else { return false };
        picture.clone_into(&mut job.what.picture);
        true
    }

    /// The picture that is being read; `None` for pixels that are none.
    pub fn picture_that_is_read(&self) -> Option<String> {
        let state = lock(&self.state);
        let picture = state.running.as_ref().map(|job| job.what.picture.clone());
        picture.filter(|picture| !picture.is_empty())
    }

    /// Whether something is being read.
    pub fn is_at_work(&self) -> bool {
        lock(&self.state).running.is_some()
    }

    /// Whether nothing is read, and nothing waits.
    #[cfg(test)]
    pub fn is_idle(&self) -> bool {
        let state = lock(&self.state);
        state.running.is_none() && state.waiting.is_empty() && state.look_at.is_none()
    }

    /// What was being read has ended. What gave way to something else waits again.
    pub fn ended(&self, outcome: Result<Arc<Reading>, Interrupted<Fault>>) {
        let mut state = lock(&self.state);
        let Some(job) = state.running.take() else { return };
        let outcome = match outcome {
            Ok(reading) => Ok(reading),
            Err(Interrupted::Failed(fault)) => Err(fault),
            Err(Interrupted::Cancelled) => {
                if !job.listeners.is_empty() && !job.is_stopped && !state.is_closed {
                    state.wait(job);
                }
                return;
            }
        };
        for listener in job.listeners {
            let _ = listener.send(Told::Ended(outcome.clone()));
        }
    }

    /// Stops reading such pictures. Who waits for them is told nothing more.
    pub fn stop(&self, which: impl Fn(&What) -> bool) {
        let mut state = lock(&self.state);
        state.waiting.retain(|job| !which(&job.what));
        if let Some(job) = state.running.as_mut().filter(|job| which(&job.what)) {
            job.is_stopped = true;
            job.listeners.clear();
            job.what.cancel.cancel();
        }
    }

    /// Stops all reading for good.
    pub fn close(&self) {
        // First, so that nothing is asked for meanwhile which nobody would read.
        lock(&self.state).is_closed = true;
        self.stop(|_| true);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests;
