//! How fast models were on this machine, as far as was seen.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lorgnette_pixtral::{Calibration, ModelConfig};
use serde::{Deserialize, Serialize};

use crate::cost::{self, PictureCost};
use crate::files::write_whole;
use crate::{AnswerEvent, Timings};

/// How fast a model is; `None`: not seen yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Operations a second in the vision encoder.
    pub encode_flop_per_s: Option<f64>,
    /// Tokens read a second.
    pub prefill_tokens_per_s: Option<f64>,
    /// Tokens written a second.
    pub decode_tokens_per_s: Option<f64>,
}

impl Speed {
    /// Seconds to look at a picture and to read its tokens.
    pub fn picture_s(&self, cost: &PictureCost) -> Option<f64> {
        let encode_s = cost.encode_flop / self.encode_flop_per_s?;
        Some(encode_s + cost.n_tokens as f64 / self.prefill_tokens_per_s?)
    }

    /// Whether nothing has to be expected of pictures any longer.
    pub fn is_seen(&self) -> bool {
        self.encode_flop_per_s.is_some() && self.prefill_tokens_per_s.is_some()
    }

    /// With what the processor lets expect in place of what was not seen yet; nothing of a small
    /// model, which answers before it could be told.
    #[must_use]
    pub fn or_expected(mut self, config: &ModelConfig, trial: Option<&Calibration>) -> Self {
        if let Some(trial) = trial.filter(|_| is_slow(config)) {
            let of_token = cost::of_token(&config.text);
            self.encode_flop_per_s.get_or_insert(trial.encode_flop_per_s);
            self.prefill_tokens_per_s.get_or_insert(trial.prefill_flop_per_s / of_token);
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
    reading: Option<(Instant, usize)>,
    read: Option<(Instant, usize)>,
}

impl Meter {
    /// Takes an event that came now.
    pub fn push(&mut self, event: &AnswerEvent, now: Instant) {
        if let AnswerEvent::Prefill { done_tokens, .. } = event {
            self.reading.get_or_insert((now, *done_tokens));
            self.read = Some((now, *done_tokens));
        }
    }

    /// Tokens read a second; `None` when too few were for it to say anything.
    fn prefill_tokens_per_s(&self) -> Option<f64> {
        let ((from, first), (to, last)) = (self.reading?, self.read?);
        let (n, seconds) = (last.saturating_sub(first), (to - from).as_secs_f64());
        (n >= MIN_TOKENS && seconds > 0.0).then(|| n as f64 / seconds)
    }
}

/// Operations for one token of a model that answers at once on any processor.
const SMALL_FLOP: f64 = 2e8;
/// Fewer tokens than these say nothing about speed.
const MIN_TOKENS: usize = 16;
/// How much the latest measurement counts.
const WEIGHT: f64 = 0.4;

/// The speeds of all models, kept in the cache folder.
#[derive(Debug, Clone, Default)]
pub struct Speeds {
    path: PathBuf,
    by_model: BTreeMap<String, Speed>,
}

impl Speeds {
    /// What was seen before; nothing when the file says nothing.
    pub fn read(path: &Path) -> Self {
        let text = fs_err::read_to_string(path).unwrap_or_default();
        let by_model = serde_json::from_str(&text).unwrap_or_default();
        Self { path: path.to_owned(), by_model }
    }

    /// How fast a model is.
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
        let learn = |known: &mut Option<f64>, seen: Option<f64>| {
            if let Some(seen) = seen.filter(|seen| seen.is_finite() && *seen > 0.0) {
                *known = Some(known.map_or(seen, |known| known + WEIGHT * (seen - known)));
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
            let _ = write_whole(&self.path, &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::expected::picture_s;

    #[test]
    fn a_large_model_is_expected_to_take_its_time_before_it_was_tried() {
        let (config, image) = (ModelConfig::PIXTRAL_12B, crate::ImageConfig::PIXTRAL_12B);
        let cost = cost::of_picture((1024, 1024), &image, &config).unwrap();
        assert_eq!(Speed::default().or_expected(&config, None), Speed::default());
        let trial = Calibration { encode_flop_per_s: 1e12, prefill_flop_per_s: 2e11 };
        let expected_s = Speed::default().or_expected(&config, Some(&trial)).picture_s(&cost);
        // Attention over what was read is in one of them alone.
        let offered_s = picture_s(&trial, cost.encode_flop, cost.prefill_flop);
        assert!(
            (0.9..1.2).contains(&(offered_s / expected_s.unwrap())),
            "{offered_s} {expected_s:?}"
        );
        // What was seen counts for more.
        let seen = Speed { prefill_tokens_per_s: Some(0.5), ..Speed::default() };
        assert!(seen.or_expected(&config, Some(&trial)).picture_s(&cost).unwrap() > 8000.0);
        let small =
            lorgnette_pixtral::Checkpoint::config(&crate::builtin::checkpoint().unwrap()).clone();
        assert_eq!(Speed::default().or_expected(&small, Some(&trial)), Speed::default());
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
