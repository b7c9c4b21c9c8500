use image::{ImageBuffer, LumaA, Rgb, Rgba, RgbaImage};

use super::*;

#[track_caller]
fn check(picture: impl Into<DynamicImage>, expected: &[u8]) {
    assert_eq!(flatten(picture.into()).0, expected);
}

fn one<P: image::Pixel>(pixel: P) -> ImageBuffer<P, Vec<P::Subpixel>> {
    ImageBuffer::from_pixel(1, 1, pixel)
}

#[test]
fn transparent_pixels_show_white() {
    check(one(Rgba([10_u8, 20, 30, 128])), &[132, 137, 142]);
    check(one(Rgba([10_u8, 20, 30, 0])), &[255, 255, 255]);
    check(one(Rgba([10_u8, 20, 30, 255])), &[10, 20, 30]);
    check(one(LumaA([10_u8, 128])), &[132, 132, 132]);
}

#[test]
fn rows_stay_in_order_when_alpha_goes() {
    let rgba = vec![1, 2, 3, 255, 4, 5, 6, 255, 7, 8, 9, 0, 10, 11, 12, 255];
    let picture = RgbaImage::from_raw(2, 2, rgba).unwrap();
    check(picture, &[1, 2, 3, 4, 5, 6, 255, 255, 255, 10, 11, 12]);
}

#[test]
fn of_sixteen_bits_the_upper_eight_are_kept() {
    check(one(image::Luma([30_000_u16])), &[117, 117, 117]);
    check(one(Rgb([0_u16, 30_000, 65_535])), &[0, 117, 255]);
    check(one(LumaA([30_000_u16, 65_535])), &[117, 117, 117]);
    check(one(Rgba([10 << 8, 20 << 8, 30 << 8, 128_u16 << 8])), &[132, 137, 142]);
}

#[test]
fn floating_point_ends_in_range() {
    check(one(Rgb([-1.0_f32, 0.5, 2.0])), &[0, 128, 255]);
    check(one(Rgba([f32::INFINITY, f32::NEG_INFINITY, 0.0, 1.0])), &[255, 0, 0]);
}

/// A picture of 20 x 20 whose middle quarter is `ink` and whose rest is `ground`.
fn sign(ink: [u8; 4], ground: [u8; 4]) -> DynamicImage {
    let is_ink = |at: u32| (5..15).contains(&at);
    let pixel = |x, y| Rgba(if is_ink(x) && is_ink(y) { ink } else { ground });
    RgbaImage::from_fn(20, 20, pixel).into()
}

#[track_caller]
fn check_sign(ink: [u8; 4], ground: [u8; 4], note: Option<&Note>, middle: u8, corner: u8) {
    let (rgb, found) = flatten(sign(ink, ground));
    assert_eq!(found.as_ref(), note);
    assert_eq!((rgb[(10 * 20 + 10) * 3], rgb[0]), (middle, corner));
}

#[test]
fn what_would_vanish_on_white_is_shown_on_dark() {
    check_sign([255; 4], [0; 4], Some(&Note::OnDark), 255, 32);
    check_sign([250, 250, 245, 255], [255, 255, 255, 0], Some(&Note::OnDark), 250, 32);
    check_sign([255, 255, 255, 200], [0; 4], Some(&Note::OnDark), 207, 32);
    check_sign([225, 225, 225, 255], [0; 4], Some(&Note::OnDark), 225, 32);
    check_sign([0, 0, 0, 255], [0; 4], None, 0, 255);
    check_sign([255, 0, 0, 255], [0; 4], None, 255, 255);
    check_sign([255; 4], [200, 200, 200, 255], None, 255, 200);
}

#[test]
fn alpha_that_is_nothing_everywhere_is_no_alpha() {
    check_sign([9, 8, 7, 0], [200, 200, 200, 0], Some(&Note::OpaqueAlpha), 9, 200);
    check_sign([9, 8, 7, 1], [200, 200, 200, 1], Some(&Note::OpaqueAlpha), 9, 200);
    check_sign([0; 4], [0; 4], Some(&Note::Clear), 255, 255);
    check_sign([255, 255, 255, 0], [255, 255, 255, 0], Some(&Note::Clear), 255, 255);
}
