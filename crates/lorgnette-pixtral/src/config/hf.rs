//! `config.json` of a Hugging Face folder: `llava` (Pixtral), `mistral3` (Mistral Small 3.1 and later,
//! Ministral 3) and `lighton_ocr`, which is published as `mistral3` too.
//!
//! A saved configuration leaves out what equals its class's defaults, so the defaults here are
//! those of transformers' `MistralConfig` and `PixtralVisionConfig`.

use serde::Deserialize;

use super::{
    AttentionScale, ConfigFault, ModelConfig, RopeConfig, TextConfig, VisionConfig, Yarn,
    json_fault, malformed, unsupported,
};
use crate::error::BLOCK_FP8;

/// What is read first: the rest of another family's configuration has other names.
#[derive(Deserialize)]
struct Family {
    model_type: String,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are the file's")]
struct Config {
    text_config: Text,
    vision_config: Option<Vision>,
    #[serde(default)]
    tie_word_embeddings: Option<bool>,
    multimodal_projector_bias: Option<bool>,
    projector_hidden_act: Option<String>,
    spatial_merge_size: Option<usize>,
    image_token_index: Option<u32>,
    image_token_id: Option<u32>,
    vision_feature_layer: Option<serde_json::Value>,
    quantization_config: Option<QuantisedBy>,
}

/// How the publisher quantised the weights.
#[derive(Deserialize)]
struct QuantisedBy {
    quant_method: Option<String>,
    weight_block_size: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(default)]
struct Text {
    model_type: String,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    vocab_size: usize,
    rms_norm_eps: f64,
    max_position_embeddings: usize,
    hidden_act: String,
    sliding_window: Option<usize>,
    tie_word_embeddings: Option<bool>,
    rope_theta: Option<f64>,
    rope_parameters: Option<Rope>,
    rope_scaling: Option<Rope>,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            model_type: "mistral".into(),
            hidden_size: 4096,
            intermediate_size: 14336,
            num_hidden_layers: 32,
            num_attention_heads: 32,
            num_key_value_heads: Some(8),
            head_dim: None,
            vocab_size: 32000,
            rms_norm_eps: 1e-6,
            max_position_embeddings: 4096 * 32,
            hidden_act: "silu".into(),
            sliding_window: None,
            tie_word_embeddings: None,
            rope_theta: None,
            rope_parameters: None,
            rope_scaling: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(default)]
struct Vision {
    model_type: String,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    head_dim: Option<usize>,
    num_channels: usize,
    patch_size: usize,
    image_size: usize,
    hidden_act: Option<String>,
    rope_theta: Option<f64>,
    rope_parameters: Option<Rope>,
}

impl Default for Vision {
    fn default() -> Self {
        Self {
            model_type: "pixtral".into(),
            hidden_size: 1024,
            intermediate_size: 4096,
            num_hidden_layers: 24,
            num_attention_heads: 16,
            head_dim: None,
            num_channels: 3,
            patch_size: 16,
            image_size: 1024,
            hidden_act: None,
            rope_theta: None,
            rope_parameters: None,
        }
    }
}

/// `rope_parameters` of transformers 5, `rope_scaling` before it. Ministral 3 states its kind in both ways.
#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are the file's")]
struct Rope {
    rope_theta: Option<f64>,
    rope_type: Option<String>,
    r#type: Option<String>,
    partial_rotary_factor: Option<f64>,
    factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
    beta_fast: Option<f64>,
    beta_slow: Option<f64>,
    mscale: Option<f64>,
    mscale_all_dim: Option<f64>,
    attention_factor: Option<f64>,
    truncate: Option<bool>,
    llama_4_scaling_beta: Option<f64>,
}

impl Rope {
    fn kind(&self) -> &str {
        self.rope_type.as_deref().or(self.r#type.as_deref()).unwrap_or("default")
    }

    /// The length that the network was first trained with.
    fn original_positions(&self) -> Result<usize, ConfigFault> {
        match self.original_max_position_embeddings {
            Some(n) if n >= 1.0 && n <= f64::from(u32::MAX) && n.fract() == 0.0 => Ok(n as usize),
            Some(n) => malformed(format!("original_max_position_embeddings is {n}")),
            None => malformed("it has no original_max_position_embeddings"),
        }
    }

    fn yarn(&self) -> Result<Yarn, ConfigFault> {
        let Some(factor) = self.factor else { return malformed("it has no factor of YaRN") };
        if self.truncate == Some(false) {
            return unsupported("YaRN with truncate false");
        }
        let is_set = |weight: &f64| *weight != 0.0;
        let weights = (self.mscale.filter(is_set), self.mscale_all_dim.filter(is_set));
        let attention_factor = match (self.attention_factor, weights) {
            (Some(factor), _) => factor,
            (None, (Some(all), Some(all_dim))) => {
                Yarn::mscale(factor, all) / Yarn::mscale(factor, all_dim)
            }
            (None, _) => Yarn::mscale(factor, 1.0),
        };
        Ok(Yarn {
            factor,
            original_positions: self.original_positions()?,
            beta_fast: self.beta_fast.unwrap_or(32.0),
            beta_slow: self.beta_slow.unwrap_or(1.0),
            attention_factor,
        })
    }
}

/// The sizes that a `config.json` states.
pub(crate) fn from_config_json(json: &[u8]) -> Result<ModelConfig, ConfigFault> {
    let merges = match serde_json::from_slice(json).map(|Family { model_type }| model_type) {
        Ok(name) if name == "llava" => false,
        Ok(name) if matches!(name.as_str(), "mistral3" | "lighton_ocr") => true,
        Ok(other) => return unsupported(format!("model type {other:?}")),
        Err(error) => return json_fault(&error),
    };
    let config: Config = match serde_json::from_slice(json) {
        Ok(config) => config,
        Err(error) => return json_fault(&error),
    };
    if let Some(act) = config.projector_hidden_act.as_deref().filter(|act| *act != "gelu") {
        return unsupported(format!("projector activation {act:?}"));
    }
    if let Some(layer) = config.vision_feature_layer.filter(|layer| *layer != -1) {
        return unsupported(format!("vision_feature_layer {layer}"));
    }
    if let Some(quantised) = config.quantization_config {
        quantised.check()?;
    }
    let text = text_config(config.text_config, config.tie_word_embeddings)?;
    let vision = match config.vision_config {
        None => None,
        Some(vision) => {
            let spatial_merge_size = match (merges, config.spatial_merge_size) {
                (true, size) => size.unwrap_or(2),
                (false, _) => 1,
            };
            let projector_bias = config.multimodal_projector_bias.unwrap_or(!merges);
            let mut vision = vision_config(vision, spatial_merge_size, merges, projector_bias)?;
            // Qwen's decoder is that of LightOnOCR alone.
            vision.has_row_ends = !text.qk_norm;
            vision.image_token_id = config.image_token_index.or(config.image_token_id).or(Some(10));
            Some(vision)
        }
    };
    ModelConfig { text, vision }.checked()
}

impl QuantisedBy {
    /// FP8 with a scale for each matrix is read, and nothing else.
    fn check(self) -> Result<(), ConfigFault> {
        let how = match (self.quant_method.as_deref(), self.weight_block_size) {
            (None | Some("fp8"), None) => return Ok(()),
            (None | Some("fp8"), Some(size)) => format!("{BLOCK_FP8} of {size} numbers"),
            (Some(method), _) => format!("quantisation by {method:?}"),
        };
        Err(ConfigFault::Quantised(how))
    }
}

fn text_config(text: Text, tied_at_the_top: Option<bool>) -> Result<TextConfig, ConfigFault> {
    if !matches!(text.model_type.as_str(), "mistral" | "ministral3" | "qwen3") {
        return unsupported(format!("text model type {:?}", text.model_type));
    }
    if text.hidden_act != "silu" {
        return unsupported(format!("text activation {:?}", text.hidden_act));
    }
    if let Some(window) = text.sliding_window.filter(|w| *w < text.max_position_embeddings) {
        return unsupported(format!("a sliding window of {window} tokens"));
    }
    let nested = text.rope_parameters.or(text.rope_scaling);
    let rope = rope_config(text.rope_theta, nested.as_ref())?;
    let beta =
        nested.as_ref().and_then(|rope| rope.llama_4_scaling_beta).filter(|beta| *beta != 0.0);
    let attention_scale = match (beta, &nested) {
        (Some(beta), Some(rope)) if text.model_type == "ministral3" => {
            Some(AttentionScale { beta, original_positions: rope.original_positions()? })
        }
        _ => None,
    };
    let head_dim = match text.head_dim {
        Some(head_dim) => head_dim,
        // The default of its class.
        None if text.model_type == "qwen3" => 128,
        None => text.hidden_size.checked_div(text.num_attention_heads).unwrap_or(0),
    };
    Ok(TextConfig {
        hidden_size: text.hidden_size,
        intermediate_size: text.intermediate_size,
        n_layers: text.num_hidden_layers,
        n_heads: text.num_attention_heads,
        n_kv_heads: text.num_key_value_heads.unwrap_or(text.num_attention_heads),
        head_dim,
        vocab_size: text.vocab_size,
        rope,
        attention_scale,
        qk_norm: text.model_type == "qwen3",
        rms_norm_eps: text.rms_norm_eps,
        max_position_embeddings: text.max_position_embeddings,
        tied_embeddings: tied_at_the_top == Some(true) || text.tie_word_embeddings == Some(true),
    })
}

fn vision_config(
    vision: Vision,
    spatial_merge_size: usize,
    projector_norm: bool,
    projector_bias: bool,
) -> Result<VisionConfig, ConfigFault> {
    if vision.model_type != "pixtral" {
        return unsupported(format!("vision model type {:?}", vision.model_type));
    }
    if vision.num_channels != 3 {
        return unsupported(format!("{} colour channels", vision.num_channels));
    }
    // Mistral's own code always uses SiLU; some published configurations say gelu, which is the
    // class's default and wrong.
    if let Some(act) = vision.hidden_act.filter(|act| act != "silu") {
        tracing::warn!("vision activation {act:?} in config.json is taken as silu");
    }
    let head_dim = match vision.head_dim {
        Some(head_dim) => head_dim,
        None => vision.hidden_size.checked_div(vision.num_attention_heads).unwrap_or(0),
    };
    Ok(VisionConfig {
        hidden_size: vision.hidden_size,
        intermediate_size: vision.intermediate_size,
        n_layers: vision.num_hidden_layers,
        n_heads: vision.num_attention_heads,
        head_dim,
        patch_size: vision.patch_size,
        image_size: vision.image_size,
        rope: rope_config(vision.rope_theta, vision.rope_parameters.as_ref())?,
        spatial_merge_size,
        projector_norm,
        projector_bias,
        has_row_ends: true,
        image_token_id: None,
        image_mean: VisionConfig::CLIP_MEAN,
        image_std: VisionConfig::CLIP_STD,
    })
}

fn rope_config(flat: Option<f64>, nested: Option<&Rope>) -> Result<RopeConfig, ConfigFault> {
    let theta = nested.and_then(|rope| rope.rope_theta).or(flat).unwrap_or(1e4);
    let Some(rope) = nested else { return Ok(RopeConfig::plain(theta)) };
    if let Some(part) = rope.partial_rotary_factor.filter(|part| (*part - 1.0).abs() > f64::EPSILON)
    {
        return unsupported(format!("rotary positions of a part of each head ({part})"));
    }
    match rope.kind() {
        "default" | "axial" => Ok(RopeConfig::plain(theta)),
        "yarn" => Ok(RopeConfig { theta, yarn: Some(rope.yarn()?) }),
        kind => unsupported(format!("rotary positions of type {kind:?}")),
    }
}
