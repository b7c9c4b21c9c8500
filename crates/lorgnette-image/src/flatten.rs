//! Turns any kind of pixel into RGB, 8 bits each, on a ground where it can be seen.

use image::DynamicImage;

use crate::Note;

const WHITE: u8 = 255;
/// The ground of what would vanish on white.
const DARK: u8 = 32;
/// The least opacity that an eye makes out.
const FAINT: u8 = 32;
/// The least difference from white that an eye makes out.
const NEARLY_WHITE: u8 = 32;

/// Returns the RGB bytes of a decoded picture, row by row, and what was done about transparency.
///
/// Transparent pixels show white behind them, as on most screens, unless everything that is there
/// would vanish. Of 16 bits only the upper 8 are used, which is what a screen shows of them (Pillow
/// would clamp them to white).
pub(crate) fn flatten(picture: DynamicImage) -> (Vec<u8>, Option<Note>) {
    let top = |sample: u16| (sample >> 8) as u8;
    let rgba = match picture {
        DynamicImage::ImageRgb8(picture) => return (picture.into_raw(), None),
        DynamicImage::ImageLuma8(picture) => return (repeated(picture.into_raw()), None),
        DynamicImage::ImageRgb16(picture) => {
            return (picture.into_raw().into_iter().map(top).collect(), None);
        }
        DynamicImage::ImageLuma16(picture) => {
            return (repeated(picture.into_raw().into_iter().map(top)), None);
        }
        DynamicImage::ImageRgba8(picture) => picture.into_raw(),
        DynamicImage::ImageLumaA8(picture) => {
            let spread = |pixel: &image::LumaA<u8>| [pixel[0], pixel[0], pixel[0], pixel[1]];
            picture.pixels().flat_map(spread).collect()
        }
        DynamicImage::ImageRgba16(picture) => picture.into_raw().into_iter().map(top).collect(),
        DynamicImage::ImageLumaA16(picture) => {
            let spread = |pixel: &image::LumaA<u16>| {
                let [grey, alpha] = pixel.0.map(top);
                [grey, grey, grey, alpha]
            };
            picture.pixels().flat_map(spread).collect()
        }
        // Floating point, of TIFF.
        other => other.into_rgba8().into_raw(),
    };
    let note = transparency(&rgba);
    let ground = if note == Some(Note::OnDark) { DARK } else { WHITE };
    (without_alpha(rgba, ground, note == Some(Note::OpaqueAlpha)), note)
}

fn repeated(grey: impl IntoIterator<Item = u8>) -> Vec<u8> {
    grey.into_iter().flat_map(|grey| [grey; 3]).collect()
}

/// Decides what the transparency of a picture means.
fn transparency(rgba: &[u8]) -> Option<Note> {
    let pixels = rgba.as_chunks::<4>().0;
    if pixels.iter().all(|&[.., alpha]| alpha == 255) {
        return None;
    }
    if pixels.iter().all(|&[.., alpha]| alpha == 0) {
        // Programs that know no transparency leave it at 0. Where there is no picture in the colours
        // either, nothing is there indeed.
        let is_one_colour = pixels.windows(2).all(|pair| pair[0] == pair[1]);
        return Some(if is_one_colour { Note::Clear } else { Note::OpaqueAlpha });
    }
    let is_faint = pixels.iter().all(|&[.., alpha]| alpha < FAINT);
    if is_faint && pixels.windows(2).any(|pair| pair[0][..3] != pair[1][..3]) {
        // Nobody would see it: what is stored there is not transparency either.
        return Some(Note::OpaqueAlpha);
    }
    let (mut n_there, mut n_visible) = (0_usize, 0_usize);
    for &[red, green, blue, alpha] in pixels.iter().filter(|pixel| pixel[3] >= FAINT) {
        n_there += 1;
        let darkest = red.min(green).min(blue);
        n_visible += usize::from(on_ground(darkest, alpha, WHITE) < WHITE - NEARLY_WHITE);
    }
    // A clear margin alone is not worth a dark ground, and a coloured dot does not make the light text
    // beside it readable.
    let n_clear = pixels.len() - n_there;
    let vanishes = n_there > 0 && n_clear * 100 >= pixels.len() && n_visible * 50 <= n_there;
    vanishes.then_some(Note::OnDark)
}

/// Blends in place, because a transparent picture near the limit leaves no room for a second copy.
fn without_alpha(mut rgba: Vec<u8>, ground: u8, is_opaque: bool) -> Vec<u8> {
    let n_pixels = rgba.len() / 4;
    for idx in 0..n_pixels {
        let [red, green, blue, alpha] =
            [rgba[idx * 4], rgba[idx * 4 + 1], rgba[idx * 4 + 2], rgba[idx * 4 + 3]];
        let alpha = if is_opaque { 255 } else { alpha };
        let pixel = [red, green, blue].map(|sample| on_ground(sample, alpha, ground));
        rgba[idx * 3..][..3].copy_from_slice(&pixel);
    }
    rgba.truncate(n_pixels * 3);
    rgba.shrink_to_fit();
    rgba
}

/// Source: Pillow `libImaging/Paste.c` and `ImagingUtils.h`, `BLEND` and `DIV255`, bit for bit.
fn on_ground(sample: u8, alpha: u8, ground: u8) -> u8 {
    let alpha = u32::from(alpha);
    let sum = u32::from(sample) * alpha + u32::from(ground) * (255 - alpha) + 128;
    (((sum >> 8) + sum) >> 8) as u8
}

#[cfg(test)]
mod tests;
