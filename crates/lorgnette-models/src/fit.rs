//! Whether this machine has what a model takes, before anything is fetched. Advice, not a verdict:
//! numbers of a machine in use are true for a moment.

use std::path::Path;
use std::time::Instant;

use lorgnette_gguf::QuantScheme;
use lorgnette_gguf::quantise::quantise;
use lorgnette_pixtral::{KvFormat, ModelConfig, activation_bytes};
use serde::Serialize;

use crate::convert::pair::VisionFormat;
use crate::doctor;

/// What the program and its window take without a model.
const PROGRAM_BYTES: u64 = 200_000_000;
/// What the journal, the tokenizer and the file system take on disk beside the model.
pub(crate) const SLACK_BYTES: u64 = 200_000_000;

/// What is needed and what there is.
#[derive(Debug, Clone, Serialize)]
pub struct Fit {
    /// Bytes that will be written to the disk and are not there yet.
    pub disk_needed_bytes: u64,
    /// Bytes that are free there; absent where the system does not say.
    pub disk_free_bytes: Option<u64>,
    /// Memory to answer with the model at the context that was chosen.
    pub memory_needed_bytes: u64,
    /// The machine's memory; absent where the system does not say.
    pub memory_total_bytes: Option<u64>,
    /// Seconds of quantising, by a measurement on this machine; 0 for files taken as they are.
    pub quantise_s: f64,
    /// Seconds of fetching, by the speed of the first files; absent when they were too small.
    pub fetch_s: Option<f64>,
    /// The largest quantisation that fits instead, when this one does not.
    pub fits_instead: Option<&'static str>,
}

impl Fit {
    /// Whether the disk has room, as far as the system says.
    pub fn disk_fits(&self) -> bool {
        self.disk_free_bytes.is_none_or(|free| free >= self.disk_needed_bytes)
    }

    /// Whether the memory holds it, as far as that is known.
    pub fn memory_fits(&self) -> bool {
        self.memory_total_bytes.is_none_or(|total| total >= self.memory_needed_bytes)
    }

    /// Seconds in all, as quantising goes on while bytes come.
    pub fn about_s(&self) -> Option<f64> {
        self.fetch_s.map(|fetch_s| fetch_s.max(self.quantise_s))
    }
}

/// Bytes of memory to answer with weights of that size, about, at a context of so many tokens, with
/// keys and values in f16.
pub fn memory_bytes(weights_bytes: u64, config: &ModelConfig, context: usize) -> u64 {
    memory_bytes_in(weights_bytes, config, context, KvFormat::F16)
}

/// The same with keys and values in a format.
pub fn memory_bytes_in(
    weights_bytes: u64,
    config: &ModelConfig,
    context: usize,
    format: KvFormat,
) -> u64 {
    let cache_bytes = context as u64 * config.text.kv_bytes_per_token_in(format);
    weights_bytes + cache_bytes + activation_bytes(config) + PROGRAM_BYTES
}

/// Bytes that are free for a folder that need not be there yet.
pub(crate) fn disk_free(dir: &Path) -> Option<u64> {
    dir.ancestors().find_map(|dir| fs4::available_space(dir).ok())
}

/// What a model needs, measured and looked up.
pub(crate) struct Question<'a> {
    pub(crate) dir: &'a Path,
    /// Bytes of the finished model.
    pub(crate) n_bytes: u64,
    /// Bytes of the sources, if they are kept.
    pub(crate) source_bytes: u64,
    /// The part of the work that an earlier run has done, 0 to 1.
    pub(crate) done: f64,
    /// Source bytes that are quantised.
    pub(crate) quantise_bytes: u64,
    /// Source bytes that are fetched.
    pub(crate) fetch_bytes: u64,
    /// Bytes a second of the files that were fetched already.
    pub(crate) bytes_per_s: Option<f64>,
    pub(crate) memory_needed_bytes: u64,
    pub(crate) scheme: Option<QuantScheme>,
}

impl Question<'_> {
    /// `size` says how large the model is in another quantisation.
    pub(crate) fn answer(
        &self,
        mut size: impl FnMut(QuantScheme, VisionFormat) -> Option<u64>,
    ) -> Fit {
        let rest = 1.0 - self.done;
        let disk_free_bytes = disk_free(self.dir);
        let memory_total_bytes = doctor::memory().map(|memory| memory.total_bytes);
        let mut fit = Fit {
            disk_needed_bytes: ((self.n_bytes + self.source_bytes) as f64 * rest) as u64
                + SLACK_BYTES,
            disk_free_bytes,
            memory_needed_bytes: self.memory_needed_bytes,
            memory_total_bytes,
            quantise_s: self
                .scheme
                .map_or(0.0, |scheme| self.quantise_bytes as f64 * rest / quantise_speed(scheme)),
            fetch_s: self.bytes_per_s.map(|speed| self.fetch_bytes as f64 * rest / speed),
            fits_instead: None,
        };
        if !(fit.disk_fits() && fit.memory_fits()) {
            let overhead = self.memory_needed_bytes.saturating_sub(self.n_bytes);
            let fits = |scheme: &QuantScheme| {
                let Some(n_bytes) = size(*scheme, VisionFormat::Q8_0) else { return false };
                let disk = disk_free_bytes.is_none_or(|free| free >= n_bytes + SLACK_BYTES);
                disk && memory_total_bytes.is_none_or(|total| total >= n_bytes + overhead)
            };
            let mut offered = QuantScheme::OFFERED.into_iter().rev();
            fit.fits_instead = offered.find(fits).map(QuantScheme::name);
        }
        fit
    }
}

