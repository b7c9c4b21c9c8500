//! How fast models are here, for every front end: what was measured and the calibration, by the
//! files in the cache folder.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lorgnette_engine::Timings;
use lorgnette_pixtral::Calibration;

use crate::calibration::CalibrationStore;
use crate::open::LocalModel;
use crate::speed::{Meter, Speed, Speeds, is_slow};

/// Measured speeds and the calibration.
#[derive(Debug)]
pub struct SpeedLog {
    path: PathBuf,
    measured: Mutex<Speeds>,
    calibration: CalibrationStore,
}

impl SpeedLog {
    /// Reads both files, as far as they are there and sensible.
    pub fn open(cache: &Path) -> Self {
        let path = cache.join("speeds.json");
        let measured = Mutex::new(Speeds::read(&path));
        // The name is that of the first version.
        let calibration = CalibrationStore::read(&cache.join("expected.json"));
        Self { path, measured, calibration }
    }

    /// How fast a model is: measured, else calibrated, which only knows the CPU.
    pub fn of(&self, model: &LocalModel) -> Speed {
        let calibration = self.calibration.known().filter(|_| model.device.device.is_cpu());
        self.lock().of(&model.id()).or_calibrated(&model.config, calibration.as_ref())
    }

    /// Learns from an answer. `encode_flop`: what the encoder did for it, if that is known.
    pub fn learn(
        &self,
        model: &LocalModel,
        meter: &Meter,
        encode_flop: Option<f64>,
        timings: &Timings,
    ) {
        let mut measured = self.lock();
        // Another program may have learned meanwhile.
        *measured = Speeds::read(&self.path);
        measured.learn(&model.id(), meter, encode_flop, timings);
    }

    /// Calibrates at once, 0.2 seconds, if nothing else says how long a picture takes this model.
    pub fn calibrate_for(&self, model: &LocalModel) {
        let is_measured = self.lock().of(&model.id()).is_measured();
        if model.device.device.is_cpu() && !is_measured && is_slow(&model.config) {
            self.calibration.find();
        }
    }

    pub fn calibration(&self) -> &CalibrationStore {
        &self.calibration
    }

    /// The calibration, as far as it is known.
    pub fn calibrated(&self) -> Option<Calibration> {
        self.calibration.known()
    }

    /// The measured speeds as they are now.
    pub fn measured(&self) -> Speeds {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Speeds> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
