//! Pages of documents: which one is drawn, how large, and that it looks as another program draws it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use image::imageops::{self, FilterType};
use lorgnette_image::{DecodeOptions, Document, Format, ImageError, Limits, Note, Picture};
use proptest::prelude::*;

use crate::make::pdf;

/// Time plays no part: what is refused is refused by what it would cost.
const PATIENT: DecodeOptions = DecodeOptions {
    limits: Limits {
        max_pixels: 100_000_000,
        max_bytes: 512 << 20,
        max_time: Duration::from_mins(10),
    },
    page: None,
};

fn document(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/documents");
    fs_err::read(format!("{folder}/{name}")).unwrap()
}

fn page(bytes: &[u8], page: u32) -> Result<Picture, ImageError> {
    Picture::decode_with(bytes, &DecodeOptions { page: Some(page), ..DecodeOptions::default() })
}

/// Compares a page with what poppler draws, a quarter of the size.
#[track_caller]
fn check_looks_the_same(name: &str, number: u32) {
    let drawn = page(&document(&format!("{name}.pdf")), number).unwrap();
    let wanted = image::load_from_memory(&document(&format!("{name}-{number}.png"))).unwrap();
    let wanted = wanted.into_luma8();
    let quarter = |side: u32| f64::from(side) / 4.0;
    assert!((quarter(drawn.width()) - f64::from(wanted.width())).abs() <= 1.0, "{name} {number}");
    assert!((quarter(drawn.height()) - f64::from(wanted.height())).abs() <= 1.0, "{name} {number}");
    let (width, height) = (drawn.width(), drawn.height());
    let rgb = image::RgbImage::from_raw(width, height, drawn.rgb().to_vec()).unwrap();
    let grey = image::DynamicImage::from(rgb).into_luma8();
    let found = imageops::resize(&grey, wanted.width(), wanted.height(), FilterType::Triangle);
    let similarity = similarity(&found, &wanted);
    assert!(similarity > 0.95, "page {number} of {name}: {similarity}");
}

/// The structural similarity of two pictures, as a mean over squares of 8 x 8 pixels.
///
/// Source: Wang et al., Image quality assessment: from error visibility to structural similarity, 2004.
fn similarity(a: &image::GrayImage, b: &image::GrayImage) -> f64 {
    const SIDE: u32 = 8;
    const C1: f64 = 0.01 * 255.0 * 0.01 * 255.0;
    const C2: f64 = 0.03 * 255.0 * 0.03 * 255.0;
    let (mut sum, mut n_squares) = (0.0, 0.0);
    for top in (0..a.height() - SIDE).step_by(SIDE as usize) {
        for left in (0..a.width() - SIDE).step_by(SIDE as usize) {
            let square = |picture: &image::GrayImage| {
                let pixels = (0..SIDE * SIDE).map(|i| (left + i % SIDE, top + i / SIDE));
                pixels.map(|(x, y)| f64::from(picture.get_pixel(x, y)[0])).collect::<Vec<f64>>()
            };
            let (x, y) = (square(a), square(b));
            let n = x.len() as f64;
            let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
            let product = |u: &[f64], mean_u: f64, v: &[f64], mean_v: f64| {
                u.iter().zip(v).map(|(u, v)| (u - mean_u) * (v - mean_v)).sum::<f64>() / n
            };
            let variances = product(&x, mean_x, &x, mean_x) + product(&y, mean_y, &y, mean_y);
            sum += (2.0 * mean_x * mean_y + C1) * (2.0 * product(&x, mean_x, &y, mean_y) + C2)
                / ((mean_x * mean_x + mean_y * mean_y + C1) * (variances + C2));
            n_squares += 1.0;
        }
    }
    sum / n_squares
}

#[test]
fn pages_look_as_another_program_draws_them() {
    for (name, n_pages) in [("cairo", 3), ("scan", 2), ("form", 1)] {
        for number in 1..=n_pages {
            check_looks_the_same(name, number);
        }
    }
}

