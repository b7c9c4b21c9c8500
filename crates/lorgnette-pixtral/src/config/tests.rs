use super::*;

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
