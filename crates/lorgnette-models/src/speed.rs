//! How fast models are on this machine: measured where they were used, else calibrated.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lorgnette_engine::{AnswerEvent, Timings};
use lorgnette_pixtral::{Calibration, ModelConfig};
use lorgnette_weights::catalogue::PictureWork;
use serde::{Deserialize, Serialize};

use crate::cost::{self, PictureCost};
use crate::whole_file;

/// Operations for one token of a model that answers at once on any processor.
const SMALL_FLOP: f64 = 2e8;
/// Fewer tokens than these say nothing about speed.
const MIN_TOKENS: usize = 16;
/// How much the latest measurement counts.
const WEIGHT: f64 = 0.4;

/// Seconds to look at a picture and to read its tokens, from the operations of the encoder and of
/// the decoder and what a processor does of each in a second.
pub fn picture_s(work: &PictureWork, rates: &Calibration) -> f64 {
    work.encode_flop / rates.encode_flop_per_s + work.prefill_flop / rates.prefill_flop_per_s
}

/// How fast a model is; `None`: neither measured nor calibrated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Operations a second in the vision encoder.
    pub encode_flop_per_s: Option<f64>,
    /// Tokens read a second.
    pub prefill_tokens_per_s: Option<f64>,
    /// Tokens written a second.
    pub decode_tokens_per_s: Option<f64>,
    /// Operations a second of reading, where only the calibration says how fast that is.
    #[serde(skip)]
    calibrated_prefill_flop_per_s: Option<f64>,
}

impl Speed {
    /// Seconds to look at a picture and to read its tokens.
    pub fn picture_s(&self, cost: &PictureCost) -> Option<f64> {
        let measured = self
            .prefill_tokens_per_s
            .map(|tokens_per_s| tokens_per_s * cost.prefill_flop / cost.n_tokens as f64);
        let rates = Calibration {
            encode_flop_per_s: self.encode_flop_per_s?,
            prefill_flop_per_s: self.calibrated_prefill_flop_per_s.or(measured)?,
        };
        Some(picture_s(&cost.work(), &rates))
    }

    /// Whether a picture's wait follows from what was measured alone, before
    /// [`Self::or_calibrated`].
    pub fn is_measured(&self) -> bool {
        self.encode_flop_per_s.is_some() && self.prefill_tokens_per_s.is_some()
    }

    /// With the calibration in place of what was not measured yet, but nothing of a small model,
    /// which answers before its wait could be told.
    #[must_use]
    pub fn or_calibrated(
        mut self,
        config: &ModelConfig,
        calibration: Option<&Calibration>,
    ) -> Self {
        let Some(calibration) = calibration.filter(|_| is_slow(config)) else { return self };
        self.encode_flop_per_s.get_or_insert(calibration.encode_flop_per_s);
        if self.prefill_tokens_per_s.is_none() {
            let flop_per_s = calibration.prefill_flop_per_s;
            self.calibrated_prefill_flop_per_s = Some(flop_per_s);
            self.prefill_tokens_per_s = Some(flop_per_s / cost::of_token(&config.text));
        }
        self
    }
}

/// Whether a model is large enough that its wait is worth telling.
pub fn is_slow(config: &ModelConfig) -> bool {
    cost::of_token(&config.text) > SMALL_FLOP
}

/// Times the phases of an answer by what it tells.
#[derive(Debug, Default)]
pub struct Meter {
    /// When so many tokens were read, first and last.
    first: Option<(Instant, usize)>,
    last: Option<(Instant, usize)>,
}

impl Meter {
    /// Takes an event that came now.
    pub fn push(&mut self, event: &AnswerEvent, now: Instant) {
        if let AnswerEvent::Prefill { done_tokens, .. } = event {
            self.first.get_or_insert((now, *done_tokens));
            self.last = Some((now, *done_tokens));
        }
    }

    /// Tokens read a second; `None` when too few were for it to say anything.
    fn prefill_tokens_per_s(&self) -> Option<f64> {
        let ((from, first), (to, last)) = (self.first?, self.last?);
        let (n, seconds) = (last.saturating_sub(first), (to - from).as_secs_f64());
        (n >= MIN_TOKENS && seconds > 0.0).then(|| n as f64 / seconds)
    }
}

/// The measured speeds of all models, which are stored in the cache folder.
#[derive(Debug, Clone, Default)]
pub struct Speeds {
    path: PathBuf,
    by_model: BTreeMap<String, Speed>,
}