#[test]
fn the_first_page_is_shown_and_each_can_be_asked_for() {
    let bytes = document("cairo.pdf");
    let first = Picture::decode(&bytes).unwrap();
    assert_eq!((first.width(), first.height()), (1654, 2339));
    assert_eq!((first.format(), first.kind().as_deref()), (Some(Format::Pdf), Some("PDF")));
    assert_eq!(first.notes(), [Note::Page { shown: 1, of: 3 }]);
    assert_eq!(page(&bytes, 1).unwrap().rgb(), first.rgb());
    let turned = page(&bytes, 2).unwrap();
    assert_eq!((turned.width(), turned.height()), (2339, 1654));
    assert_eq!(turned.notes(), [Note::Page { shown: 2, of: 3 }]);
    for missing in [0, 4, u32::MAX] {
        let error = page(&bytes, missing).unwrap_err();
        assert!(matches!(error, ImageError::NoSuchPage { n_pages: 3, .. }), "{error:?}");
    }
    assert_eq!(Picture::decode(&document("form.pdf")).unwrap().notes(), []);
}

#[test]
fn a_password_is_only_needed_by_who_has_to_type_one() {
    let plain = Picture::decode(&document("form.pdf")).unwrap();
    for name in ["owner-password.pdf", "owner-password-rc4.pdf"] {
        let picture = Picture::decode(&document(name)).unwrap();
        assert_eq!(picture.rgb(), plain.rgb(), "{name}");
    }
    let error = Picture::decode(&document("user-password.pdf")).unwrap_err();
    assert!(matches!(error, ImageError::Encrypted), "{error:?}");
    assert_eq!(error.to_string(), "the document is encrypted and opens with a password only");
    assert_eq!(error.hint(), "give its password, or save a copy of it without one and open that");
}

#[test]
fn a_document_opens_with_its_password() {
    let locked = Arc::new(document("user-password.pdf"));
    let opened = Document::open(Arc::clone(&locked), Some("secret")).unwrap();
    let plain = Picture::decode(&document("form.pdf")).unwrap();
    assert_eq!(opened.page(None).unwrap().rgb(), plain.rgb());
    for wrong in ["Secret", "", "secret "] {
        let error = Document::open(Arc::clone(&locked), Some(wrong)).unwrap_err();
        assert!(matches!(error, ImageError::WrongPassword), "{wrong:?}: {error:?}");
    }
    let error = Document::open(locked, None).unwrap_err();
    assert!(matches!(error, ImageError::Encrypted), "{error:?}");
    // One that needs none is not asked for it.
    assert!(Document::open(Arc::new(document("form.pdf")), Some("secret")).is_ok());
}

#[test]
fn an_open_document_gives_the_pages_that_a_file_does() {
    let bytes = document("cairo.pdf");
    let opened = Document::open(Arc::new(bytes.clone()), None).unwrap();
    assert_eq!((opened.n_pages(), opened.format()), (3, Format::Pdf));
    for number in 1..=3 {
        let of_file = page(&bytes, number).unwrap();
        assert_eq!(opened.page(Some(number)).unwrap(), of_file, "{number}");
        let size = opened.size(number).unwrap().unwrap();
        assert_eq!((size.width, size.height), (of_file.width(), of_file.height()), "{number}");
        assert_eq!(size.notes, of_file.notes());
        let small = opened.small_page(number, 200).unwrap();
        assert_eq!(small.width().max(small.height()), 200, "{number}");
    }
    for missing in [0, 4] {
        for error in [
            opened.page(Some(missing)).unwrap_err(),
            opened.size(missing).unwrap_err(),
            opened.text(missing).unwrap_err(),
        ] {
            assert!(matches!(error, ImageError::NoSuchPage { n_pages: 3, .. }), "{error:?}");
        }
    }
    // What is no document is one page.
    let png = fs_err::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/images/rgb.png"));
    let png = Document::open(Arc::new(png.unwrap()), None).unwrap();
    assert_eq!((png.n_pages(), png.size(1).unwrap(), png.text(1).unwrap().as_str()), (1, None, ""));
    assert!(png.page(None).is_ok());
}

