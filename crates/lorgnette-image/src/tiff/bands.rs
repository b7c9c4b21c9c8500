//! The forms of TIFF pages that `image` refuses: samples of any depth, with a sign or as fractions, in
//! planes of their own, with more of them than colours, and the colours of CIE Lab.
//!
//! What the bytes are is found out by `tiff`; what they mean is done here. Every page is read as grey of
//! several bands, because `tiff` gives these as they are.

use image::{DynamicImage, ImageBuffer};
use tiff::decoder::DecodingResult;

use super::directories::tag;
use super::{Page, packed, photometric};
use crate::{ImageError, Note};

/// A fact of a page whose samples begin with transparency that their colours were multiplied by.
const MULTIPLIED: u64 = 1;
/// A fact of a page whose samples begin with transparency of its own.
const ALPHA: u64 = 2;

/// Returns whether `image` reads a page of these colours by itself.
pub(super) fn is_known(page: &Page) -> bool {
    let bits = page.number(tag::BITS).unwrap_or(1);
    let n_samples = page.number(tag::SAMPLES).unwrap_or(1);
    let is_whole = matches!(page.number(tag::SAMPLE_FORMAT), None | Some(1));
    match page.number(tag::PHOTOMETRIC) {
        Some(photometric::WHITE_IS_ZERO | photometric::BLACK_IS_ZERO) => {
            n_samples == 1 && is_whole && matches!(bits, 1 | 8 | 16)
        }
        Some(photometric::RGB) => {
            let depth = is_whole && matches!(bits, 8 | 16);
            depth
                && !are_planes(page)
                && (n_samples == 3 || (n_samples == 4 && extra(page) == Some(ALPHA)))
        }
        Some(photometric::CMYK) => {
            n_samples == 4 && is_whole && matches!(bits, 8 | 16) && !are_planes(page)
        }
        _ => false,
    }
}

/// Decodes any other page of grey, RGB, CMYK or Lab.
///
/// Errors: `UnsupportedKind` if its colours are others; those of the decoder.
pub(super) fn decode(page: &Page) -> Result<(DynamicImage, Option<Note>), ImageError> {
    let n_colours = match page.number(tag::PHOTOMETRIC) {
        Some(photometric::WHITE_IS_ZERO | photometric::BLACK_IS_ZERO) => 1,
        Some(photometric::RGB | photometric::LAB | photometric::ICC_LAB) => 3,
        Some(photometric::CMYK) if matches!(page.number(tag::INK_SET), None | Some(1)) => 4,
        _ => return Err(page.unsupported("colours that are not known")),
    };
    let Bands { n, mut words, is_deep, note } = Bands::read(page)?;
    if n < n_colours {
        return Err(page.unsupported("fewer samples than colours"));
    }
    if page.number(tag::PHOTOMETRIC) == Some(photometric::WHITE_IS_ZERO) {
        words.iter_mut().step_by(n).for_each(|word| *word = !*word);
    }
    let extra = extra(page).filter(|_| n > n_colours);
    let has_alpha = matches!(extra, Some(ALPHA | MULTIPLIED));
    let is_multiplied = extra == Some(MULTIPLIED);
    let n_shown = n_colours + usize::from(has_alpha);
    let kind = page.number(tag::PHOTOMETRIC);
    let pixels = words.chunks_exact(n).map(|pixel| {
        let mut pixel = [0, 1, 2, 3, 4].map(|idx| pixel.get(idx).copied().unwrap_or(0));
        if is_multiplied && n_colours < 4 {
            let (colours, alpha) = pixel.split_at_mut(n_colours);
            for word in colours {
                *word = divided(*word, alpha[0]);
            }
        }
        pixel
    });
    let words: Vec<u16> = match kind {
        Some(photometric::CMYK) => pixels
            .flat_map(|[c, m, y, k, alpha]| {
                let [r, g, b] = [c, m, y].map(|ink| without_ink(ink, k));
                [r, g, b, alpha].into_iter().take(n_shown - 1)
            })
            .collect(),
        Some(photometric::LAB | photometric::ICC_LAB) => {
            // Photoshop and the format count from 0 in both directions, ICC from the middle.
            let zero = if kind == Some(photometric::LAB) { 0 } else { 128 };
            pixels
                .flat_map(|[lightness, a, b, alpha, _]| {
                    let side = |word: u16| ((word >> 8) as u8).wrapping_sub(zero).cast_signed();
                    let [red, green, blue] = lab(lightness, side(a), side(b));
                    [red, green, blue, alpha].into_iter().take(n_shown)
                })
                .collect()
        }
        _ => pixels.flat_map(|pixel| pixel.into_iter().take(n_shown)).collect(),
    };
    let n_channels = if n_colours == 4 { n_shown - 1 } else { n_shown };
    let image = picture(page.size(), words, n_channels, is_deep);
    Ok((image.ok_or_else(|| page.truncated())?, note))
}

