//! Which picture of a file with several is shown, and that this is said.

use image::ImageFormat;
use lorgnette_image::{DecodeOptions, Format, ImageError, Note, Picture};

use crate::decoding::form;
use crate::make::{self, Page};

fn page(bytes: &[u8], page: u32) -> Result<Picture, ImageError> {
    Picture::decode_with(bytes, &DecodeOptions { page: Some(page), ..DecodeOptions::default() })
}

#[track_caller]
fn check_page(bytes: &[u8], shade: u8, shown: u32, of: u32) {
    let picture = Picture::decode(bytes).unwrap();
    assert_eq!((picture.rgb()[0], picture.notes()), (shade, &[Note::Page { shown, of }][..]));
}

#[test]
fn of_equal_pages_the_first_is_shown_and_each_can_be_asked_for() {
    let bytes = form("tiff-three-pages.tif");
    let first = Picture::decode(&bytes).unwrap();
    assert_eq!(first.notes(), [Note::Page { shown: 1, of: 3 }]);
    assert_eq!(first.notes()[0].to_string(), "page 1 of 3 is shown");
    assert_eq!(page(&bytes, 1).unwrap().rgb(), first.rgb());
    for shown in [2, 3] {
        let picture = page(&bytes, shown).unwrap();
        assert_eq!(picture.notes(), [Note::Page { shown, of: 3 }]);
        assert_ne!(picture.rgb(), first.rgb());
    }
    for missing in [0, 4, u32::MAX] {
        let error = page(&bytes, missing).unwrap_err();
        assert!(matches!(error, ImageError::NoSuchPage { n_pages: 3, .. }), "{error:?}");
    }
    assert_eq!(page(&bytes, 7).unwrap_err().to_string(), "page 7 is not there: the file has 3");
}

#[test]
fn a_copy_before_the_picture_is_not_the_picture() {
    let picture = Picture::decode(&form("tiff-thumbnail-first.tif")).unwrap();
    assert_eq!((picture.width(), picture.height(), picture.notes()), (512, 128, &[][..]));
    let (small, large) = (Page::grey(20, 20, 10), Page::grey(100, 100, 200));
    for mark in [(254, 1), (254, 4), (255, 2)] {
        let marked = small.clone().with(mark.0, &[mark.1]);
        for pages in [[marked.clone(), large.clone()], [large.clone(), marked.clone()]] {
            let picture = Picture::decode(&make::tiff(&pages)).unwrap();
            assert_eq!((picture.rgb()[0], picture.notes()), (200, &[][..]), "{mark:?}");
        }
    }
    // Without the mark, its size tells.
    check_page(&make::tiff(&[small.clone(), large.clone()]), 200, 2, 2);
    check_page(&make::tiff(&[large.clone(), small]), 200, 1, 2);
    // A page that is a little smaller is a page.
    check_page(&make::tiff(&[Page::grey(80, 90, 10), large]), 10, 1, 2);
}

#[test]
fn pictures_of_one_page_have_a_first_page_only() {
    for name in [
        "sign.png",
        "420.jpg",
        "lossy.webp",
        "palette.gif",
        "bmp24.bmp",
        "plain.tiff",
        "plain.tga",
        "444.avif",
        "444.heic",
    ] {
        let bytes = form(name);
        let picture = page(&bytes, 1).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(picture.notes(), [], "{name}");
        let error = page(&bytes, 2).unwrap_err();
        assert!(
            matches!(error, ImageError::NoSuchPage { page: 2, n_pages: 1 }),
            "{name}: {error:?}"
        );
    }
}

#[test]
fn a_picture_in_a_directory_of_its_own_is_shown_instead_of_its_thumbnail() {
    let thumbnail = Page::grey(16, 12, 9).with(254, &[1]).with(330, &[0]);
    let mut file = make::tiff(&[thumbnail, Page::grey(160, 120, 77)]);
    let number =
        |file: &[u8], at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    // The second page is no longer linked as one, but named by the thumbnail (SubIFDs).
    let first = number(&file, 4);
    let n_facts = usize::from(file[first]);
    let link = first + 2 + 12 * n_facts;
    let second = file[link..link + 4].to_vec();
    file[link..link + 4].fill(0);
    let facts = (0..n_facts).map(|i| first + 2 + 12 * i);
    let fact = facts.into_iter().find(|&at| file[at..at + 2] == 330_u16.to_le_bytes()).unwrap();
    file[fact + 8..fact + 12].copy_from_slice(&second);
    let picture = Picture::decode(&file).unwrap();
    assert_eq!((picture.width(), picture.height(), picture.rgb()[0]), (160, 120, 77));
    assert_eq!(picture.notes(), []);
}

