//! The forms of TIFF pages that `image` refuses: palettes, YCbCr, and grey of other depths.
//!
//! What the bytes are is found out by `tiff`; what they mean is done here. Where `tiff` refuses a
//! meaning, the page is read as grey, which it knows.

use std::io::Cursor;

use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, RgbImage};
use tiff::decoder::{Decoder, DecodingResult, Limits};

use super::directories::tag;
use super::{Page, compression, photometric};
use crate::ImageError;

/// What a page must say so that `tiff` gives its samples as they are.
const AS_GREY: (u16, u32) = (tag::PHOTOMETRIC, 1);

/// Reads the samples of a page as they are stored, with facts that replace what the page says.
fn samples(page: &Page, facts: &[(u16, u32)]) -> Result<DecodingResult, ImageError> {
    let error = |error| page.source.error(image_error(error));
    let file = page.directories.with(&page.directory, facts);
    let max_bytes = usize::try_from(page.source.limits.max_bytes).unwrap_or(usize::MAX);
    let mut limits = Limits::default();
    limits.decoding_buffer_size = max_bytes;
    limits.intermediate_buffer_size = max_bytes;
    let mut decoder = Decoder::new(Cursor::new(&*file)).map_err(error)?.with_limits(limits);
    let mut samples = DecodingResult::U8(Vec::new());
    decoder.read_image_to_buffer(&mut samples).map_err(error)?;
    Ok(samples)
}

/// Says it as `image` does, so that errors are told apart in one place.
fn image_error(error: tiff::TiffError) -> image::ImageError {
    use image::error::{DecodingError, ImageFormatHint, LimitError, LimitErrorKind};
    use image::error::{UnsupportedError, UnsupportedErrorKind};

    let format = || ImageFormatHint::Exact(image::ImageFormat::Tiff);
    match error {
        tiff::TiffError::IoError(error) => image::ImageError::IoError(error),
        tiff::TiffError::LimitsExceeded => {
            image::ImageError::Limits(LimitError::from_kind(LimitErrorKind::InsufficientMemory))
        }
        tiff::TiffError::UnsupportedError(reason) => {
            let kind = UnsupportedErrorKind::GenericFeature(reason.to_string());
            image::ImageError::Unsupported(UnsupportedError::from_format_and_kind(format(), kind))
        }
        error => image::ImageError::Decoding(DecodingError::new(format(), error)),
    }
}

/// Decodes a page whose samples are places in a palette.
pub(super) fn palette(page: &Page) -> Result<DynamicImage, ImageError> {
    let (width, height) = page.size();
    let bits = page.number(tag::BITS).unwrap_or(1);
    let n_samples = page.number(tag::SAMPLES).unwrap_or(1).max(1) as usize;
    let colours = page.directories.numbers(&page.directory, tag::COLOR_MAP);
    let colours = colours.ok_or_else(|| page.unsupported("a palette without colours"))?;
    let n_colours = colours.len() / 3;
    // Some programs write eight bits where the format wants sixteen.
    let shift = if colours.iter().all(|&colour| colour < 256) { 0 } else { 8 };
    let colour = |idx: u16| {
        let at = |channel: usize| colours.get(channel * n_colours + usize::from(idx));
        [0, 1, 2].map(|channel| at(channel).map_or(0, |colour| (colour >> shift) as u8))
    };
    let places: Vec<u16> = match samples(page, &[AS_GREY])? {
        DecodingResult::U8(bytes) if bits < 8 => {
            unpacked(&bytes, width, bits as u8).map(u16::from).collect()
        }
        DecodingResult::U8(bytes) => bytes.into_iter().map(u16::from).collect(),
        DecodingResult::U16(words) => words,
        _ => return Err(page.unsupported("places in a palette that are no numbers")),
    };
    // A second sample is transparency, which a palette has no use for.
    let rgb: Vec<u8> = places.into_iter().step_by(n_samples).flat_map(colour).collect();
    RgbImage::from_raw(width, height, rgb).map(Into::into).ok_or_else(|| page.truncated())
}

/// Decodes a page of brightness and two colours.
pub(super) fn ycbcr(page: &Page) -> Result<DynamicImage, ImageError> {
    let (width, height) = page.size();
    let ratio = page.directories.numbers(&page.directory, tag::YCBCR_SUBSAMPLING);
    let ratio = ratio.unwrap_or_else(|| vec![2, 2]);
    let (across, down) = match ratio[..] {
        _ if page.compression() == compression::JPEG => (1, 1),
        [across @ (1 | 2 | 4), down @ (1 | 2 | 4)] => (across as u32, down as u32),
        _ => return Err(page.unsupported("unusual places of its colours")),
    };
    if page.number(tag::BITS) != Some(8) || page.number(tag::SAMPLES) != Some(3) {
        return Err(page.unsupported("YCbCr of another depth"));
    }
    let samples = if page.compression() == compression::JPEG {
        samples(page, &[])?
    } else {
        // Units of several brightnesses and one pair of colours: for `tiff` a row of grey.
        let rows_per_strip = page.number(tag::ROWS_PER_STRIP).unwrap_or(height.into());
        let rows_per_strip = u32::try_from(rows_per_strip).unwrap_or(u32::MAX).min(height);
        let facts = [
            AS_GREY,
            (tag::SAMPLES, 1),
            (tag::BITS, 8),
            (tag::WIDTH, width.div_ceil(across) * (across * down + 2)),
            (tag::HEIGHT, height.div_ceil(down)),
            (tag::ROWS_PER_STRIP, rows_per_strip.div_ceil(down)),
        ];
        if page.directory.has(tag::TILE_OFFSETS) {
            return Err(page.unsupported("tiles of YCbCr"));
        }
        self::samples(page, &facts)?
    };
    let DecodingResult::U8(samples) = samples else {
        return Err(page.unsupported("YCbCr of another depth"));
    };
    let (across, down) = (across as usize, down as usize);
    let unit_len = across * down + 2;
    let row_len = (width as usize).div_ceil(across) * unit_len;
    if samples.len() < (height as usize).div_ceil(down) * row_len {
        return Err(page.truncated());
    }
    Ok(DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as usize, y as usize);
        let unit = &samples[y / down * row_len + x / across * unit_len..][..unit_len];
        let brightness = unit[y % down * across + x % across];
        image::Rgb(rgb(brightness, unit[unit_len - 2], unit[unit_len - 1]))
    })))
}