/// The samples of a page, pixel by pixel, each stretched to 16 bits.
struct Bands {
    /// The number of samples of a pixel.
    n: usize,
    words: Vec<u16>,
    /// Whether the file has 16 bits for each.
    is_deep: bool,
    note: Option<Note>,
}

impl Bands {
    fn read(page: &Page) -> Result<Self, ImageError> {
        let (width, height) = page.size();
        let n = page.number(tag::SAMPLES).unwrap_or(1).clamp(1, u64::from(u16::MAX)) as usize;
        let bits = page.number(tag::BITS).unwrap_or(1);
        let n_bytes = (u64::from(width) * u64::from(height)).saturating_mul(n as u64 * 2);
        page.source.limits.check_picture(width, height, n_bytes)?;
        if !matches!(bits, 8 | 16 | 32 | 64) {
            let most = u32::from(u16::MAX >> (16 - bits.clamp(1, 16)));
            let whole = |sample: u16| (u32::from(sample) * u32::from(u16::MAX) / most) as u16;
            let words = packed::samples(page)?.into_iter().map(whole).collect();
            return Ok(Self { n, words, is_deep: false, note: None });
        }
        if n > 1 && are_planes(page) && page.directory.has(tag::TILE_OFFSETS) {
            // `tiff` has no room for the tiles that reach beyond a plane.
            return Err(page.unsupported("tiles of single planes"));
        }
        let (mut words, note) = words(page.samples(&[super::AS_GREY])?);
        if n > 1 && are_planes(page) {
            let len = words.len() / n;
            words = (0..len)
                .flat_map(|at| (0..n).map(move |band| (at, band)))
                .map(|(at, band)| words[band * len + at])
                .collect();
        }
        Ok(Self { n, words, is_deep: bits == 16 && note.is_none(), note })
    }
}

/// Stretches samples to 16 bits.
fn words(samples: DecodingResult) -> (Vec<u16>, Option<Note>) {
    match samples {
        DecodingResult::U8(samples) => {
            (samples.into_iter().map(|sample| u16::from(sample) * 257).collect(), None)
        }
        DecodingResult::U16(samples) => (samples, None),
        DecodingResult::U32(samples) => counted(&samples, 32),
        DecodingResult::U64(samples) => counted(&samples, 64),
        DecodingResult::I8(samples) => (measured(&samples, f64::from), None),
        DecodingResult::I16(samples) => (measured(&samples, f64::from), None),
        DecodingResult::I32(samples) => (measured(&samples, f64::from), None),
        DecodingResult::I64(samples) => (measured(&samples, |sample| sample as f64), None),
        DecodingResult::F16(samples) => (measured(&samples, f64::from), None),
        DecodingResult::F32(samples) => (measured(&samples, f64::from), None),
        DecodingResult::F64(samples) => (measured(&samples, |sample| sample), None),
    }
}

/// Stretches numbers from 0 on. Those that use only the lower bits would be black as they are.
fn counted<T: Copy + Into<u64>>(samples: &[T], of: u8) -> (Vec<u16>, Option<Note>) {
    let most = samples.iter().map(|&sample| sample.into()).max().unwrap_or(0);
    let used = (64 - most.leading_zeros()) as u8;
    let is_few = most > 0 && used + 2 <= of;
    let bits = if is_few { used } else { of };
    let whole = u128::from(u64::MAX >> (64 - bits));
    let stretch = |&sample: &T| (u128::from(sample.into()) * u128::from(u16::MAX) / whole) as u16;
    let note = is_few.then_some(Note::FewBits { used, of });
    (samples.iter().map(stretch).collect(), note)
}

/// Stretches measurements, which have any range: what is seen is where they are large and small.
fn measured<T: Copy>(samples: &[T], number: impl Fn(T) -> f64) -> Vec<u16> {
    let finite = || samples.iter().map(|&sample| number(sample)).filter(|x| x.is_finite());
    let (least, most) = (finite().fold(0.0, f64::min), finite().fold(1.0, f64::max));
    let whole = |&sample: &T| ((number(sample) - least) / (most - least) * 65_535.0) as u16;
    samples.iter().map(whole).collect()
}

/// Returns a picture of 1 to 4 channels, with 16 bits a sample if they are worth it.
fn picture(
    (width, height): (u32, u32),
    words: Vec<u16>,
    n_channels: usize,
    is_deep: bool,
) -> Option<DynamicImage> {
    if is_deep {
        return match n_channels {
            1 => ImageBuffer::from_raw(width, height, words).map(DynamicImage::ImageLuma16),
            2 => ImageBuffer::from_raw(width, height, words).map(DynamicImage::ImageLumaA16),
            3 => ImageBuffer::from_raw(width, height, words).map(DynamicImage::ImageRgb16),
            _ => ImageBuffer::from_raw(width, height, words).map(DynamicImage::ImageRgba16),
        };
    }
    let bytes: Vec<u8> = words.into_iter().map(|word| (word >> 8) as u8).collect();
    match n_channels {
        1 => ImageBuffer::from_raw(width, height, bytes).map(DynamicImage::ImageLuma8),
        2 => ImageBuffer::from_raw(width, height, bytes).map(DynamicImage::ImageLumaA8),
        3 => ImageBuffer::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8),
        _ => ImageBuffer::from_raw(width, height, bytes).map(DynamicImage::ImageRgba8),
    }
}

