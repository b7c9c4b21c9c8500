//! Answers that were asked for and have not ended.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex};
use std::time::Instant;

use super::lock;
use super::notice::{Listener, Progress};
use crate::Cancel;
use crate::chats::{AnswerBy, Message, MessageId};

/// What is wanted of an answer beyond the settings.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted {
    /// It goes on from what is there.
    pub is_continued: bool,
    /// At most this many tokens, if that is fewer than the settings allow.
    pub max_tokens: Option<usize>,
    /// It is read aloud, whatever the settings say.
    pub aloud: bool,
    /// Who makes it.
    pub by: AnswerBy,
    /// It thinks no further: what there is of thoughts is closed, and the model answers.
    pub at_once: bool,
}

struct Job {
    cancel: Cancel,
    listener: Listener,
    wanted: Wanted,
}

#[derive(Default)]
pub(super) struct Jobs {
    jobs: Mutex<HashMap<MessageId, Job>>,
    /// Notified when the last job has ended.
    none_left: Condvar,
}

impl Jobs {
    pub fn insert(&self, answer: MessageId, listener: Listener, wanted: Wanted) {
        let job = Job { cancel: Cancel::default(), listener, wanted };
        lock(&self.jobs).insert(answer, job);
    }

    /// What a job is made with; `None` when it has ended already.
    pub fn get(&self, answer: MessageId) -> Option<(Cancel, Wanted)> {
        lock(&self.jobs).get(&answer).map(|job| (job.cancel.clone(), job.wanted))
    }

    pub fn cancel(&self, answer: MessageId) {
        if let Some(job) = lock(&self.jobs).get(&answer) {
            job.cancel.cancel();
        }
    }

    pub fn tell(&self, answer: MessageId, progress: Progress) {
        if let Some(job) = lock(&self.jobs).get_mut(&answer) {
            (job.listener)(progress);
        }
    }

    /// Ends a job and tells its listener what the answer has become.
    pub fn end(&self, answer: MessageId, message: Option<Message>) {
        let job = lock(&self.jobs).remove(&answer);
        if let (Some(mut job), Some(message)) = (job, message) {
            (job.listener)(Progress::Ended(Box::new(message)));
        }
        if lock(&self.jobs).is_empty() {
            self.none_left.notify_all();
        }
    }

    pub fn is_empty(&self) -> bool {
        lock(&self.jobs).is_empty()
    }

    pub fn all(&self) -> Vec<MessageId> {
        lock(&self.jobs).keys().copied().collect()
    }

    /// Waits until no job is left, but no longer than until the deadline.
    pub fn wait_for_none(&self, deadline: Instant) {
        let mut jobs = lock(&self.jobs);
        while !jobs.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.none_left.wait_timeout(jobs, left);
            jobs = waited.map_or_else(|error| error.into_inner().0, |(jobs, _)| jobs);
        }
    }
}