#[test]
fn a_page_has_the_text_that_was_written_on_it() {
    let of = |name: &str, number| {
        let opened = Document::open(Arc::new(document(name)), None).unwrap();
        opened.text(number).unwrap()
    };
    let letters =
        |text: &str| text.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    let written = of("cairo.pdf", 1);
    assert!(letters(&written).len() > 20, "{written:?}");
    assert_eq!(of("scan.pdf", 1), "", "a scan has none");
    let contents = "BT /F 20 Tf 50 700 Td (Boiler inspection) Tj 0 -30 Td (Room 3) Tj ET";
    let bytes = pdf::document(&[("0 0 595 842".into(), contents.into())], &[]);
    let opened = Document::open(Arc::new(bytes), None).unwrap();
    assert_eq!(opened.text(1).unwrap(), "Boiler inspection\nRoom 3");
}

#[test]
fn a_document_whose_table_is_wrong_is_read_all_the_same() {
    let whole = document("form.pdf");
    let at = whole.windows(9).rposition(|window| window == b"startxref").unwrap();
    let mut bytes = whole.clone();
    bytes.splice(at..at + 12, *b"startxref\n99");
    let picture = Picture::decode(&bytes).unwrap();
    assert_eq!(picture.rgb(), Picture::decode(&whole).unwrap().rgb());
    // What comes before the document moves all that the table says.
    let moved = [&b"From: ada@example.org\r\n\r\n"[..], &whole].concat();
    assert_eq!(Picture::decode(&moved).unwrap().rgb(), picture.rgb());
}

#[test]
fn a_document_that_is_cut_off_says_so() {
    let whole = document("scan.pdf");
    for len in [20, 200, whole.len() / 2, whole.len() - 2_000] {
        match Picture::decode(&whole[..len]) {
            Ok(picture) => assert!(picture.notes().contains(&Note::CutOff), "{len}"),
            Err(error) => {
                assert!(matches!(error, ImageError::Truncated { .. }), "{len}: {error:?}");
            }
        }
    }
}

#[test]
fn of_many_pages_only_the_one_that_is_asked_for_is_drawn() {
    let contents = b"0 0 0 rg 100 100 200 200 re f".to_vec();
    let bytes = pdf::document(&vec![("0 0 595 842".into(), contents); 1000], &[]);
    let begun = Instant::now();
    for number in [1, 1000] {
        let picture = page(&bytes, number).unwrap();
        assert_eq!(picture.notes(), [Note::Page { shown: number, of: 1000 }]);
    }
    let opened = Document::open(Arc::new(bytes.clone()), None).unwrap();
    for number in 1..=1000 {
        assert!(opened.size(number).unwrap().is_some());
    }
    assert_eq!(opened.page(Some(500)).unwrap().notes(), [Note::Page { shown: 500, of: 1000 }]);
    // Some thousandths each when nobody else computes.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let error = page(&bytes, 1001).unwrap_err();
    assert_eq!(error.to_string(), "page 1001 is not there: the file has 1000");
}

#[test]
fn pages_of_all_sizes_are_drawn_at_a_size_that_can_be_looked_at() {
    let contents = b"1 0 0 rg -200000 -200000 400000 400000 re f".to_vec();
    for (media_box, size) in [
        ("0 0 1 1", (4, 4)),
        ("0 0 2384 3370", (1654, 2339)),
        ("0 0 100000 100000", (1967, 1967)),
        ("-50000 -50000 50000 50000", (1967, 1967)),
        ("842 595 0 0", (2339, 1654)),
    ] {
        let bytes = pdf::document(&[(media_box.into(), contents.clone())], &[]);
        let picture = Picture::decode(&bytes).unwrap();
        let found = (picture.width(), picture.height());
        let near = |a: u32, b: u32| a.abs_diff(b) <= 2;
        assert!(near(found.0, size.0) && near(found.1, size.1), "{media_box}: {found:?}");
        let last = picture.rgb().len() - 3;
        assert_eq!(picture.rgb()[..3], [255, 0, 0], "{media_box}");
        assert_eq!(picture.rgb()[last..], [255, 0, 0], "{media_box}");
    }
    let limits = Limits { max_pixels: 10_000, max_bytes: 1 << 20, ..Limits::default() };
    let bytes = pdf::document(&[("0 0 595 842".into(), contents)], &[]);
    let picture = Picture::decode_with(&bytes, &DecodeOptions { limits, page: None }).unwrap();
    assert!(picture.width() * picture.height() < 10_200, "{picture:?}");
}

