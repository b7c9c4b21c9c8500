//! Is all of the picture there? What is missing is said, and what is whole is read.

use image::ImageFormat;
use lorgnette_image::{Format, ImageError, Note, Picture, Side};

use crate::decoding::form;
use crate::golden::fixture;
use crate::make::{self, Page};

/// Returns the missing share in percent, 0 if all is there, and 100 if it is refused.
fn n_missing(bytes: &[u8]) -> u8 {
    match Picture::decode(bytes) {
        Err(ImageError::Truncated { .. }) => 100,
        Err(error) => panic!("{error:?}"),
        Ok(picture) => {
            let missing = |note: &Note| match note {
                Note::Incomplete { percent, side } => {
                    assert_eq!(*side, Some(Side::Lower));
                    Some(*percent)
                }
                _ => None,
            };
            picture.notes().iter().find_map(missing).unwrap_or(0)
        }
    }
}

/// Replaces what follows a place by zeros, up to the end mark.
fn zeroed(bytes: &[u8], from: usize, n_after: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let end = bytes.len() - n_after;
    if from < end {
        bytes[from..end].fill(0);
    }
    bytes
}

#[track_caller]
fn check_whole(bytes: &[u8], expected: &Picture) {
    let picture = Picture::decode(bytes).unwrap();
    assert_eq!(picture.notes(), []);
    assert_eq!(picture.rgb(), expected.rgb());
}

#[test]
fn a_jpeg_whose_data_ends_too_early_says_how_much_is_missing() {
    let picture = Picture::decode(&form("jpeg-half-zeros.jpg")).unwrap();
    let [Note::Incomplete { percent, side: Some(Side::Lower) }] = picture.notes() else {
        panic!("{:?}", picture.notes());
    };
    assert!((30..=70).contains(percent), "{percent}");
    // What is missing is grey, and not what zeros stand for.
    assert!(picture.rgb()[picture.rgb().len() - 3000..].iter().all(|&sample| sample == 128));
}

#[test]
fn an_end_mark_that_is_missing_is_not_missed() {
    let jpeg = form("jpeg-whole-no-end-mark.jpg");
    check_whole(&jpeg, &Picture::decode(&[&jpeg[..], b"\xff\xd9"].concat()).unwrap());
    check_whole(&form("png-whole-no-iend.png"), &Picture::decode(&form("sign.png")).unwrap());
    for name in ["420.jpg", "411.jpg", "restart.jpg", "progressive.jpg", "cmyk.jpg", "grey.jpg"] {
        let jpeg = form(name);
        check_whole(&jpeg[..jpeg.len() - 2], &Picture::decode(&jpeg).unwrap());
    }
    let png = form("sign.png");
    let sign = Picture::decode(&png).unwrap();
    for len in png.len() - 12..png.len() {
        check_whole(&png[..len], &sign);
    }
}

#[test]
fn what_follows_the_end_does_not_matter() {
    for name in
        ["420.jpg", "restart.jpg", "progressive.jpg", "sign.png", "lossy.webp", "palette.gif"]
    {
        let bytes = form(name);
        let picture = Picture::decode(&bytes).unwrap();
        for trailer in [&[0; 500][..], &[0xff; 500], b"a second file", &bytes] {
            check_whole(&[&bytes, trailer].concat(), &picture);
        }
    }
}

#[test]
fn every_ordinary_jpeg_is_whole() {
    for name in ["photo-4032x3024.jpg", "cmyk.jpg", "exif6.jpg"] {
        assert_eq!(Picture::decode(&fixture(name)).unwrap().notes(), [], "{name}");
    }
    let forms = ["411.jpg", "420.jpg", "cmyk.jpg", "exif-6.jpg", "grey.jpg", "progressive.jpg"];
    for name in forms.into_iter().chain(["restart.jpg", "rgb-not-ycc.jpg", "ycck.jpg"]) {
        assert_eq!(Picture::decode(&form(name)).unwrap().notes(), [], "{name}");
    }
    // Flat pictures are coded as zeros for a good part.
    for shade in [0, 128, 255] {
        let flat = image::RgbImage::from_pixel(640, 480, image::Rgb([shade; 3]));
        assert_eq!(n_missing(&make::jpeg(&flat)), 0, "{shade}");
    }
}

