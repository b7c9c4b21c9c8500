//! What this processor lets expect of models that were never used here: the [`Calibration`] of its
//! kernels, measured once, while nothing else computes, and stored in the cache.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lorgnette_pixtral::Calibration;
use serde::{Deserialize, Serialize};

use crate::whole_file;

/// The calibration as far as it is known.
#[derive(Debug)]
pub struct CalibrationStore {
    path: PathBuf,
    n_threads: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    best: Option<Calibration>,
    is_saved: bool,
}

/// The file. Other kernels and other threads are measured anew.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    version: String,
    n_threads: usize,
    encode_flop_per_s: f64,
    prefill_flop_per_s: f64,
}

impl CalibrationStore {
    /// Reads what this version of the program saved for as many threads as there are now, which is
    /// nothing when the file says nothing.
    pub fn read(path: &Path) -> Self {
        Self::read_for(path, rayon::current_num_threads())
    }

    fn read_for(path: &Path, n_threads: usize) -> Self {
        let text = fs_err::read_to_string(path).unwrap_or_default();
        let record: Option<Record> = serde_json::from_str(&text).ok();
        let best = record.filter(|record| record.is_of(n_threads)).map(|record| Calibration {
            encode_flop_per_s: record.encode_flop_per_s,
            prefill_flop_per_s: record.prefill_flop_per_s,
        });
        let state = Mutex::new(State { best, is_saved: best.is_some() });
        Self { path: path.to_owned(), n_threads, state }
    }

    /// What is known without computing.
    pub fn known(&self) -> Option<Calibration> {
        self.lock().best
    }

    /// What is known, else a calibration at once, which takes 0.2 seconds. Something else may
    /// compute meanwhile, so it is not saved.
    pub fn find(&self) -> Calibration {
        self.known().unwrap_or_else(|| self.learn(Calibration::measure()))
    }

    /// Whether nothing is left to measure.
    pub fn is_saved(&self) -> bool {
        self.lock().is_saved
    }

    /// Takes another measurement, and returns the best of all: what the processor can do is the
    /// best that it did, because what else ran made the others slower.
    pub fn learn(&self, measured: Calibration) -> Calibration {
        let mut state = self.lock();
        let best = state.best.map_or(measured, |known| Calibration {
            encode_flop_per_s: known.encode_flop_per_s.max(measured.encode_flop_per_s),
            prefill_flop_per_s: known.prefill_flop_per_s.max(measured.prefill_flop_per_s),
        });
        state.best = Some(best);
        best
    }

    /// Saves what is known for the next start.
    pub fn save(&self) {
        let mut state = self.lock();
        let Some(best) = state.best else { return };
        state.is_saved = true;
        let record = Record {
            version: env!("CARGO_PKG_VERSION").into(),
            n_threads: self.n_threads,
            encode_flop_per_s: best.encode_flop_per_s,
            prefill_flop_per_s: best.prefill_flop_per_s,
        };
        if let Ok(text) = serde_json::to_vec(&record) {
            // What is lost is measured again.
            let _ = whole_file::write(&self.path, &text);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn is_of(&self, n_threads: usize) -> bool {
        let rates = [self.encode_flop_per_s, self.prefill_flop_per_s];
        self.version == env!("CARGO_PKG_VERSION")
            && self.n_threads == n_threads
            && rates.iter().all(|rate| rate.is_finite() && *rate > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Calibration = Calibration { encode_flop_per_s: 1e9, prefill_flop_per_s: 4e9 };
    const MIXED: Calibration = Calibration { encode_flop_per_s: 2e9, prefill_flop_per_s: 3e9 };

    #[test]
    fn the_best_that_was_measured_is_known_at_the_next_start_for_as_many_threads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("expected.json");
        let store = CalibrationStore::read_for(&path, 2);
        assert_eq!((store.known(), store.is_saved()), (None, false));
        store.save();
        assert!(!path.exists(), "nothing is known");
        store.learn(SLOW);
        let best = Calibration { encode_flop_per_s: 2e9, prefill_flop_per_s: 4e9 };
        assert_eq!(store.learn(MIXED), best);
        store.save();
        let again = CalibrationStore::read_for(&path, 2);
        assert_eq!((again.find(), again.is_saved()), (best, true));
        assert_eq!(CalibrationStore::read_for(&path, 4).known(), None);
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
            assert_eq!(CalibrationStore::read_for(&path, 2).known(), None, "{text}");
        }
        fs_err::write(&path, of(version, "1e9")).unwrap();
        assert!(CalibrationStore::read_for(&path, 2).known().is_some());
    }
}
