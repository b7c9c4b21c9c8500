use std::path::Path;

use lorgnette_gguf::quantise::dequantise;
use lorgnette_gguf::{GgufFile, GgufTensor, GgufValue, GgufWriter};
use safetensors::SafeTensors;
use tempfile::TempDir;

use super::*;
use crate::checkpoint::{Naming, text_inventory};
use crate::config::{ModelConfig, TextConfig};
use crate::testing::tiny_config;
use crate::{KvFormat, Pixtral, Placement, Prompt};

/// Blocks of each format but `IQ1_M`, and those of `IQ1_M` before their numbers.
const BLOCKS: &[u8] =
    include_bytes!("../../../lorgnette-gguf/tests/fixtures/gguf-blocks.safetensors");
const IQ1_M: &[u8] = include_bytes!("../../../lorgnette-gguf/tests/fixtures/iq1-m-blocks.bin");

/// A text model with as many matrices as there are formats, at least.
fn config() -> ModelConfig {
    let text = TextConfig {
        hidden_size: 256,
        intermediate_size: 512,
        n_layers: BlockFormat::ALL.len().div_ceil(7),
        head_dim: 64,
        ..tiny_config().text
    };
    ModelConfig { text, vision: None }
}

/// A GGUF file whose matrices take the formats in turn, with blocks that llama.cpp's package read.
fn write_gguf(path: &Path, text: &TextConfig) {
    let fixture = SafeTensors::deserialize(BLOCKS).unwrap();
    let mut formats = BlockFormat::ALL.into_iter().cycle();
    let mut declared = Vec::new();
    let mut contents: Vec<Vec<u8>> = Vec::new();
    for (part, shape) in text_inventory(text) {
        let (dtype, bytes) = if shape.len() == 2 {
            let format = formats.next().unwrap();
            let name = format!("{}.bytes", NumberFormat::from(format));
            let blocks = fixture.tensor(&name).map_or(&IQ1_M[..4 * 56], |tensor| tensor.data());
            let n_bytes = NumberFormat::from(format).tensor_bytes(&shape).unwrap() as usize;
            (format.into(), blocks.iter().copied().cycle().take(n_bytes).collect())
        } else {
            (
                NumberFormat::F32,
                [1.0_f32].repeat(shape[0]).iter().flat_map(|x| x.to_le_bytes()).collect(),
            )
        };
        declared.push(GgufTensor { name: Naming::Gguf.name(part), shape, dtype });
        contents.push(bytes);
    }
    let count = |key: &str, n: usize| (format!("llama.{key}"), GgufValue::U32(n as u32));
    let metadata = [
        ("general.architecture".to_owned(), "llama".into()),
        count("block_count", text.n_layers),
        count("context_length", text.max_position_embeddings),
        count("embedding_length", text.hidden_size),
        count("feed_forward_length", text.intermediate_size),
        count("attention.head_count", text.n_heads),
        count("attention.head_count_kv", text.n_kv_heads),
        count("attention.key_length", text.head_dim),
        ("llama.attention.layer_norm_rms_epsilon".to_owned(), GgufValue::F32(1e-5)),
    ];
    let mut writer = GgufWriter::create(path, &metadata, declared.clone()).unwrap();
    for (tensor, bytes) in declared.iter().zip(contents) {
        writer.append(&tensor.name, &bytes).unwrap();
    }
    writer.finish().unwrap();
}

fn checkpoint(dir: &TempDir) -> Checkpoint {
    let path = dir.path().join("mixed.gguf");
    write_gguf(&path, &config().text);
    Checkpoint::from_gguf(GgufFile::open(&path).unwrap(), None).unwrap()
}

fn all_kernels() -> impl Iterator<Item = Kernels> {
    let own = Level::ALL.into_iter().map(Kernels::Own).chain([Kernels::Candle]);
    own.filter(|kernels| kernels.is_supported())
}

/// Root of the mean square of the difference, over that of what is expected.
fn error(found: &Tensor, expected: &Tensor) -> f64 {
    let square = |x: Tensor| x.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap();
    let far = square((found - expected).unwrap()) / square(expected.clone());
    f64::from(far).sqrt()
}

