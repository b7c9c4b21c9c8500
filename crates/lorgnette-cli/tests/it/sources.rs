//! Why a model cannot be had, and models from hubs that are not as they should be.

use lorgnette_loopback::gguf::{BF16, F16, F32, Gguf};

use crate::models::{Home, pocket, text};

const ADD: [&str; 6] = ["models", "add", "hf:owner/small", "--quant", "q8_0", "--yes"];
const VISION: &str = "mmproj-pocket-q8_0.gguf";

fn text_model() -> Gguf {
    Gguf::read(&fs_err::read(pocket("pocket-q8_0.gguf")).unwrap())
}

fn vision() -> Gguf {
    Gguf::read(&fs_err::read(pocket(VISION)).unwrap())
}

impl Home {
    fn publish(&self, files: &[(&str, Vec<u8>)]) {
        self.hub.publish("owner/small", files);
    }

    /// It fails before a byte of weights was fetched: headers alone, which are short.
    #[track_caller]
    fn check_refused_early(&self, arguments: &[&str], expected: &str) {
        self.check_failure(arguments, expected);
        assert!(!self.models().join(".work").exists(), "something was begun");
    }
}

#[test]
fn parts_are_fetched_together() {
    let home = Home::new();
    let parts = text_model().parts(2);
    let [first, second] = ["small-Q8_0-00001-of-00002.gguf", "small-Q8_0-00002-of-00002.gguf"];
    let vision = vision().bytes();
    home.publish(&[
        (first, parts[0].clone()),
        (second, parts[1].clone()),
        (VISION, vision.clone()),
    ]);
    home.check(&ADD);
    let scene = crate::sample("scene.png");
    let describe = ["describe", &scene, "--model", "small"];
    assert_eq!(home.check(&[&describe[..], &crate::ASK].concat()), "Three.\n");
    home.check(&["models", "remove", "small", "--yes"]);

    let home = Home::new();
    home.publish(&[(first, parts[0].clone()), (VISION, vision.clone())]);
    home.check_refused_early(&ADD, "small-Q8_0-00002-of-00002.gguf is missing in owner/small");
    // One part under a name of its own: what it says of itself counts.
    home.publish(&[("small-Q8_0.gguf", parts[0].clone()), (VISION, vision)]);
    home.check_refused_early(&ADD, "is one of 2 parts");
}

#[test]
fn a_model_that_lacks_tensors_is_refused_before_it_is_fetched() {
    let home = Home::new();
    let mut lacking = text_model();
    lacking.tensors.retain(|tensor| !tensor.name.contains("ffn_up"));
    home.publish(&[("small-q8_0.gguf", lacking.bytes()), (VISION, vision().bytes())]);
    home.check_refused_early(&ADD, "has no tensor blk.0.ffn_up.weight");
}

#[test]
fn the_best_vision_part_that_fits_is_fetched() {
    let home = Home::new();
    let vision = vision();
    let mut other = vision.in_format(F16);
    other.set_text("clip.projector_type", "qwen2vl_merger");
    home.publish(&[
        ("small-q8_0.gguf", text_model().bytes()),
        ("mmproj-a-F16.gguf", other.bytes()),
        ("mmproj-small-BF16.gguf", vision.in_format(BF16).bytes()),
        ("mmproj-small-F16.gguf", vision.in_format(F16).bytes()),
        ("mmproj-small-F32.gguf", vision.in_format(F32).bytes()),
    ]);
    home.check(&ADD);
    assert!(home.models().join("small/mmproj-small-F16.gguf").exists());
    home.check(&[&ADD[..], &["--mmproj", "mmproj-small-F32.gguf"]].concat());
    assert!(home.models().join("small/mmproj-small-F32.gguf").exists());
    home.check_failure(&[&ADD[..], &["--mmproj", "mmproj-a-F16.gguf"]].concat(), "qwen2vl_merger");
    home.check_failure(&[&ADD[..], &["--mmproj", "x.gguf"]].concat(), "x.gguf is missing");
    home.publish(&[("small-q8_0.gguf", text_model().bytes())]);
    home.check_failure(&[&ADD[..], &["--update"]].concat(), "has no vision part");
}

#[test]
fn mirrors_may_list_names_alone_and_licences_may_be_lists() {
    let home = Home::new();
    home.hub.list_names_alone();
    home.hub.publish_licence(serde_json::json!(["apache-2.0", "other"]));
    home.check(&ADD);
    let listed = home.check(&["models", "list", "--json"]);
    let listed: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    let small = listed.iter().find(|model| model["name"] == "small").unwrap();
    assert_eq!(small["licence"], "apache-2.0, other");
}

#[test]
fn weights_in_folders_are_named() {
    let home = Home::new();
    home.publish(&[("Q8_0/small-q8_0.gguf", b"GGUF".to_vec()), ("README.md", b"x".to_vec())]);
    home.check_refused_early(&ADD, "in folders, which are not fetched: Q8_0/small-q8_0.gguf");
}

