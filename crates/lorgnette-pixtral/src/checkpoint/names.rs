//! What each tensor is called in each checkpoint layout.
//!
//! Sources: transformers' `convert_pixtral_weights_to_hf.py` and `conversion_mapping.py`,
//! mistral-inference's modules, llama.cpp's `conversion/llava.py`.

use crate::config::{ModelConfig, RopeLayout, TextConfig, VisionConfig};

/// A tensor of the network, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// A row of numbers for each token id, `(vocab_size, hidden_size)`.
    TokenEmbedding,
    /// Output matrix, `(vocab_size, hidden_size)`; absent when tied.
    Output,
    /// The decoder's last norm.
    OutputNorm,
    /// A tensor of a decoder block.
    Text(usize, BlockPart),
    /// The convolution that embeds patches, `(hidden_size, 3, patch_size, patch_size)`.
    PatchConv,
    /// The norm before the encoder's blocks.
    VisionPreNorm,
    /// A tensor of an encoder block.
    Vision(usize, BlockPart),
    /// The norm before the patch merger.
    ProjectorNorm,
    /// What makes one patch of several, `(hidden_size, hidden_size * merge * merge)`.
    PatchMerger,
    /// The projector's first matrix, from the vision part's size to the decoder's.
    Projector1,
    /// The bias behind [`Self::Projector1`].
    Projector1Bias,
    /// The projector's second matrix, `(text hidden size, text hidden size)`.
    Projector2,
    /// The bias behind [`Self::Projector2`].
    Projector2Bias,
}

/// A tensor of a block; the decoder's and the encoder's have the same, but for the norms of queries and keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the matrix or norm that it is called")]
pub enum BlockPart {
    AttentionNorm,
    Q,
    K,
    V,
    O,
    QNorm,
    KNorm,
    FfnNorm,
    Gate,
    Up,
    Down,
}

impl BlockPart {
    /// Those of every block, in the order of computation.
    pub const ALL: [Self; 9] = [
        Self::AttentionNorm,
        Self::Q,
        Self::K,
        Self::V,
        Self::O,
        Self::FfnNorm,
        Self::Gate,
        Self::Up,
        Self::Down,
    ];
    /// Those of the blocks of [`TextConfig::qk_norm`] beside them.
    pub const QK_NORMS: [Self; 2] = [Self::QNorm, Self::KNorm];
}

/// A way of naming tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// `language_model.model.…`, `vision_tower.…`: transformers 4, and the hub's Pixtral.
    Llava,
    /// `model.language_model.…`, `model.vision_tower.…`: transformers 5.
    LlavaV5,
    /// `model.language_model.…`, `model.vision_encoder.…`: `LightOnOCR`.
    LightOn,
    /// `layers.0.attention.wq…`: the names that Mistral itself publishes.
    Native,
    /// `blk.0.attn_q…` and `v.blk.0.attn_q…`: llama.cpp's pair of files.
    Gguf,
}

impl Naming {
    /// All, in the order they are tried.
    pub const ALL: [Self; 5] =
        [Self::Llava, Self::LlavaV5, Self::LightOn, Self::Native, Self::Gguf];

    /// Returns the naming of tensors, by which of them are there. Two namings have the same names for the
    /// decoder.
    pub fn of(has: &dyn Fn(&str) -> bool) -> Option<Self> {
        let names = |naming: &Self, part| has(&naming.name(part));
        let is_whole =
            |naming: &Self| names(naming, Part::TokenEmbedding) && names(naming, Part::PatchConv);
        let whole = Self::ALL.into_iter().find(is_whole);
        whole.or_else(|| Self::ALL.into_iter().find(|naming| names(naming, Part::TokenEmbedding)))
    }

    /// The rotary layout that q and k of the decoder are stored for. It belongs to the network and not to
    /// the form of the file: llama.cpp permutes no rows of Qwen 3.
    pub fn text_rope_layout(self, text: &TextConfig) -> RopeLayout {
        if text.qk_norm { RopeLayout::Half } else { self.rope_layout() }
    }

    /// The rotary layout that q and k of the encoder are stored for.
    pub fn rope_layout(self) -> RopeLayout {
        match self {
            Self::Llava | Self::LlavaV5 | Self::LightOn => RopeLayout::Half,
            Self::Native | Self::Gguf => RopeLayout::Interleaved,
        }
    }

    /// What a part is called in this layout.
    pub fn name(self, part: Part) -> String {
        match self {
            Self::Llava => HuggingFace {
                text: "language_model.model",
                output: "language_model.lm_head",
                vision: "vision_tower",
                projector: "multi_modal_projector",
            }
            .name(part),
            Self::LlavaV5 => HuggingFace {
                text: "model.language_model",
                output: "lm_head",
                vision: "model.vision_tower",
                projector: "model.multi_modal_projector",
            }
            .name(part),
            Self::LightOn => HuggingFace {
                text: "model.language_model",
                output: "lm_head",
                vision: "model.vision_encoder",
                projector: "model.vision_projection",
            }
            .name(part),
            Self::Native => native(part),
            Self::Gguf => gguf(part),
        }
    }
}

