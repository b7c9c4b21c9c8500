//! The metadata of a GGUF pair, as llama.cpp writes it.

use super::{AttentionScale, ModelConfig, RopeConfig, TextConfig, VisionConfig, Yarn};
use lorgnette_gguf::GgufFile;
use lorgnette_gguf::reader::Value;

use crate::checkpoint::{Naming, Part};
use crate::error::LoadError;

/// Reads the metadata of a text model and of its mmproj.
pub(crate) fn from_gguf(
    text: &GgufFile,
    vision: Option<&GgufFile>,
) -> Result<ModelConfig, LoadError> {
    let vision = vision.map(vision_config).transpose()?;
    let config = ModelConfig { text: text_config(text)?, vision };
    config.checked().map_err(|fault| fault.in_file(text.path()))
}

fn text_config(file: &GgufFile) -> Result<TextConfig, LoadError> {
    let architecture = file.architecture();
    if !matches!(architecture, "llama" | "mistral3" | "qwen3") {
        let what = format!("architecture {architecture:?}");
        return Err(LoadError::Unsupported { file: file.path().to_owned(), what });
    }
    let key = |name: &str| format!("{architecture}.{name}");
    for (name, what) in
        [("expert_count", "a mixture of experts"), ("attention.sliding_window", "a sliding window")]
    {
        if file.get(&key(name)).is_some_and(|value| *value != Value::Int(0)) {
            return Err(LoadError::Unsupported { file: file.path().to_owned(), what: what.into() });
        }
    }
    let (rope, attention_scale) = positions(file, &key)?;
    let hidden_size = size(file, &key("embedding_length"))?;
    let n_heads = size(file, &key("attention.head_count"))?;
    let head_dim = match (
        size(file, &key("attention.key_length")),
        size(file, &key("rope.dimension_count")),
    ) {
        (Ok(head_dim), _) | (Err(_), Ok(head_dim)) => head_dim,
        (Err(_), Err(_)) => hidden_size.checked_div(n_heads).unwrap_or(0),
    };
    let embedding =
        file.tensors().get(&Naming::Gguf.name(Part::TokenEmbedding)).ok_or_else(|| {
            LoadError::MissingTensor {
                checkpoint: file.path().to_owned(),
                tensor: Naming::Gguf.name(Part::TokenEmbedding),
                n_more: 0,
            }
        })?;
    Ok(TextConfig {
        hidden_size,
        intermediate_size: size(file, &key("feed_forward_length"))?,
        n_layers: size(file, &key("block_count"))?,
        n_heads,
        n_kv_heads: match file.get(&key("attention.head_count_kv")) {
            Some(_) => size(file, &key("attention.head_count_kv"))?,
            None => n_heads,
        },
        head_dim,
        vocab_size: embedding.shape[0],
        rope,
        attention_scale,
        qk_norm: architecture == "qwen3",
        rms_norm_eps: float(file, &key("attention.layer_norm_rms_epsilon"))
            .ok_or_else(|| missing(file, &key("attention.layer_norm_rms_epsilon")))?,
        max_position_embeddings: size(file, &key("context_length"))?,
        tied_embeddings: !file.tensors().contains_key(&Naming::Gguf.name(Part::Output)),
    })
}

