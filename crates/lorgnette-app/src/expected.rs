//! What this processor lets expect of models that were never tried here: the [`Calibration`] of its
//! kernels, measured once, while nothing else computes, and kept in the cache.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use lorgnette_pixtral::Calibration;
use serde::{Deserialize, Serialize};

use crate::files::write_whole;

/// The trial as far as it is known.
#[derive(Debug)]
pub struct Expected {
    path: PathBuf,
    n_threads: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    trial: Option<Calibration>,
    is_kept: bool,
}

/// The file. Other kernels and other threads are measured anew.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    version: String,
    n_threads: usize,
    encode_flop_per_s: f64,
    prefill_flop_per_s: f64,
}

impl Expected {
    /// What was kept by this version of the program for as many threads as there are now; nothing
    /// when the file says nothing.
    pub fn read(path: &Path) -> Self {
        Self::read_for(path, rayon::current_num_threads())
    }

    fn read_for(path: &Path, n_threads: usize) -> Self {
        let text = fs_err::read_to_string(path).unwrap_or_default();
        let kept: Option<Kept> = serde_json::from_str(&text).ok();
        let trial = kept.filter(|kept| kept.is_of(n_threads)).map(|kept| Calibration {
            encode_flop_per_s: kept.encode_flop_per_s,
            prefill_flop_per_s: kept.prefill_flop_per_s,
        });
        let state = Mutex::new(State { trial, is_kept: trial.is_some() });
        Self { path: path.to_owned(), n_threads, state }
    }

    /// What is known without computing.
    pub fn known(&self) -> Option<Calibration> {
        self.lock().trial
    }

    /// What is known, else a trial at once: 0.2 seconds. Something else may compute meanwhile, so
    /// it is not kept.
    pub fn find(&self) -> Calibration {
        self.known().unwrap_or_else(|| self.learn(Calibration::measure()))
    }

    /// Whether nothing is left to measure.
    pub fn is_kept(&self) -> bool {
        self.lock().is_kept
    }

    /// The best that was seen is what the processor can do: what else ran made the others slower.
    pub fn learn(&self, seen: Calibration) -> Calibration {
        let mut state = self.lock();
        let best = state.trial.map_or(seen, |known| Calibration {
            encode_flop_per_s: known.encode_flop_per_s.max(seen.encode_flop_per_s),
            prefill_flop_per_s: known.prefill_flop_per_s.max(seen.prefill_flop_per_s),
        });
        state.trial = Some(best);
        best
    }

    /// Keeps what is known for the next start.
    pub fn keep(&self) {
        let mut state = self.lock();
        let Some(trial) = state.trial else { return };
        state.is_kept = true;
        let kept = Kept {
            version: env!("CARGO_PKG_VERSION").into(),
            n_threads: self.n_threads,
            encode_flop_per_s: trial.encode_flop_per_s,
            prefill_flop_per_s: trial.prefill_flop_per_s,
        };
        if let Ok(text) = serde_json::to_vec(&kept) {
            // What is lost is measured again.
            let _ = write_whole(&self.path, &text);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn is_of(&self, n_threads: usize) -> bool {
        let rates = [self.encode_flop_per_s, self.prefill_flop_per_s];
        self.version == env!("CARGO_PKG_VERSION")
            && self.n_threads == n_threads
            && rates.iter().all(|rate| rate.is_finite() && *rate > 0.0)
    }
}

/// Seconds for a picture that takes so many operations of the encoder and of the decoder.
pub fn picture_s(trial: &Calibration, encode_flop: f64, prefill_flop: f64) -> f64 {
    encode_flop / trial.encode_flop_per_s + prefill_flop / trial.prefill_flop_per_s
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Calibration = Calibration { encode_flop_per_s: 1e9, prefill_flop_per_s: 4e9 };
    const MIXED: Calibration = Calibration { encode_flop_per_s: 2e9, prefill_flop_per_s: 3e9 };

    #[test]
    fn the_best_that_was_seen_is_known_at_the_next_start_for_as_many_threads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("expected.json");
        let expected = Expected::read_for(&path, 2);
        assert_eq!((expected.known(), expected.is_kept()), (None, false));
        expected.keep();
        assert!(!path.exists(), "nothing is known");
        expected.learn(SLOW);
        let best = Calibration { encode_flop_per_s: 2e9, prefill_flop_per_s: 4e9 };
        assert_eq!(expected.learn(MIXED), best);
        expected.keep();
        let again = Expected::read_for(&path, 2);
        assert_eq!((again.find(), again.is_kept()), (best, true));
        assert_eq!(Expected::read_for(&path, 4).known(), None);
    }

    #[test]
    fn a_file_that_says_nothing_sensible_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("expected.json");
        let version = env!("CARGO_PKG_VERSION");
        let of = |version, rate| {
            format!(
                r#"{{"version":"{version}","n_threads":2,"encode_flop_per_s":{rate},"prefill_flop_per_s":1e9}}"#
            )
        };
        for text in ["", "{", &of("0.0.0", "1e9"), &of(version, "0"), &of(version, "-1e9")] {
            fs_err::write(&path, text).unwrap();
            assert_eq!(Expected::read_for(&path, 2).known(), None, "{text}");
        }
        fs_err::write(&path, of(version, "1e9")).unwrap();
        assert!(Expected::read_for(&path, 2).known().is_some());
    }

    #[test]
    fn a_picture_takes_what_both_parts_take() {
        assert!((picture_s(&SLOW, 2e9, 4e9) - 3.0).abs() < 1e-9);
    }
}
