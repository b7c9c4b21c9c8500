//! The PNG files of apps for Apple's phones, which other decoders refuse.
//!
//! Xcode swaps red and blue, multiplies colours by alpha, and leaves out the frame around the compressed
//! data, so that a phone can show them without work.
//! Source: <https://iphonedev.wiki/CgBI_file_format>.

use image::DynamicImage;

use super::chunks::{Chunks, put};

/// Returns a file that every decoder reads. Its colours are still Apple's.
pub(super) fn to_png(chunks: &Chunks) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    // The header of a zlib stream. The checksum at its end is not looked at.
    let mut data = vec![0x78, 0x01];
    for chunk in &chunks.all {
        if chunk.name == *b"IDAT" {
            data.extend(chunk.body);
        }
    }
    data.extend([0; 4]);
    let mut data = Some(data);
    for chunk in &chunks.all {
        match &chunk.name {
            b"CgBI" => {}
            b"IDAT" => {
                if let Some(data) = data.take() {
                    put(&mut file, chunk.name, &data);
                }
            }
            _ => put(&mut file, chunk.name, chunk.body),
        }
    }
    file
}

/// Turns Apple's colours into RGB.
pub(super) fn to_rgb(image: &mut DynamicImage) {
    match image {
        DynamicImage::ImageRgb8(image) => image.pixels_mut().for_each(|pixel| pixel.0.swap(0, 2)),
        DynamicImage::ImageRgba8(image) => {
            for pixel in image.pixels_mut() {
                let [blue, green, red, alpha] = pixel.0;
                let whole = |sample| crate::levels::divided(sample, alpha);
                pixel.0 = [whole(red), whole(green), whole(blue), alpha];
            }
        }
        _ => {}
    }
}
