//! Checks an answer: the same question answered again, and what varies.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use super::background::spawn;
use super::notice::{Check, Notice};
use super::{App, Inner, lock, panic_fault};
use crate::chats::{MessageId, is_private};
use crate::claims::PlacedClaim;
use crate::conversation::check::{Checked, N_SAMPLES};
use crate::error::AppError;
use crate::{Cancel, Interrupted};

/// The check that runs, and what the last ones found.
#[derive(Default)]
pub(super) struct Checks(Mutex<State>);

#[derive(Default)]
struct State {
    running: Option<Cancel>,
    found: Vec<Found>,
}

/// What a check found.
struct Found {
    answer: MessageId,
    /// What varies; nothing until the other answers are there.
    checked: Vec<Checked>,
    /// What the text of the pictures does not have.
    missing: Vec<PlacedClaim>,
}

/// Answers of which it is remembered.
const MAX_DONE: usize = 32;

impl App {
    /// Answers the question of an answer again, some times, and tells by [`Notice::Check`] what
    /// varies. A check that runs is stopped.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an answer that is gone.
    pub fn check(&self, answer: MessageId) -> Result<(), AppError> {
        let message = self.0.chats_of(answer)?.message(answer)?;
        self.stop_check();
        let cancel = Cancel::default();
        lock(&self.0.checks.0).running = Some(cancel.clone());
        let inner = Arc::clone(&self.0);
        inner.tell_check(answer, Check::Running { n_done: 0, n_samples: N_SAMPLES });
        spawn("check", move || {
            let work = || inner.check(answer, &message.text, &cancel);
            let check = match catch_unwind(AssertUnwindSafe(work)) {
                Ok(Ok(checked)) => {
                    inner.checks.of_answer(answer, |found| found.checked.clone_from(&checked));
                    Check::Done(checked)
                }
                Ok(Err(Interrupted::Cancelled)) => Check::Stopped,
                Ok(Err(Interrupted::Failed(error))) => Check::Failed(error.into()),
                Err(panic) => Check::Failed(panic_fault(panic.as_ref())),
            };
            inner.checks.ended(&cancel);
            inner.tell_check(answer, check);
        });
        Ok(())
    }

    /// Stops the check that runs.
    pub fn stop_check(&self) {
        self.0.stop_check();
    }
}

impl Checks {
    /// Whether an answer is being checked.
    pub fn is_running(&self) -> bool {
        lock(&self.0).running.is_some()
    }

    /// A check has ended, which may be another than the one that runs now.
    fn ended(&self, cancel: &Cancel) {
        let mut state = lock(&self.0);
        // One that was stopped is no longer here.
        if !cancel.is_cancelled() {
            state.running = None;
        }
    }

    /// Changes what is known of an answer.
    fn of_answer(&self, answer: MessageId, change: impl FnOnce(&mut Found)) {
        let mut state = lock(&self.0);
        let known = state.found.iter().position(|found| found.answer == answer);
        let mut found = match known {
            Some(known) => state.found.remove(known),
            None => Found { answer, checked: Vec::new(), missing: Vec::new() },
        };
        change(&mut found);
        if state.found.len() == MAX_DONE {
            state.found.remove(0);
        }
        state.found.push(found);
    }

    /// Forgets what was found of these answers.
    pub fn forget(&self, which: impl Fn(MessageId) -> bool) {
        lock(&self.0).found.retain(|found| !which(found.answer));
    }

    /// What a check of this answer found: what varies, and what no picture has; nothing when there was
    /// none.
    pub fn of(&self, answer: MessageId) -> (Vec<Checked>, Vec<PlacedClaim>) {
        let state = lock(&self.0);
        let found = state.found.iter().find(|found| found.answer == answer);
        found.map(|found| (found.checked.clone(), found.missing.clone())).unwrap_or_default()
    }
}

impl Inner {
    pub(super) fn stop_check(&self) {
        if let Some(cancel) = lock(&self.checks.0).running.take() {
            cancel.cancel();
        }
    }

    fn tell_check(&self, answer: MessageId, check: Check) {
        (self.notify)(Notice::Check { answer, check });
    }

    fn check(
        &self,
        answer: MessageId,
        text: &str,
        cancel: &Cancel,
    ) -> Result<Vec<Checked>, Interrupted<AppError>> {
        // At once, and whether or not a model is there for the rest.
        match self.claims(answer, cancel) {
            Ok(mut claims) => {
                claims.retain(|claim| !claim.is_found());
                self.checks.of_answer(answer, |found| found.missing = claims);
            }
            Err(Interrupted::Cancelled) => return Err(Interrupted::Cancelled),
            // Told by who asks for the claims; the other answers still say something.
            Err(Interrupted::Failed(_)) => {}
        }
        let missing = AppError::NotFound { what: "a model in memory" };
        let conversation = self.conversation().ok_or(missing)?;
        let mut path = self.chats_of(answer)?.path_to(answer).map_err(AppError::from)?;
        path.pop();
        let mut chat = self.chat_for_engine(&path, &conversation)?;
        chat.is_private = is_private(answer);
        let max_tokens = lock(&self.settings).max_tokens;
        let mut on_sample = |n_done| {
            self.tell_check(answer, Check::Running { n_done, n_samples: N_SAMPLES });
        };
        let checked =
            conversation.check(&chat, text, N_SAMPLES, max_tokens, cancel, &mut on_sample);
        checked.map_err(Interrupted::err_into)
    }
}