#[test]
fn a_page_that_is_damaged_leaves_the_others() {
    let good = b"0 0 1 rg 0 0 100 100 re f".to_vec();
    let pages = [("0 0 100 100".into(), good.clone()), ("0 0 100 100".into(), good)];
    let mut bytes = pdf::document(&pages, &[]);
    // The first page says that it is packed, and is not.
    let at = bytes.windows(8).position(|window| window == b"/Length ").unwrap();
    bytes.splice(at..at, *b"/Filter /FlateDecode ");
    let error = page(&bytes, 1).unwrap_err();
    assert!(matches!(error, ImageError::Damaged { format: Format::Pdf, .. }), "{error:?}");
    assert_eq!(page(&bytes, 2).unwrap().rgb()[..3], [0, 0, 255]);
    assert_eq!(page(&bytes, 2).unwrap().notes(), [Note::Page { shown: 2, of: 2 }]);
}

#[test]
fn a_page_of_which_a_part_is_lost_says_so() {
    use std::io::Write as _;
    let line = |i: u32| format!("{} {} 9 9 re f\n", i % 90, i * 7 % 91);
    let lines = (0..3000).map(line).collect::<Vec<String>>().concat();
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(lines.as_bytes()).unwrap();
    let mut packed = encoder.finish().unwrap();
    let form = |contents: Vec<u8>| {
        let bytes = pdf::document(&[("0 0 100 100".into(), contents)], &[]);
        let at = bytes.windows(8).position(|window| window == b"/Length ").unwrap();
        [&bytes[..at], b"/Filter /FlateDecode ", &bytes[at..]].concat()
    };
    assert_eq!(Picture::decode(&form(packed.clone())).unwrap().notes(), []);
    packed.truncate(packed.len() / 2);
    assert_eq!(Picture::decode(&form(packed)).unwrap().notes(), [Note::Undrawn]);
    // A page without anything on it is a page.
    let empty = b"x\x9c\x03\0\0\0\0\x01".to_vec();
    assert_eq!(Picture::decode(&form(empty)).unwrap().notes(), []);
}

#[test]
fn forms_that_draw_forms_come_to_an_end() {
    // Ten times ten times ten, forty times.
    let form = |next: usize| {
        let draws = "/F Do ".repeat(10);
        let resources = format!("/Resources << /XObject << /F {next} 0 R >> >>");
        (format!("/Type /XObject /Subtype /Form /BBox [0 0 100 100] {resources}"), draws.into())
    };
    let forms: Vec<(String, Vec<u8>)> = (0..40).map(|i| form(pdf::FIRST_STREAM + i + 1)).collect();
    let bytes = pdf::document(&[("0 0 100 100".into(), b"/X Do".to_vec())], &forms);
    let error = Picture::decode_with(&bytes, &PATIENT).unwrap_err();
    assert!(matches!(error, ImageError::TooMuchWork { .. }), "{error:?}");
    assert_eq!(error.to_string(), "drawing the PDF page is too much work");
}

