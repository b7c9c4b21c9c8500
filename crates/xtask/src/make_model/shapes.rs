//! The sizes of the networks that are made.

use anyhow::Result;
use lorgnette_engine::tokens::Tokenizer;
use lorgnette_pixtral::ModelConfig;
use lorgnette_pixtral::config::{AttentionScale, RopeConfig, TextConfig, VisionConfig, Yarn};

/// A network of the Pixtral family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// Pixtral 12B: 12.7 billion weights.
    #[value(name = "pixtral-12b")]
    Pixtral12B,
    /// Ministral 3 3B: 3.8 billion weights, tied embeddings, 2 x 2 patches a token.
    #[value(name = "ministral-3b")]
    Ministral3B,
    /// Pixtral in a few MB, with the first tokens of its vocabulary.
    Tiny,
    /// Ministral 3 in a few MB, with the first tokens of its vocabulary.
    TinyMistral3,
}

impl Shape {
    /// Returns the name in `--shape` and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pixtral12B => "pixtral-12b",
            Self::Ministral3B => "ministral-3b",
            Self::Tiny => "tiny",
            Self::TinyMistral3 => "tiny-mistral3",
        }
    }

    /// Returns whether the shape is so small that every weight can be a number of its own.
    pub fn is_tiny(self) -> bool {
        matches!(self, Self::Tiny | Self::TinyMistral3)
    }

    /// Returns the tokenizer of the family, cut to the size of the vocabulary.
    pub fn tokenizer(self) -> Result<Tokenizer> {
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
            Self::Tiny => tiny(pixtral),
            Self::TinyMistral3 => tiny(ministral_3b(pixtral)),
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
