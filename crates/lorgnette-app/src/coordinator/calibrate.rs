//! Measures once, while nothing else computes, how fast this processor will be with models that
//! were never tried.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use lorgnette_pixtral::Calibration;

use super::machine::ModelState;
use super::notice::Notice;
use super::{Inner, background, lock};

/// Until the page and the built-in model are there; beside them everything is half as fast.
const AFTER_START: Duration = Duration::from_secs(3);
/// Something may come between, so it is measured several times.
const N_RUNS: usize = 5;
const BETWEEN: Duration = Duration::from_millis(700);
/// Until it is tried again while this program, or another, computes.
const BUSY: Duration = Duration::from_secs(10);
/// Of the time of all threads, what a run gets at least on a machine that does nothing else. Beside
/// one other program that computes it is about a half.
const SHARE: f64 = 0.8;

/// Starts the thread that measures, unless an earlier start did.
pub(super) fn start(inner: &Arc<Inner>) {
    if inner.speeds.calibration().is_saved() {
        return;
    }
    let weak = Arc::downgrade(inner);
    background::spawn("calibrate", move || {
        background::step_back();
        std::thread::sleep(AFTER_START);
        let mut n_left = N_RUNS;
        while n_left > 0 {
            let Some(inner) = Weak::upgrade(&weak) else { return };
            let measured = inner.is_quiet().then(undisturbed).flatten();
            // Text may have been asked for meanwhile.
            let measured = measured.filter(|_| inner.is_quiet());
            if let Some(calibration) = measured {
                inner.speeds.calibration().learn(calibration);
                n_left -= 1;
            }
            drop(inner);
            std::thread::sleep(if measured.is_some() { BETWEEN } else { BUSY });
        }
        let Some(inner) = Weak::upgrade(&weak) else { return };
        inner.speeds.calibration().save();
        (inner.notify)(Notice::Models);
        inner.tell_status();
    });
}

/// A calibration, unless other programs had too much of the processor meanwhile.
fn undisturbed() -> Option<Calibration> {
    let (begun, had) = (Instant::now(), processor_time());
    let calibration = Calibration::measure();
    let whole = begun.elapsed() * u32::try_from(rayon::current_num_threads()).unwrap_or(1);
    let got = processor_time().zip(had).map(|(now, had)| now.saturating_sub(had));
    got.is_none_or(|got| got.as_secs_f64() >= SHARE * whole.as_secs_f64()).then_some(calibration)
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
        let rests = match lock(&self.machine).state {
            ModelState::NoModel => self.downloads.running_bytes().is_none(),
            ModelState::Ready(_) | ModelState::Failed(_) => true,
            ModelState::Loading { .. } | ModelState::Answering { .. } => false,
        };
        // Pictures that wait for their question may still be encoded.
        rests && !self.has_prepared() && !self.texts.is_at_work()
    }
}