/// What the modules of a Hugging Face checkpoint are called.
struct HuggingFace {
    text: &'static str,
    output: &'static str,
    vision: &'static str,
    projector: &'static str,
}

impl HuggingFace {
    fn name(self, part: Part) -> String {
        use BlockPart as B;
        let Self { text, output, vision, projector } = self;
        match part {
            Part::TokenEmbedding => format!("{text}.embed_tokens.weight"),
            Part::Output => format!("{output}.weight"),
            Part::OutputNorm => format!("{text}.norm.weight"),
            Part::Text(i, part) => {
                let name = match part {
                    B::AttentionNorm => "input_layernorm",
                    B::Q => "self_attn.q_proj",
                    B::K => "self_attn.k_proj",
                    B::V => "self_attn.v_proj",
                    B::O => "self_attn.o_proj",
                    B::QNorm => "self_attn.q_norm",
                    B::KNorm => "self_attn.k_norm",
                    B::FfnNorm => "post_attention_layernorm",
                    B::Gate => "mlp.gate_proj",
                    B::Up => "mlp.up_proj",
                    B::Down => "mlp.down_proj",
                };
                format!("{text}.layers.{i}.{name}.weight")
            }
            Part::PatchConv => format!("{vision}.patch_conv.weight"),
            Part::VisionPreNorm => format!("{vision}.ln_pre.weight"),
            Part::Vision(i, part) => {
                let name = match part {
                    B::AttentionNorm => "attention_norm",
                    B::Q => "attention.q_proj",
                    B::K => "attention.k_proj",
                    B::V => "attention.v_proj",
                    B::O => "attention.o_proj",
                    B::QNorm => "attention.q_norm",
                    B::KNorm => "attention.k_norm",
                    B::FfnNorm => "ffn_norm",
                    B::Gate => "feed_forward.gate_proj",
                    B::Up => "feed_forward.up_proj",
                    B::Down => "feed_forward.down_proj",
                };
                format!("{vision}.transformer.layers.{i}.{name}.weight")
            }
            Part::ProjectorNorm => format!("{projector}.norm.weight"),
            Part::PatchMerger => format!("{projector}.patch_merger.merging_layer.weight"),
            Part::Projector1 => format!("{projector}.linear_1.weight"),
            Part::Projector1Bias => format!("{projector}.linear_1.bias"),
            Part::Projector2 => format!("{projector}.linear_2.weight"),
            Part::Projector2Bias => format!("{projector}.linear_2.bias"),
        }
    }
}

fn native(part: Part) -> String {
    let block = |part| match part {
        BlockPart::AttentionNorm => "attention_norm",
        BlockPart::Q => "attention.wq",
        BlockPart::K => "attention.wk",
        BlockPart::V => "attention.wv",
        BlockPart::O => "attention.wo",
        BlockPart::QNorm => "attention.q_norm",
        BlockPart::KNorm => "attention.k_norm",
        BlockPart::FfnNorm => "ffn_norm",
        BlockPart::Gate => "feed_forward.w1",
        BlockPart::Up => "feed_forward.w3",
        BlockPart::Down => "feed_forward.w2",
    };
    match part {
        Part::TokenEmbedding => "tok_embeddings.weight".into(),
        Part::Output => "output.weight".into(),
        Part::OutputNorm => "norm.weight".into(),
        Part::Text(i, part) => format!("layers.{i}.{}.weight", block(part)),
        Part::PatchConv => "vision_encoder.patch_conv.weight".into(),
        Part::VisionPreNorm => "vision_encoder.ln_pre.weight".into(),
        Part::Vision(i, part) => {
            format!("vision_encoder.transformer.layers.{i}.{}.weight", block(part))
        }
        Part::ProjectorNorm => "pre_mm_projector_norm.weight".into(),
        Part::PatchMerger => "patch_merger.merging_layer.weight".into(),
        Part::Projector1 => "vision_language_adapter.w_in.weight".into(),
        Part::Projector1Bias => "vision_language_adapter.w_in.bias".into(),
        Part::Projector2 => "vision_language_adapter.w_out.weight".into(),
        Part::Projector2Bias => "vision_language_adapter.w_out.bias".into(),
    }
}

