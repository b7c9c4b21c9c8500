//! Turns any kind of pixel into RGB on white, 8 bits each.

use image::DynamicImage;

const WHITE: u32 = 255;

/// Returns the RGB bytes of a decoded picture, row by row.
///
/// Transparent pixels show white behind them. Of 16 bits only the upper 8 are used, which is what a
/// screen shows of them (Pillow would clamp them to white).
pub(crate) fn rgb_on_white(picture: DynamicImage) -> Vec<u8> {
    let top = |sample: u16| (sample >> 8) as u8;
    match picture {
        DynamicImage::ImageRgb8(picture) => picture.into_raw(),
        DynamicImage::ImageRgba8(picture) => shrink_rgba(picture.into_raw()),
        DynamicImage::ImageLuma8(picture) => {
            picture.into_raw().into_iter().flat_map(|grey| [grey; 3]).collect()
        }
        DynamicImage::ImageLumaA8(picture) => {
            picture.pixels().flat_map(|pixel| [on_white(pixel[0], pixel[1]); 3]).collect()
        }
        DynamicImage::ImageRgb16(picture) => picture.into_raw().into_iter().map(top).collect(),
        DynamicImage::ImageRgba16(picture) => {
            picture.pixels().flat_map(|pixel| pixel_on_white(pixel.0.map(top))).collect()
        }
        DynamicImage::ImageLuma16(picture) => {
            picture.into_raw().into_iter().flat_map(|grey| [top(grey); 3]).collect()
        }
        DynamicImage::ImageLumaA16(picture) => {
            let shown = |pixel: &image::LumaA<u16>| [on_white(top(pixel[0]), top(pixel[1])); 3];
            picture.pixels().flat_map(shown).collect()
        }
        // Floating point, of TIFF.
        other => shrink_rgba(other.into_rgba8().into_raw()),
    }
}

/// Blends in place, because a transparent picture near the limit leaves no room for a second copy.
fn shrink_rgba(mut rgba: Vec<u8>) -> Vec<u8> {
    let n_pixels = rgba.len() / 4;
    for idx in 0..n_pixels {
        let pixel = [rgba[idx * 4], rgba[idx * 4 + 1], rgba[idx * 4 + 2], rgba[idx * 4 + 3]];
        rgba[idx * 3..][..3].copy_from_slice(&pixel_on_white(pixel));
    }
    rgba.truncate(n_pixels * 3);
    rgba.shrink_to_fit();
    rgba
}

fn pixel_on_white([red, green, blue, alpha]: [u8; 4]) -> [u8; 3] {
    [red, green, blue].map(|sample| on_white(sample, alpha))
}

/// Source: Pillow `libImaging/Paste.c` and `ImagingUtils.h`, `BLEND` and `DIV255`, bit for bit.
pub(crate) fn on_white(sample: u8, alpha: u8) -> u8 {
    let alpha = u32::from(alpha);
    let sum = u32::from(sample) * alpha + WHITE * (255 - alpha) + 128;
    (((sum >> 8) + sum) >> 8) as u8
}

#[cfg(test)]
mod tests;