impl Speeds {
    /// Reads what was measured before, which is nothing when the file says nothing.
    pub fn read(path: &Path) -> Self {
        let text = fs_err::read_to_string(path).unwrap_or_default();
        let by_model = serde_json::from_str(&text).unwrap_or_default();
        Self { path: path.to_owned(), by_model }
    }

    pub fn of(&self, model: &str) -> Speed {
        self.by_model.get(model).copied().unwrap_or_default()
    }

    /// Learns from an answer. `encode_flop`: what the encoder did for it, if that is known.
    pub fn learn(
        &mut self,
        model: &str,
        meter: &Meter,
        encode_flop: Option<f64>,
        timings: &Timings,
    ) {
        let speed = self.by_model.entry(model.to_owned()).or_default();
        let learn = |known: &mut Option<f64>, measured: Option<f64>| {
            if let Some(measured) = measured.filter(|rate| rate.is_finite() && *rate > 0.0) {
                *known = Some(known.map_or(measured, |known| known + WEIGHT * (measured - known)));
            }
        };
        learn(
            &mut speed.encode_flop_per_s,
            encode_flop.filter(|_| timings.encode_s > 0.0).map(|flop| flop / timings.encode_s),
        );
        learn(&mut speed.prefill_tokens_per_s, meter.prefill_tokens_per_s());
        let enough = timings.n_answer_tokens > MIN_TOKENS / 2;
        learn(&mut speed.decode_tokens_per_s, enough.then(|| timings.decode_tokens_per_s()));
        if let Ok(text) = serde_json::to_vec(&self.by_model) {
            // What is lost is measured again.
            let _ = whole_file::write(&self.path, &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_large_model_is_expected_to_take_its_time_before_it_was_tried() {
        let config = ModelConfig::PIXTRAL_12B;
        let cost = cost::of_largest_picture(&config).unwrap();
        assert_eq!(Speed::default().or_calibrated(&config, None), Speed::default());
        let calibration = Calibration { encode_flop_per_s: 1e12, prefill_flop_per_s: 2e11 };
        let calibrated = Speed::default().or_calibrated(&config, Some(&calibration));
        // What the list says of a model that is not here, and of one that is, is the same.
        assert_eq!(calibrated.picture_s(&cost), Some(picture_s(&cost.work(), &calibration)));
        // What was measured counts for more.
        let measured = Speed { prefill_tokens_per_s: Some(0.5), ..Speed::default() };
        let measured = measured.or_calibrated(&config, Some(&calibration));
        assert!(measured.picture_s(&cost).unwrap() > 8000.0);
        let small = crate::builtin::checkpoint().unwrap().config().clone();
        assert_eq!(Speed::default().or_calibrated(&small, Some(&calibration)), Speed::default());
    }

    #[test]
    fn a_measured_picture_takes_what_both_parts_take() {
        let cost = cost::of_largest_picture(&ModelConfig::PIXTRAL_12B).unwrap();
        let speed = Speed {
            encode_flop_per_s: Some(cost.encode_flop / 2.0),
            prefill_tokens_per_s: Some(cost.n_tokens as f64 / 3.0),
            ..Speed::default()
        };
        assert!((speed.picture_s(&cost).unwrap() - 5.0).abs() < 1e-9);
    }

    #[test]
    fn what_was_measured_is_known_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("speeds.json");
        let mut meter = Meter::default();
        let start = Instant::now();
        for (done_tokens, ms) in [(0, 0), (50, 500), (100, 1000)] {
            let event = AnswerEvent::Prefill { done_tokens, total_tokens: 100, cached_tokens: 0 };
            meter.push(&event, start + Duration::from_millis(ms));
        }
        let timings =
            Timings { encode_s: 2.0, n_answer_tokens: 21, decode_s: 4.0, ..Timings::default() };
        Speeds::read(&path).learn("pocket", &meter, Some(1e9), &timings);
        let speed = Speeds::read(&path).of("pocket");
        let known =
            [speed.encode_flop_per_s, speed.prefill_tokens_per_s, speed.decode_tokens_per_s];
        assert_eq!(known, [Some(5e8), Some(100.0), Some(5.0)]);
    }

    #[test]
    fn an_answer_that_measured_nothing_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut speeds = Speeds::read(&folder.path().join("speeds.json"));
        speeds.learn("pocket", &Meter::default(), None, &Timings::default());
        assert_eq!(speeds.of("pocket"), Speed::default());
    }
}
