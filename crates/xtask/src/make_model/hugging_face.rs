//! Writes a Hugging Face folder as the hub has it: `llava` (Pixtral), `mistral3` or `LightOnOCR`.
//!
//! Sources: the `config.json` of `mistral-community/pixtral-12b`, transformers'
//! `convert_mistral3_weights_to_hf.py`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use lorgnette_app::models::convert::pair::Rows;
use lorgnette_engine::tokens::Tokenizer;
use lorgnette_engine::tokens::TurnTokens;
use lorgnette_gguf::NumberFormat;
use lorgnette_gguf::safetensors::{Dtype, SafetensorsTensor, SafetensorsWriter};
use lorgnette_pixtral::ModelConfig;
use lorgnette_pixtral::checkpoint::{Naming, Part, inventory};
use serde_json::{Value, json};

use super::random::{Kind, RandomWeights, Wanted};
use super::{tekken, wanted};

/// The most bytes of one file of weights, as `save_pretrained` of transformers 4 has it.
pub const MAX_SHARD_BYTES: u64 = 5_000_000_000;

/// The numbers of the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// 32 bits.
    F32,
    /// The upper 16 of them.
    Bf16,
    /// 8 bits for the matrices of the decoder's blocks, with a scale for each, and BF16 for the rest.
    Fp8,
}

impl Numbers {
    /// The format of a tensor.
    fn of(self, part: Part, shape: &[usize]) -> (Dtype, NumberFormat) {
        match (self, part) {
            (Self::F32, _) => (Dtype::F32, NumberFormat::F32),
            (Self::Fp8, Part::Text(..)) if shape.len() == 2 => {
                (Dtype::F8_E4M3, NumberFormat::F8E4M3)
            }
            (Self::Bf16 | Self::Fp8, _) => (Dtype::BF16, NumberFormat::Bf16),
        }
    }
}

/// Writes the folder. Returns each file and its size.
pub fn write(
    dir: &Path,
    numbers: Numbers,
    config: &ModelConfig,
    tokenizer: &Tokenizer,
    weights: &mut RandomWeights,
) -> Result<Vec<(PathBuf, u64)>> {
    let tensors = tensors(config, numbers);
    let declared = tensors.iter().map(|(tensor, _)| tensor.clone()).collect();
    let mut writer = SafetensorsWriter::create(dir, declared, MAX_SHARD_BYTES)?;
    for (tensor, wanted) in &tensors {
        weights.stream(wanted, |bytes| Ok(writer.append(&tensor.name, bytes)?))?;
    }
    writer.finish()?;
    for (name, content) in small_files(config, numbers, tokenizer) {
        fs_err::write(dir.join(name), content)?;
    }

    let mut files = Vec::new();
    for entry in fs_err::read_dir(dir)? {
        let entry = entry?;
        files.push((entry.path(), entry.metadata()?.len()));
    }
    files.sort();
    Ok(files)
}

/// Returns all tensors in the order of the files, with the distribution of their numbers.
pub fn tensors(config: &ModelConfig, numbers: Numbers) -> Vec<(SafetensorsTensor, Wanted)> {
    let naming = if config.text.qk_norm { Naming::LightOn } else { Naming::Llava };
    let mut tensors = Vec::new();
    for (part, shape) in inventory(config) {
        let (dtype, format) = numbers.of(part, &shape);
        let wanted = wanted(part, &shape, format, Rows::All);
        let name = naming.name(part);
        if format == NumberFormat::F8E4M3 {
            let scale = Wanted {
                name: format!("{}_scale_inv", wanted.name),
                kind: Kind::Scale,
                n_rows: 1,
                row_len: 1,
                dtype: NumberFormat::Bf16,
                rows: Rows::All,
            };
            let name = format!("{name}_scale_inv");
            tensors.push((SafetensorsTensor { name, shape: vec![], dtype: Dtype::BF16 }, scale));
        }
        tensors.push((SafetensorsTensor { name, shape, dtype }, wanted));
    }
    tensors
}

