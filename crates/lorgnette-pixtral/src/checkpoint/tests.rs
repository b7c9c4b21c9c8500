use candle_core::Device;
use tempfile::TempDir;

use super::*;
use crate::testing::{params_json, tiny_config, write_native};
use crate::{KvFormat, Pixtral, Prompt};

fn native(edit: impl Fn(Part, &mut Vec<usize>)) -> TempDir {
    let dir = TempDir::new().unwrap();
    write_native(dir.path(), &tiny_config(), edit);
    dir
}

fn load(dir: &TempDir) -> Result<Pixtral, LoadError> {
    Pixtral::load(&Checkpoint::open(dir.path())?, &Device::Cpu, &mut |_| {})
}

#[track_caller]
fn check_error(dir: &TempDir, expected: &str) {
    let error = load(dir).expect_err("a broken model").to_string();
    assert!(error.contains(expected), "{error}");
    assert!(!error.contains('\n'), "{error}");
    // What comes after a broken model is not broken.
    let good = load(&native(|_, _| {})).expect("a good model");
    let mut cache = good.new_cache(4, KvFormat::F16).unwrap();
    let prompt = Prompt { ids: &[1, 2], image_token: None, pictures: &[] };
    good.prefill(&prompt, &mut cache, 4, &mut crate::go_on).unwrap();
}

#[test]
fn a_folder_without_a_model_says_so() {
    check_error(&TempDir::new().unwrap(), "holds no model");
    let error = Checkpoint::open(Path::new("no/such/folder")).unwrap_err().to_string();
    assert!(error.contains("no/such/folder"), "{error}");
}

#[test]
fn a_configuration_without_weights_names_the_file() {
    let dir = TempDir::new().unwrap();
    fs_err::write(dir.path().join("params.json"), params_json(&tiny_config())).unwrap();
    check_error(&dir, "model.safetensors");
}

#[test]
fn an_unknown_architecture_is_named() {
    let dir = TempDir::new().unwrap();
    for config in [r#"{"model_type": "gemma3", "text_config": {}}"#, r#"{"model_type": "gemma3"}"#]
    {
        fs_err::write(dir.path().join("config.json"), config).unwrap();
        check_error(&dir, "model type \"gemma3\" is not supported");
    }
}

#[test]
fn a_missing_shard_and_an_index_that_leads_outside_are_named() {
    let dir = native(|_, _| {});
    fs_err::remove_file(dir.path().join("consolidated.safetensors")).unwrap();
    let index = dir.path().join("model.safetensors.index.json");
    for (name, expected) in [
        ("model-00001-of-00002.safetensors", "model-00001-of-00002.safetensors is missing"),
        ("../model.safetensors", "the file name"),
        ("/etc/passwd", "the file name"),
    ] {
        fs_err::write(&index, format!(r#"{{"weight_map": {{"a": "{name}"}}}}"#)).unwrap();
        check_error(&dir, expected);
    }
}

#[test]
fn a_cut_shard_is_named_with_the_bytes() {
    let dir = native(|_, _| {});
    let shard = dir.path().join("consolidated.safetensors");
    let bytes = fs_err::read(&shard).unwrap();
    fs_err::write(&shard, &bytes[..bytes.len() - 1]).unwrap();
    check_error(&dir, &format!("{} bytes needed, {} found", bytes.len(), bytes.len() - 1));
}

#[test]
fn a_tensor_of_another_shape_is_named_with_both() {
    let dir = native(|part, shape| {
        if part == Part::Text(1, BlockPart::Q) {
            shape.swap(0, 1);
        }
    });
    check_error(&dir, "layers.1.attention.wq.weight is [32, 64], the configuration says [64, 32]");
}

#[test]
fn a_tensor_that_is_not_there_is_named() {
    let dir = native(|_, _| {});
    let mut config = tiny_config();
    config.text.n_layers = 3;
    fs_err::write(dir.path().join("params.json"), params_json(&config)).unwrap();
    check_error(&dir, "has no tensor layers.2.attention_norm.weight");
}

#[test]
fn a_tensor_of_another_number_format_is_named() {
    use ::safetensors::tensor::{Dtype, TensorView};
    let dir = native(|_, _| {});
    let bytes = vec![0; 64 * 32];
    let view = TensorView::new(Dtype::F8_E5M2, vec![64, 32], &bytes).unwrap();
    let name = Naming::Native.name(Part::TokenEmbedding);
    let file = ::safetensors::serialize([(name, view)], None).unwrap();
    fs_err::write(dir.path().join("consolidated.safetensors"), file).unwrap();
    check_error(&dir, "tok_embeddings.weight has the number format F8_E5M2");
}

/// Puts FP8 codes in the place of a matrix, and a scale beside them.
fn with_codes(codes: &[u8], scale: Option<f32>) -> TempDir {
    let dir = with_undeclared_codes(codes, scale);
    let path = dir.path().join("params.json");
    let mut params: serde_json::Value =
        serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    params["quantization"] = serde_json::json!({ "qformat_weight": "fp8_e4m3" });
    fs_err::write(path, params.to_string()).unwrap();
    dir
}

fn with_undeclared_codes(codes: &[u8], scale: Option<f32>) -> TempDir {
    use ::safetensors::SafeTensors;
    use ::safetensors::tensor::{Dtype, TensorView};
    let dir = native(|_, _| {});
    let path = dir.path().join("consolidated.safetensors");
    let before = fs_err::read(&path).unwrap();
    let before = SafeTensors::deserialize(&before).unwrap();
    let matrix = Naming::Native.name(Part::Text(0, BlockPart::Q));
    let shape = before.tensor(&matrix).unwrap().shape().to_vec();
    let all = codes.repeat(shape.iter().product::<usize>() / codes.len());
    let mut tensors = before.tensors();
    tensors.retain(|(name, _)| *name != matrix);
    tensors.push((matrix.clone(), TensorView::new(Dtype::F8_E4M3, shape, &all).unwrap()));
    let scale = scale.map(f32::to_le_bytes);
    if let Some(scale) = &scale {
        let name = matrix.replace(".weight", ".qscale_weight");
        tensors.push((name, TensorView::new(Dtype::F32, vec![1], scale).unwrap()));
    }
    let file = ::safetensors::serialize(tensors, None).unwrap();
    fs_err::write(path, file).unwrap();
    dir
}

#[test]
fn codes_of_fp8_need_a_scale_and_are_numbers() {
    load(&with_codes(&[0x38, 0xb8], Some(0.5))).expect("1 and -1, halved");
    check_error(
        &with_undeclared_codes(&[0x38], Some(0.5)),
        "params.json: FP8 without quantization is not supported",
    );
    check_error(&with_codes(&[0x38], None), "has no tensor layers.0.attention.wq.weight_scale_inv");
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        check_error(
            &with_codes(&[0x38], Some(scale)),
            "wq.qscale_weight is not one number above 0",
        );
    }
    check_error(&with_codes(&[0x38, 0x7f], Some(1.0)), "wq.weight has codes that are no numbers");
}

#[test]
fn a_file_that_shrinks_while_it_is_loaded_is_an_error() {
    let dir = native(|_, _| {});
    let checkpoint = Checkpoint::open(dir.path()).unwrap();
    fs_err::write(dir.path().join("consolidated.safetensors"), b"short").unwrap();
    assert!(Pixtral::load(&checkpoint, &Device::Cpu, &mut |_| {}).is_err());
}