#[test]
fn every_format_is_multiplied_with_by_all_kernels() {
    let dir = TempDir::new().unwrap();
    let checkpoint = checkpoint(&dir);
    let mut formats = std::collections::HashSet::new();
    for (part, shape) in text_inventory(&config().text) {
        let &[rows, cols] = shape.as_slice() else { continue };
        let stored = checkpoint.find(part, &shape).unwrap();
        formats.insert(stored.dtype);
        let mut bytes = vec![0; stored.n_bytes as usize];
        stored.read_into(&mut bytes).unwrap();
        let numbers = dequantise(&bytes, cols, stored.dtype).unwrap();
        let w = Tensor::from_vec(numbers, (rows, cols), &Device::Cpu).unwrap();
        for m in [1, 17] {
            let x: Vec<f32> = (0..m * cols).map(|i| (i as f32 * 0.7).sin()).collect();
            let x = Tensor::from_vec(x, (m, cols), &Device::Cpu).unwrap();
            let expected = x.matmul(&w.t().unwrap()).unwrap();
            for kernels in all_kernels() {
                let options = LoadOptions { kernels: Some(kernels), ..LoadOptions::default() };
                let mut on_progress = |_: u64| {};
                let mut loader = Loader::new(&checkpoint, &options, &mut on_progress);
                let matrix = loader.matrix(part, (rows, cols)).unwrap();
                let far = error(&matrix.forward(&x).unwrap(), &expected);
                assert!(far < 0.03, "{} by {kernels}, {m} rows: {far}", stored.dtype);
                let ids = Tensor::new(&[1_u32, 0], &Device::Cpu).unwrap();
                let found = matrix.rows(&ids).unwrap().to_vec2::<f32>().unwrap();
                let expected = w.index_select(&ids, 0).unwrap().to_vec2::<f32>().unwrap();
                assert_eq!(found, expected, "{} by {kernels}", stored.dtype);
            }
        }
    }
    assert_eq!(formats.len(), BlockFormat::ALL.len());
}

/// Candle's kernels end the program on an ARM processor without dotprod; `scripts/check-platforms
/// --slow` runs this on such a one.
#[test]
fn the_usual_kernels_are_ours_wherever_they_know_the_processor() {
    let best = Kernels::best();
    assert!(best.is_supported(), "{best}");
    let is_ours = Level::best() != Level::Scalar || cfg!(target_arch = "aarch64");
    assert_eq!(matches!(best, Kernels::Own(_)), is_ours, "{best}");
}

#[test]
fn a_file_of_all_formats_is_a_network() {
    let dir = TempDir::new().unwrap();
    let checkpoint = checkpoint(&dir);
    let logits = |kernels| {
        let options = LoadOptions { kernels: Some(kernels), ..LoadOptions::default() };
        let placement = Placement::all_on(&Device::Cpu);
        let model = Pixtral::load_with(&checkpoint, &placement, &options, &mut |_| {}).unwrap();
        let prompt = Prompt { ids: &[1, 2, 3, 4, 5], image_token: None, pictures: &[] };
        let mut cache = model.new_cache(8, KvFormat::F32).unwrap();
        let logits = model.prefill(&prompt, &mut cache, 3, &mut crate::go_on).unwrap();
        let n = logits.len();
        Tensor::from_vec(logits, n, &Device::Cpu).unwrap()
    };
    let expected = logits(Kernels::Own(Level::Scalar));
    let best = logits(Kernels::Own(Level::best()));
    let far = error(&best, &expected);
    assert!(far < 1e-3, "{far}");
}

#[test]
fn on_a_device_formats_that_candle_does_not_know_are_near_what_they_were() {
    let dir = TempDir::new().unwrap();
    let checkpoint = checkpoint(&dir);
    let mut n_changed = 0;
    for (part, shape) in text_inventory(&config().text) {
        let stored = checkpoint.find(part, &shape).unwrap();
        if shape.len() != 2 || candle_dtype(stored.dtype).is_some() {
            assert_eq!(device_bytes(stored), stored.n_bytes);
            continue;
        }
        let cols = shape[1];
        let mut bytes = vec![0; stored.n_bytes as usize];
        stored.read_into(&mut bytes).unwrap();
        let blocks = in_q8_0(&bytes, cols, stored.dtype).unwrap();
        assert_eq!(blocks.len() as u64, device_bytes(stored));
        let numbers = |bytes: &[u8], dtype| {
            let numbers = dequantise(bytes, cols, dtype).unwrap();
            let n = numbers.len();
            Tensor::from_vec(numbers, n, &Device::Cpu).unwrap()
        };
        let far = error(&numbers(&blocks, NumberFormat::Q8_0), &numbers(&bytes, stored.dtype));
        assert!(far < 0.01, "{}: {far}", stored.dtype);
        n_changed += 1;
    }
    assert!(n_changed > 0);
}
