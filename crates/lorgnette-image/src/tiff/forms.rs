//! The forms of TIFF pages whose samples are not the colours themselves: palettes and YCbCr.
//!
//! What the bytes are is found out by `tiff`; what they mean is done here. Where `tiff` refuses a
//! meaning, the page is read as grey, which it knows.

use image::{DynamicImage, GrayImage, RgbImage};
use tiff::decoder::DecodingResult;

use super::directories::tag;
use super::{AS_GREY, Page, compression};
use crate::ImageError;

/// Says it as `image` does, so that errors are told apart in one place.
pub(super) fn image_error(error: tiff::TiffError) -> image::ImageError {
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
    let places: Vec<u16> = match page.samples(&[AS_GREY])? {
        DecodingResult::U8(bytes) if bits < 8 => {
            unpacked(&bytes, width, bits as u8).map(u16::from).collect()
        }
        DecodingResult::U8(bytes) => bytes.into_iter().map(u16::from).collect(),
        DecodingResult::U16(words) => words,
        _ => return Err(page.unsupported("places in a palette that are no numbers")),
    };
    // A second sample is transparency, which a palette has no use for.
    let (step, n_pixels) = if super::bands::are_planes(page) {
        (1, width as usize * height as usize)
    } else {
        (n_samples, usize::MAX)
    };
    let rgb: Vec<u8> = places.into_iter().step_by(step).take(n_pixels).flat_map(colour).collect();
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
    let (tile_width, n_across) = page.tiles_across();
    // The last tile of a row may reach beyond the picture.
    let unit_len = across * down + 2;
    let tile_row_len = tile_width.div_ceil(across).saturating_mul(unit_len);
    let row_len = if page.compression() == compression::JPEG {
        width.saturating_mul(unit_len)
    } else {
        tile_row_len.saturating_mul(n_across)
    };
    let samples = if page.compression() == compression::JPEG {
        page.samples(&[])?
    } else {
        // Units of several brightnesses and one pair of colours: for `tiff` a row of grey.
        let side = |tag, whole: u32| {
            let side = page.number(tag).and_then(|side| u32::try_from(side).ok());
            side.unwrap_or(whole)
        };
        let rows_per_strip = side(tag::ROWS_PER_STRIP, height).min(height);
        let facts = [
            AS_GREY,
            (tag::SAMPLES, 1),
            (tag::BITS, 8),
            (tag::WIDTH, row_len),
            (tag::HEIGHT, height.div_ceil(down)),
            (tag::ROWS_PER_STRIP, rows_per_strip.div_ceil(down)),
            (tag::TILE_WIDTH, tile_row_len),
            (tag::TILE_HEIGHT, side(tag::TILE_HEIGHT, height).div_ceil(down)),
        ];
        page.samples(&facts)?
    };
    let DecodingResult::U8(samples) = samples else {
        return Err(page.unsupported("YCbCr of another depth"));
    };
    let (across, down) = (across as usize, down as usize);
    let (unit_len, row_len) = (unit_len as usize, row_len as usize);
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