#[test]
fn a_pointer_of_git_lfs_is_no_model() {
    let home = Home::new();
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n".to_vec();
    home.publish(&[("small-q8_0.gguf", pointer), (VISION, vision().bytes())]);
    home.check_refused_early(&ADD, "it sends a Git LFS pointer");
}

#[test]
fn a_token_that_cannot_be_sent_is_named_and_not_shown() {
    let home = Home::new();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_lorgnette"));
    for token in ["hf_secret\nsecond", "hf_secret größe"] {
        let output = home.command(program).args(ADD).env("HF_TOKEN", token).output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(
            stderr.contains("the token cannot be sent") && stderr.contains("HF_TOKEN"),
            "{stderr}"
        );
        assert!(!stderr.contains("hf_secret"), "{stderr}");
    }
    assert!(home.hub.requests().is_empty());
}

#[test]
fn a_limit_of_nothing_is_wrong_usage() {
    let home = Home::new();
    for limit in ["0", "-1", "nan", "inf", "fast"] {
        let output = home.run(&[&ADD[..], &[&format!("--limit={limit}")]].concat());
        assert_eq!(output.status.code(), Some(2), "{limit}: {}", text(&output.stderr));
    }
}

const CONFIG: &str = r#"{
    "model_type": "llava", "image_token_index": 10, "projector_hidden_act": "gelu",
    "text_config": {"model_type": "mistral", "head_dim": 128, "hidden_size": 5120,
        "intermediate_size": 14336, "max_position_embeddings": 131072, "num_hidden_layers": 40,
        "num_key_value_heads": 8, "rms_norm_eps": 1e-05, "rope_theta": 1000000000.0,
        "sliding_window": null, "vocab_size": 131072},
    "vision_config": {"model_type": "pixtral", "head_dim": 64, "hidden_act": "silu",
        "image_size": 1024, "patch_size": 16, "rope_theta": 10000.0}}"#;

/// A safetensors file of one tensor of zeros.
fn safetensors(name: &str, dtype: &str, shape: &[usize], n_bytes: usize) -> Vec<u8> {
    let header = serde_json::json!({
        name: { "dtype": dtype, "shape": shape, "data_offsets": [0, n_bytes] }
    });
    let header = header.to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    file.resize(file.len() + n_bytes, 0);
    file
}

/// A checkpoint that is refused, in a folder and on the hub alike.
#[track_caller]
fn check_checkpoint(files: &[(&str, &[u8])], expected: &str) {
    let home = Home::new();
    let folder = home.dir.path().join("checkpoint");
    fs_err::create_dir(&folder).unwrap();
    for (name, content) in files {
        fs_err::write(folder.join(name), content).unwrap();
    }
    let path = folder.to_str().unwrap();
    for command in ["import", "add"] {
        let output = home.run(&["models", command, path, "--yes"]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
        for advice in ["network", "connection", "spelling", "hf:", "proxy"] {
            assert!(!stderr.contains(advice), "{advice}: {stderr}");
        }
        assert!(!home.models().join(".work").exists());
    }
    let files: Vec<_> = files.iter().map(|(name, content)| (*name, content.to_vec())).collect();
    home.publish(&files);
    home.check_refused_early(&ADD, expected);
}

#[test]
fn a_missing_shard_is_named() {
    let index = r#"{"weight_map": {"a": "model-00001-of-00002.safetensors",
        "b": "model-00002-of-00002.safetensors"}}"#;
    let shard = safetensors("a", "F32", &[1], 4);
    let files = [
        ("config.json", CONFIG.as_bytes()),
        ("model.safetensors.index.json", index.as_bytes()),
        ("model-00001-of-00002.safetensors", shard.as_slice()),
    ];
    check_checkpoint(&files, "model-00002-of-00002.safetensors is missing in");
    check_checkpoint(&files[..2], "model-00001-of-00002.safetensors is missing in");
    check_checkpoint(&files[..1], "model.safetensors is missing in");
}

#[test]
fn fp8_with_a_scale_for_each_block_is_named() {
    let scales = safetensors("layers.0.wq.weight_scale_inv", "F32", &[2, 2], 16);
    let expected = "FP8 with a scale for each block";
    check_checkpoint(
        &[("config.json", CONFIG.as_bytes()), ("model.safetensors", scales.as_slice())],
        expected,
    );
    let quantised = CONFIG.replacen(
        '{',
        r#"{"quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]},"#,
        1,
    );
    let files = [("config.json", quantised.as_bytes()), ("model.safetensors", scales.as_slice())];
    check_checkpoint(&files, expected);
}

#[test]
fn damage_is_told_in_our_words() {
    let expected = "it ends too early";
    check_checkpoint(
        &[("config.json", b"{\"model_type\": \"llava\""), ("model.safetensors", b"")],
        expected,
    );
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
    let files: [(&str, &[u8]); 2] =
        [("config.json", CONFIG.as_bytes()), ("model.safetensors", pointer)];
    check_checkpoint(&files, "a Git LFS pointer");
}