/// How positions turn queries and keys, and how queries grow with them.
fn positions(
    file: &GgufFile,
    key: &dyn Fn(&str) -> String,
) -> Result<(RopeConfig, Option<AttentionScale>), LoadError> {
    let theta = float(file, &key("rope.freq_base")).unwrap_or(1e4);
    let original_positions = || size(file, &key("rope.scaling.original_context_length"));
    let yarn = match file.string(&key("rope.scaling.type")) {
        None | Some("none") => None,
        Some("yarn") => {
            let number = |name: &str| float(file, &key(&format!("rope.scaling.{name}")));
            let name = key("rope.scaling.factor");
            let factor = float(file, &name).ok_or_else(|| missing(file, &name))?;
            // The weight of all dimensions; that of what is turned is 1 in the family.
            let multiplier = number("yarn_log_multiplier").filter(|weight| *weight != 0.0);
            let given = Yarn::mscale(factor, 1.0)
                / multiplier.map_or(1.0, |weight| Yarn::mscale(factor, weight));
            Some(Yarn {
                factor,
                original_positions: original_positions()?,
                beta_fast: number("yarn_beta_fast").unwrap_or(32.0),
                beta_slow: number("yarn_beta_slow").unwrap_or(1.0),
                attention_factor: given * number("yarn_attn_factor").unwrap_or(1.0),
            })
        }
        Some(kind) => {
            let what = format!("rotary positions of type {kind:?}");
            return Err(LoadError::Unsupported { file: file.path().to_owned(), what });
        }
    };
    let beta = float(file, &key("attention.temperature_scale")).filter(|beta| *beta != 0.0);
    let attention_scale = match beta {
        Some(beta) => Some(AttentionScale { beta, original_positions: original_positions()? }),
        None => None,
    };
    Ok((RopeConfig { theta, yarn }, attention_scale))
}

fn vision_config(file: &GgufFile) -> Result<VisionConfig, LoadError> {
    let projector = file
        .string("clip.vision.projector_type")
        .or_else(|| file.string("clip.projector_type"))
        .unwrap_or_default();
    if !matches!(projector, "pixtral" | "lightonocr") {
        let what = format!("the projector {projector:?}");
        return Err(LoadError::Unsupported { file: file.path().to_owned(), what });
    }
    let key = |name: &str| format!("clip.vision.{name}");
    let hidden_size = size(file, &key("embedding_length"))?;
    let n_heads = size(file, &key("attention.head_count"))?;
    let image_mean = colours(file, &key("image_mean"))?;
    let mut image_std = colours(file, &key("image_std"))?;
    if image_std.map(f32::to_bits) == image_mean.map(f32::to_bits) {
        // Written by llama.cpp before its pull request 13208.
        tracing::warn!("{}: image_std repeats image_mean; CLIP's is used", file.path().display());
        image_std = VisionConfig::CLIP_STD;
    }
    let has = |part| file.tensors().contains_key(&Naming::Gguf.name(part));
    Ok(VisionConfig {
        hidden_size,
        intermediate_size: size(file, &key("feed_forward_length"))?,
        n_layers: size(file, &key("block_count"))?,
        n_heads,
        head_dim: hidden_size.checked_div(n_heads).unwrap_or(0),
        patch_size: size(file, &key("patch_size"))?,
        image_size: size(file, &key("image_size"))?,
        // Not in the metadata; llama.cpp fixes it too (`clip.cpp`, pixtral).
        rope: RopeConfig::plain(1e4),
        spatial_merge_size: size(file, &key("spatial_merge_size")).unwrap_or(1),
        projector_norm: has(Part::ProjectorNorm),
        projector_bias: has(Part::Projector1Bias),
        has_row_ends: projector != "lightonocr",
        image_token_id: None,
        image_mean,
        image_std,
    })
}

fn size(file: &GgufFile, key: &str) -> Result<usize, LoadError> {
    match file.get(key) {
        None => Err(missing(file, key)),
        Some(Value::Int(n)) if *n >= 0 => Ok(usize::try_from(*n).unwrap_or(usize::MAX)),
        Some(_) => Err(LoadError::malformed(file.path(), format!("{key} is no count"))),
    }
}

fn float(file: &GgufFile, key: &str) -> Option<f64> {
    match file.get(key)? {
        Value::Float(x) => Some(*x),
        _ => None,
    }
}

fn colours(file: &GgufFile, key: &str) -> Result<[f32; 3], LoadError> {
    match file.get(key) {
        Some(Value::Floats(values)) if values.len() == 3 => {
            Ok([values[0] as f32, values[1] as f32, values[2] as f32])
        }
        Some(_) => Err(LoadError::malformed(file.path(), format!("{key} is not three numbers"))),
        None => Err(missing(file, key)),
    }
}

fn missing(file: &GgufFile, key: &str) -> LoadError {
    LoadError::malformed(file.path(), format!("it has no {key}"))
}