#[test]
fn what_takes_all_memory_or_time_is_refused_at_once() {
    for contents in [
        "[0.00001 0.00001] 0 d 0 0 m 100 100 l S".to_owned(),
        "[0.00001] 0 d 0 0 m 100 50 0 100 100 100 c B".to_owned(),
        "0 0 100 100 re f\n".repeat(100_000),
        format!("BT /F 9 Tf ({}) Tj ET", "m".repeat(5_000_000)),
    ] {
        let bytes = pdf::document(&[("0 0 100 100".into(), contents.clone().into())], &[]);
        match Picture::decode_with(&bytes, &PATIENT) {
            Err(ImageError::TooMuchWork { .. }) => {}
            // Without a font nothing is drawn.
            Ok(_) if contents.starts_with("BT") => {}
            other => panic!("{}: {other:?}", &contents[..30]),
        }
    }
    // A line of real dashes is drawn.
    let dashes = b"[3 1] 0 d 0 50 m 100 50 l S".to_vec();
    let picture = Picture::decode(&pdf::document(&[("0 0 100 100".into(), dashes)], &[])).unwrap();
    assert!(picture.rgb().contains(&0), "{picture:?}");
}

#[test]
fn what_takes_too_long_is_given_up() {
    // Within what may be drawn, and much of it.
    let contents = "0 0 9 9 re f\n".repeat(200_000);
    let bytes = pdf::document(&[("0 0 100 100".into(), contents.into())], &[]);
    let limits = Limits { max_time: Duration::from_millis(1), ..Limits::default() };
    let options = DecodeOptions { limits, page: None };
    let begun = Instant::now();
    let error = Picture::decode_with(&bytes, &options).unwrap_err();
    assert!(matches!(error, ImageError::TooMuchWork { .. }), "{error:?}");
    assert!(begun.elapsed() < Limits::default().max_time, "{:?}", begun.elapsed());
}

/// A page that cannot be drawn is a sentence, and the page behind it is drawn.
#[track_caller]
fn check_only_that_page(name: &str, first: &[u8], streams: &[(String, Vec<u8>)], sentence: &str) {
    let good = b"0 0 1 rg 0 0 100 100 re f".to_vec();
    let pages = [("0 0 100 100".into(), first.to_vec()), ("0 0 100 100".into(), good)];
    let document = Document::open(Arc::new(pdf::document(&pages, streams)), None).unwrap();
    for _ in 0..2 {
        let error = document.page(Some(1)).expect_err(name);
        assert_eq!(error.to_string(), sentence, "{name}");
        assert!(!error.hint().is_empty(), "{name}");
        let picture = document.page(Some(2)).unwrap();
        assert_eq!(picture.rgb()[..3], [0, 0, 255], "{name}");
        assert_eq!(picture.notes(), [Note::Page { shown: 2, of: 2 }], "{name}");
        assert!(document.small_page(2, 64).is_ok(), "{name}");
    }
}

#[test]
fn a_page_that_was_made_to_harm_leaves_the_others() {
    let form = |next: usize| {
        let draws = "/F Do ".repeat(10);
        let resources = format!("/Resources << /XObject << /F {next} 0 R >> >>");
        (format!("/Type /XObject /Subtype /Form /BBox [0 0 100 100] {resources}"), draws.into())
    };
    let forms: Vec<(String, Vec<u8>)> = (0..40).map(|i| form(pdf::FIRST_STREAM + i + 1)).collect();
    let too_much = "drawing the PDF page is too much work";
    check_only_that_page("nested forms", b"/X Do", &forms, too_much);
    let itself = [form(pdf::FIRST_STREAM)];
    let pages = [("0 0 9 9".into(), b"/X Do".to_vec()), ("0 0 9 9".into(), b"".to_vec())];
    let cycle = Document::open(Arc::new(pdf::document(&pages, &itself)), None).unwrap();
    // A form that draws itself ends where it is known to, or is refused: the other page is there.
    let _ = cycle.page(Some(1));
    assert!(cycle.page(Some(2)).is_ok());
    let picture = |filter: &str, side: u32, data: &[u8]| {
        let size = format!("/Width {side} /Height {side} /BitsPerComponent 8");
        let dict =
            format!("/Type /XObject /Subtype /Image {size} /ColorSpace /DeviceGray {filter}");
        [(dict, data.to_vec())]
    };
    let draws = b"100 0 0 100 0 0 cm /X Do";
    let huge = |width: u32, height: u32| {
        ImageError::TooManyPixels { width, height, max_pixels: 100_000_000 }.to_string()
    };
    let side = 0x7f7f_7f7f;
    let jbig2 = [&[0, 0, 0, 0, 48, 0, 1, 0, 0, 0, 19][..], &[0x7f; 8], &[0; 11]].concat();
    let jbig2 = picture("/Filter /JBIG2Decode", 8, &jbig2);
    check_only_that_page("JBIG2", draws, &jbig2, &huge(side, side));
    let jpx = [b"\xff\x4f\xff\x51\0\x29\0\0".as_slice(), &[0x7f; 8], &[0; 8]].concat();
    check_only_that_page("JPX", draws, &picture("/Filter /JPXDecode", 8, &jpx), &huge(side, side));
    check_only_that_page("pixels", draws, &picture("", 60_000, b"x"), &huge(60_000, 60_000));
    let dashes = b"[0.00001] 0 d 0 0 m 100 100 l S";
    check_only_that_page("dashes", dashes, &[], too_much);
}

