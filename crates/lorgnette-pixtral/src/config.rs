//! The sizes of a network, whichever file they were read from.

mod gguf;
mod hf;
mod native;

use std::path::Path;

use lorgnette_image::ImageConfig;
use serde_json::error::Category;

pub(crate) use gguf::from_gguf;
pub(crate) use hf::from_config_json;
pub(crate) use native::from_params_json;

use crate::error::LoadError;
use crate::kv_cache::KvFormat;

/// Everything that a checkpoint says about its network.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    /// The sizes of the decoder.
    pub text: TextConfig,
    /// The picture side; `None` for a model that only reads text.
    pub vision: Option<VisionConfig>,
}

/// The decoder: pre-norm, RMSNorm, SwiGLU, grouped queries, rotary positions, no biases.
#[derive(Debug, Clone, PartialEq)]
pub struct TextConfig {
    /// Numbers in a token's hidden state.
    pub hidden_size: usize,
    /// Numbers between the matrices of an MLP.
    pub intermediate_size: usize,
    /// How many blocks there are.
    pub n_layers: usize,
    /// Heads of the queries.
    pub n_heads: usize,
    /// Heads of the keys and values.
    pub n_kv_heads: usize,
    /// Numbers in a head: 128 for Pixtral 12B, where hidden size over heads would give 160.
    pub head_dim: usize,
    /// How many token ids there are.
    pub vocab_size: usize,
    /// How positions turn queries and keys.
    pub rope: RopeConfig,
    /// How queries grow with their position; `None`: they do not.
    pub attention_scale: Option<AttentionScale>,
    /// The queries and keys of each head pass RMSNorm before their positions are turned in.
    pub qk_norm: bool,
    /// What RMSNorm adds to the mean square.
    pub rms_norm_eps: f64,
    /// The longest sequence the network was made for.
    pub max_position_embeddings: usize,
    /// The embedding also is the output matrix. Of a checkpoint that is open, its tensors decide it: what
    /// published configurations say of it is not always true.
    pub tied_embeddings: bool,
}

impl TextConfig {
    /// Bytes of keys and values that one token adds to a cache of 2-byte numbers.
    pub fn kv_bytes_per_token(&self) -> u64 {
        self.kv_bytes_per_token_in(KvFormat::F16)
    }

    /// Bytes of keys and values that one token adds to a cache of that format.
    pub fn kv_bytes_per_token_in(&self, format: KvFormat) -> u64 {
        2 * (self.n_layers * self.n_kv_heads * format.row_bytes(self.head_dim)) as u64
    }
}

/// The vision encoder and the projector behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct VisionConfig {
    /// Numbers in a patch's hidden state.
    pub hidden_size: usize,
    /// Numbers between the matrices of an MLP.
    pub intermediate_size: usize,
    /// How many blocks there are.
    pub n_layers: usize,
    /// Heads; queries, keys and values have as many.
    pub n_heads: usize,
    /// Numbers in a head.
    pub head_dim: usize,
    /// Pixels a side of a patch.
    pub patch_size: usize,
    /// Pixels of the longest side that the network was made for.
    pub image_size: usize,
    /// How rows and columns turn queries and keys.
    pub rope: RopeConfig,
    /// Patches a side that the projector merges into one; 1: none.
    pub spatial_merge_size: usize,
    /// The Mistral 3 form: RMSNorm and patch merger before the projector.
    pub projector_norm: bool,
    /// The projector's matrices have biases.
    pub projector_bias: bool,
    /// A token ends each row of a picture; not in `LightOnOCR`.
    pub has_row_ends: bool,
    /// The id of `[IMG]`, where the checkpoint says it (a GGUF pair leaves it to the tokenizer).
    pub image_token_id: Option<u32>,
    /// Mean of each colour, subtracted from pixels in 0..=1.
    pub image_mean: [f32; 3],
    /// Deviation of each colour, which pixels are divided by.
    pub image_std: [f32; 3],
}

impl VisionConfig {
    /// RMSNorm's epsilon in the encoder. Source: `modeling_pixtral.py`, where it is fixed.
    pub const RMS_NORM_EPS: f64 = 1e-5;
    /// The mean and deviation of CLIP, which the whole family uses.
    pub(crate) const CLIP_MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
    /// The deviation of CLIP beside [`Self::CLIP_MEAN`].
    pub(crate) const CLIP_STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

    /// How pictures are prepared for this encoder.
    pub fn image_config(&self) -> ImageConfig {
        ImageConfig {
            patch_size: self.patch_size as u32,
            spatial_merge_size: self.spatial_merge_size as u32,
            has_row_ends: self.has_row_ends,
            max_side: self.image_size as u32,
            mean: self.image_mean,
            std: self.image_std,
        }
    }
}

