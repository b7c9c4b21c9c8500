//! Which tensor of a model gets which number format.
//!
//! Source: llama.cpp `src/llama-quant.cpp` (`llama_tensor_get_type_impl`,
//! `tensor_allows_quantization`, `tensor_type_fallback`) and `conversion/base.py`.

use candle_core::quantized::GgmlDType;

/// A recipe for a whole model, named as llama.cpp names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuantScheme {
    /// Everything in F32.
    F32,
    /// Matrices in F16, the rest in F32.
    F16,
    /// Matrices in `Q8_0`.
    Q8_0,
    /// Matrices in `Q6_K`.
    Q6K,
    /// Matrices in `Q5_K`, those that matter most in `Q6_K`.
    Q5KM,
    /// Matrices in `Q4_K`, those that matter most in `Q6_K`.
    Q4KM,
}

/// What the recipe needs to know of the text model beside a tensor's name and shape.
#[derive(Debug, Clone, Copy)]
pub struct TextModel {
    /// Blocks.
    pub n_layers: usize,
    /// The embedding also is the output matrix.
    pub tied_embeddings: bool,
}

impl QuantScheme {
    /// What people choose from, the smallest first.
    pub const OFFERED: [Self; 5] = [Self::Q4KM, Self::Q5KM, Self::Q6K, Self::Q8_0, Self::F16];

    /// The recipe of that name, as `q4_k_m` or `Q4_K_M`.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Self::OFFERED.into_iter().find(|scheme| scheme.name() == name)
    }

    /// llama.cpp's name, which also is a part of file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Q8_0 => "q8_0",
            Self::Q6K => "q6_k",
            Self::Q5KM => "q5_k_m",
            Self::Q4KM => "q4_k_m",
        }
    }

    /// The value of `general.file_type`. Source: llama.cpp's `enum llama_ftype`.
    pub fn file_type(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q8_0 => 7,
            Self::Q4KM => 15,
            Self::Q5KM => 17,
            Self::Q6K => 18,
        }
    }

    /// The format of a tensor of the text model, by its GGUF name and its shape, rows first.
    pub fn text_dtype(self, name: &str, shape: &[usize], model: TextModel) -> GgmlDType {
        if shape.len() < 2 || name.contains("_norm.weight") {
            return GgmlDType::F32;
        }
        let wanted = match self {
            Self::F32 => GgmlDType::F32,
            Self::F16 => GgmlDType::F16,
            Self::Q8_0 => GgmlDType::Q8_0,
            Self::Q6K => GgmlDType::Q6K,
            Self::Q5KM => medium(GgmlDType::Q5K, name, model),
            Self::Q4KM => medium(GgmlDType::Q4K, name, model),
        };
        fitting(wanted, shape.last().copied().unwrap_or(0))
    }

    /// The format of a tensor of the vision part by its shape, rows first. llama.cpp's converter
    /// writes it in F16 whatever the text model is in.
    pub fn vision_dtype(self, shape: &[usize]) -> GgmlDType {
        if shape.len() < 2 {
            return GgmlDType::F32;
        }
        let wanted = match self {
            Self::F32 => GgmlDType::F32,
            Self::F16 => GgmlDType::F16,
            Self::Q8_0 | Self::Q6K | Self::Q5KM | Self::Q4KM => GgmlDType::Q8_0,
        };
        fitting(wanted, shape.last().copied().unwrap_or(0))
    }
}

/// A recipe of llama.cpp's size "M": `few_bits`, and `Q6_K` for what matters most.
fn medium(few_bits: GgmlDType, name: &str, model: TextModel) -> GgmlDType {
    let is_output = name == "output.weight";
    let is_sensitive = name.contains("attn_v.weight") || name.contains("ffn_down");
    let more_bits = match layer_idx(name) {
        Some(layer_idx) => is_sensitive && use_more_bits(layer_idx, model.n_layers),
        None => is_output || (model.tied_embeddings && name == "token_embd.weight"),
    };
    if more_bits { GgmlDType::Q6K } else { few_bits }
}

/// The first and the last eighth of the layers, and every third between.
fn use_more_bits(layer_idx: usize, n_layers: usize) -> bool {
    let first = n_layers / 8;
    layer_idx < first || layer_idx >= 7 * n_layers / 8 || (layer_idx - first) % 3 == 2
}

fn layer_idx(name: &str) -> Option<usize> {
    name.strip_prefix("blk.")?.split('.').next()?.parse().ok()
}

/// The wanted format, or one with smaller blocks when a row does not fill its blocks. llama.cpp
/// goes from `Q4_K` to `Q5_0`, which is not read here; `Q8_0` has the same blocks of 32.
fn fitting(wanted: GgmlDType, row_len: usize) -> GgmlDType {
    [wanted, GgmlDType::Q8_0]
        .into_iter()
        .find(|dtype| row_len.is_multiple_of(dtype.block_size()))
        .unwrap_or(GgmlDType::F16)
}

#[cfg(test)]
mod tests;