#[test]
fn a_page_of_any_size_is_drawn_within_the_limits() {
    let good = b"0 0 1 rg 0 0 100 100 re f".to_vec();
    let all = b"1 0 0 rg -1000 -1000 300000 300000 re f".to_vec();
    let pages = [("0 0 100000 100000".into(), all), ("0 0 100 100".into(), good)];
    let document = Document::open(Arc::new(pdf::document(&pages, &[])), None).unwrap();
    let picture = document.page(Some(1)).unwrap();
    assert!(picture.width() * picture.height() < 4_000_000, "{picture:?}");
    assert_eq!(picture.rgb()[..3], [255, 0, 0]);
    assert_eq!(document.page(Some(2)).unwrap().rgb()[..3], [0, 0, 255]);
}

#[test]
fn a_long_picture_can_be_taken_as_pages() {
    let rows = (0..9000_u32).flat_map(|y| [(y / 36) as u8; 3 * 80]).collect();
    let long = Picture::from_rgb(80, 9000, rows).unwrap().to_png().unwrap();
    let document = Document::open(Arc::new(long), None).unwrap();
    assert_eq!((document.n_pages(), document.n_parts().unwrap()), (1, 10));
    let whole = document.page(None).unwrap();
    assert_eq!((whole.width(), whole.height(), whole.notes()), (80, 9000, &[][..]));
    let (mut covered, mut above) = (vec![false; 9000], None);
    for (number, region) in (1..).zip(lorgnette_image::long_pages(80, 9000)) {
        let part = document.page(Some(number)).unwrap();
        assert_eq!((part.width(), part.height()), (80, region.height));
        assert_eq!(part.notes(), [Note::Page { shown: number, of: 10 }]);
        let expected = |y: u32| ((region.y + y) / 36) as u8;
        assert!((0..region.height).all(|y| part.rgb()[(y * 240) as usize] == expected(y)));
        assert!(above.is_none_or(|above| region.y < above), "they share a strip");
        above = Some(region.y + region.height);
        covered[region.y as usize..][..region.height as usize].fill(true);
        assert!(document.small_page(number, 64).unwrap().height() <= 64);
    }
    assert!(covered.into_iter().all(|covered| covered));
    let error = document.page(Some(11)).unwrap_err();
    assert!(matches!(error, ImageError::NoSuchPage { page: 11, n_pages: 10 }), "{error:?}");
    // Any other picture has one page, as before.
    let square = Picture::from_rgb(8, 8, vec![0; 192]).unwrap().to_png().unwrap();
    let square = Document::open(Arc::new(square), None).unwrap();
    assert_eq!(square.n_parts().unwrap(), 1);
    assert_eq!(square.page(Some(1)).unwrap().notes(), []);
    let error = square.page(Some(2)).unwrap_err();
    assert!(matches!(error, ImageError::NoSuchPage { page: 2, n_pages: 1 }), "{error:?}");
}