/// What the angles of rotary positions are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RopeConfig {
    /// The base of the frequencies: pair `i` of a head turns by `theta^(−2i / head_dim)` from one
    /// position to the next.
    pub theta: f64,
    /// How positions are scaled beyond those that the network was first trained with; `None`: they are
    /// not.
    pub yarn: Option<Yarn>,
}

/// Positions that are scaled: pairs that turn slowly turn slower by `factor`, those that turn fast stay,
/// and those between are mixed.
///
/// Source: Peng et al., "YaRN: Efficient Context Window Extension of Large Language Models", 2023.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Yarn {
    /// How many times longer the sequence may be.
    pub factor: f64,
    /// The positions that the network was first trained with.
    pub original_positions: usize,
    /// Pairs that turn more often than this in those positions stay as they are.
    pub beta_fast: f64,
    /// Pairs that turn less often than this are slower by the whole factor.
    pub beta_slow: f64,
    /// What cosines and sines are multiplied with.
    pub attention_factor: f64,
}

/// Queries that grow with their position in the whole sequence, in steps.
///
/// Source: transformers' `modeling_ministral3.py`, where it is called the attention scale of Llama 4.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttentionScale {
    /// How much they grow.
    pub beta: f64,
    /// The positions of a step.
    pub original_positions: usize,
}

impl RopeConfig {
    /// Positions that are not scaled.
    pub const fn plain(theta: f64) -> Self {
        Self { theta, yarn: None }
    }
}

impl Yarn {
    /// The attention factor that it has where a configuration states none.
    pub fn default_attention_factor(&self) -> f64 {
        Self::mscale(self.factor, 1.0)
    }

    /// How much longer queries and keys are for their scores to stay as sharp; with a weight of 1, what is
    /// taken where nothing is stated.
    /// Source: `_compute_yarn_parameters` of transformers' `modeling_rope_utils.py`.
    pub(crate) fn mscale(factor: f64, weight: f64) -> f64 {
        if factor <= 1.0 { 1.0 } else { 0.1 * weight * factor.ln() + 1.0 }
    }
}

impl AttentionScale {
    /// What a query at `position` is multiplied with.
    pub fn at(&self, position: usize) -> f64 {
        1.0 + self.beta * ((position / self.original_positions.max(1)) as f64).ln_1p()
    }
}

/// Which two numbers of a head turn together. Source: Mistral's `rope.py` turns neighbours; the
/// Hugging Face conversion permutes the rows of q and k so that halves do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RopeLayout {
    /// `x[i]` with `x[i + head_dim / 2]`: Hugging Face checkpoints.
    Half,
    /// `x[2i]` with `x[2i + 1]`: Mistral's own checkpoints and GGUF.
    Interleaved,
}

/// Why a configuration cannot be used; the file's name is added by the caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ConfigFault {
    /// Not what the format promises.
    Malformed(String),
    /// A network, or an option of one, that this program does not run.
    Unsupported(String),
    /// A way of quantising weights that this program does not read.
    Quantised(String),
}

impl ConfigFault {
    /// The error for the file that has the configuration.
    pub(crate) fn in_file(self, file: &Path) -> LoadError {
        let file = file.to_owned();
        match self {
            Self::Malformed(reason) => LoadError::Malformed { file, reason },
            Self::Unsupported(what) => LoadError::Unsupported { file, what },
            Self::Quantised(how) => LoadError::Quantised { file, how },
        }
    }
}

impl ModelConfig {
    /// Pixtral 12B, for what can be said of it without its files.
    /// Source: transformers' `tests/models/llava/test_configuration_llava.py`.
    pub const PIXTRAL_12B: Self = Self {
        text: TextConfig {
            hidden_size: 5120,
            intermediate_size: 14336,
            n_layers: 40,
            n_heads: 32,
            n_kv_heads: 8,
            head_dim: 128,
            vocab_size: 131_072,
            rope: RopeConfig::plain(1e9),
            attention_scale: None,
            qk_norm: false,
            rms_norm_eps: 1e-5,
            max_position_embeddings: 131_072,
            tied_embeddings: false,
        },
        vision: Some(VisionConfig {
            hidden_size: 1024,
            intermediate_size: 4096,
            n_layers: 24,
            n_heads: 16,
            head_dim: 64,
            patch_size: 16,
            image_size: 1024,
            rope: RopeConfig::plain(1e4),
            spatial_merge_size: 1,
            projector_norm: false,
            projector_bias: true,
            has_row_ends: true,
            image_token_id: Some(10),
            image_mean: VisionConfig::CLIP_MEAN,
            image_std: VisionConfig::CLIP_STD,
        }),
    };