#[test]
fn the_missing_share_follows_the_cut() {
    let photo = Picture::decode(&fixture("photo-4032x3024.jpg")).unwrap().shrunk(800).unwrap();
    let photo = image::RgbImage::from_raw(photo.width(), photo.height(), photo.rgb().to_vec());
    for image in [make::busy(320, 400), photo.unwrap()] {
        let jpeg = make::jpeg(&image);
        let whole = Picture::decode(&jpeg).unwrap();
        let mut before = 101;
        for share in 1..20 {
            let at = jpeg.len() * share / 20;
            let (cut, zeros) = (n_missing(&jpeg[..at]), n_missing(&zeroed(&jpeg, at, 2)));
            assert!(cut.abs_diff(zeros) <= 3, "at {share}/20: {cut} %, with zeros {zeros} %");
            assert!(cut <= before && cut > 0, "at {share}/20: {cut} %, before {before} %");
            before = cut;
            if cut < 100 {
                let picture = Picture::decode(&jpeg[..at]).unwrap();
                // All but the lowest row of blocks, into which colours bleed from below.
                let n_rows =
                    (whole.height() as usize * usize::from(100 - cut) / 100).saturating_sub(17);
                let n_values = n_rows * whole.width() as usize * 3;
                assert!(picture.rgb()[..n_values] == whole.rgb()[..n_values], "at {share}/20");
            }
        }
        assert!(before < 20, "{before}");
    }
}

#[test]
fn a_hole_in_a_jpeg_is_found() {
    let mut jpeg = make::jpeg(&make::busy(320, 400));
    let middle = jpeg.len() / 2;
    jpeg[middle..middle + 512].fill(0);
    assert!((35..=65).contains(&n_missing(&jpeg)), "{}", n_missing(&jpeg));
}

#[test]
fn restart_markers_save_what_follows_a_hole() {
    let jpeg = form("restart.jpg");
    let markers: Vec<_> = (0..jpeg.len() - 1)
        .filter(|&at| jpeg[at] == 0xff && (0xd0..=0xd7).contains(&jpeg[at + 1]))
        .collect();
    // The data of the first interval is gone.
    let start = jpeg.windows(2).position(|mark| mark == [0xff, 0xda]).unwrap() + 14;
    let without = [&jpeg[..start], &jpeg[markers[0]..]].concat();
    let picture = Picture::decode(&without).unwrap();
    let [Note::Incomplete { percent, side: None }] = picture.notes() else {
        panic!("{:?}", picture.notes());
    };
    assert!(*percent <= 50, "{percent}");
}

#[test]
fn a_progressive_jpeg_without_its_last_scans_is_coarse() {
    let jpeg = form("progressive.jpg");
    let scans: Vec<_> =
        (0..jpeg.len() - 1).filter(|&at| jpeg[at..].starts_with(&[0xff, 0xda])).collect();
    assert!(scans.len() > 3);
    for &at in &scans[1..] {
        for bytes in [jpeg[..at].to_vec(), jpeg[..at + 12].to_vec(), zeroed(&jpeg, at, 2)] {
            let notes = Picture::decode(&bytes).map(|picture| picture.notes().to_vec());
            let is_coarse = matches!(notes.as_deref(), Ok([Note::Coarse { .. }]));
            assert!(is_coarse || bytes.len() > jpeg.len() - 40, "at {at}: {notes:?}");
        }
    }
}

