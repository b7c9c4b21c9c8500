//! `params.json` of Mistral's own folders.

use serde::Deserialize;

use super::{
    AttentionScale, ConfigFault, ModelConfig, RopeConfig, TextConfig, VisionConfig, Yarn,
    json_fault, unsupported,
};

#[derive(Deserialize)]
struct Params {
    dim: usize,
    n_layers: usize,
    head_dim: usize,
    hidden_dim: usize,
    n_heads: usize,
    n_kv_heads: usize,
    norm_eps: f64,
    vocab_size: usize,
    rope_theta: f64,
    max_seq_len: Option<usize>,
    max_position_embeddings: Option<usize>,
    #[serde(default)]
    tied_embeddings: bool,
    vision_encoder: Option<VisionEncoder>,
    yarn: Option<Scaled>,
    llama_4_scaling: Option<Grown>,
    quantization: Option<Quantised>,
    moe: Option<serde_json::Value>,
}

/// YaRN, in Mistral's words.
#[derive(Deserialize)]
struct Scaled {
    original_max_position_embeddings: usize,
    factor: f64,
    #[serde(default = "default_beta")]
    beta: f64,
    #[serde(default = "default_alpha")]
    alpha: f64,
    #[serde(default)]
    apply_scale: bool,
}

/// The attention scale.
#[derive(Deserialize)]
struct Grown {
    original_max_position_embeddings: usize,
    beta: f64,
}

/// How the publisher quantised the weights.
#[derive(Deserialize)]
struct Quantised {
    qformat_weight: Option<String>,
    qscheme_act: Option<String>,
}

#[derive(Deserialize)]
struct VisionEncoder {
    hidden_size: usize,
    num_channels: usize,
    image_size: usize,
    patch_size: usize,
    #[serde(default = "default_rope_theta")]
    rope_theta: f64,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    image_token_id: Option<u32>,
    #[serde(default = "default_adapter_bias")]
    adapter_bias: bool,
    #[serde(default)]
    mm_projector_id: String,
    #[serde(default = "default_spatial_merge_size")]
    spatial_merge_size: usize,
    #[serde(default)]
    add_pre_mm_projector_layer_norm: bool,
}

// What mistral-inference's `args.py` takes when a key is missing.
fn default_rope_theta() -> f64 {
    1e4
}
fn default_adapter_bias() -> bool {
    true
}
fn default_beta() -> f64 {
    32.0
}
fn default_alpha() -> f64 {
    1.0
}
fn default_spatial_merge_size() -> usize {
    1
}
/// The context that Mistral states for this generation, where `params.json` says nothing.
const DEFAULT_POSITIONS: usize = 131_072;

/// The sizes that a `params.json` states.
pub(crate) fn from_params_json(json: &[u8]) -> Result<ModelConfig, ConfigFault> {
    let params: Params = match serde_json::from_slice(json) {
        Ok(params) => params,
        Err(error) => return json_fault(&error),
    };
    if params.moe.is_some() {
        return unsupported("a mixture of experts");
    }
    if let Some(quantised) = &params.quantization {
        quantised.check()?;
    }
    let yarn = params.yarn.map(|yarn| Yarn {
        factor: yarn.factor,
        original_positions: yarn.original_max_position_embeddings,
        beta_fast: yarn.beta,
        beta_slow: yarn.alpha,
        attention_factor: if yarn.apply_scale { Yarn::mscale(yarn.factor, 1.0) } else { 1.0 },
    });
    let attention_scale = params.llama_4_scaling.filter(|grown| grown.beta != 0.0);
    let attention_scale = attention_scale.map(|grown| AttentionScale {
        beta: grown.beta,
        original_positions: grown.original_max_position_embeddings,
    });
    let text = TextConfig {
        hidden_size: params.dim,
        intermediate_size: params.hidden_dim,
        n_layers: params.n_layers,
        n_heads: params.n_heads,
        n_kv_heads: params.n_kv_heads,
        head_dim: params.head_dim,
        vocab_size: params.vocab_size,
        rope: RopeConfig { theta: params.rope_theta, yarn },
        attention_scale,
        qk_norm: false,
        rms_norm_eps: params.norm_eps,
        max_position_embeddings: params
            .max_position_embeddings
            .or(params.max_seq_len)
            .unwrap_or(DEFAULT_POSITIONS),
        tied_embeddings: params.tied_embeddings,
    };
    let vision = match params.vision_encoder {
        None => None,
        Some(vision) => Some(vision_config(&vision)?),
    };
    ModelConfig { text, vision }.checked()
}

impl Quantised {
    /// FP8 with a scale for each matrix is read, and nothing else.
    fn check(&self) -> Result<(), ConfigFault> {
        match (self.qformat_weight.as_deref(), self.qscheme_act.as_deref()) {
            (Some("fp8_e4m3"), None | Some("TENSOR" | "NO_SCALES")) => Ok(()),
            (format, scheme) => {
                let format = format.unwrap_or("an unknown format");
                let scheme = scheme.map(|scheme| format!(" ({scheme})")).unwrap_or_default();
                Err(ConfigFault::Quantised(format!("{format}{scheme}")))
            }
        }
    }
}

fn vision_config(vision: &VisionEncoder) -> Result<VisionConfig, ConfigFault> {
    if vision.num_channels != 3 {
        return unsupported(format!("{} colour channels", vision.num_channels));
    }
    if !matches!(vision.mm_projector_id.as_str(), "" | "patch_merge") {
        return unsupported(format!("projector {:?}", vision.mm_projector_id));
    }
    Ok(VisionConfig {
        hidden_size: vision.hidden_size,
        intermediate_size: vision.intermediate_size,
        n_layers: vision.num_hidden_layers,
        n_heads: vision.num_attention_heads,
        head_dim: vision.hidden_size.checked_div(vision.num_attention_heads).unwrap_or(0),
        patch_size: vision.patch_size,
        image_size: vision.image_size,
        rope: RopeConfig::plain(vision.rope_theta),
        spatial_merge_size: vision.spatial_merge_size,
        projector_norm: vision.add_pre_mm_projector_layer_norm,
        projector_bias: vision.adapter_bias,
        has_row_ends: true,
        image_token_id: vision.image_token_id,
        image_mean: VisionConfig::CLIP_MEAN,
        image_std: VisionConfig::CLIP_STD,
    })
}
