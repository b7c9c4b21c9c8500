//! Nothing that is not a picture may panic, hang, or take memory; and the next picture decodes.

use lorgnette_image::{Format, ImageError, Limits, Picture};
use proptest::prelude::*;

use crate::decoding::form;
use crate::golden::fixture;

const FORMS: &[&str] = &[
    "scene.png",
    "clear-rgba.png",
    "palette-trns.png",
    "animated.png",
    "exif-6.png",
    "420.jpg",
    "progressive.jpg",
    "cmyk.jpg",
    "exif-6.jpg",
    "lossy.webp",
    "lossless.webp",
    "clear-lossy.webp",
    "animated.webp",
    "palette.gif",
    "palette-trns.gif",
    "bmp24.bmp",
    "palette.bmp",
    "grey.bmp",
    "plain.tiff",
    "deflate.tiff",
    "packbits.tiff",
    "exif-6.tiff",
    "fax.tiff",
    "pages.tiff",
    "jpeg.tiff",
    "cmyk.tiff",
    "420.avif",
    "444.avif",
    "400.avif",
    "clear-rgba.avif",
    "exif-6.avif",
];

#[track_caller]
fn check_good_one_decodes() {
    assert_eq!(Picture::decode(&form("scene.png")).unwrap().width(), 48);
}

#[test]
fn what_is_cut_off_is_refused_and_never_shown_half() {
    for name in FORMS {
        let bytes = form(name);
        let Ok(whole) = Picture::decode(&bytes) else {
            continue;
        };
        for len in 0..bytes.len() {
            if let Ok(picture) = Picture::decode(&bytes[..len]) {
                assert_eq!(picture.rgb(), whole.rgb(), "{name}, the first {len} bytes");
            }
        }
        check_good_one_decodes();
    }
}

#[test]
fn cut_off_says_so() {
    let cases =
        ["rgb.png", "exif6.jpg", "lossless.webp", "animated.gif", "screen.bmp", "page.tiff"];
    for name in cases {
        let bytes = fixture(name);
        let error = Picture::decode(&bytes[..bytes.len() / 2]).unwrap_err();
        assert!(matches!(error, ImageError::Truncated { .. }), "{name}: {error:?}");
    }
}

#[test]
fn cut_off_avif_says_so() {
    let bytes = form("444.avif");
    for len in 40..bytes.len() {
        let error = Picture::decode(&bytes[..len]).unwrap_err();
        assert!(
            matches!(error, ImageError::Truncated { format: Format::Avif }),
            "{len}: {error:?}"
        );
    }
}

/// A header that claims more than the boxes do is stopped by the decoder's own limit.
#[test]
fn an_avif_that_lies_about_its_size_is_refused() {
    let mut bytes = form("444.avif");
    let size = bytes.windows(4).position(|name| name == b"ispe").unwrap() + 8;
    bytes[size..size + 8].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
    let limits = Limits { max_pixels: 100, ..Limits::default() };
    assert!(matches!(
        Picture::decode_with(&bytes, &limits),
        Err(ImageError::Damaged { format: Format::Avif, .. })
    ));
}

#[test]
fn what_is_no_picture_is_told_apart() {
    assert!(matches!(Picture::decode(b""), Err(ImageError::Empty)));
    assert!(matches!(Picture::decode(b"hello"), Err(ImageError::Text)));
    assert!(matches!(Picture::decode(&[0; 100]), Err(ImageError::NotAPicture)));
    check_good_one_decodes();
}

/// A PNG of a header and nothing else; 8-bit RGB.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut body = b"IHDR".to_vec();
    body.extend([width.to_be_bytes(), height.to_be_bytes()].as_flattened());
    body.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(&body);
    png.extend(crc32(&body).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

#[test]
fn a_bomb_is_refused_by_its_header_with_the_numbers() {
    let error = Picture::decode(&png_header(30_000, 30_000)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the picture is 30000 x 30000 pixels, and no side may be over 16384"
    );
    let error = Picture::decode(&png_header(16_000, 16_000)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the picture is 16000 x 16000 pixels, and no more than 100000000 may be in one"
    );
    for (width, height) in [(1, 20_000), (20_000, 1)] {
        let error = Picture::decode(&png_header(width, height)).unwrap_err();
        assert!(matches!(error, ImageError::SideTooLong { max_side: 16_384, .. }), "{error:?}");
    }
    // One row of this is too much already.
    let error = Picture::decode(&png_header(u32::MAX >> 1, u32::MAX >> 1)).unwrap_err();
    assert!(matches!(error, ImageError::DecoderLimit { .. }), "{error:?}");
    for (width, height) in [(0, 0), (0, 5), (5, 0)] {
        assert!(Picture::decode(&png_header(width, height)).is_err());
    }
    check_good_one_decodes();
}

#[test]
fn each_limit_is_one() {
    let scene = form("scene.png"); // 48 x 32
    let with = |limits| Picture::decode_with(&scene, &limits);
    let all = Limits::default();
    assert!(with(Limits { max_pixels: 1536, max_side: 48, max_bytes: 8192 }).is_ok());
    assert!(matches!(
        with(Limits { max_pixels: 1535, ..all }),
        Err(ImageError::TooManyPixels { width: 48, height: 32, max_pixels: 1535 })
    ));
    assert!(matches!(
        with(Limits { max_side: 47, ..all }),
        Err(ImageError::SideTooLong { width: 48, height: 32, max_side: 47 })
    ));
    assert!(matches!(
        with(Limits { max_bytes: 4607, ..all }),
        Err(ImageError::TooManyBytes { bytes: 4608, max_bytes: 4607 })
    ));
    assert!(matches!(
        with(Limits { max_bytes: 10, ..all }),
        Err(ImageError::TooManyBytes { max_bytes: 10, .. })
    ));
}

#[test]
fn a_wrong_name_does_not_matter() {
    for (name, format) in [("420.jpg", Format::Jpeg), ("lossy.webp", Format::WebP)] {
        assert_eq!(Picture::decode(&form(name)).unwrap().format(), Some(format));
    }
}

/// Small, so that a header made up at random costs little.
const SMALL: Limits = Limits { max_pixels: 1 << 20, max_side: 4096, max_bytes: 8 << 20 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn changed_bytes_never_panic(
        form_idx in 0..FORMS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = form(FORMS[form_idx]);
        for (position, byte) in changes {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        if let Ok(picture) = Picture::decode_with(&bytes, &SMALL) {
            prop_assert!(picture.width() <= SMALL.max_side && picture.height() <= SMALL.max_side);
        }
    }

    /// Most of what decides how decoding goes is at the front.
    #[test]
    fn changed_headers_never_panic(
        form_idx in 0..FORMS.len(),
        changes in prop::collection::vec((8_usize..96, any::<u8>()), 1..4),
    ) {
        let mut bytes = form(FORMS[form_idx]);
        for (position, byte) in changes {
            let position = position % bytes.len();
            bytes[position] = byte;
        }
        let _ = Picture::decode_with(&bytes, &SMALL);
    }

    #[test]
    fn random_bytes_after_a_first_mark_never_panic(
        form_idx in 0..FORMS.len(),
        n_left in 4_usize..64,
        random in prop::collection::vec(any::<u8>(), 0..512),
    ) {
        let mut bytes = form(FORMS[form_idx]);
        bytes.truncate(n_left);
        bytes.extend(random);
        let _ = Picture::decode_with(&bytes, &SMALL);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = Picture::decode(&bytes);
    }
}
