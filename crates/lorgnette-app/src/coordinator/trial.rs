//! Measures once, while nothing else computes, what this processor lets expect of models that were
//! never tried.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use lorgnette_pixtral::Calibration;

use super::{Inner, Notice, background, lock, run};
use crate::coordinator::state::State;
use crate::open::OpenModel;
use crate::{offers, speed};

/// Until the page and the built-in model are there; beside them everything is half as fast.
const AFTER_START: Duration = Duration::from_secs(3);
/// Something may come between, so it is measured several times.
const N_TRIALS: usize = 5;
const BETWEEN: Duration = Duration::from_millis(700);
/// Until it is tried again while this program, or another, computes.
const BUSY: Duration = Duration::from_secs(10);
/// Of the time of all threads, what a trial gets at least on a machine that does nothing else.
/// Beside one other program that computes it is about a half.
const SHARE: f64 = 0.8;

/// Starts the thread that measures, unless it was done before.
pub(super) fn start(inner: &Arc<Inner>) {
    if inner.expected.is_kept() {
        return;
    }
    let weak = Arc::downgrade(inner);
    run::spawn("trial", move || {
        background::step_back();
        std::thread::sleep(AFTER_START);
        let mut n_left = N_TRIALS;
        while n_left > 0 {
            let Some(inner) = Weak::upgrade(&weak) else { return };
            let seen = inner.is_quiet().then(undisturbed).flatten();
            if let Some(trial) = seen {
                inner.expected.learn(trial);
                n_left -= 1;
            }
            drop(inner);
            std::thread::sleep(if seen.is_some() { BETWEEN } else { BUSY });
        }
        let Some(inner) = Weak::upgrade(&weak) else { return };
        inner.expected.keep();
        (inner.notify)(Notice::Models);
        (inner.notify)(Notice::Status(Box::new(inner.status())));
    });
}

/// A trial, unless other programs had too much of the processor meanwhile.
fn undisturbed() -> Option<Calibration> {
    let (begun, had) = (Instant::now(), processor_time());
    let trial = Calibration::measure();
    let whole = begun.elapsed() * u32::try_from(rayon::current_num_threads()).unwrap_or(1);
    let got = processor_time().zip(had).map(|(now, had)| now.saturating_sub(had));
    got.is_none_or(|got| got.as_secs_f64() >= SHARE * whole.as_secs_f64()).then_some(trial)
}

/// What all threads of this process had; `None` where the system is not asked.
fn processor_time() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::try_from(time).ok()
    }
    #[cfg(not(target_os = "linux"))]
    None
}

impl Inner {
    fn is_quiet(&self) -> bool {
        let rests = match lock(&self.coordinator).state {
            State::NoModel | State::Ready | State::Failed(_) => true,
            State::Fetching { .. } | State::Loading { .. } | State::Answering { .. } => false,
        };
        // Pictures that wait for their question may still be looked at.
        rests && !self.has_prepared()
    }

    /// So that the first question to a large model has a wait that can be said.
    pub(super) fn expect_of(&self, model: &OpenModel) {
        let seen = lock(&self.speeds).of(&offers::id(model));
        let on_cpu = model.device.device.is_cpu();
        if on_cpu && !seen.is_seen() && speed::is_slow(&model.config) {
            self.expected.find();
        }
    }
}
