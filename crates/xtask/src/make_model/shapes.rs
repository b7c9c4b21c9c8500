//! The sizes of the networks that are made.

use anyhow::Result;
use lorgnette_engine::tokens::Tokenizer;
use lorgnette_pixtral::ModelConfig;
use lorgnette_pixtral::config::{AttentionScale, RopeConfig, TextConfig, VisionConfig, Yarn};

use crate::qwen;

/// A network of the Pixtral family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// Pixtral 12B: 12.7 billion weights.
    #[value(name = "pixtral-12b")]
    Pixtral12B,
    /// Ministral 3 3B: 3.8 billion weights, tied embeddings, 2 x 2 patches a token.
    #[value(name = "ministral-3b")]
    Ministral3B,
    /// Ministral 3 8B: 8.9 billion weights.
    #[value(name = "ministral-8b")]
    Ministral8B,
    /// Ministral 3 14B: 13.9 billion weights.
    #[value(name = "ministral-14b")]
    Ministral14B,
    /// Mistral Small 3.2: 24.0 billion weights.
    #[value(name = "small-24b")]
    Small24B,
    /// `LightOnOCR` 2 1B: 1.0 billion weights, with Qwen's decoder and tokenizer.
    #[value(name = "lightonocr-1b")]
    LightOnOcr1B,
    /// Pixtral in a few MB, with the first tokens of its vocabulary.
    Tiny,
    /// Ministral 3 in a few MB, with the first tokens of its vocabulary.
    TinyMistral3,
    /// `LightOnOCR` with two blocks and all of its vocabulary.
    TinyLightOnOcr,
}

impl Shape {
    /// Returns the name in `--shape` and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pixtral12B => "pixtral-12b",
            Self::Ministral3B => "ministral-3b",
            Self::Ministral8B => "ministral-8b",
            Self::Ministral14B => "ministral-14b",
            Self::Small24B => "small-24b",
            Self::LightOnOcr1B => "lightonocr-1b",
            Self::Tiny => "tiny",
            Self::TinyMistral3 => "tiny-mistral3",
            Self::TinyLightOnOcr => "tiny-light-on-ocr",
        }
    }

    /// Returns whether the shape is so small that every weight can be a number of its own.
    pub fn is_tiny(self) -> bool {
        matches!(self, Self::Tiny | Self::TinyMistral3 | Self::TinyLightOnOcr)
    }

    /// Returns the tokenizer of the family, cut to the size of the vocabulary.
    pub fn tokenizer(self) -> Result<Tokenizer> {
        if matches!(self, Self::LightOnOcr1B | Self::TinyLightOnOcr) {
            return qwen::tokenizer();
        }
        let tokenizer = Tokenizer::pixtral()?;
        let vocab_size = self.config().text.vocab_size;
        if self.is_tiny() { Ok(tokenizer.truncated(vocab_size)?) } else { Ok(tokenizer) }
    }

    /// Returns the sizes as a configuration.
    pub fn config(self) -> ModelConfig {
        let pixtral = ModelConfig::PIXTRAL_12B;
        match self {
            Self::Pixtral12B => pixtral,
            Self::Ministral3B => ministral_3b(pixtral),
            Self::Ministral8B => sized(ministral_3b(pixtral), (4096, 34, 14336), 1e6, false),
            Self::Ministral14B => sized(ministral_3b(pixtral), (5120, 40, 16384), 1e9, false),
            Self::Small24B => {
                let mut model = sized(ministral_3b(pixtral), (5120, 40, 32768), 1e9, false);
                (model.text.rope.yarn, model.text.attention_scale) = (None, None);
                model.text.max_position_embeddings = 131_072;
                model
            }
            Self::LightOnOcr1B => light_on_ocr(ministral_3b(pixtral)),
            Self::Tiny => tiny(pixtral),
            Self::TinyMistral3 => tiny(ministral_3b(pixtral)),
            Self::TinyLightOnOcr => {
                let model = light_on_ocr(ministral_3b(pixtral));
                let (vocab_size, mut tiny) = (model.text.vocab_size, tiny(model));
                tiny.text.vocab_size = vocab_size;
                tiny
            }
        }
    }
}

/// Source: the `config.json` of `mistralai/Ministral-3-3B-Instruct-2512`.
fn ministral_3b(pixtral: ModelConfig) -> ModelConfig {
    ModelConfig {
        text: TextConfig {
            hidden_size: 3072,
            intermediate_size: 9216,
            n_layers: 26,
            rope: RopeConfig {
                theta: 1e6,
                yarn: Some(Yarn {
                    factor: 16.0,
                    original_positions: 16_384,
                    beta_fast: 32.0,
                    beta_slow: 1.0,
                    attention_factor: 1.0,
                }),
            },
            attention_scale: Some(AttentionScale { beta: 0.1, original_positions: 16_384 }),
            max_position_embeddings: 262_144,
            tied_embeddings: true,
            ..pixtral.text
        },
        vision: pixtral.vision.map(|vision| VisionConfig {
            patch_size: 14,
            image_size: 1540,
            spatial_merge_size: 2,
            projector_norm: true,
            projector_bias: false,
            ..vision
        }),
    }
}

/// The same with other numbers of hidden size, layers and MLP, another base of rotary positions, and
/// an output matrix of its own or none. Source: the `config.json` of each.
fn sized(
    model: ModelConfig,
    (hidden_size, n_layers, intermediate_size): (usize, usize, usize),
    theta: f64,
    tied_embeddings: bool,
) -> ModelConfig {
    let rope = RopeConfig { theta, ..model.text.rope };
    let text = TextConfig {
        hidden_size,
        n_layers,
        intermediate_size,
        rope,
        tied_embeddings,
        ..model.text
    };
    ModelConfig { text, ..model }
}

/// Source: the `config.json` of `lightonai/LightOnOCR-2-1B`.
fn light_on_ocr(mistral_3: ModelConfig) -> ModelConfig {
    ModelConfig {
        text: TextConfig {
            hidden_size: 1024,
            intermediate_size: 3072,
            n_layers: 28,
            n_heads: 16,
            vocab_size: 151_936,
            rope: RopeConfig::plain(1e6),
            attention_scale: None,
            qk_norm: true,
            rms_norm_eps: 1e-6,
            max_position_embeddings: 16_384,
            ..mistral_3.text
        },
        vision: mistral_3.vision.map(|vision| VisionConfig {
            has_row_ends: false,
            image_token_id: Some(151_655),
            ..vision
        }),
    }
}

/// Keeps what a network is made of and makes it small. The rows of the text model fill the blocks
/// of 256 of `Q4_K`, and its head size is not hidden size over heads.
fn tiny(model: ModelConfig) -> ModelConfig {
    ModelConfig {
        text: TextConfig {
            hidden_size: 256,
            intermediate_size: 512,
            n_layers: 3,
            n_heads: 16,
            n_kv_heads: 4,
            head_dim: 32,
            vocab_size: 4096,
            max_position_embeddings: 4096,
            ..model.text
        },
        vision: model.vision.map(|vision| VisionConfig {
            hidden_size: 64,
            intermediate_size: 128,
            n_layers: 2,
            n_heads: 4,
            head_dim: 16,
            image_size: 20 * vision.patch_size,
            ..vision
        }),
    }
}