/// Returns what the first sample beyond the colours means. Without a word about it, it is what most
/// programs take it for.
fn extra(page: &Page) -> Option<u64> {
    page.number(tag::EXTRA_SAMPLES).or(Some(ALPHA))
}

pub(super) fn are_planes(page: &Page) -> bool {
    page.number(tag::PLANAR_CONFIGURATION) == Some(2)
}

/// Undoes the multiplication of a sample by its alpha.
fn divided(word: u16, alpha: u16) -> u16 {
    let (word, alpha) = (u32::from(word), u32::from(alpha));
    (word * 65_535 / alpha.max(1)).min(65_535) as u16
}

/// Returns what is left of the light where ink and black ink are, without a profile of a press.
fn without_ink(ink: u16, black: u16) -> u16 {
    let light = u32::from(!ink) * u32::from(!black) / 65_535;
    light as u16
}

/// Turns CIE Lab under the light D50 into sRGB. `lightness` is 100 at its most.
///
/// Source: TIFF 6.0, section 23; CIE 15:2004; IEC 61966-2-1 for the curve. The matrix is that of sRGB's
/// primaries, adapted to D50 after Bradford: <http://www.brucelindbloom.com/Eqn_RGB_XYZ_Matrix.html>.
fn lab(lightness: u16, a: i8, b: i8) -> [u16; 3] {
    const D50: [f32; 3] = [0.964_22, 1.0, 0.825_21];
    const TO_RGB: [[f32; 3]; 3] = [
        [3.133_856, -1.616_866_7, -0.490_614_6],
        [-0.978_768_4, 1.916_141_5, 0.033_454],
        [0.071_945_3, -0.228_991_4, 1.405_242_7],
    ];
    let y = (f32::from(lightness) / 655.35 + 16.0) / 116.0;
    let of_cube = |t: f32| {
        if t > 6.0 / 29.0 { t.powi(3) } else { (t - 4.0 / 29.0) * 3.0 * (6.0_f32 / 29.0).powi(2) }
    };
    let light = [y + f32::from(a) / 500.0, y, y - f32::from(b) / 200.0];
    let [x, y, z] = [0, 1, 2].map(|idx| of_cube(light[idx]) * D50[idx]);
    TO_RGB.map(|[by_x, by_y, by_z]| {
        let linear = (by_x * x + by_y * y + by_z * z).clamp(0.0, 1.0);
        let shown = if linear <= 0.003_130_8 {
            linear * 12.92
        } else {
            1.055 * linear.powf(1.0 / 2.4) - 0.055
        };
        (shown * 65_535.0).round() as u16
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_lab_are_those_of_the_screen() {
        // Source: Pillow's ImageCms from sRGB to Lab, 8 bits.
        for (colour, expected) in [
            ((255, 0, 0), [255, 255, 255]),
            ((0, 0, 0), [0, 0, 0]),
            ((138, 81, 70), [255, 0, 0]),
            ((224, -79, 81), [0, 255, 0]),
            ((75, 68, -112), [0, 0, 255]),
        ] {
            let (lightness, a, b): (u16, i8, i8) = colour;
            let found = lab(lightness * 257, a, b).map(|word| word >> 8);
            let is_near =
                found.iter().zip(expected).all(|(&a, b): (&u16, u16)| a.abs_diff(b) <= 10);
            assert!(is_near, "{colour:?}: {found:?}");
        }
    }

    #[test]
    fn numbers_of_many_bits_are_stretched_where_few_are_used() {
        let (words, note) = counted(&[0_u32, 2048, 4095], 32);
        assert_eq!(
            (words, note),
            (vec![0, 32_775, 65_535], Some(Note::FewBits { used: 12, of: 32 }))
        );
        assert_eq!(counted(&[0_u32, u32::MAX], 32), (vec![0, 65_535], None));
        assert_eq!(counted(&[0_u64, u64::MAX], 64), (vec![0, 65_535], None));
        assert_eq!(counted(&[0_u32], 32), (vec![0], None));
    }

    #[test]
    fn measurements_are_seen_whatever_their_range() {
        assert_eq!(measured(&[-1000.0, 0.0, 3000.0], |x| x), [0, 16_383, 65_535]);
        assert_eq!(measured(&[0.0, 0.5, 1.0, f64::NAN], |x| x), [0, 32_767, 65_535, 0]);
        assert_eq!(measured(&[-100_i16, 100], f64::from), [0, 65_535]);
    }
}
