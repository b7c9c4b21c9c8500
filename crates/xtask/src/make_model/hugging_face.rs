//! Writes a Hugging Face folder as the hub has it: `llava` (Pixtral) or `mistral3`.
//!
//! Sources: the `config.json` of `mistral-community/pixtral-12b`, transformers'
//! `convert_mistral3_weights_to_hf.py`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use lorgnette_app::models::convert::pair::Rows;
use lorgnette_engine::tokens::Tokenizer;
use lorgnette_gguf::safetensors::{Dtype, SafetensorsTensor, SafetensorsWriter, number_format};
use lorgnette_pixtral::ModelConfig;
use lorgnette_pixtral::checkpoint::inventory;
use serde_json::{Value, json};

use super::random::{RandomWeights, Wanted};
use super::{tekken, wanted};

/// The most bytes of one file of weights, as `save_pretrained` of transformers 4 has it.
pub const MAX_SHARD_BYTES: u64 = 5_000_000_000;

/// Writes the folder. Returns each file and its size.
pub fn write(
    dir: &Path,
    dtype: Dtype,
    config: &ModelConfig,
    tokenizer: &Tokenizer,
    weights: &mut RandomWeights,
) -> Result<Vec<(PathBuf, u64)>> {
    let (tensors, wanted): (_, Vec<_>) = tensors(config, dtype).into_iter().unzip();
    let mut writer = SafetensorsWriter::create(dir, tensors, MAX_SHARD_BYTES)?;
    for wanted in &wanted {
        weights.stream(wanted, |bytes| Ok(writer.append(&wanted.name, bytes)?))?;
    }
    writer.finish()?;
    for (name, content) in small_files(config, dtype, tokenizer) {
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
pub fn tensors(config: &ModelConfig, dtype: Dtype) -> Vec<(SafetensorsTensor, Wanted)> {
    let block_dtype = number_format(dtype).expect("checkpoints are made of plain numbers");
    let tensor = |(part, shape): (_, Vec<usize>)| {
        let wanted = wanted(part, &shape, block_dtype, Rows::All);
        (SafetensorsTensor { name: wanted.name.clone(), shape, dtype }, wanted)
    };
    inventory(config).into_iter().map(tensor).collect()
}

/// Returns the name and text of each file beside the weights.
pub fn small_files(
    config: &ModelConfig,
    dtype: Dtype,
    tokenizer: &Tokenizer,
) -> [(&'static str, String); 2] {
    let config = format!("{:#}\n", config_json(config, dtype));
    [("config.json", config), ("tekken.json", tekken::json(tokenizer))]
}

fn config_json(config: &ModelConfig, dtype: Dtype) -> Value {
    let torch_dtype = match dtype {
        Dtype::F16 => "float16",
        Dtype::BF16 => "bfloat16",
        _ => "float32",
    };
    let text = &config.text;
    let mut text_config = json!({
        "model_type": if text.attention_scale.is_some() { "ministral3" } else { "mistral" },
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
    if vision.projector_norm {
        json["model_type"] = "mistral3".into();
        json["architectures"] = json!(["Mistral3ForConditionalGeneration"]);
        json["spatial_merge_size"] = vision.spatial_merge_size.into();
    } else {
        json["model_type"] = "llava".into();
        json["architectures"] = json!(["LlavaForConditionalGeneration"]);
        json["vision_feature_select_strategy"] = "full".into();
        json["image_seq_length"] = 1.into();
    }
    json
}
