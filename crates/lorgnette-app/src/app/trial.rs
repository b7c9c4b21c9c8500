//! Measures once, while nothing else computes, what this processor lets expect of models that were
//! never tried.

use std::sync::{Arc, Weak};
use std::time::Duration;

use lorgnette_pixtral::Trial;

use super::{Inner, Notice, background, desk, lock};
use crate::life::State;
use crate::open::OpenModel;
use crate::speed;

/// Until the page and the built-in model are there; beside them everything is half as fast.
const AFTER_START: Duration = Duration::from_secs(3);
/// Something may come between, so it is measured several times.
const N_TRIALS: usize = 5;
const BETWEEN: Duration = Duration::from_millis(700);

/// Starts the thread that measures, unless it was done before.
pub(super) fn start(inner: &Arc<Inner>) {
    if inner.expected.is_kept() {
        return;
    }
    let weak = Arc::downgrade(inner);
    desk::spawn("trial", move || {
        background::step_back();
        std::thread::sleep(AFTER_START);
        let mut n_left = N_TRIALS;
        while n_left > 0 {
            let Some(inner) = Weak::upgrade(&weak) else { return };
            if inner.is_quiet() {
                inner.expected.learn(Trial::run());
                n_left -= 1;
            }
            drop(inner);
            std::thread::sleep(BETWEEN);
        }
        let Some(inner) = Weak::upgrade(&weak) else { return };
        inner.expected.keep();
        (inner.notify)(Notice::Models);
        (inner.notify)(Notice::Status(Box::new(inner.status())));
    });
}

impl Inner {
    fn is_quiet(&self) -> bool {
        let rests = match lock(&self.life).state {
            State::NoModel | State::Ready | State::Failed(_) => true,
            State::Fetching { .. } | State::Loading { .. } | State::Answering { .. } => false,
        };
        // Pictures that wait for their question may still be looked at.
        rests && !self.has_prepared()
    }

    /// So that the first question to a large model has a wait that can be said.
    pub(super) fn expect_of(&self, model: &OpenModel) {
        if model.device.device.is_cpu() && speed::is_slow(&model.config) {
            self.expected.find();
        }
    }
}
