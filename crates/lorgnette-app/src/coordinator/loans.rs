//! Lends the model to other programs: each has its turn, between the answers of chats.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::time::Duration;

use super::machine::{AnswerId, Event};
use super::{App, Model, lock};
use crate::conversation::Conversation;
use crate::error::Fault;
use crate::{Cancel, Interrupted};

pub(super) type LoanId = u64;

/// Who waits looks that often whether it is still wanted.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Who waits for the model.
#[derive(Default)]
pub(super) struct Loans(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    last: LoanId,
    /// Each is told once: the model, or why there is none (`None`: it is no longer wanted).
    told: HashMap<LoanId, SyncSender<Result<Model, Option<Fault>>>>,
}

impl Loans {
    /// The turn of a loan has come.
    pub fn begin(&self, loan: LoanId, model: Model) {
        self.tell(loan, Ok(model));
    }

    /// The turn of a loan will not come.
    pub fn end(&self, loan: LoanId, fault: Option<Fault>) {
        self.tell(loan, Err(fault));
    }

    fn tell(&self, loan: LoanId, what: Result<Model, Option<Fault>>) {
        if let Some(teller) = lock(&self.0).told.remove(&loan) {
            // Who waits goes only when it was told.
            let _ = teller.send(what);
        }
    }
}

impl App {
    /// Lends the model that is chosen for one piece of work, when its turn has come; one that is not in
    /// memory is loaded. Returns when the work is done.
    ///
    /// # Errors
    /// Why the model cannot be loaded; then the work was not begun.
    pub fn lend(
        &self,
        cancel: &Cancel,
        work: impl FnOnce(&Conversation),
    ) -> Result<(), Interrupted<Fault>> {
        let (teller, told) = mpsc::sync_channel(1);
        let loan = {
            let mut waiting = lock(&self.0.loans.0);
            waiting.last += 1;
            let loan = waiting.last;
            waiting.told.insert(loan, teller);
            loan
        };
        self.0.happened(Event::Ask(AnswerId::Loan(loan)));
        let mut is_stopped = false;
        let told = loop {
            match told.recv_timeout(BETWEEN_LOOKS) {
                Ok(told) => break told,
                Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() && !is_stopped => {
                    is_stopped = true;
                    self.0.happened(Event::Stop(AnswerId::Loan(loan)));
                }
                Err(RecvTimeoutError::Timeout) => {}
                // The program ends.
                Err(RecvTimeoutError::Disconnected) => break Err(None),
            }
        };
        let model =
            told.map_err(|fault| fault.map_or(Interrupted::Cancelled, Interrupted::Failed))?;
        let _returned = Returned { app: self, loan };
        // Wanted again when the model is free.
        self.0.prepare_later();
        work(&model);
        // Before the next step, which may load another model into the same memory.
        drop(model);
        Ok(())
    }
}

/// Gives the model back, also when the work panics.
struct Returned<'a> {
    app: &'a App,
    loan: LoanId,
}

impl Drop for Returned<'_> {
    fn drop(&mut self) {
        self.app.0.happened(Event::AnswerEnded(AnswerId::Loan(self.loan)));
    }
}
