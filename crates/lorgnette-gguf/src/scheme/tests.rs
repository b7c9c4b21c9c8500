use super::*;

const PIXTRAL_12B: TextModel = TextModel { n_layers: 40, tied_embeddings: false };

#[track_caller]
fn check_dtype(model: TextModel, name: &str, row_len: usize, expected: NumberFormat) {
    assert_eq!(QuantScheme::Q4KM.text_dtype(name, &[64, row_len], model), expected, "{name}");
}

#[test]
fn the_output_matrix_has_more_bits_than_the_embedding() {
    check_dtype(PIXTRAL_12B, "output.weight", 5120, NumberFormat::Q6K);
    check_dtype(PIXTRAL_12B, "token_embd.weight", 5120, NumberFormat::Q4K);
}

#[test]
fn a_tied_embedding_counts_as_the_output() {
    let tied = TextModel { n_layers: 26, tied_embeddings: true };
    check_dtype(tied, "token_embd.weight", 3072, NumberFormat::Q6K);
}

#[test]
fn some_layers_have_more_bits_in_v_and_down() {
    let more: Vec<usize> = (0..40).filter(|i| use_more_bits(*i, 40)).collect();
    assert_eq!(more, [0, 1, 2, 3, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 34, 35, 36, 37, 38, 39]);
    check_dtype(PIXTRAL_12B, "blk.0.attn_v.weight", 5120, NumberFormat::Q6K);
    check_dtype(PIXTRAL_12B, "blk.5.attn_v.weight", 5120, NumberFormat::Q4K);
    check_dtype(PIXTRAL_12B, "blk.7.ffn_down.weight", 14336, NumberFormat::Q6K);
    check_dtype(PIXTRAL_12B, "blk.8.ffn_down.weight", 14336, NumberFormat::Q4K);
    check_dtype(PIXTRAL_12B, "blk.0.attn_q.weight", 5120, NumberFormat::Q4K);
}

#[test]
fn two_layers_are_all_last_layers_or_none() {
    let more: Vec<usize> = (0..2).filter(|i| use_more_bits(*i, 2)).collect();
    assert_eq!(more, [1]); // 0 / 8 = 0 first, 14 / 8 = 1 is the first of the last
}

#[test]
fn rows_that_fill_no_blocks_fall_back() {
    check_dtype(PIXTRAL_12B, "blk.5.attn_q.weight", 96, NumberFormat::Q8_0);
    check_dtype(PIXTRAL_12B, "blk.0.attn_v.weight", 96, NumberFormat::Q8_0);
    check_dtype(PIXTRAL_12B, "blk.5.attn_q.weight", 33, NumberFormat::F16);
}

#[test]
fn norms_stay_f32() {
    for scheme in [QuantScheme::F32, QuantScheme::F16, QuantScheme::Q8_0, QuantScheme::Q4KM] {
        let dtype = scheme.text_dtype("blk.0.attn_norm.weight", &[5120], PIXTRAL_12B);
        assert_eq!(dtype, NumberFormat::F32);
    }
}

#[test]
fn the_larger_schemes() {
    let dtype = |scheme: QuantScheme, name: &str| scheme.text_dtype(name, &[64, 5120], PIXTRAL_12B);
    assert_eq!(dtype(QuantScheme::Q5KM, "blk.5.attn_q.weight"), NumberFormat::Q5K);
    assert_eq!(dtype(QuantScheme::Q5KM, "blk.0.attn_v.weight"), NumberFormat::Q6K);
    assert_eq!(dtype(QuantScheme::Q5KM, "output.weight"), NumberFormat::Q6K);
    assert_eq!(dtype(QuantScheme::Q6K, "token_embd.weight"), NumberFormat::Q6K);
    for scheme in QuantScheme::OFFERED {
        assert_eq!(QuantScheme::named(&scheme.name().to_uppercase()), Some(scheme));
    }
    assert_eq!(QuantScheme::named("q3"), None);
}

#[test]
fn q3_k_m_gives_more_bits_to_what_matters() {
    let dtype = |name: &str| QuantScheme::Q3KM.text_dtype(name, &[64, 5120], PIXTRAL_12B);
    let many = |name: &str| {
        let of_layer = |i| dtype(&format!("blk.{i}.{name}.weight"));
        (0..40).map(of_layer).collect::<Vec<_>>()
    };
    // Source: llama.cpp's `llama_tensor_get_type_impl`, for `LLAMA_FTYPE_MOSTLY_Q3_K_M`.
    let begins = |n: usize| [vec![NumberFormat::Q5K; n], vec![NumberFormat::Q4K; 40 - n]].concat();
    assert_eq!(many("attn_v"), begins(2));
    assert_eq!(many("ffn_down"), begins(2)); // 40 / 16
    assert_eq!(many("attn_output"), begins(0));
    for name in ["attn_q", "attn_k", "ffn_gate", "ffn_up"] {
        assert_eq!(many(name), [NumberFormat::Q3K; 40], "{name}");
    }
    assert_eq!(dtype("output.weight"), NumberFormat::Q6K);
    assert_eq!(dtype("token_embd.weight"), NumberFormat::Q3K);
}