#[test]
fn one_stream_named_many_times_is_counted_each_time() {
    let limits = Limits { max_bytes: 4 << 20, ..Limits::default() };
    let bytes = pdf::document(&[("0 0 9 9".into(), vec![b' '; 100_000])], &[]);
    let at = bytes.windows(10).position(|window| window == b"/Contents ").unwrap();
    let end = at + bytes[at..].iter().position(|byte| *byte == b'R').unwrap() + 1;
    let reference = String::from_utf8_lossy(&bytes[at + 10..end]).into_owned();
    let many = format!("/Contents [{}]", format!("{reference} ").repeat(50));
    let many = [&bytes[..at], many.as_bytes(), &bytes[end..]].concat();
    let options = DecodeOptions { limits, page: None };
    assert!(Picture::decode_with(&bytes, &options).is_ok());
    let error = Picture::decode_with(&many, &options).unwrap_err();
    assert!(matches!(error, ImageError::DecoderLimit { .. }), "{error:?}");
}

#[test]
fn pictures_on_a_page_are_as_large_as_others_may_be() {
    let picture = |filter: &str, side: u32, data: &[u8]| {
        let size = format!("/Width {side} /Height {side} /BitsPerComponent 8");
        let dict =
            format!("/Type /XObject /Subtype /Image {size} /ColorSpace /DeviceGray {filter}");
        pdf::document(
            &[("0 0 100 100".into(), b"100 0 0 100 0 0 cm /X Do".to_vec())],
            &[(dict, data.into())],
        )
    };
    let check = |bytes: &[u8]| {
        let error = Picture::decode(bytes).unwrap_err();
        assert!(matches!(error, ImageError::TooManyPixels { .. }), "{error:?}");
    };
    check(&picture("", 60_000, b"x"));
    // These say their own size.
    let jbig2 = [&[0, 0, 0, 0, 48, 0, 1, 0, 0, 0, 19][..], &[0x7f; 8], &[0; 11]].concat();
    check(&picture("/Filter /JBIG2Decode", 8, &jbig2));
    let jpx = [b"\xff\x4f\xff\x51\0\x29\0\0".as_slice(), &[0x7f; 8], &[0; 8]].concat();
    check(&picture("/Filter /JPXDecode", 8, &jpx));
    // What cannot be drawn is said.
    let broken = Picture::decode(&picture("/Filter /JPXDecode", 8, b"nothing")).unwrap();
    assert_eq!(broken.notes(), [Note::Undrawn]);
}

#[test]
fn a_stream_that_unpacks_without_end_is_refused() {
    use std::io::Write as _;
    let limits = Limits { max_bytes: 16 << 20, ..Limits::default() };
    let packed = |bytes: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let once = packed(&vec![b' '; 20 << 20]);
    let twice = packed(&once);
    for (filter, data) in [("/FlateDecode", once), ("[/FlateDecode /FlateDecode]", twice)] {
        let form = format!("/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Filter {filter}");
        let bytes = pdf::document(&[("0 0 100 100".into(), b"/X Do".to_vec())], &[(form, data)]);
        let options = DecodeOptions { limits, page: None };
        let error = Picture::decode_with(&bytes, &options).unwrap_err();
        assert!(matches!(error, ImageError::DecoderLimit { .. }), "{filter}: {error:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn no_change_of_a_document_is_a_panic(
        name in prop::sample::select(vec!["cairo.pdf", "scan.pdf", "form.pdf", "owner-password.pdf"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        end in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = document(name);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()) + 1);
        }
        let limits = Limits { max_pixels: 1 << 18, max_bytes: 64 << 20, ..Limits::default() };
        for page in [None, Some(2)] {
            if let Ok(picture) = Picture::decode_with(&bytes, &DecodeOptions { limits, page }) {
                prop_assert_eq!(
                    picture.rgb().len() as u32,
                    3 * picture.width() * picture.height()
                );
            }
        }
    }
}