/// Source: JFIF 1.02, which has the equations of ITU-R BT.601 for the whole range.
fn rgb(brightness: u8, blue: u8, red: u8) -> [u8; 3] {
    let brightness = f32::from(brightness);
    let (blue, red) = (f32::from(blue) - 128.0, f32::from(red) - 128.0);
    let green = brightness - 0.344_136 * blue - 0.714_136 * red;
    [brightness + 1.402 * red, green, brightness + 1.772 * blue]
        .map(|sample| sample.round().clamp(0.0, 255.0) as u8)
}

/// Returns whether a page is grey in a way that `image` refuses: with transparency, or of 2, 4 or 32
/// bits.
pub(super) fn is_grey(page: &Page) -> bool {
    let is_grey = matches!(
        page.number(tag::PHOTOMETRIC),
        Some(photometric::WHITE_IS_ZERO | photometric::BLACK_IS_ZERO)
    );
    let n_samples = page.number(tag::SAMPLES).unwrap_or(1);
    let bits = page.number(tag::BITS).unwrap_or(1);
    is_grey && (n_samples == 2 || (n_samples == 1 && matches!(bits, 2 | 4 | 32)))
}

/// Decodes such a page.
pub(super) fn grey(page: &Page) -> Result<DynamicImage, ImageError> {
    let (width, height) = page.size();
    let bits = page.number(tag::BITS).unwrap_or(1) as u8;
    let has_alpha = page.number(tag::SAMPLES) == Some(2);
    // `tiff` inverts one sample alone.
    let is_inverted =
        has_alpha && page.number(tag::PHOTOMETRIC) == Some(photometric::WHITE_IS_ZERO);
    let facts: &[_] = if is_inverted { &[AS_GREY] } else { &[] };
    let image = match samples(page, facts)? {
        DecodingResult::U8(bytes) if !has_alpha => {
            let most = u16::from(u8::MAX >> (8 - bits.min(8)));
            let whole = |sample: u8| (u16::from(sample) * 255 / most) as u8;
            luma(width, height, unpacked(&bytes, width, bits).map(whole).collect())
        }
        DecodingResult::U8(mut bytes) => {
            if is_inverted {
                bytes.iter_mut().step_by(2).for_each(|sample| *sample = !*sample);
            }
            GrayAlphaImage::from_raw(width, height, bytes).map(Into::into)
        }
        DecodingResult::U16(mut words) if has_alpha => {
            if is_inverted {
                words.iter_mut().step_by(2).for_each(|sample| *sample = !*sample);
            }
            ImageBuffer::from_raw(width, height, words).map(DynamicImage::ImageLumaA16)
        }
        DecodingResult::U32(words) if !has_alpha => {
            let words = words.into_iter().map(|sample| (sample >> 16) as u16).collect();
            ImageBuffer::from_raw(width, height, words).map(DynamicImage::ImageLuma16)
        }
        DecodingResult::F32(floats) if !has_alpha => {
            // Measurements have any range; what is seen is where they are large and small.
            let finite = || floats.iter().copied().filter(|sample| sample.is_finite());
            let (least, most) = (finite().fold(0.0, f32::min), finite().fold(1.0, f32::max));
            let whole = |sample: f32| ((sample - least) / (most - least) * 65_535.0) as u16;
            let words = floats.iter().copied().map(whole).collect();
            ImageBuffer::from_raw(width, height, words).map(DynamicImage::ImageLuma16)
        }
        _ => return Err(page.unsupported("grey of another depth")),
    };
    image.ok_or_else(|| page.truncated())
}

pub(super) fn luma(width: u32, height: u32, grey: Vec<u8>) -> Option<DynamicImage> {
    GrayImage::from_raw(width, height, grey).map(Into::into)
}

/// Returns the samples of rows in which each begins with a whole byte.
fn unpacked(bytes: &[u8], width: u32, bits: u8) -> impl Iterator<Item = u8> {
    let per_byte = usize::from(8 / bits.clamp(1, 8));
    let row_len = (width as usize).div_ceil(per_byte).max(1);
    let mask = u8::MAX >> (8 - bits.clamp(1, 8));
    bytes.chunks_exact(row_len).flat_map(move |row| {
        (0..width as usize).map(move |x| {
            let shift = (per_byte - 1 - x % per_byte) * usize::from(bits);
            row[x / per_byte] >> shift & mask
        })
    })
}
