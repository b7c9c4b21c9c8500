//! Small checkpoints for tests.

use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};

use crate::checkpoint::{Naming, Part, inventory};
use crate::config::{ModelConfig, RopeConfig, TextConfig, VisionConfig};

/// A network of a few thousand weights.
pub(crate) fn tiny_config() -> ModelConfig {
    ModelConfig {
        text: TextConfig {
            hidden_size: 32,
            intermediate_size: 48,
            n_layers: 2,
            n_heads: 4,
            n_kv_heads: 2,
            head_dim: 16,
            vocab_size: 64,
            rope: RopeConfig::plain(1e6),
            attention_scale: None,
            qk_norm: false,
            rms_norm_eps: 1e-5,
            max_position_embeddings: 512,
            tied_embeddings: false,
        },
        vision: Some(VisionConfig {
            hidden_size: 32,
            intermediate_size: 48,
            n_layers: 2,
            n_heads: 2,
            head_dim: 16,
            patch_size: 4,
            image_size: 64,
            rope: RopeConfig::plain(1e4),
            spatial_merge_size: 1,
            projector_norm: false,
            projector_bias: true,
            has_row_ends: true,
            image_token_id: Some(10),
            image_mean: [0.0; 3],
            image_std: [1.0; 3],
        }),
    }
}

/// `params.json` of a configuration.
pub(crate) fn params_json(config: &ModelConfig) -> String {
    let (t, v) = (&config.text, config.vision.as_ref().expect("a vision part"));
    format!(
        r#"{{"dim": {}, "n_layers": {}, "head_dim": {}, "hidden_dim": {}, "n_heads": {},
        "n_kv_heads": {}, "norm_eps": {}, "vocab_size": {}, "rope_theta": {},
        "max_seq_len": {}, "vision_encoder": {{"hidden_size": {}, "num_channels": 3,
        "image_size": {}, "patch_size": {}, "rope_theta": {}, "intermediate_size": {},
        "num_hidden_layers": {}, "num_attention_heads": {}, "image_token_id": 10}}}}"#,
        t.hidden_size,
        t.n_layers,
        t.head_dim,
        t.intermediate_size,
        t.n_heads,
        t.n_kv_heads,
        t.rms_norm_eps,
        t.vocab_size,
        t.rope.theta,
        t.max_position_embeddings,
        v.hidden_size,
        v.image_size,
        v.patch_size,
        v.rope.theta,
        v.intermediate_size,
        v.n_layers,
        v.n_heads,
    )
}

/// Numbers that look random and are the same every time, around 0 with deviation `1 / sqrt(cols)`.
pub(crate) fn values(part: Part, shape: &[usize]) -> Vec<f32> {
    let mut state =
        format!("{part:?}").bytes().fold(7_u32, |a, b| a.wrapping_mul(16_777_619) ^ u32::from(b));
    let n: usize = shape.iter().product();
    let is_norm = shape.len() == 1;
    let scale = (shape[1..].iter().product::<usize>().max(1) as f32).sqrt().recip() * 1.7;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 8) as f32 / 8_388_608.0 - 1.0;
            if is_norm { 1.0 + noise * 0.1 } else { noise * scale }
        })
        .collect()
}

/// Writes a folder in Mistral's own layout; `edit` may change a tensor's shape before.
pub(crate) fn write_native(dir: &Path, config: &ModelConfig, edit: impl Fn(Part, &mut Vec<usize>)) {
    fs_err::write(dir.join("params.json"), params_json(config)).expect("a writable folder");
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = inventory(config)
        .into_iter()
        .map(|(part, mut shape)| {
            edit(part, &mut shape);
            let bytes = values(part, &shape).iter().flat_map(|x| x.to_le_bytes()).collect();
            (Naming::Native.name(part), shape, bytes)
        })
        .collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).expect("bytes for the shape"))
    });
    let file = safetensors::serialize(views, None).expect("a file that can be written");
    fs_err::write(dir.join("consolidated.safetensors"), file).expect("a writable folder");
}