#[test]
fn a_png_that_is_cut_off_shows_the_rows_that_are_there() {
    for image in [
        image::DynamicImage::from(make::busy(60, 80)),
        image::DynamicImage::from(make::busy(60, 80)).to_luma16().into(),
        image::DynamicImage::from(make::busy(60, 80)).to_luma_alpha8().into(),
    ] {
        let png = make::file(image, ImageFormat::Png);
        let whole = Picture::decode(&png).unwrap();
        let missing = n_missing(&png[..png.len() / 2]);
        assert!((30..=70).contains(&missing), "{missing}");
        let picture = Picture::decode(&png[..png.len() / 2]).unwrap();
        let n_values = whole.rgb().len() / 4;
        assert_eq!(picture.rgb()[..n_values], whole.rgb()[..n_values]);
        assert!(picture.rgb().ends_with(&[128; 180]));
        assert_eq!(n_missing(&png[..60]), 100);
    }
}

#[test]
fn a_png_that_was_sent_as_a_text_is_damaged() {
    let whole = form("sign.png");
    for end in [&b"\n"[..], b"\r\r\n"] {
        let sent = [b"\x89PNG", end, &whole[6..]].concat();
        let error = Picture::decode(&sent).unwrap_err();
        assert!(matches!(error, ImageError::Damaged { format: Format::Png, .. }), "{error:?}");
    }
}

#[test]
fn damage_has_one_sentence_of_ours() {
    let error = Picture::decode(&form("png-idat-crc.png")).unwrap_err();
    assert!(matches!(error, ImageError::Damaged { .. }), "{error:?}");
    assert_eq!(error.to_string(), "the PNG picture is damaged");
}

#[test]
fn a_webp_whose_data_is_not_there_is_refused() {
    let webp = make::file(make::busy(200, 200), ImageFormat::WebP);
    let lossy = form("lossy.webp");
    for at in [webp.len() / 3, webp.len() / 2, webp.len() - 10] {
        assert_eq!(n_missing(&webp[..at]), 100, "{at}");
    }
    assert_eq!(n_missing(&zeroed(&webp, webp.len() / 2, 0)), 100);
    for len in 100..lossy.len() {
        let result = Picture::decode(&lossy[..len]);
        assert!(matches!(result, Err(ImageError::Truncated { .. })), "{len}: {result:?}");
    }
    assert_eq!(n_missing(&zeroed(&lossy, lossy.len() / 2, 0)), 100);
}

#[test]
fn jpeg_inside_tiff_says_what_is_missing() {
    let jpeg = make::jpeg(&make::busy(160, 200));
    let page = |jpeg: Vec<u8>| {
        let page = Page::new(160, 200, 6, &[8, 8, 8], jpeg).with(259, &[7]);
        make::tiff(&[page.with(530, &[2, 2])])
    };
    assert_eq!(n_missing(&page(jpeg.clone())), 0);
    let missing = n_missing(&page(zeroed(&jpeg, jpeg.len() / 2, 2)));
    assert!((35..=65).contains(&missing), "{missing}");
    let missing = n_missing(&page(jpeg[..jpeg.len() / 2].to_vec()));
    assert!((35..=65).contains(&missing), "{missing}");
    assert_eq!(n_missing(&page(jpeg[..jpeg.len() / 20].to_vec())), 100);
}

#[test]
fn strips_of_a_tiff_that_have_no_data_are_missing() {
    let zlib = |bytes: &[u8]| {
        use std::io::Write as _;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let samples = make::busy(64, 64).into_raw();
    let data = zlib(&samples);
    let page = |data: Vec<u8>| Page::new(64, 64, 2, &[8; 3], data).with(259, &[8]);
    let whole = Picture::decode(&make::tiff(&[page(data.clone())])).unwrap();
    assert_eq!((whole.notes(), whole.rgb()), (&[][..], &samples[..]));
    let mut zeros = data;
    let half = zeros.len() / 2;
    zeros[half..].fill(0);
    let error = Picture::decode(&make::tiff(&[page(zeros)])).unwrap_err();
    assert!(matches!(error, ImageError::Truncated { .. } | ImageError::Damaged { .. }));
}