    /// Whether it writes down pages and was taught no questions, as `LightOnOCR`.
    pub fn only_reads_pages(&self) -> bool {
        self.vision.as_ref().is_some_and(|vision| !vision.has_row_ends)
    }

    /// Refuses sizes that no network of the family has, before anything is computed from them.
    fn checked(self) -> Result<Self, ConfigFault> {
        let t = &self.text;
        let mut sizes = vec![
            ("hidden size", t.hidden_size, 1 << 16),
            ("intermediate size", t.intermediate_size, 1 << 20),
            ("number of layers", t.n_layers, 1 << 10),
            ("number of heads", t.n_heads, 1 << 10),
            ("number of key/value heads", t.n_kv_heads, 1 << 10),
            ("head size", t.head_dim, 1 << 12),
            ("vocabulary size", t.vocab_size, 1 << 22),
            ("number of positions", t.max_position_embeddings, 1 << 24),
        ];
        if let Some(v) = &self.vision {
            sizes.extend([
                ("vision hidden size", v.hidden_size, 1 << 16),
                ("vision intermediate size", v.intermediate_size, 1 << 20),
                ("number of vision layers", v.n_layers, 1 << 10),
                ("number of vision heads", v.n_heads, 1 << 10),
                ("vision head size", v.head_dim, 1 << 12),
                ("patch size", v.patch_size, 1 << 8),
                ("image size", v.image_size, 1 << 14),
                ("spatial merge size", v.spatial_merge_size, 8),
            ]);
            if !v.head_dim.is_multiple_of(4) {
                return malformed(format!(
                    "vision head size {} is not a multiple of 4",
                    v.head_dim
                ));
            }
            if v.image_size < v.patch_size.saturating_mul(v.spatial_merge_size) {
                return malformed(format!("image size {} is under one patch", v.image_size));
            }
            if !v.image_mean.iter().chain(&v.image_std).all(|x| x.is_finite())
                || v.image_std.iter().any(|x| *x <= 0.0)
            {
                return malformed("image mean and deviation are no numbers to normalise with");
            }
        }
        for (what, size, most) in sizes {
            if size == 0 || size > most {
                return malformed(format!("{what} is {size}, outside 1..={most}"));
            }
        }
        if !t.n_heads.is_multiple_of(t.n_kv_heads) {
            let (heads, kv_heads) = (t.n_heads, t.n_kv_heads);
            return malformed(format!("{heads} heads cannot share {kv_heads} key/value heads"));
        }
        if !t.head_dim.is_multiple_of(2) {
            return malformed(format!("head size {} is odd", t.head_dim));
        }
        let positive = |x: f64| x.is_finite() && x > 0.0;
        if !positive(t.rope.theta) || !positive(t.rms_norm_eps) {
            return malformed("rope_theta and the norm's epsilon must be above 0");
        }
        if let Some(yarn) = &t.rope.yarn {
            let numbers = [yarn.factor, yarn.beta_fast, yarn.beta_slow, yarn.attention_factor];
            if !numbers.into_iter().all(positive) || yarn.original_positions == 0 {
                return malformed("YaRN needs a factor and an original length that are above 0");
            }
            // The frequencies are divided by its logarithm.
            if t.rope.theta <= 1.0 {
                return malformed("YaRN needs a rope_theta above 1");
            }
        }
        if let Some(scale) = &t.attention_scale
            && (!scale.beta.is_finite() || scale.original_positions == 0)
        {
            return malformed("the attention scale needs an original length above 0");
        }
        if let Some(v) = &self.vision {
            if !positive(v.rope.theta) {
                return malformed("the vision encoder's rope_theta must be above 0");
            }
            if v.rope.yarn.is_some() {
                return unsupported("scaled positions of patches");
            }
        }
        Ok(self)
    }
}

/// What is wrong with a configuration in JSON, in our words; those of the library are in the log.
fn json_fault<T>(error: &serde_json::Error) -> Result<T, ConfigFault> {
    let words = error.to_string();
    tracing::info!("{words}");
    let missing = words.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    malformed(match (missing, error.classify()) {
        (Some((field, _)), _) => format!("it has no {field}"),
        (None, Category::Data) => "a value is not of the kind that it should be".into(),
        (None, Category::Eof) => "it ends too early".into(),
        (None, Category::Syntax | Category::Io) => "it is no JSON".into(),
    })
}

fn malformed<T>(reason: impl Into<String>) -> Result<T, ConfigFault> {
    Err(ConfigFault::Malformed(reason.into()))
}

fn unsupported<T>(what: impl Into<String>) -> Result<T, ConfigFault> {
    Err(ConfigFault::Unsupported(what.into()))
}

#[cfg(test)]
mod tests;
