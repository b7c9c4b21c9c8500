use lorgnette_image::{ImageConfig, ImageError, Picture, Pixels};

fn flat(width: u32, height: u32, grey: u8) -> Picture {
    Picture::from_rgb(width, height, vec![grey; (width * height * 3) as usize]).unwrap()
}

/// Width, height, width and height at the grid, sum of |normalised| of a picture of grey 128.
/// Source: mistral-common `tests/test_image.py`.
#[test]
fn normalised_grey_sums_to_the_references_numbers() {
    let cases = [
        (200, 311, 208, 320, 38_949.73),
        (300, 212, 304, 224, 39_848.57),
        (251, 1374, 192, 1024, 115_051.51),
        (1475, 477, 1024, 336, 201_340.13),
        (1344, 1544, 896, 1024, 536_907.0),
        (2133, 3422, 640, 1024, 383_505.0),
    ];
    for (width, height, grid_width, grid_height, expected) in cases {
        let pixels = flat(width, height, 128).prepare(&ImageConfig::PIXTRAL_12B).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (grid_width, grid_height));
        let sum: f64 = pixels.data().iter().map(|&value| f64::from(value.abs())).sum();
        assert!((sum / expected - 1.0).abs() < 1e-5, "{width} x {height}: {sum}, not {expected}");
    }
}

#[test]
fn black_and_white_end_where_the_mean_and_deviation_put_them() {
    for (grey, expected) in [(0_u8, -1.792_26_f32), (255, 1.930_33)] {
        let pixels = flat(33, 50, grey).prepare(&ImageConfig::PIXTRAL_12B).unwrap();
        let red = &pixels.data()[..pixels.data().len() / 3];
        assert!(red.iter().all(|value| (value - expected).abs() < 1e-4), "{grey}: {}", red[0]);
        assert!(pixels.data().iter().all(|value| value.is_finite()));
    }
}

#[test]
fn colours_are_separated_and_rows_stay_rows() {
    let config = ImageConfig { mean: [0.0; 3], std: [1.0; 3], ..ImageConfig::PIXTRAL_12B };
    let rgb = (0..16 * 32).flat_map(|idx| [idx as u8, 255, (idx >> 8) as u8]).collect();
    let pixels = Picture::from_rgb(16, 32, rgb).unwrap().prepare(&config).unwrap();
    let byte = |channel: usize, y: usize, x: usize| {
        (pixels.data()[(channel * 32 + y) * 16 + x] * 255.0).round() as u32
    };
    assert_eq!([byte(0, 0, 0), byte(0, 0, 5), byte(0, 3, 1), byte(0, 31, 15)], [0, 5, 49, 255]);
    assert_eq!([byte(1, 7, 7), byte(2, 15, 15), byte(2, 16, 0)], [255, 0, 1]);
    assert_eq!((pixels.grid().rows, pixels.grid().cols), (2, 1));
}

#[test]
fn merged_patches_are_counted_both_ways() {
    let pixels = flat(100, 30, 9).prepare(&ImageConfig::MISTRAL_3).unwrap();
    assert_eq!((pixels.width(), pixels.height()), (112, 56));
    assert_eq!((pixels.grid().rows, pixels.grid().cols), (2, 4));
    assert_eq!((pixels.n_patch_rows(), pixels.n_patch_cols()), (4, 8));
}

#[test]
fn what_the_model_sees_can_be_saved() {
    let picture = flat(40, 20, 77);
    let model_view = picture.resized(&ImageConfig::PIXTRAL_12B).unwrap();
    assert_eq!((model_view.width(), model_view.height()), (48, 32));
    let again = Picture::decode(&model_view.to_png().unwrap()).unwrap();
    assert_eq!(again.rgb(), model_view.rgb());
    assert_eq!(
        again.prepare(&ImageConfig::PIXTRAL_12B).unwrap(),
        picture.prepare(&ImageConfig::PIXTRAL_12B).unwrap()
    );
}

#[test]
fn the_hash_tells_pictures_and_their_shapes_apart() {
    let hash = |width, height, grey| {
        flat(width, height, grey).prepare(&ImageConfig::PIXTRAL_12B).unwrap().content_hash()
    };
    assert_eq!(hash(32, 16, 5), hash(32, 16, 5));
    assert_ne!(hash(32, 16, 5), hash(32, 16, 6));
    assert_ne!(hash(32, 16, 5), hash(16, 32, 5));
}

#[test]
fn reference_pixels_must_fit_their_size() {
    let config = ImageConfig::MISTRAL_3;
    let make = |len, width, height| Pixels::from_normalised(vec![0.5; len], width, height, &config);
    let pixels = make(28 * 56 * 3, 28, 56).unwrap();
    assert_eq!((pixels.grid().rows, pixels.grid().cols), (2, 1));
    assert!(matches!(
        make(28 * 56 * 3, 56, 56),
        Err(ImageError::WrongLength { expected: 9408, .. })
    ));
    assert!(matches!(make(14 * 28 * 3, 14, 28), Err(ImageError::NotWholeUnits { unit: 28, .. })));
    assert!(matches!(make(0, 0, 0), Err(ImageError::NotWholeUnits { .. })));
}

#[test]
fn pictures_from_memory_must_fit_their_size() {
    let make = |len, width, height| Picture::from_rgb(width, height, vec![0; len]);
    assert!(make(12, 2, 2).is_ok());
    assert!(matches!(make(11, 2, 2), Err(ImageError::WrongLength { found: 11, .. })));
    assert!(matches!(make(0, 0, 2), Err(ImageError::NoPixels { width: 0, height: 2 })));
    assert!(matches!(make(0, u32::MAX, u32::MAX), Err(ImageError::WrongLength { .. })));
}
