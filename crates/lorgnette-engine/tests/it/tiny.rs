//! A network of some hundred thousand random weights.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use lorgnette_engine::tokens::Tokenizer;
use lorgnette_engine::{Generator, PreparedPicture};
use lorgnette_image::{ImageConfig, Pixels};
use lorgnette_pixtral::checkpoint::{Naming, inventory, read_config};
use lorgnette_pixtral::{Checkpoint, Device, KvFormat, Pixtral};
use safetensors::tensor::{Dtype, TensorView};

const PARAMS: &str = r#"{"dim": 64, "n_layers": 2, "head_dim": 16, "hidden_dim": 96, "n_heads": 4,
    "n_kv_heads": 2, "norm_eps": 1e-5, "vocab_size": 1300, "rope_theta": 1e6, "max_seq_len": 4096,
    "vision_encoder": {"hidden_size": 32, "num_channels": 3, "image_size": 1024, "patch_size": 16,
    "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2,
    "image_token_id": 10}}"#;

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| Tokenizer::pixtral().unwrap());

/// The network with room for `context` tokens, in an f32 cache: equal means equal.
pub fn generator(context: usize) -> Generator {
    generator_with(context, KvFormat::F32)
}

/// The same with keys and values in another format.
pub fn generator_with(context: usize, format: KvFormat) -> Generator {
    let dir = tempfile::TempDir::new().unwrap();
    write(dir.path());
    let checkpoint = Checkpoint::open(dir.path()).unwrap();
    let model = Pixtral::load(&checkpoint, &Device::Cpu, &mut |_| {}).unwrap();
    let tokenizer = TOKENIZER.truncated(1300).unwrap();
    Generator::new(model, tokenizer, context, format).unwrap()
}

/// The whole tokenizer.
pub fn tokenizer() -> &'static Tokenizer {
    &TOKENIZER
}

/// A picture with stripes that the seed decides.
pub fn picture(name: &str, width: u32, height: u32, seed: f32) -> Arc<PreparedPicture> {
    let data = (0..3 * width * height).map(|i| (i as f32 * seed).sin()).collect();
    let pixels = Pixels::from_normalised(data, width, height, &ImageConfig::PIXTRAL_12B);
    PreparedPicture::new(name, pixels.unwrap())
}

fn write(dir: &Path) {
    fs_err::write(dir.join("params.json"), PARAMS).unwrap();
    let weights = dir.join("consolidated.safetensors");
    let config = read_config(dir).unwrap();
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let mut tensors = Vec::new();
    for (part, shape) in inventory(&config) {
        let n: usize = shape.iter().product();
        let scale = 1.7 / (shape[1..].iter().product::<usize>() as f32).sqrt();
        let values = (0..n).map(|_| if shape.len() == 1 { 1.0 } else { noise() * scale });
        let bytes: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
        tensors.push((Naming::Native.name(part), shape, bytes));
    }
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let file = safetensors::serialize(views, None).unwrap();
    fs_err::write(weights, file).unwrap();
}
