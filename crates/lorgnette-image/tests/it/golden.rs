//! Pictures prepared by the reference implementations.

use std::path::PathBuf;

use half::f16;
use lorgnette_image::{ImageConfig, Picture};
use safetensors::SafeTensors;
use serde_json::Value;

pub fn fixture(name: &str) -> Vec<u8> {
    fs_err::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images").join(name))
        .unwrap()
}

#[test]
fn every_picture_becomes_what_the_reference_makes_of_it() {
    let expected: Value = serde_json::from_slice(&fixture("expected.json")).unwrap();
    let tensors = fixture("pixels.safetensors");
    let tensors = SafeTensors::deserialize(&tensors).unwrap();
    let mut n_compared = 0;
    for case in expected.as_array().unwrap() {
        let name = case["file"].as_str().unwrap();
        let number = |key: &str| u32::try_from(case[key].as_u64().unwrap()).unwrap();
        let picture = Picture::decode(&fixture(name)).unwrap();
        let pixels = picture.prepare(&ImageConfig::PIXTRAL_12B).unwrap();
        assert_eq!(
            (picture.width(), picture.height()),
            (number("oriented_width"), number("oriented_height")),
            "{name}"
        );
        let grid = pixels.grid();
        assert_eq!((grid.rows, grid.cols), (number("rows"), number("cols")), "{name}");
        assert_eq!(grid.n_tokens(), number("image_tokens") as usize, "{name}");
        if let Ok(tensor) = tensors.tensor(name) {
            let (height, width) = (pixels.height() as usize, pixels.width() as usize);
            assert_eq!(tensor.shape(), [3, height, width], "{name}");
            let halves = tensor.data().as_chunks::<2>().0.iter();
            let wanted: Vec<f32> = halves.map(|&pair| f16::from_le_bytes(pair).to_f32()).collect();
            check_close(name, pixels.data(), &wanted);
            n_compared += 1;
        }
    }
    assert_eq!(n_compared, tensors.len());
}

/// JPEG decoders differ a little, and nobody agrees on CMYK without a profile.
fn check_close(name: &str, found: &[f32], wanted: &[f32]) {
    let differences = || found.iter().zip(wanted).map(|(a, b)| (a - b).abs());
    let mean = differences().sum::<f32>() / wanted.len() as f32;
    let near = differences().filter(|&d| d <= 0.06).count() as f32 / wanted.len() as f32;
    let most = differences().fold(0.0, f32::max);
    println!("{name}: mean {mean:.5}, {:.3} % within 0.06, at most {most:.4}", near * 100.0);
    assert!(mean <= if name.starts_with("cmyk") { 0.05 } else { 0.01 }, "{name}: mean {mean}");
    assert!(name.starts_with("cmyk") || near >= 0.999, "{name}: {near} within 0.06");
}
