//! Every form of the same few scenes shows the same pixels. `tests/fixtures/forms` has them.

use std::io::Cursor;
use std::path::PathBuf;

use image::{DynamicImage, ImageBuffer, ImageFormat, Rgb, Rgba};
use lorgnette_image::{ImageConfig, ImageError, Picture};

pub fn form(name: &str) -> Vec<u8> {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let places = ["forms", "bugs"].map(|folder| fixtures.join(folder).join(name));
    fs_err::read(places.iter().find(|path| path.exists()).unwrap_or(&places[0])).unwrap()
}

fn mean_difference(found: &Picture, wanted: &Picture) -> f64 {
    let differences = found.rgb().iter().zip(wanted.rgb()).map(|(&a, &b)| a.abs_diff(b));
    differences.map(f64::from).sum::<f64>() / wanted.rgb().len() as f64
}

/// `allowed`: mean difference, of 255.
#[track_caller]
fn check(name: &str, scene: &str, allowed: f64) {
    let picture = Picture::decode(&form(name)).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let wanted = Picture::decode(&form(scene)).unwrap();
    assert_eq!((picture.width(), picture.height()), (wanted.width(), wanted.height()), "{name}");
    let mean = mean_difference(&picture, &wanted);
    assert!(mean <= allowed, "{name}: differs by {mean}");
}

#[test]
fn lossless_files_show_the_scene_exactly() {
    let names =
        ["bmp24.bmp", "cmyk.tiff", "deflate.tiff", "lossless.webp", "packbits.tiff", "plain.tiff"];
    for name in names {
        check(name, "scene.png", 0.0);
    }
}

#[test]
fn lossy_files_show_the_scene_nearly() {
    for name in ["progressive.jpg", "rgb-not-ycc.jpg", "cmyk.jpg", "ycck.jpg", "jpeg.tiff"] {
        check(name, "scene.png", 1.0);
    }
    for name in ["420.jpg", "411.jpg", "restart.jpg", "lossy.webp"] {
        check(name, "scene.png", 2.5);
    }
}

#[test]
fn avif_shows_the_scene_nearly() {
    for name in ["420.avif", "422.avif", "444.avif", "limited.avif"] {
        check(name, "scene.png", 2.5);
    }
    check("400.avif", "grey-scene.png", 2.5);
    check("clear-rgba.avif", "clear-scene.png", 2.5);
    for orientation in 1..=8 {
        let name = format!("exif-{orientation}.avif");
        check(&name, "scene.png", 1.5);
        assert_eq!(Picture::decode(&form(&name)).unwrap().orientation(), orientation);
    }
}

#[test]
fn heic_shows_the_scene_nearly_and_is_turned_once() {
    for name in ["420.heic", "444.heic", "ten-bits.heic"] {
        check(name, "scene.png", 2.5);
    }
    check("lossless.heic", "scene.png", 0.0);
    check("grey.heic", "grey-scene.png", 2.5);
    check("clear-rgba.heic", "clear-scene.png", 2.5);
    // Their EXIF says the same as their boxes.
    for orientation in 1..=8 {
        check(&format!("exif-{orientation}.heic"), "scene.png", 1.0);
    }
}

#[test]
fn heic_in_parts_is_put_together() {
    let picture = Picture::decode(&form("grid.heic")).unwrap();
    assert_eq!((picture.width(), picture.height()), (1100, 700));
    // It rises to the right and down, through all six parts.
    for (x, y) in [(5, 5), (505, 5), (520, 300), (1090, 690), (300, 600), (1060, 20)] {
        let at = 3 * (y * 1100 + x);
        let wanted = [x / 5, y / 3, (x + y) / 8].map(|value| value as u8);
        let found = &picture.rgb()[at..at + 3];
        let is_near = found.iter().zip(wanted).all(|(&a, b)| a.abs_diff(b) < 12);
        assert!(is_near, "{x}, {y}: {found:?}, not {wanted:?}");
    }
}

