use image::{ImageBuffer, LumaA, Rgb, Rgba};

use super::*;

#[track_caller]
fn check(picture: impl Into<DynamicImage>, expected: &[u8]) {
    assert_eq!(rgb_on_white(picture.into()), expected);
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
    let picture = image::RgbaImage::from_raw(2, 2, rgba).unwrap();
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
