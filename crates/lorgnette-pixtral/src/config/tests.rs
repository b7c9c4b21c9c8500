use std::path::Path;

use super::*;
use crate::checkpoint::{Part, inventory};
use crate::rope::Rope;

const PIXTRAL: &str = r#"{
    "model_type": "llava", "image_token_index": 10, "projector_hidden_act": "gelu",
    "text_config": {"model_type": "mistral", "head_dim": 128, "hidden_size": 5120,
        "intermediate_size": 14336, "max_position_embeddings": 131072, "num_hidden_layers": 40,
        "num_key_value_heads": 8, "rms_norm_eps": 1e-05, "rope_theta": 1000000000.0,
        "sliding_window": null, "vocab_size": 131072},
    "vision_config": {"model_type": "pixtral", "head_dim": 64, "hidden_act": "silu",
        "image_size": 1024, "patch_size": 16, "rope_theta": 10000.0}}"#;

fn with(from: &str, to: &str) -> Result<ModelConfig, ConfigFault> {
    assert!(PIXTRAL.contains(from), "{from}");
    from_config_json(PIXTRAL.replace(from, to).as_bytes())
}

#[track_caller]
fn check_unsupported(from: &str, to: &str, expected: &str) {
    match with(from, to) {
        Err(ConfigFault::Unsupported(what)) => assert!(what.contains(expected), "{what}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_hub_leaves_out_are_the_classes_defaults() {
    assert_eq!(from_config_json(PIXTRAL.as_bytes()), Ok(ModelConfig::PIXTRAL_12B));
}

#[test]
fn both_forms_of_rope_are_read() {
    let nested = r#""rope_parameters": {"rope_theta": 1000000000.0, "rope_type": "default"}"#;
    assert_eq!(with(r#""rope_theta": 1000000000.0"#, nested), Ok(ModelConfig::PIXTRAL_12B));
}

#[test]
fn gelu_in_a_vision_configuration_is_taken_as_silu() {
    assert_eq!(with(r#""silu""#, r#""gelu""#), Ok(ModelConfig::PIXTRAL_12B));
}

#[test]
fn mistral3_has_merger_and_norm_and_no_bias() {
    let config = with(r#""llava""#, r#""mistral3""#).unwrap();
    let vision = config.vision.unwrap();
    assert_eq!((vision.spatial_merge_size, vision.projector_norm), (2, true));
    assert!(!vision.projector_bias);
}

#[test]
fn networks_of_another_kind_are_refused_by_name() {
    check_unsupported(r#""llava""#, r#""qwen2_vl""#, "qwen2_vl");
    check_unsupported(r#""mistral""#, r#""mistral4""#, "mistral4");
    check_unsupported(r#""gelu""#, r#""relu""#, "relu");
    check_unsupported(r#""sliding_window": null"#, r#""sliding_window": 4096"#, "4096");
    let dynamic = r#""rope_scaling": {"type": "dynamic", "factor": 16.0}, "vocab_size""#;
    check_unsupported(r#""vocab_size""#, dynamic, "dynamic");
}

#[test]
fn fp8_is_read_with_a_scale_for_each_matrix_alone() {
    let quantised = |method: &str, size: &str| {
        let by = format!(
            r#""quantization_config": {{"quant_method": "{method}", "weight_block_size": {size}}},
            "image_token_index""#
        );
        with(r#""image_token_index""#, &by)
    };
    assert_eq!(quantised("fp8", "null"), Ok(ModelConfig::PIXTRAL_12B));
    for (method, size) in [("fp8", "[128, 128]"), ("awq", "null")] {
        let refused = quantised(method, size);
        assert!(matches!(refused, Err(ConfigFault::Quantised(_))), "{method}: {refused:?}");
    }
}

#[test]
fn damage_is_told_in_our_words() {
    let said = |json: &[u8]| match from_params_json(json) {
        Err(ConfigFault::Malformed(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(said(br#"{"dim": 64}"#), "it has no n_layers");
    assert_eq!(said(br#"{"dim": "many"}"#), "a value is not of the kind that it should be");
    assert_eq!(said(br#"{"dim": 64"#), "it ends too early");
    assert_eq!(said(b"no JSON"), "it is no JSON");
}

#[test]
fn sizes_that_no_network_has_are_refused() {
    for (from, to) in [
        (r#""hidden_size": 5120"#, r#""hidden_size": 0"#),
        (r#""hidden_size": 5120"#, r#""hidden_size": 18446744073709551615"#),
        (r#""num_key_value_heads": 8"#, r#""num_key_value_heads": 5"#),
        (r#""num_key_value_heads": 8"#, r#""num_key_value_heads": 0"#),
        (r#""head_dim": 128"#, r#""head_dim": 127"#),
        (r#""head_dim": 64"#, r#""head_dim": 62"#),
        (r#""patch_size": 16"#, r#""patch_size": 0"#),
        (r#""image_size": 1024"#, r#""image_size": 4"#),
        (r#""rope_theta": 10000.0"#, r#""rope_theta": -1.0"#),
        (r#""vocab_size": 131072"#, r#""vocab_size": "many""#),
    ] {
        assert!(matches!(with(from, to), Err(ConfigFault::Malformed(_))), "{to}");
    }
    assert!(matches!(from_config_json(b"{"), Err(ConfigFault::Malformed(_))));
}

#[test]
fn params_json_of_pixtral_says_the_same() {
    let json = crate::testing::params_json(&ModelConfig::PIXTRAL_12B);
    assert_eq!(from_params_json(json.as_bytes()), Ok(ModelConfig::PIXTRAL_12B));
    let yarn = json.replacen('{', r#"{"yarn": {"factor": 16},"#, 1);
    assert!(matches!(from_params_json(yarn.as_bytes()), Err(ConfigFault::Malformed(_))));
}

/// The configurations of the relatives, and the numbers that follow from them; each folder's as it is
/// published, in both forms where there are two.
#[test]
fn relatives_have_the_shapes_that_they_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/configs");
    let shapes = fs_err::read(folder.join("shapes.json")).unwrap();
    let shapes: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&shapes).unwrap();
    assert_eq!(shapes.len(), 12);
    for (name, expected) in shapes {
        let read = |file: &str, read: fn(&[u8]) -> Result<ModelConfig, ConfigFault>| {
            let json = fs_err::read(folder.join(&name).join(file)).ok()?;
            Some(read(&json).unwrap_or_else(|fault| panic!("{name}/{file}: {fault:?}")))
        };
        let forms = [read("config.json", from_config_json), read("params.json", from_params_json)];
        for mut config in forms.into_iter().flatten() {
            // The tensors of a checkpoint say it.
            config.text.tied_embeddings = expected["tied_embeddings"].as_bool().unwrap();
            check_shape(&name, &config, &expected);
        }
    }
}

#[track_caller]
fn check_shape(name: &str, config: &ModelConfig, expected: &serde_json::Value) {
    let n_weights = |part: &dyn Fn(&Part) -> bool| -> usize {
        let parts = inventory(config).into_iter().filter(|(one, _)| part(one));
        parts.map(|(_, shape)| shape.iter().product::<usize>()).sum()
    };
    let number = |group: &str, key: &str| expected[group][key].as_u64().unwrap() as usize;
    assert_eq!(n_weights(&|_| true), number("parameters", "total"), "{name}");
    let is_embedding = |part: &Part| *part == Part::TokenEmbedding;
    assert_eq!(n_weights(&is_embedding), number("parameters", "embedding"), "{name}");
    assert_eq!(inventory(config).len(), number("tensors", "weights"), "{name}");
    let text = &config.text;
    let kv_bytes = expected["kv_bytes_per_token_f16"].as_u64().unwrap();
    assert_eq!(text.kv_bytes_per_token(), kv_bytes, "{name}");
    let vision = config.vision.as_ref().unwrap();
    let unit = vision.patch_size * vision.spatial_merge_size;
    assert_eq!(unit, number("picture", "unit"), "{name}");
    assert_eq!(vision.image_size / unit, number("picture", "most_units"), "{name}");
    let Some(yarn) = expected.get("yarn") else {
        assert_eq!((text.rope.yarn, text.attention_scale), (None, None), "{name}");
        return;
    };
    let is_near = |found: f64, key: &str, expected: &serde_json::Value| {
        let expected = expected.as_f64().unwrap();
        assert!((found - expected).abs() <= 1e-6 * expected, "{name} {key}: {found} {expected}");
    };
    let rope = Rope::new(&text.rope, text.head_dim, RopeLayout::Half);
    for (pair, expected) in yarn["inv_freq"].as_object().unwrap() {
        is_near(rope.inv_freq()[pair.parse::<usize>().unwrap()], pair, expected);
    }
    let factor = text.rope.yarn.unwrap().attention_factor;
    is_near(factor, "attention factor", &yarn["attention_factor"]);
    let scale = text.attention_scale;
    for (position, expected) in yarn["attention_scale"].as_object().unwrap() {
        let at = position.parse().unwrap();
        is_near(scale.map_or(1.0, |scale| scale.at(at)), position, expected);
    }
}
