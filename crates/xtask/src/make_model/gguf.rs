//! A GGUF pair as llama.cpp's converter writes it.
//!
//! Sources: llama.cpp `conversion/llava.py`, `conversion/mistral.py`, `conversion/base.py`,
//! `gguf-py/gguf/constants.py`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use lorgnette_engine::tokens::GgufVocab;
use lorgnette_pixtral::ModelConfig;
use lorgnette_pixtral::checkpoint::{Naming, Part, text_inventory, vision_inventory};
use lorgnette_pixtral::config::{TextConfig, VisionConfig};
use lorgnette_weights::mixture::TextModel;
use lorgnette_weights::quantise::{dequantise, quantise};
use lorgnette_weights::{GgufTensor, GgufValue, GgufWriter, Mixture};

use super::random::{RandomWeights, Wanted};
use super::wanted;

const BITS_OF_F16: u32 = 1; // `general.file_type` of a file whose matrices are F16
const IMG_BREAK: usize = 12;

type Metadata = Vec<(String, GgufValue)>;

/// Writes the text model and its mmproj; returns their paths and sizes.
pub fn write(
    dir: &Path,
    shape: &str,
    mixture: Mixture,
    config: &ModelConfig,
    vocab: &GgufVocab,
    weights: &mut RandomWeights,
) -> Result<Vec<(PathBuf, u64)>> {
    let text = &config.text;
    let model = TextModel { n_layers: text.n_layers, tied_embeddings: text.tied_embeddings };
    let mut tensors = Vec::new();
    for (part, shape) in text_inventory(text) {
        let name = Naming::Gguf.name(part);
        let dtype = mixture.text_dtype(&name, &shape, model);
        tensors.push((GgufTensor { name, shape, dtype }, part));
    }
    let path = dir.join(format!("{shape}-{}.gguf", mixture.name()));
    let metadata = text_metadata(shape, mixture, text, vocab);
    let n_bytes = write_file(&path, &metadata, &tensors, config, weights, None)?;
    let mut files = vec![(path, n_bytes)];

    if let Some(vision) = &config.vision {
        // llama.cpp computes pictures without the text model, so that the one text embedding
        // between their rows is in the vision file too.
        let (embedding, _) = &tensors[0];
        let embedding =
            wanted(config, Part::TokenEmbedding, &embedding.shape, embedding.dtype, true);
        let mut tensors = Vec::new();
        for (part, shape) in vision_inventory(vision, text.hidden_size) {
            let dtype = Mixture::vision_dtype(&shape);
            tensors.push((GgufTensor { name: Naming::Gguf.name(part), shape, dtype }, part));
        }
        let path = dir.join(format!("mmproj-{shape}-f16.gguf"));
        let metadata = vision_metadata(shape, vision, text.hidden_size);
        let n_bytes = write_file(&path, &metadata, &tensors, config, weights, Some(&embedding))?;
        files.push((path, n_bytes));
    }
    Ok(files)
}

fn write_file(
    path: &Path,
    metadata: &Metadata,
    tensors: &[(GgufTensor, Part)],
    config: &ModelConfig,
    weights: &mut RandomWeights,
    embedding_with_break: Option<&Wanted>,
) -> Result<u64> {
    use candle_core::quantized::GgmlDType;

    let img_break = "v.token_embd.img_break";
    let mut declared: Vec<_> = tensors.iter().map(|(tensor, _)| tensor.clone()).collect();
    if let Some(embedding) = embedding_with_break {
        let shape = vec![embedding.row_len];
        declared.push(GgufTensor { name: img_break.into(), shape, dtype: GgmlDType::F32 });
    }
    let mut writer = GgufWriter::create(path, metadata, declared)?;
    for (tensor, part) in tensors {
        let wanted = wanted(config, *part, &tensor.shape, tensor.dtype, true);
        weights.stream(&wanted, |bytes| Ok(writer.append(&tensor.name, bytes)?))?;
    }
    if let Some(embedding) = embedding_with_break {
        let row = weights.rows(embedding, IMG_BREAK..IMG_BREAK + 1)?;
        let row = dequantise(&row, embedding.row_len, embedding.dtype)?;
        writer.append(img_break, &quantise(&row, row.len(), GgmlDType::F32)?)?;
    }
    Ok(writer.finish()?)
}

