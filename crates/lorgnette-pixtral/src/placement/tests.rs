use proptest::prelude::*;

use super::*;
use crate::checkpoint::BlockPart;

const GIB: u64 = 1 << 30;

/// Pixtral 12B at so many bits a weight of the decoder, with an f16 vision part.
fn pixtral(bits: f64, context: usize) -> Needs {
    let config = ModelConfig::PIXTRAL_12B;
    let mut needs = Needs::without_weights(&config, context, KvFormat::F16);
    for (part, shape) in inventory(&config) {
        let n_weights: u64 = shape.iter().map(|n| *n as u64).product();
        let is_text = matches!(part, Part::Text(..) | Part::Output | Part::TokenEmbedding);
        let n_bytes = (n_weights as f64 * if is_text { bits / 8.0 } else { 2.0 }) as u64;
        needs.add(part, false, n_bytes, n_weights);
    }
    needs
}

#[test]
fn pixtral_takes_what_its_sizes_say() {
    let needs = pixtral(4.9, 8192);
    assert_eq!(needs.n_layers(), 40);
    // 5120 · (2 · 4096 + 2 · 1024 + 3 · 14336) weights a block, and two norms.
    let weights: u64 = 5120 * (2 * 4096 + 2 * 1024 + 3 * 14336) + 2 * 5120;
    let output: u64 = 131_072 * 5120 + 5120;
    assert_eq!(needs.n_text_weights, 40 * weights + output);
    assert!(needs.layer_bytes[7].abs_diff((weights as f64 * 4.9 / 8.0) as u64) < 20_000);
    // Keys and values: 4 KiB a token and block, which are 160 KiB a token.
    assert_eq!(40 * needs.cache_bytes(), 8192 * (160 << 10));
    // 0.43 billion weights of the encoder and the projector, two bytes each.
    assert!((0.80..0.90).contains(&(needs.vision_bytes as f64 / 1e9)), "{}", needs.vision_bytes);
    // Embeddings stay on the CPU.
    let text = needs.layer_bytes.iter().sum::<u64>() + needs.output_bytes;
    assert!(text < 7 * GIB && needs.total_bytes() > text + 40 * needs.cache_bytes());
}

#[test]
fn the_tied_output_matrix_is_counted_on_the_device() {
    let mut needs = Needs::without_weights(&ModelConfig::PIXTRAL_12B, 1024, KvFormat::F16);
    needs.add(Part::TokenEmbedding, false, 1000, 500);
    assert_eq!(needs.output_bytes, 0);
    needs.add(Part::TokenEmbedding, true, 1000, 500);
    assert_eq!((needs.output_bytes, needs.n_text_weights), (1000 + TENSOR_SLACK_BYTES, 500));
    needs.add(Part::Vision(3, BlockPart::Q), true, 1000, 500);
    assert_eq!(needs.vision_bytes, 1000 + TENSOR_SLACK_BYTES);
}

#[track_caller]
fn check_plan(free_gib: f64, expected: &str) {
    let plan = pixtral(4.9, 8192).plan((free_gib * GIB as f64) as u64);
    let Plan { vision, n_layers, output } = plan;
    assert_eq!(format!("vision {vision}, {n_layers} layers, output {output}"), expected);
}

#[test]
fn a_card_is_filled_in_order() {
    check_plan(0.0, "vision false, 0 layers, output false");
    check_plan(1.0, "vision false, 0 layers, output false");
    check_plan(1.5, "vision false, 1 layers, output false");
    check_plan(2.1, "vision true, 0 layers, output false");
    check_plan(6.0, "vision true, 21 layers, output false");
    check_plan(9.8, "vision true, 40 layers, output false");
    check_plan(80.0, "vision true, 40 layers, output true");
}

#[test]
fn a_longer_chat_leaves_room_for_fewer_layers() {
    let free = 8 * GIB;
    let layers = [2048, 8192, 32768].map(|context| pixtral(4.9, context).plan(free).n_layers);
    assert!(layers.is_sorted_by(|a, b| a > b), "{layers:?}");
}

#[test]
fn layers_that_were_asked_for_are_there_or_it_says_what_would_fit() {
    let needs = pixtral(16.0, 8192);
    let free = 12 * GIB;
    assert_eq!(needs.plan_layers(10, free).unwrap().n_layers, 10);
    assert_eq!(needs.plan_layers(0, 0).unwrap(), Plan::NOTHING);

    let shortage = needs.plan_layers(40, free).unwrap_err();
    let fitting = shortage.n_layers.unwrap();
    assert!(needs.plan_layers(fitting, free).is_ok());
    assert_eq!(shortage.quantisation, Some(QuantScheme::Q6K));
    // No context makes 22 GiB of weights fit into 12.
    assert_eq!(shortage.context, None);
    assert!(shortage.to_string().starts_with("the GPU has too little memory: 2"), "{shortage}");
    let hint = shortage.hint();
    assert!(
        hint.starts_with(&format!("--gpu-layers {fitting} or a Q6_K model would fit")),
        "{hint}"
    );

    // With weights that fit, a shorter chat is the way.
    let needs = pixtral(4.9, 65_536);
    let shortage = needs.plan_layers(40, free).unwrap_err();
    let context = shortage.context.unwrap();
    assert!(pixtral(4.9, context).plan_layers(40, free).is_ok());
    assert!(pixtral(4.9, context + 1024).plan_layers(40, free).is_err());
}

#[test]
fn a_device_that_ran_out_hears_of_less_than_it_had() {
    let needs = pixtral(4.9, 8192);
    let plan = needs.plan(7 * GIB);
    let placement = Placement::new(&Device::Cpu, needs, plan);
    let shortage = placement.shortage(Some(100 << 20));
    assert!(shortage.n_layers.unwrap() < plan.n_layers);
    assert!(shortage.to_string().ends_with("0.1 GiB are free"), "{shortage}");
    // Without numbers there still is a way.
    let shortage = Placement::all_on(&Device::Cpu).shortage(None);
    assert!(shortage.hint().contains("--device cpu"));
}

proptest! {
    #[test]
    fn a_plan_never_takes_more_than_is_free(free in 0..40 * GIB, bits in 4.0..33.0, context in 1..200_000_usize) {
        let needs = pixtral(bits, context);
        let plan = needs.plan(free);
        prop_assert!(needs.bytes(plan) <= free);
        // And more would not fit.
        let n_layers = plan.n_layers + 1;
        if n_layers <= needs.n_layers() {
            let more = needs.bytes(Plan { n_layers, ..plan });
            prop_assert!(more > free);
            prop_assert!(!plan.output);
        }
        // What it asks for by number, it gets.
        prop_assert!(needs.plan_layers(plan.n_layers, free).is_ok());
    }
}
