//! What a model is as a GGUF pair, the form in which models are kept and exchanged.
//!
//! Sources: llama.cpp `conversion/llava.py`, `conversion/mistral.py`, `conversion/base.py`,
//! `gguf-py/gguf/constants.py`.

use lorgnette_engine::tokens::GgufVocab;
use lorgnette_gguf::scheme::TextModel;
use lorgnette_gguf::{GgufTensor, GgufValue, NumberFormat, QuantScheme};
use lorgnette_pixtral::ModelConfig;
use lorgnette_pixtral::checkpoint::{BlockPart, Naming, Part, text_inventory, vision_inventory};
use lorgnette_pixtral::config::{TextConfig, VisionConfig};
pub use lorgnette_weights::recipe::Rows;

const IMG_BREAK: usize = 12; // the token's id, in every tokenizer of the family

/// The metadata of one file, in the order in which it is written.
pub type Metadata = Vec<(String, GgufValue)>;

/// A text model and the vision part that goes with it.
#[derive(Debug)]
pub struct GgufPair {
    pub text: PairFile,
    /// The vision part, `mmproj`; `None` for a model that reads no pictures.
    pub vision: Option<PairFile>,
}

/// One file of the pair.
#[derive(Debug)]
pub struct PairFile {
    /// Its customary name, as `NAME-q4_k_m.gguf`.
    pub name: String,
    pub metadata: Metadata,
    /// Its tensors, in the order in which they are written.
    pub tensors: Vec<PairTensor>,
}

/// A tensor of the pair, and which numbers of the network it holds.
#[derive(Debug, Clone)]
pub struct PairTensor {
    /// Its name, shape and number format in the file's header.
    pub declared: GgufTensor,
    pub part: Part,
    /// Which rows of the part it has, and in which order.
    pub rows: Rows,
}

impl GgufPair {
    /// The pair of a network. `title` is for people to read; `vision` is the format of the vision
    /// part's matrices: F16 as llama.cpp's converter has it, or `Q8_0` for a small file.
    pub fn new(
        name: &str,
        title: &str,
        config: &ModelConfig,
        vocab: &GgufVocab,
        scheme: QuantScheme,
        vision_format: VisionFormat,
    ) -> Self {
        let text = &config.text;
        let vocab = &vocab.clone().padded(text.vocab_size);
        let model = TextModel { n_layers: text.n_layers, tied_embeddings: text.tied_embeddings };
        let tensors = text_inventory(text).into_iter().map(|(part, shape)| {
            let name = Naming::Gguf.name(part);
            let dtype = scheme.text_dtype(&name, &shape, model);
            let rows = match part {
                // As llama.cpp has Qwen 3: its halves turn.
                Part::Text(..) if text.qk_norm => Rows::All,
                Part::Text(_, BlockPart::Q) => Rows::Interleaved { n_heads: text.n_heads },
                Part::Text(_, BlockPart::K) => Rows::Interleaved { n_heads: text.n_kv_heads },
                _ => Rows::All,
            };
            PairTensor { declared: GgufTensor { name, shape, dtype }, part, rows }
        });
        let file = PairFile {
            name: format!("{name}-{}.gguf", scheme.name()),
            metadata: text_metadata(title, scheme, text, vocab),
            tensors: tensors.collect(),
        };
        let vision = config
            .vision
            .as_ref()
            .map(|vision| vision_file(name, title, vision, text.hidden_size, vision_format));
        Self { text: file, vision }
    }
}

/// The number format of the vision part's matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisionFormat {
    /// The format that llama.cpp's converter writes.
    F16,
    /// Half the size of F16. The patch embedding stays in F16, because its rows are a picture's pixels.
    Q8_0,
}

impl VisionFormat {
    /// The format of that name, in either case.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "f16" => Some(Self::F16),
            "q8_0" => Some(Self::Q8_0),
            _ => None,
        }
    }

    fn scheme(self) -> QuantScheme {
        match self {
            Self::F16 => QuantScheme::F16,
            Self::Q8_0 => QuantScheme::Q8_0,
        }
    }
}

fn vision_file(
    name: &str,
    title: &str,
    vision: &VisionConfig,
    text_hidden_size: usize,
    format: VisionFormat,
) -> PairFile {
    let parts = vision_inventory(vision, text_hidden_size);
    let mut tensors: Vec<_> = parts
        .into_iter()
        .map(|(part, shape)| {
            let rows = match part {
                Part::Vision(_, BlockPart::Q | BlockPart::K) => {
                    Rows::Interleaved { n_heads: vision.n_heads }
                }
                _ => Rows::All,
            };
            let format = if part == Part::PatchConv { VisionFormat::F16 } else { format };
            let dtype = format.scheme().vision_dtype(&shape);
            let name = Naming::Gguf.name(part);
            PairTensor { declared: GgufTensor { name, shape, dtype }, part, rows }
        })
        .collect();
    // llama.cpp computes pictures without the text model, so that the one text embedding between
    // their rows is in the vision file too.
    if vision.has_row_ends {
        tensors.push(PairTensor {
            declared: GgufTensor {
                name: "v.token_embd.img_break".into(),
                shape: vec![text_hidden_size],
                dtype: NumberFormat::F32,
            },
            part: Part::TokenEmbedding,
            rows: Rows::One(IMG_BREAK),
        });
    }
    PairFile {
        name: format!("mmproj-{name}-{}.gguf", format.scheme().name()),
        metadata: vision_metadata(title, vision, text_hidden_size, format),
        tensors,
    }
}