fn text_metadata(shape: &str, mixture: Mixture, text: &TextConfig, vocab: &GgufVocab) -> Metadata {
    let u32_of = |n: usize| GgufValue::U32(n as u32);
    let mut metadata: Metadata = [
        ("general.architecture", "llama".into()),
        ("general.type", "model".into()),
        ("general.name", GgufValue::String(format!("{shape} with random weights"))),
        ("general.file_type", GgufValue::U32(mixture.file_type())),
        ("general.quantization_version", GgufValue::U32(2)),
        ("llama.block_count", u32_of(text.n_layers)),
        ("llama.context_length", u32_of(text.max_position_embeddings)),
        ("llama.embedding_length", u32_of(text.hidden_size)),
        ("llama.feed_forward_length", u32_of(text.intermediate_size)),
        ("llama.attention.head_count", u32_of(text.n_heads)),
        ("llama.attention.head_count_kv", u32_of(text.n_kv_heads)),
        ("llama.attention.key_length", u32_of(text.head_dim)),
        ("llama.attention.value_length", u32_of(text.head_dim)),
        ("llama.attention.layer_norm_rms_epsilon", GgufValue::F32(text.rms_norm_eps as f32)),
        ("llama.rope.dimension_count", u32_of(text.head_dim)),
        ("llama.rope.freq_base", GgufValue::F32(text.rope_theta as f32)),
        ("llama.vocab_size", u32_of(text.vocab_size)),
        ("tokenizer.ggml.model", GgufValue::String(vocab.model.clone())),
        ("tokenizer.ggml.tokens", GgufValue::Strings(vocab.tokens.clone())),
        ("tokenizer.ggml.merges", GgufValue::Strings(vocab.merges.clone())),
        ("tokenizer.ggml.unknown_token_id", GgufValue::U32(0)),
        ("tokenizer.ggml.add_bos_token", GgufValue::Bool(true)),
        ("tokenizer.ggml.add_eos_token", GgufValue::Bool(false)),
        ("tokenizer.ggml.add_space_prefix", GgufValue::Bool(false)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    let optional = [
        ("pre", vocab.pre.clone().map(GgufValue::String)),
        ("token_type", vocab.token_types.clone().map(GgufValue::I32s)),
        ("bos_token_id", vocab.bos.map(GgufValue::U32)),
        ("eos_token_id", vocab.eos.map(GgufValue::U32)),
    ];
    for (key, value) in optional {
        metadata.extend(value.map(|value| (format!("tokenizer.ggml.{key}"), value)));
    }
    metadata
}

fn vision_metadata(shape: &str, vision: &VisionConfig, text_hidden_size: usize) -> Metadata {
    let u32_of = |n: usize| GgufValue::U32(n as u32);
    let eps = VisionConfig::RMS_NORM_EPS as f32;
    let mut metadata: Metadata = [
        ("general.architecture", "clip".into()),
        ("general.type", "mmproj".into()),
        ("general.name", GgufValue::String(format!("{shape} with random weights"))),
        ("general.file_type", GgufValue::U32(BITS_OF_F16)),
        ("clip.has_vision_encoder", GgufValue::Bool(true)),
        ("clip.projector_type", "pixtral".into()),
        // Without it llama.cpp computes a GELU and says nothing (`clip.cpp`).
        ("clip.use_silu", GgufValue::Bool(true)),
        ("clip.vision.image_size", u32_of(vision.image_size)),
        ("clip.vision.patch_size", u32_of(vision.patch_size)),
        ("clip.vision.embedding_length", u32_of(vision.hidden_size)),
        ("clip.vision.feed_forward_length", u32_of(vision.intermediate_size)),
        ("clip.vision.projection_dim", u32_of(text_hidden_size)),
        ("clip.vision.block_count", u32_of(vision.n_layers)),
        ("clip.vision.attention.head_count", u32_of(vision.n_heads)),
        ("clip.vision.attention.layer_norm_epsilon", GgufValue::F32(eps)),
        ("clip.vision.image_mean", GgufValue::F32s(vision.image_mean.into())),
        ("clip.vision.image_std", GgufValue::F32s(vision.image_std.into())),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    if vision.spatial_merge_size > 1 {
        let value = u32_of(vision.spatial_merge_size);
        metadata.push(("clip.vision.spatial_merge_size".into(), value));
    }
    metadata
}
