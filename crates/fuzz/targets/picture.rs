//! Any bytes are a picture, or are refused: as a file, and as one page of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lorgnette_image::{DecodeOptions, ImageConfig, Limits, Picture};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { max_pixels: 1 << 20, max_bytes: 16 << 20, ..Limits::default() };
    for page in [None, Some(2)] {
        if let Ok(picture) = Picture::decode_with(bytes, &DecodeOptions { limits, page }) {
            assert_eq!(picture.rgb().len() as u32, 3 * picture.width() * picture.height());
            let config = ImageConfig::PIXTRAL_12B.with_max_side(64);
            picture.prepare(&config).expect("a picture that was decoded can be shown");
        }
    }
});
