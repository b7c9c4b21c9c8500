use lorgnette_image::{Grid, ImageConfig};
use proptest::prelude::*;

#[track_caller]
fn check(config: &ImageConfig, width: u32, height: u32, expected: &str) {
    let grid = Grid::for_picture(width, height, config);
    let found = format!("{}x{}, {} tokens", grid.rows, grid.cols, grid.n_tokens());
    assert_eq!(found, expected, "{width} x {height}");
}

/// Rows x columns, as mistral-common counts them.
#[test]
fn pixtral_counts_as_the_reference() {
    let cases = [
        (1, 1, "1x1, 2 tokens"),
        (15, 15, "1x1, 2 tokens"),
        (16, 16, "1x1, 2 tokens"),
        (17, 16, "1x2, 3 tokens"),
        (16, 17, "2x1, 4 tokens"),
        (1024, 1024, "64x64, 4160 tokens"),
        (1025, 1025, "64x64, 4160 tokens"),
        (1920, 1080, "36x64, 2340 tokens"),
        (1080, 1920, "64x36, 2368 tokens"),
        (3840, 2160, "36x64, 2340 tokens"),
        (2480, 3508, "64x46, 3008 tokens"),
        (2550, 3300, "64x50, 3264 tokens"),
        (4032, 3024, "48x64, 3120 tokens"),
        (3024, 4032, "64x48, 3136 tokens"),
        (8000, 6000, "48x64, 3120 tokens"),
        (316, 500, "32x20, 672 tokens"),
        (1000, 1001, "63x63, 4032 tokens"),
        (1023, 1025, "64x64, 4160 tokens"),
    ];
    for (width, height, expected) in cases {
        check(&ImageConfig::PIXTRAL_12B, width, height, expected);
    }
}

/// Sizes and counts of mistral-common and transformers; of `LightOnOCR`, those of the grid that the
/// family has.
#[test]
fn every_model_counts_as_its_reference() {
    let cases: serde_json::Value =
        serde_json::from_str(include_str!("../fixtures/image-tokens.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let number = |value: &serde_json::Value| u32::try_from(value.as_u64().unwrap()).unwrap();
        let (width, height) = (number(&case["width"]), number(&case["height"]));
        for (config, expected) in [
            (ImageConfig::PIXTRAL_12B, &case["pixtral"]),
            (ImageConfig::MISTRAL_3, &case["mistral3"]),
            (ImageConfig::LIGHT_ON_OCR, &case["lighton_ocr"]["grid_28"]),
        ] {
            let grid = Grid::for_picture(width, height, &config);
            let pixels = (grid.cols * config.unit(), grid.rows * config.unit());
            let found = (pixels, (grid.rows, grid.cols), grid.n_tokens() as u64);
            let pixels = (number(&expected["width_px"]), number(&expected["height_px"]));
            let size = (number(&expected["rows"]), number(&expected["cols"]));
            let tokens = expected["tokens"].as_u64().unwrap();
            assert_eq!(found, (pixels, size, tokens), "{width} x {height}");
        }
    }
}

#[test]
fn mistral_3_counts_merged_patches() {
    let cases = [
        (1, 1, "1x1, 2 tokens"),
        (1024, 1024, "37x37, 1406 tokens"),
        (1025, 1025, "37x37, 1406 tokens"),
        (1920, 1080, "31x55, 1736 tokens"),
        (1080, 1920, "55x31, 1760 tokens"),
        (2480, 3508, "55x39, 2200 tokens"),
        (2550, 3300, "55x43, 2420 tokens"),
        (4032, 3024, "42x55, 2352 tokens"),
        (3024, 4032, "55x42, 2365 tokens"),
        (1080, 675, "25x39, 1000 tokens"),
        (1000, 1001, "36x36, 1332 tokens"),
        (200, 300, "11x8, 99 tokens"),
    ];
    for (width, height, expected) in cases {
        check(&ImageConfig::MISTRAL_3, width, height, expected);
    }
}

#[test]
fn a_thin_picture_keeps_one_token_across() {
    check(&ImageConfig::PIXTRAL_12B, 3000, 1, "1x64, 65 tokens");
    check(&ImageConfig::PIXTRAL_12B, 1, 3000, "64x1, 128 tokens");
    check(&ImageConfig::PIXTRAL_12B, 10_000, 100, "1x64, 65 tokens");
    check(&ImageConfig::PIXTRAL_12B, 100, 10_000, "64x1, 128 tokens");
    check(&ImageConfig::MISTRAL_3, 3000, 1, "1x55, 56 tokens");
    check(&ImageConfig::MISTRAL_3, 1, 3000, "55x1, 110 tokens");
    check(&ImageConfig::MISTRAL_3, 10_000, 100, "1x55, 56 tokens");
    check(&ImageConfig::MISTRAL_3, 100, 10_000, "55x1, 110 tokens");
}

#[test]
fn halves_round_to_even_and_not_down() {
    check(&ImageConfig::PIXTRAL_12B, 2048, 3, "1x64, 65 tokens");
    check(&ImageConfig::PIXTRAL_12B, 2048, 5, "1x64, 65 tokens");
    check(&ImageConfig::PIXTRAL_12B, 2048, 97, "3x64, 195 tokens");
    check(&ImageConfig::PIXTRAL_12B, 825, 1199, "64x45, 2944 tokens");
    check(&ImageConfig::PIXTRAL_12B, 2000, 1001, "33x64, 2145 tokens");
}

#[test]
fn a_smaller_longest_side_is_kept_between_one_unit_and_the_models_own() {
    let max_side = |side| ImageConfig::PIXTRAL_12B.with_max_side(side).max_side;
    assert_eq!([0, 1, 16, 512, 1024, 4096].map(max_side), [16, 16, 16, 512, 1024, 1024]);
    check(&ImageConfig::PIXTRAL_12B.with_max_side(512), 1920, 1080, "18x32, 594 tokens");
    check(&ImageConfig::PIXTRAL_12B.with_max_side(0), 1920, 1080, "1x1, 2 tokens");
}

#[test]
fn pictures_of_no_pixels_have_a_grid_all_the_same() {
    check(&ImageConfig::PIXTRAL_12B, 0, 0, "1x1, 2 tokens");
    check(&ImageConfig::PIXTRAL_12B, u32::MAX, 0, "1x64, 65 tokens");
}

proptest! {
    #[test]
    fn every_grid_is_within_the_models_tables(
        width in 1_u32..20_000,
        height in 1_u32..20_000,
        is_pixtral: bool,
    ) {
        let (config, most) = if is_pixtral {
            (ImageConfig::PIXTRAL_12B, 64)
        } else {
            (ImageConfig::MISTRAL_3, 55)
        };
        let grid = Grid::for_picture(width, height, &config);
        prop_assert!((1..=most).contains(&grid.rows) && (1..=most).contains(&grid.cols));
        prop_assert_eq!(grid.n_tokens(), grid.n_image_tokens() + grid.rows as usize);
        let turned = Grid::for_picture(height, width, &config);
        prop_assert_eq!((turned.rows, turned.cols), (grid.cols, grid.rows));
    }

    #[test]
    fn a_picture_that_fits_is_not_enlarged(width in 1_u32..=1024, height in 1_u32..=1024) {
        let grid = Grid::for_picture(width, height, &ImageConfig::PIXTRAL_12B);
        prop_assert_eq!((grid.cols, grid.rows), (width.div_ceil(16), height.div_ceil(16)));
    }
}