/// Source bytes, two for each number, that all cores quantise in a second.
fn quantise_speed(scheme: QuantScheme) -> f64 {
    const N: usize = 1 << 21;
    let numbers: Vec<f32> =
        (0..N).map(|i| ((i * 7919 % 2003) as f32 / 1000.0 - 1.0) * 0.02).collect();
    let began = Instant::now();
    let done = quantise(&numbers, N, scheme.matrix_dtype()).is_ok();
    let seconds = began.elapsed().as_secs_f64().max(1e-6);
    if done { 2.0 * N as f64 / seconds } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use lorgnette_engine::tokens::Tokenizer;
    use lorgnette_pixtral::checkpoint::read_config;
    use lorgnette_weights::catalogue::{self, Answers};

    use super::*;
    use crate::convert::pair::GgufPair;
    use crate::cost;
    use crate::open::DEFAULT_CONTEXT;

    #[track_caller]
    fn check_about(stated: f64, computed: f64) {
        let ratio = stated / computed;
        assert!((ratio - 1.0).abs() < 0.01, "{stated} is stated, {computed} computed");
    }

    #[test]
    fn the_catalogue_states_what_models_take() {
        let vocab = Tokenizer::pixtral().unwrap().to_gguf_vocab();
        let configs = "../lorgnette-pixtral/tests/fixtures/configs";
        let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join(configs);
        let config = |folder: Option<&str>, tied_embeddings| match folder {
            Some(folder) => {
                let mut config = read_config(&configs.join(folder)).unwrap();
                // The tensors of the checkpoint say it.
                config.text.tied_embeddings = tied_embeddings;
                config
            }
            None => ModelConfig::PIXTRAL_12B,
        };
        for (name, vision, folder, tied) in [
            ("pixtral-12b", VisionFormat::Q8_0, None, false),
            ("pixtral-12b-gguf", VisionFormat::F16, None, false),
            ("ministral-3-3b", VisionFormat::Q8_0, Some("ministral-3-3b-instruct-2512"), true),
            ("ministral-3-8b", VisionFormat::Q8_0, Some("ministral-3-8b-instruct-2512"), false),
            ("ministral-3-14b", VisionFormat::Q8_0, Some("ministral-3-14b-instruct-2512"), false),
            (
                "ministral-3-3b-reasoning",
                VisionFormat::Q8_0,
                Some("ministral-3-3b-instruct-2512"),
                true,
            ),
            (
                "ministral-3-8b-reasoning",
                VisionFormat::Q8_0,
                Some("ministral-3-8b-instruct-2512"),
                false,
            ),
            (
                "ministral-3-14b-reasoning",
                VisionFormat::Q8_0,
                Some("ministral-3-14b-instruct-2512"),
                false,
            ),
            ("mistral-small-3.2", VisionFormat::Q8_0, Some("mistral-small-3.2-24b"), false),
            ("lightonocr-2-1b", VisionFormat::Q8_0, Some("lightonocr-2-1b"), true),
        ] {
            let config = config(folder, tied);
            let entry = catalogue::find(name).unwrap().unwrap();
            assert_eq!(entry.answers == Answers::OnlyPages, config.only_reads_pages(), "{name}");
            let work = entry.picture.unwrap();
            let cost = cost::of_largest_picture(&config).unwrap();
            check_about(work.encode_flop, cost.encode_flop);
            check_about(work.prefill_flop, cost.prefill_flop);
            for needs in entry.quantisations {
                let scheme = QuantScheme::named(&needs.name).unwrap();
                let pair = GgufPair::new("x", "x", &config, &vocab, scheme, vision);
                let files = std::iter::once(pair.text).chain(pair.vision);
                let tensors = files.flat_map(|file| file.tensors);
                let n_bytes = tensors.map(|t| t.declared.n_bytes().unwrap()).sum();
                check_about(needs.disk_bytes as f64, n_bytes as f64);
                let memory = memory_bytes(n_bytes, &config, DEFAULT_CONTEXT);
                check_about(needs.memory_bytes as f64, memory as f64);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_told_what_fits() {
        let memory = doctor::memory().unwrap().total_bytes;
        let question = Question {
            dir: Path::new("."),
            n_bytes: 2 * memory,
            source_bytes: 0,
            done: 0.0,
            quantise_bytes: 1,
            fetch_bytes: 1,
            bytes_per_s: Some(1.0),
            memory_needed_bytes: 2 * memory + 1,
            scheme: Some(QuantScheme::F16),
        };
        let fit = question.answer(|scheme, _| {
            Some(if scheme == QuantScheme::Q5KM || scheme == QuantScheme::Q4KM {
                1000
            } else {
                2 * memory
            })
        });
        assert!(!fit.memory_fits());
        // The larger of those that fit, if the disk has the little room that it takes.
        assert!(matches!(fit.fits_instead, Some("q5_k_m") | None), "{fit:?}");
        assert_eq!(fit.about_s(), Some(fit.quantise_s.max(1.0)));
    }
}
