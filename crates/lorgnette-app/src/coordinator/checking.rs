//! Checks an answer of the window.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::run::spawn;
use super::{App, Inner, Notice, lock, panic_fault};
use crate::Cancel;
use crate::chats::MessageId;
use crate::conversation::check::{self, Checked};
use crate::error::{AppError, Fault};

/// How far a check is.
#[derive(Debug, Clone)]
pub enum Check {
    /// Answers are made.
    Running {
        /// So many.
        n_done: usize,
        /// Of so many.
        n_samples: usize,
    },
    /// Each sentence of the answer.
    Done(Vec<Checked>),
    /// It was stopped, by the person or because something was asked.
    Stopped,
    /// It went wrong.
    Failed(Fault),
}

/// The check that runs, and what the last ones found.
#[derive(Default)]
pub(super) struct Checks {
    running: Option<Cancel>,
    found: Vec<(MessageId, Vec<Checked>)>,
}

/// Checks that are remembered.
const MAX_FOUND: usize = 32;

impl App {
    /// Answers the question of an answer again, some times, and tells by [`Notice::Check`] what
    /// varies. A check that runs is stopped.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an answer that is gone.
    pub fn check(&self, answer: MessageId) -> Result<(), AppError> {
        let message = self.0.chats.message(answer)?;
        self.stop_check();
        let cancel = Cancel::default();
        lock(&self.0.checks).running = Some(cancel.clone());
        let inner = self.0.clone();
        let n_samples = check::N_SAMPLES;
        (inner.notify)(Notice::Check { answer, check: Check::Running { n_done: 0, n_samples } });
        spawn("check", move || {
            let work = || inner.check(answer, &message.text, &cancel);
            let check = match catch_unwind(AssertUnwindSafe(work)) {
                Ok(Ok(Some(checked))) => {
                    let mut checks = lock(&inner.checks);
                    checks.found.retain(|(known, _)| *known != answer);
                    if checks.found.len() == MAX_FOUND {
                        checks.found.remove(0);
                    }
                    checks.found.push((answer, checked.clone()));
                    Check::Done(checked)
                }
                Ok(Ok(None)) => Check::Stopped,
                Ok(Err(error)) => Check::Failed(error.into()),
                Err(panic) => Check::Failed(panic_fault(panic.as_ref())),
            };
            (inner.notify)(Notice::Check { answer, check });
        });
        Ok(())
    }

    /// Stops the check that runs.
    pub fn stop_check(&self) {
        self.0.stop_check();
    }
}

impl Inner {
    pub(super) fn stop_check(&self) {
        if let Some(cancel) = lock(&self.checks).running.take() {
            cancel.cancel();
        }
    }

    /// What a check of this answer found; nothing when there was none.
    pub(super) fn checked(&self, answer: MessageId) -> Vec<Checked> {
        let checks = lock(&self.checks);
        let found = checks.found.iter().find(|(known, _)| *known == answer);
        found.map(|(_, checked)| checked.clone()).unwrap_or_default()
    }

    fn check(
        &self,
        answer: MessageId,
        text: &str,
        cancel: &Cancel,
    ) -> Result<Option<Vec<Checked>>, AppError> {
        let missing = AppError::NotFound { what: "a model in memory" };
        let model = lock(&self.model).clone().ok_or(missing)?;
        let mut path = self.chats.path_to(answer)?;
        path.pop();
        let chat = self.chat_for_engine(&path, &model)?;
        let n_samples = check::N_SAMPLES;
        let max_tokens = lock(&self.settings).max_tokens;
        let mut told = |n_done| {
            (self.notify)(Notice::Check { answer, check: Check::Running { n_done, n_samples } });
        };
        let samples = check::samples(&model, &chat, n_samples, max_tokens, cancel, &mut told)?;
        Ok(samples.map(|samples| {
            let others: Vec<String> = samples.into_iter().map(|answer| answer.text).collect();
            check::compare(text, &others)
        }))
    }
}
