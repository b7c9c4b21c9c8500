//! Nothing that is not a picture may panic, hang, or take memory; and the next picture decodes.

use std::time::Duration;

use lorgnette_image::{DecodeOptions, Format, ImageError, Limits, Note, Picture};
use proptest::prelude::*;

use crate::decoding::form;
use crate::golden::fixture;
use crate::make;

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
    "420.heic",
    "clear-rgba.heic",
    "exif-6.heic",
    "ten-bits.heic",
    "tiff-palette.tif",
    "tiff-three-pages.tif",
    "tiff-thumbnail-first.tif",
    "jpeg-whole-no-end-mark.jpg",
    "png-white-on-clear.png",
    "gif-blank-first.gif",
    "bmp-palette-300.bmp",
    "plain.tga",
];

fn decode_within(bytes: &[u8], limits: Limits) -> Result<Picture, ImageError> {
    Picture::decode_with(bytes, &DecodeOptions { limits, page: None })
}

/// Returns whether a picture says that something of it is not there.
fn is_partial(picture: &Picture) -> bool {
    let is_gap = |note: &Note| matches!(note, Note::Incomplete { .. } | Note::Coarse { .. });
    picture.notes().iter().any(is_gap)
}

#[track_caller]
fn check_good_one_decodes() {
    assert_eq!(Picture::decode(&form("scene.png")).unwrap().width(), 48);
}

#[test]
fn what_is_cut_off_is_never_shown_as_if_it_were_whole() {
    for name in FORMS {
        let bytes = form(name);
        let Ok(whole) = Picture::decode(&bytes) else {
            continue;
        };
        // Of long files not every length, for it takes long.
        for len in (0..bytes.len()).step_by(bytes.len().div_ceil(1500)) {
            if let Ok(picture) = Picture::decode(&bytes[..len]) {
                let is_same = picture.rgb() == whole.rgb();
                assert!(is_same || is_partial(&picture), "{name}, the first {len} bytes");
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
        match Picture::decode(&bytes[..bytes.len() / 2]) {
            Ok(picture) => assert!(is_partial(&picture), "{name}"),
            Err(ImageError::Truncated { .. }) => {}
            Err(error) => panic!("{name}: {error:?}"),
        }
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
        decode_within(&bytes, limits),
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
        "the picture is 30000 x 30000 pixels, and no more than 100000000 may be in one"
    );
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
    let with = |limits| decode_within(&scene, limits);
    let all = Limits::default();
    assert!(with(Limits { max_pixels: 1536, max_bytes: 8192, ..all }).is_ok());
    assert!(matches!(
        with(Limits { max_pixels: 1535, ..all }),
        Err(ImageError::TooManyPixels { width: 48, height: 32, max_pixels: 1535 })
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

/// Containers of other files: an icon, a raw photo, and TIFFs of strips that are JPEG and fax.
fn containers() -> Vec<Vec<u8>> {
    let jpeg = make::jpeg(&make::busy(40, 30));
    let sensor = make::Page::new(64, 48, 32_803, &[16], jpeg.clone());
    let ycbcr = make::Page::new(40, 30, 6, &[8, 8, 8], jpeg).with(259, &[7]);
    let fax = make::Page::new(16, 4, 0, &[1], vec![0, 0x1b, 0x73, 0, 0x1a, 0x80]).with(259, &[3]);
    vec![
        make::icon(1, &[(48, 32, form("scene.png")), (9, 9, form("bmp24.bmp")[14..].to_vec())]),
        make::tiff(&[sensor]),
        make::tiff(&[ycbcr]),
        make::tiff(&[fax.clone(), fax.with(259, &[2])]),
    ]
}

/// Small, so that a header made up at random costs little.
const SMALL: Limits =
    Limits { max_pixels: 1 << 20, max_bytes: 8 << 20, max_time: Duration::from_secs(30) };

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
        if let Ok(picture) = decode_within(&bytes, SMALL) {
            prop_assert!(u64::from(picture.width()) * u64::from(picture.height()) <= SMALL.max_pixels);
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
        let _ = decode_within(&bytes, SMALL);
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
        let _ = decode_within(&bytes, SMALL);
    }

    /// Numbers of pages, of bytes and places: those that are read here.
    #[test]
    fn changed_containers_never_panic(
        kind in 0..4_usize,
        percent in 0..=100_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        page in prop::option::of(0_u32..4),
    ) {
        let mut bytes = containers()[kind].clone();
        bytes.truncate((bytes.len() * percent / 100).max(1));
        for (position, byte) in changes {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        let _ = Picture::decode_with(&bytes, &DecodeOptions { limits: SMALL, page });
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = Picture::decode(&bytes);
    }
}
