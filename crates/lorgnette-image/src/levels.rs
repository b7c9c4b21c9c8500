//! Levels of brightness that are not stored as screens show them.

use image::DynamicImage;

use crate::Note;

/// The most bits that a 16-bit picture may use to be one that was stored without scaling: cameras and
/// scanners have 10 to 14.
const FEW: u8 = 14;

/// Brightens a picture of 16 bits whose upper bits nobody uses. As it is, it would be black.
pub(crate) fn brighten(image: &mut DynamicImage) -> Option<Note> {
    let (samples, step): (&mut [u16], usize) = match image {
        DynamicImage::ImageLuma16(image) => (&mut **image, 1),
        DynamicImage::ImageLumaA16(image) => (&mut **image, 2),
        DynamicImage::ImageRgb16(image) => (&mut **image, 1),
        _ => return None,
    };
    let most = samples.iter().step_by(step).copied().max()?;
    let used = (16 - most.leading_zeros()) as u8;
    if most == 0 || used > FEW {
        return None;
    }
    for sample in samples.iter_mut().step_by(step) {
        // The whole range: 12 bits of 1 become 16 bits of 1.
        let whole = u32::from(u16::MAX);
        *sample = (u32::from(*sample) * whole / ((1 << used) - 1)) as u16;
    }
    Some(Note::FewBits { used, of: 16 })
}

/// The gamma of nearly every picture, which screens expect.
const USUAL: f64 = 0.454_55;

/// Turns samples that were stored with another gamma into what screens expect.
///
/// Source: PNG specification, third edition, 13.13 "Decoder gamma handling". A gamma within 5 % of
/// the usual one changes nothing that can be seen, as in libpng (`PNG_GAMMA_THRESHOLD`).
pub(crate) fn correct_gamma(image: &mut DynamicImage, gamma: f64) {
    let exponent = USUAL / gamma;
    if !(0.05..=20.0).contains(&exponent) || (exponent - 1.0).abs() < 0.05 {
        return;
    }
    let corrected = |sample: f64| sample.powf(exponent);
    let bytes: Vec<u8> = (0_u8..=255)
        .map(|sample| (corrected(f64::from(sample) / 255.0) * 255.0).round() as u8)
        .collect();
    let words: Vec<u16> = (0_u16..=u16::MAX)
        .map(|sample| (corrected(f64::from(sample) / 65_535.0) * 65_535.0).round() as u16)
        .collect();
    let byte = |sample: &mut u8| *sample = bytes[usize::from(*sample)];
    let word = |sample: &mut u16| *sample = words[usize::from(*sample)];
    match image {
        DynamicImage::ImageLuma8(image) => image.iter_mut().for_each(byte),
        DynamicImage::ImageRgb8(image) => image.iter_mut().for_each(byte),
        DynamicImage::ImageLumaA8(image) => image.iter_mut().step_by(2).for_each(byte),
        DynamicImage::ImageRgba8(image) => {
            image.pixels_mut().flat_map(|pixel| &mut pixel.0[..3]).for_each(byte);
        }
        DynamicImage::ImageLuma16(image) => image.iter_mut().for_each(word),
        DynamicImage::ImageRgb16(image) => image.iter_mut().for_each(word),
        DynamicImage::ImageLumaA16(image) => image.iter_mut().step_by(2).for_each(word),
        DynamicImage::ImageRgba16(image) => {
            image.pixels_mut().flat_map(|pixel| &mut pixel.0[..3]).for_each(word);
        }
        _ => {}
    }
}

/// Undoes the multiplication of a sample by its alpha.
pub(crate) fn divided(sample: u8, alpha: u8) -> u8 {
    let (sample, alpha) = (u32::from(sample), u32::from(alpha));
    ((sample * 255 + alpha / 2) / alpha.max(1)).min(255) as u8
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, ImageBuffer, Luma, LumaA};

    use super::*;

    #[test]
    fn twelve_bits_in_sixteen_become_sixteen() {
        let grey = ImageBuffer::from_fn(3, 1, |x, _| Luma([[0_u16, 2048, 4095][x as usize]]));
        let mut image = DynamicImage::from(grey);
        assert_eq!(brighten(&mut image), Some(Note::FewBits { used: 12, of: 16 }));
        assert_eq!(image.to_luma16().into_raw(), [0, 32_775, 65_535]);
    }

    #[test]
    fn dark_pictures_stay_dark() {
        for most in [0_u16, 16_384, 65_535] {
            let mut image = DynamicImage::from(ImageBuffer::from_pixel(2, 2, Luma([most])));
            assert_eq!(brighten(&mut image), None, "{most}");
        }
        let grey = GrayImage::from_pixel(2, 2, Luma([3]));
        assert_eq!(brighten(&mut DynamicImage::from(grey)), None);
    }

    #[test]
    fn alpha_is_not_brightened() {
        let mut image = DynamicImage::from(ImageBuffer::from_pixel(1, 1, LumaA([1023_u16, 500])));
        assert_eq!(brighten(&mut image), Some(Note::FewBits { used: 10, of: 16 }));
        assert_eq!(image.to_luma_alpha16().into_raw(), [65_535, 500]);
    }

    #[test]
    fn linear_light_becomes_what_screens_show() {
        let grey = |gamma| {
            let mut image = DynamicImage::from(GrayImage::from_pixel(1, 1, Luma([55])));
            correct_gamma(&mut image, gamma);
            image.to_luma8().into_raw()[0]
        };
        assert_eq!(grey(0.454_55), 55);
        assert_eq!(grey(0.45), 55);
        assert_eq!(grey(1.0), 127);
        assert_eq!(grey(0.0), 55);
    }
}