/// Returns the name and text of each file beside the weights.
pub fn small_files(
    config: &ModelConfig,
    numbers: Numbers,
    tokenizer: &Tokenizer,
) -> [(&'static str, String); 2] {
    let config = format!("{:#}\n", config_json(config, numbers));
    let tokenizer = match tokenizer.control().turns {
        TurnTokens::Mistral { .. } => ("tekken.json", tekken::json(tokenizer)),
        TurnTokens::ChatMl { .. } => ("tokenizer.json", tokenizer_json(tokenizer)),
    };
    [("config.json", config), tokenizer]
}

/// The tokenizer as Hugging Face's `tokenizers` has it.
fn tokenizer_json(tokenizer: &Tokenizer) -> String {
    const CONTROL: i32 = 3; // a token type of GGUF
    let vocab = tokenizer.to_gguf_vocab();
    let types = vocab.token_types.unwrap_or_default();
    let tokens = || vocab.tokens.iter().zip(&types).enumerate();
    let ordinary: serde_json::Map<_, _> = tokens()
        .filter(|(_, (_, kind))| **kind != CONTROL)
        .map(|(id, (token, _))| (token.clone(), id.into()))
        .collect();
    let added: Vec<Value> = tokens()
        .filter(|(_, (_, kind))| **kind == CONTROL)
        .map(|(id, (name, _))| json!({ "id": id, "content": name, "special": true }))
        .collect();
    let model = json!({ "type": "BPE", "vocab": ordinary, "merges": vocab.merges });
    json!({ "added_tokens": added, "model": model }).to_string()
}

fn config_json(config: &ModelConfig, numbers: Numbers) -> Value {
    let torch_dtype = if numbers == Numbers::F32 { "float32" } else { "bfloat16" };
    let text = &config.text;
    let model_type = match (text.qk_norm, text.attention_scale) {
        (true, _) => "qwen3",
        (false, Some(_)) => "ministral3",
        (false, None) => "mistral",
    };
    let mut text_config = json!({
        "model_type": model_type,
        "hidden_size": text.hidden_size,
        "intermediate_size": text.intermediate_size,
        "num_hidden_layers": text.n_layers,
        "num_attention_heads": text.n_heads,
        "num_key_value_heads": text.n_kv_heads,
        "head_dim": text.head_dim,
        "vocab_size": text.vocab_size,
        "rope_theta": text.rope.theta,
        "rms_norm_eps": text.rms_norm_eps,
        "max_position_embeddings": text.max_position_embeddings,
        "hidden_act": "silu",
        "sliding_window": null,
        "tie_word_embeddings": text.tied_embeddings,
        "torch_dtype": torch_dtype,
    });
    if let Some(yarn) = &text.rope.yarn {
        text_config["rope_parameters"] = json!({
            "rope_type": "yarn",
            "rope_theta": text.rope.theta,
            "factor": yarn.factor,
            "original_max_position_embeddings": yarn.original_positions,
            "beta_fast": yarn.beta_fast,
            "beta_slow": yarn.beta_slow,
            "attention_factor": yarn.attention_factor,
            "llama_4_scaling_beta": text.attention_scale.map(|scale| scale.beta),
        });
    }
    let Some(vision) = &config.vision else {
        return text_config;
    };
    let vision_config = json!({
        "model_type": "pixtral",
        "hidden_size": vision.hidden_size,
        "intermediate_size": vision.intermediate_size,
        "num_hidden_layers": vision.n_layers,
        "num_attention_heads": vision.n_heads,
        "head_dim": vision.head_dim,
        "num_channels": 3,
        "patch_size": vision.patch_size,
        "image_size": vision.image_size,
        "rope_theta": vision.rope.theta,
        "hidden_act": "silu",
        "torch_dtype": torch_dtype,
    });
    let mut json = json!({
        "image_token_index": vision.image_token_id,
        "multimodal_projector_bias": vision.projector_bias,
        "projector_hidden_act": "gelu",
        "vision_feature_layer": -1,
        "tie_word_embeddings": text.tied_embeddings,
        "torch_dtype": torch_dtype,
        "text_config": text_config,
        "vision_config": vision_config,
    });
    if numbers == Numbers::Fp8 {
        json["quantization_config"] = json!({
            "quant_method": "fp8",
            "activation_scheme": "dynamic",
            "weight_block_size": null,
            "dequantize": false,
            "modules_to_not_convert":
                ["model.vision_tower", "model.multi_modal_projector", "lm_head"],
        });
    }
    if vision.projector_norm {
        json["model_type"] = "mistral3".into();
        let architecture = if text.qk_norm { "LightOnOCR" } else { "Mistral3" };
        json["architectures"] = json!([format!("{architecture}ForConditionalGeneration")]);
        json["spatial_merge_size"] = vision.spatial_merge_size.into();
    } else {
        json["model_type"] = "llava".into();
        json["architectures"] = json!(["LlavaForConditionalGeneration"]);
        json["vision_feature_select_strategy"] = "full".into();
        json["image_seq_length"] = 1.into();
    }
    json
}