#[test]
fn of_an_animation_the_first_frame_that_is_not_empty_is_shown() {
    let picture = Picture::decode(&form("gif-blank-first.gif")).unwrap();
    let [Note::Frame { shown: 2, of, skipped: 1 }] = *picture.notes() else {
        panic!("{:?}", picture.notes());
    };
    assert!(of >= 2);
    assert_eq!(picture.kind().as_deref(), Some("GIF animation"));
    let first = &picture.rgb()[..3];
    assert!(picture.rgb().chunks(3).any(|pixel| pixel != first));
    for name in ["animated.png", "animated.webp"] {
        let picture = Picture::decode(&form(name)).unwrap();
        assert!(matches!(picture.notes(), [Note::Frame { shown: 1, skipped: 0, .. }]), "{name}");
        let second = page(&form(name), 2).unwrap();
        assert!(matches!(second.notes(), [Note::Frame { shown: 2, skipped: 0, .. }]), "{name}");
        assert!(page(&form(name), 99).is_err());
    }
    let picture = Picture::decode(&form("animated.avif")).unwrap();
    assert!(matches!(picture.notes(), [Note::Frame { shown: 1, .. }]), "{:?}", picture.notes());
}

#[test]
fn an_animation_of_which_only_an_empty_frame_is_left_is_cut_off() {
    let white = image::RgbImage::from_pixel(64, 16, image::Rgb([255; 3]));
    let still = make::file(white, ImageFormat::Png);
    let animation = make::png_with(&still, *b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    let n_end = b"....IEND....".len();
    let cut = &animation[..animation.len() - n_end];
    assert!(matches!(Picture::decode(cut), Err(ImageError::Truncated { format: Format::Png })));
    assert!(Picture::decode(&still[..still.len() - n_end]).is_ok());
}

#[test]
fn of_an_icon_the_largest_picture_is_shown() {
    let png = |side: u32, shade| {
        let image =
            image::RgbaImage::from_pixel(side, side, image::Rgba([shade, shade, shade, 255]));
        (side as u8, side as u8, make::file(image, ImageFormat::Png))
    };
    for kind in [1, 2] {
        let icon = make::icon(kind, &[png(16, 10), png(64, 64), png(32, 32)]);
        let picture = Picture::decode(&icon).unwrap();
        assert_eq!((picture.width(), picture.rgb()[0], picture.notes()), (64, 64, &[][..]));
        assert_eq!(picture.format(), Some(Format::Ico));
        let small = page(&icon, 1).unwrap();
        assert_eq!((small.width(), small.notes()), (16, &[Note::Page { shown: 1, of: 3 }][..]));
    }
    // The old form: a BMP without its first header, twice as high because of the mask.
    let mut bmp = vec![40, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 1, 0, 32, 0];
    bmp.extend([0; 24]);
    bmp.extend([1, 2, 3, 255].repeat(4));
    bmp.extend([0; 8]);
    let picture = Picture::decode(&make::icon(1, &[(2, 2, bmp)])).unwrap();
    assert_eq!((picture.width(), picture.height(), &picture.rgb()[..3]), (2, 2, &[3, 2, 1][..]));
}

#[test]
fn of_a_raw_photo_the_largest_preview_is_shown() {
    let small = make::jpeg(&make::busy(32, 24));
    let large = make::jpeg(&make::busy(320, 240));
    let sensor = Page::new(640, 480, 32_803, &[16], [small, large].concat());
    let nef = make::tiff(&[Page::grey(160, 120, 0).with(254, &[1]), sensor.clone()]);
    let picture = Picture::decode(&nef).unwrap();
    assert_eq!(
        (picture.width(), picture.height(), picture.format()),
        (320, 240, Some(Format::Raw))
    );
    assert!(matches!(picture.notes(), [Note::Preview { .. }]), "{:?}", picture.notes());
    let turned = make::tiff(&[sensor.with(274, &[6])]);
    assert_eq!(Picture::decode(&turned).unwrap().width(), 240);
    let fuji =
        [&b"FUJIFILMCCD-RAW 0201FF389301"[..], &[0; 60], &make::jpeg(&make::busy(40, 30))].concat();
    let picture = Picture::decode(&fuji).unwrap();
    assert_eq!((picture.width(), picture.kind().as_deref()), (40, Some("raw photo (RAF)")));
}

#[test]
fn a_raw_photo_without_a_preview_is_refused_by_name() {
    let sensor = Page::new(64, 48, 32_803, &[16], vec![7; 64 * 48 * 2]);
    let error = Picture::decode(&make::tiff(&[sensor])).unwrap_err();
    assert_eq!(error.to_string(), "raw photo is an unsupported format");
    assert!(error.hint().contains("save it as JPEG"), "{}", error.hint());
}