fn gguf(part: Part) -> String {
    let block = |part, vision| match (part, vision) {
        (BlockPart::AttentionNorm, false) => "attn_norm",
        (BlockPart::AttentionNorm, true) => "ln1",
        (BlockPart::Q, _) => "attn_q",
        (BlockPart::K, _) => "attn_k",
        (BlockPart::V, _) => "attn_v",
        (BlockPart::O, false) => "attn_output",
        (BlockPart::O, true) => "attn_out",
        (BlockPart::QNorm, _) => "attn_q_norm",
        (BlockPart::KNorm, _) => "attn_k_norm",
        (BlockPart::FfnNorm, false) => "ffn_norm",
        (BlockPart::FfnNorm, true) => "ln2",
        (BlockPart::Gate, _) => "ffn_gate",
        (BlockPart::Up, _) => "ffn_up",
        (BlockPart::Down, _) => "ffn_down",
    };
    match part {
        Part::TokenEmbedding => "token_embd.weight".into(),
        Part::Output => "output.weight".into(),
        Part::OutputNorm => "output_norm.weight".into(),
        Part::Text(i, part) => format!("blk.{i}.{}.weight", block(part, false)),
        Part::PatchConv => "v.patch_embd.weight".into(),
        Part::VisionPreNorm => "v.pre_ln.weight".into(),
        Part::Vision(i, part) => format!("v.blk.{i}.{}.weight", block(part, true)),
        Part::ProjectorNorm => "mm.input_norm.weight".into(),
        Part::PatchMerger => "mm.patch_merger.weight".into(),
        Part::Projector1 => "mm.1.weight".into(),
        Part::Projector1Bias => "mm.1.bias".into(),
        Part::Projector2 => "mm.2.weight".into(),
        Part::Projector2Bias => "mm.2.bias".into(),
    }
}

/// The tensors of a network with their shapes, decoder first, in the order of computation.
pub fn inventory(config: &ModelConfig) -> Vec<(Part, Vec<usize>)> {
    let mut parts = text_inventory(&config.text);
    if let Some(vision) = &config.vision {
        parts.extend(vision_inventory(vision, config.text.hidden_size));
    }
    parts
}

/// The decoder's tensors and their shapes, rows first.
pub fn text_inventory(text: &TextConfig) -> Vec<(Part, Vec<usize>)> {
    let mut parts = vec![(Part::TokenEmbedding, vec![text.vocab_size, text.hidden_size])];
    let sizes = BlockSizes {
        hidden: text.hidden_size,
        intermediate: text.intermediate_size,
        q: text.n_heads * text.head_dim,
        kv: text.n_kv_heads * text.head_dim,
        head: text.head_dim,
    };
    for i in 0..text.n_layers {
        parts.extend(BlockPart::ALL.map(|part| (Part::Text(i, part), sizes.shape(part))));
        if text.qk_norm {
            parts.extend(BlockPart::QK_NORMS.map(|part| (Part::Text(i, part), sizes.shape(part))));
        }
    }
    parts.push((Part::OutputNorm, vec![text.hidden_size]));
    if !text.tied_embeddings {
        parts.push((Part::Output, vec![text.vocab_size, text.hidden_size]));
    }
    parts
}

/// The encoder's and the projector's tensors.
pub fn vision_inventory(vision: &VisionConfig, text_hidden_size: usize) -> Vec<(Part, Vec<usize>)> {
    let (hidden, patch) = (vision.hidden_size, vision.patch_size);
    let mut parts =
        vec![(Part::PatchConv, vec![hidden, 3, patch, patch]), (Part::VisionPreNorm, vec![hidden])];
    let heads = vision.n_heads * vision.head_dim;
    let (intermediate, head) = (vision.intermediate_size, vision.head_dim);
    let sizes = BlockSizes { hidden, intermediate, q: heads, kv: heads, head };
    for i in 0..vision.n_layers {
        parts.extend(BlockPart::ALL.map(|part| (Part::Vision(i, part), sizes.shape(part))));
    }
    if vision.projector_norm {
        parts.push((Part::ProjectorNorm, vec![hidden]));
    }
    if vision.spatial_merge_size > 1 {
        let merged = hidden * vision.spatial_merge_size * vision.spatial_merge_size;
        parts.push((Part::PatchMerger, vec![hidden, merged]));
    }
    parts.push((Part::Projector1, vec![text_hidden_size, hidden]));
    parts.push((Part::Projector2, vec![text_hidden_size, text_hidden_size]));
    if vision.projector_bias {
        parts.push((Part::Projector1Bias, vec![text_hidden_size]));
        parts.push((Part::Projector2Bias, vec![text_hidden_size]));
    }
    parts
}

struct BlockSizes {
    hidden: usize,
    intermediate: usize,
    q: usize,
    kv: usize,
    head: usize,
}

impl BlockSizes {
    fn shape(&self, part: BlockPart) -> Vec<usize> {
        match part {
            BlockPart::AttentionNorm | BlockPart::FfnNorm => vec![self.hidden],
            BlockPart::QNorm | BlockPart::KNorm => vec![self.head],
            BlockPart::Q => vec![self.q, self.hidden],
            BlockPart::K | BlockPart::V => vec![self.kv, self.hidden],
            BlockPart::O => vec![self.hidden, self.q],
            BlockPart::Gate | BlockPart::Up => vec![self.intermediate, self.hidden],
            BlockPart::Down => vec![self.hidden, self.intermediate],
        }
    }
}
