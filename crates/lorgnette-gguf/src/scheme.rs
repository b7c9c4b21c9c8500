//! Which tensor of a model gets which number format.
//!
//! Source: llama.cpp `src/llama-quant.cpp` (`llama_tensor_get_type_impl`,
//! `tensor_allows_quantization`, `tensor_type_fallback`) and `conversion/base.py`.

use crate::format::NumberFormat;

/// A quantisation scheme for a whole model, which llama.cpp calls its file type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum QuantScheme {
    /// Every tensor in F32.
    F32,
    /// Matrices in F16, the rest in F32.
    F16,
    /// All matrices in `Q8_0`, the rest in F32.
    Q8_0,
    /// All matrices in `Q6_K`, the rest in F32.
    Q6K,
    /// Matrices in `Q5_K`, those that matter most in `Q6_K`.
    Q5KM,
    /// Matrices in `Q4_K`, those that matter most in `Q6_K`: what is recommended.
    #[default]
    Q4KM,
    /// Matrices in `Q3_K`, those that matter more in `Q4_K`, most in `Q5_K`, the output in `Q6_K`.
    Q3KM,
}

/// What is declared of a scheme.
struct SchemeSpec {
    /// llama.cpp's name in small letters.
    name: &'static str,
    /// The number in llama.cpp's `enum llama_ftype`.
    file_type: u32,
    /// The format of most matrices.
    matrices: NumberFormat,
    /// Bits for each weight of Pixtral 12B's text model.
    bits_per_weight: f64,
}

/// What a scheme needs to know of the text model beside a tensor's name and shape.
#[derive(Debug, Clone, Copy)]
pub struct TextModel {
    /// How many decoder blocks it has.
    pub n_layers: usize,
    /// The embedding also is the output matrix.
    pub tied_embeddings: bool,
}

impl QuantScheme {
    /// What people choose from, the smallest first.
    pub const OFFERED: [Self; 6] =
        [Self::Q3KM, Self::Q4KM, Self::Q5KM, Self::Q6K, Self::Q8_0, Self::F16];

    const fn spec(self) -> SchemeSpec {
        use NumberFormat as N;
        let (name, file_type, matrices, bits_per_weight) = match self {
            Self::F32 => ("f32", 0, N::F32, 32.0),
            Self::F16 => ("f16", 1, N::F16, 16.0005),
            Self::Q8_0 => ("q8_0", 7, N::Q8_0, 8.5008),
            Self::Q6K => ("q6_k", 18, N::Q6K, 6.5634),
            Self::Q5KM => ("q5_k_m", 17, N::Q5K, 5.6956),
            Self::Q4KM => ("q4_k_m", 15, N::Q4K, 4.8788),
            Self::Q3KM => ("q3_k_m", 12, N::Q3K, 3.9682),
        };
        SchemeSpec { name, file_type, matrices, bits_per_weight }
    }

    /// The scheme of that name, as `q4_k_m` or `Q4_K_M`.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Self::OFFERED.into_iter().find(|scheme| scheme.name() == name)
    }

    /// llama.cpp's name in small letters, which also is a part of file names.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// The value of `general.file_type`.
    pub const fn file_type(self) -> u32 {
        self.spec().file_type
    }

    /// The format of most matrices.
    pub const fn matrix_dtype(self) -> NumberFormat {
        self.spec().matrices
    }

    /// Bits for each weight of a text model, as they come out for Pixtral 12B.
    pub const fn bits_per_weight(self) -> f64 {
        self.spec().bits_per_weight
    }

    /// The format of a tensor of the text model, by its GGUF name and its shape, rows first.
    pub fn text_dtype(self, name: &str, shape: &[usize], model: TextModel) -> NumberFormat {
        if shape.len() < 2 || name.contains("_norm.weight") {
            return NumberFormat::F32;
        }
        let dtype = self.matrix_dtype();
        let wanted = match self {
            Self::F32 | Self::F16 | Self::Q8_0 | Self::Q6K => dtype,
            Self::Q5KM | Self::Q4KM => medium(dtype, name, model),
            Self::Q3KM => q3_k_m(name, model),
        };
        fitting(wanted, shape.last().copied().unwrap_or(0))
    }

    /// The format of a tensor of the vision part by its shape, rows first. llama.cpp's converter
    /// writes it in F16 whatever the text model is in.
    pub fn vision_dtype(self, shape: &[usize]) -> NumberFormat {
        if shape.len() < 2 {
            return NumberFormat::F32;
        }
        let wanted = match self.matrix_dtype() {
            NumberFormat::Blocks(_) => NumberFormat::Q8_0,
            plain => plain,
        };
        fitting(wanted, shape.last().copied().unwrap_or(0))
    }
}

/// A scheme of llama.cpp's size "M": `few_bits`, and `Q6_K` for what matters most.
fn medium(few_bits: NumberFormat, name: &str, model: TextModel) -> NumberFormat {
    let is_output = name == "output.weight";
    let is_sensitive = name.contains("attn_v.weight") || name.contains("ffn_down");
    let more_bits = match layer_idx(name) {
        Some(layer_idx) => is_sensitive && use_more_bits(layer_idx, model.n_layers),
        None => is_output || (model.tied_embeddings && name == "token_embd.weight"),
    };
    if more_bits { NumberFormat::Q6K } else { few_bits }
}

/// llama.cpp's scheme of that name.
fn q3_k_m(name: &str, model: TextModel) -> NumberFormat {
    let Some(layer_idx) = layer_idx(name) else {
        let is_output =
            name == "output.weight" || (model.tied_embeddings && name == "token_embd.weight");
        return if is_output { NumberFormat::Q6K } else { NumberFormat::Q3K };
    };
    let first_layers = match name {
        name if name.contains("attn_v.weight") => 2,
        name if name.contains("ffn_down") => model.n_layers / 16,
        name if name.contains("attn_output.weight") => 0,
        _ => return NumberFormat::Q3K,
    };
    if layer_idx < first_layers { NumberFormat::Q5K } else { NumberFormat::Q4K }
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
/// goes from `Q4_K` to `Q5_0`, which is not written here; `Q8_0` has the same blocks of 32.
fn fitting(wanted: NumberFormat, row_len: usize) -> NumberFormat {
    [wanted, NumberFormat::Q8_0]
        .into_iter()
        .find(|dtype| row_len.is_multiple_of(dtype.block_len()))
        .unwrap_or(NumberFormat::F16)
}

#[cfg(test)]
mod tests;