fn text_metadata(
    title: &str,
    scheme: QuantScheme,
    text: &TextConfig,
    vocab: &GgufVocab,
) -> Metadata {
    let u32_of = |n: usize| GgufValue::U32(n as u32);
    let f32_of = |x: f64| GgufValue::F32(x as f32);
    // The older name where it says all: more programs know it.
    let is_plain = text.rope.yarn.is_none() && text.attention_scale.is_none();
    let architecture = match (text.qk_norm, is_plain) {
        (true, _) => "qwen3",
        (false, true) => "llama",
        (false, false) => "mistral3",
    };
    let sizes = [
        ("block_count", u32_of(text.n_layers)),
        ("context_length", u32_of(text.max_position_embeddings)),
        ("embedding_length", u32_of(text.hidden_size)),
        ("feed_forward_length", u32_of(text.intermediate_size)),
        ("attention.head_count", u32_of(text.n_heads)),
        ("attention.head_count_kv", u32_of(text.n_kv_heads)),
        ("attention.key_length", u32_of(text.head_dim)),
        ("attention.value_length", u32_of(text.head_dim)),
        ("attention.layer_norm_rms_epsilon", f32_of(text.rms_norm_eps)),
        ("rope.dimension_count", u32_of(text.head_dim)),
        ("rope.freq_base", f32_of(text.rope.theta)),
        ("vocab_size", u32_of(text.vocab_size)),
    ];
    let mut metadata: Metadata = [
        ("general.architecture", architecture.into()),
        ("general.type", "model".into()),
        ("general.name", title.into()),
        ("general.file_type", GgufValue::U32(scheme.file_type())),
        ("general.quantization_version", GgufValue::U32(2)),
        ("tokenizer.ggml.model", GgufValue::String(vocab.model.clone())),
        ("tokenizer.ggml.tokens", GgufValue::Strings(vocab.tokens.clone())),
        ("tokenizer.ggml.merges", GgufValue::Strings(vocab.merges.clone())),
        ("tokenizer.ggml.unknown_token_id", GgufValue::U32(0)),
        ("tokenizer.ggml.add_bos_token", GgufValue::Bool(vocab.bos.is_some())),
        ("tokenizer.ggml.add_eos_token", GgufValue::Bool(false)),
        ("tokenizer.ggml.add_space_prefix", GgufValue::Bool(false)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    let positions = positions(text);
    let of_architecture = sizes.into_iter().chain(positions);
    metadata.extend(of_architecture.map(|(key, value)| (format!("{architecture}.{key}"), value)));
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

/// Positions that are scaled, and queries that grow with them, in llama.cpp's words.
fn positions(text: &TextConfig) -> Vec<(&'static str, GgufValue)> {
    let f32_of = |x: f64| GgufValue::F32(x as f32);
    let length = |n: usize| ("rope.scaling.original_context_length", GgufValue::U32(n as u32));
    let mut metadata = Vec::new();
    if let Some(yarn) = &text.rope.yarn {
        metadata.extend([
            ("rope.scaling.type", "yarn".into()),
            ("rope.scaling.factor", f32_of(yarn.factor)),
            ("rope.scaling.yarn_beta_fast", f32_of(yarn.beta_fast)),
            ("rope.scaling.yarn_beta_slow", f32_of(yarn.beta_slow)),
            length(yarn.original_positions),
        ]);
        // With a multiplier of 1, cosines and sines stay as they are; without one they grow, and the
        // factor is what they grow by beyond that.
        let is_one = (yarn.attention_factor - 1.0).abs() < 1e-9;
        metadata.push(if is_one {
            ("rope.scaling.yarn_log_multiplier", f32_of(1.0))
        } else {
            let more = yarn.attention_factor / yarn.default_attention_factor();
            ("rope.scaling.yarn_attn_factor", f32_of(more))
        });
    }
    if let Some(scale) = &text.attention_scale {
        metadata.push(("attention.temperature_scale", f32_of(scale.beta)));
        if text.rope.yarn.is_none() {
            metadata.push(length(scale.original_positions));
        }
    }
    metadata
}

fn vision_metadata(
    title: &str,
    vision: &VisionConfig,
    text_hidden_size: usize,
    format: VisionFormat,
) -> Metadata {
    let u32_of = |n: usize| GgufValue::U32(n as u32);
    let eps = VisionConfig::RMS_NORM_EPS as f32;
    let projector = if vision.has_row_ends { "pixtral" } else { "lightonocr" };
    let mut metadata: Metadata = [
        ("general.architecture", "clip".into()),
        ("general.type", "mmproj".into()),
        ("general.name", title.into()),
        ("general.file_type", GgufValue::U32(format.scheme().file_type())),
        ("clip.has_vision_encoder", GgufValue::Bool(true)),
        ("clip.projector_type", projector.into()),
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
