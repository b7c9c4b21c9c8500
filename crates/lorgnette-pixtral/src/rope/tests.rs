use super::*;

#[track_caller]
fn check_patch(row: usize, col: usize, cos: [f32; 6], sin: Option<[f32; 6]>) {
    let rope = Rope::new(&RopeConfig::plain(1e4), 64, RopeLayout::Half);
    let rotation = rope.of_patches((64, 64), &Device::Cpu).expect("a table");
    let at = row * 64 + col;
    let sin = sin.map(|sin| (&rotation.sin, sin));
    for (values, expected) in [(&rotation.cos, cos)].into_iter().chain(sin) {
        let values = values.get(at).unwrap().to_vec1::<f32>().unwrap();
        for (i, expected) in [0, 1, 15, 16, 17, 31].into_iter().zip(expected) {
            assert!((values[i] - expected).abs() < 3e-6, "angle {i}: {} {expected}", values[i]);
        }
    }
}

/// Values of mistral-inference's `precompute_freqs_cis_2d`, given to six places; it computes the
/// angles in f32, which at 63 moves them by 2e-6.
#[test]
fn angles_of_patches_are_the_references() {
    check_patch(
        1,
        2,
        [0.540_302, 0.846_009, 1.0, 0.070_948, 0.664_932, 1.0],
        Some([0.841_471, 0.533_168, 0.000_178, 0.997_480, 0.746_904, 0.000_267]),
    );
    check_patch(63, 63, [0.985_897, -0.644_837, 0.999_937, -0.992_875, 0.136_231, 0.999_965], None);
}

#[test]
fn a_token_keeps_its_length_and_position_0_does_nothing() {
    let x = Tensor::randn(0_f32, 1.0, (2, 3, 8), &Device::Cpu).unwrap();
    for layout in [RopeLayout::Half, RopeLayout::Interleaved] {
        let rope = Rope::new(&RopeConfig::plain(1e4), 8, layout);
        let rotation = rope.of_positions(0..3, &Device::Cpu).unwrap();
        let turned = rotation.apply(&x).unwrap();
        let difference = |a: &Tensor, b: &Tensor| {
            (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap()
        };
        let (first, same) = (x.narrow(1, 0, 1).unwrap(), turned.narrow(1, 0, 1).unwrap());
        assert!(difference(&first, &same) < 1e-6);
        let norm = |x: &Tensor| x.sqr().unwrap().sum(2).unwrap();
        assert!(difference(&norm(&x), &norm(&turned)) < 1e-5);
        assert!(difference(&x, &turned) > 0.1);
    }
}

#[test]
fn a_token_turns_by_its_position_wherever_the_chunk_begins() {
    let rope = Rope::new(&RopeConfig::plain(1e9), 128, RopeLayout::Half);
    let whole = rope.of_positions(0..40, &Device::Cpu).unwrap();
    let part = rope.of_positions(37..39, &Device::Cpu).unwrap();
    for (whole, part) in [(&whole.cos, &part.cos), (&whole.sin, &part.sin)] {
        let whole = whole.narrow(0, 37, 2).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(whole, part.to_vec2::<f32>().unwrap());
    }
    let cos = whole.cos.get(3).unwrap().to_vec1::<f32>().unwrap();
    let angle = |i: i32| 3.0 * 1e9_f64.powf(-2.0 * f64::from(i) / 128.0);
    for i in [0_u8, 1, 5, 63] {
        assert_eq!(cos[usize::from(i)].to_bits(), (angle(i.into()).cos() as f32).to_bits(), "{i}");
    }
}