#[test]
fn every_orientation_is_turned_upright() {
    for orientation in 1..=8 {
        let name = format!("exif-{orientation}.png");
        check(&name, "scene.png", 0.0);
        let picture = Picture::decode(&form(&name)).unwrap();
        assert_eq!(picture.orientation(), orientation);
        let stored = (picture.stored_width(), picture.stored_height());
        assert_eq!(stored, if orientation < 5 { (48, 32) } else { (32, 48) });
    }
    check("exif-6.webp", "scene.png", 0.0);
    check("exif-6.tiff", "scene.png", 0.0);
    check("exif-6.jpg", "scene.png", 1.0);
}

#[test]
fn transparency_shows_white() {
    check("clear-rgba.png", "clear-scene.png", 0.0);
    check("clear-rgba.tiff", "clear-scene.png", 0.0);
    check("clear-lossless.webp", "clear-scene.png", 0.0);
    check("clear-lossy.webp", "clear-scene.png", 2.5);
    check("la.png", "la-scene.png", 0.0);
    check("palette-trns.png", "palette-trns-scene.png", 0.0);
    check("palette-trns.gif", "palette-trns-scene.png", 0.0);
}

#[test]
fn few_colours_become_three() {
    for name in ["grey.png", "grey.tiff", "grey.bmp"] {
        check(name, "grey-scene.png", 0.0);
    }
    check("grey.jpg", "grey-scene.png", 1.0);
    for name in ["one-bit.png", "one-bit.tiff", "fax.tiff"] {
        check(name, "one-bit-scene.png", 0.0);
    }
    for name in ["palette.png", "palette.gif", "palette.bmp", "palette.tiff"] {
        check(name, "palette-scene.png", 0.0);
    }
}

#[test]
fn of_an_animation_the_first_frame_is_shown_and_said_to_be_one() {
    for name in ["animated.png", "animated.webp", "pages.tiff"] {
        check(name, "scene.png", 0.0);
        assert!(Picture::decode(&form(name)).unwrap().is_animation(), "{name}");
    }
    check("animated.avif", "scene.png", 2.5);
    assert!(Picture::decode(&form("animated.avif")).unwrap().is_animation());
    assert!(Picture::decode(&crate::golden::fixture("animated.gif")).unwrap().is_animation());
    for name in ["scene.png", "lossless.webp", "plain.tiff", "palette.gif", "420.jpg"] {
        assert!(!Picture::decode(&form(name)).unwrap().is_animation(), "{name}");
    }
}

#[test]
fn sixteen_bits_keep_their_upper_eight() {
    let rgb = ImageBuffer::from_pixel(3, 2, Rgb([30_000_u16, 65_535, 255]));
    let rgba = ImageBuffer::from_pixel(3, 2, Rgba([10_u16 << 8, 20 << 8, 30 << 8, 128 << 8]));
    for (picture, expected) in [
        (DynamicImage::ImageRgb16(rgb), [117, 255, 0]),
        (DynamicImage::ImageRgba16(rgba), [132, 137, 142]),
    ] {
        let mut png = Cursor::new(Vec::new());
        picture.write_to(&mut png, ImageFormat::Png).unwrap();
        let picture = Picture::decode(png.get_ref()).unwrap();
        assert_eq!(picture.rgb(), expected.repeat(6));
    }
}

#[test]
fn a_large_picture_is_prepared() {
    let grey = image::GrayImage::from_fn(8000, 6000, |x, y| image::Luma([(x ^ y) as u8]));
    let mut png = Cursor::new(Vec::new());
    grey.write_to(&mut png, ImageFormat::Png).unwrap();
    let pixels =
        Picture::decode(png.get_ref()).unwrap().prepare(&ImageConfig::PIXTRAL_12B).unwrap();
    assert_eq!(pixels.grid().n_tokens(), 3120);
}

#[test]
fn rare_forms_are_refused_as_such() {
    let mut twelve_bit = form("420.jpg");
    let frame = twelve_bit.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    twelve_bit[frame + 4] = 12;
    let error = Picture::decode(&twelve_bit).unwrap_err();
    assert!(
        matches!(error, ImageError::UnsupportedKind { .. } | ImageError::Damaged { .. }),
        "{error:?}"
    );
}
