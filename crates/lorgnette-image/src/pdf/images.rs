//! The sizes of the pictures on a page, by what the page says of them and by their own headers.

use hayro::hayro_syntax::Filter;
use hayro::hayro_syntax::object::Stream;

use crate::{ImageError, Limits};

/// Returns the number of pixels of a picture, and of the mask that it has, after a check of both.
///
/// Errors: `TooManyPixels`.
pub(super) fn n_pixels(
    stream: &Stream,
    said: (u32, u32),
    limits: &Limits,
) -> Result<u64, ImageError> {
    let mut n_pixels = check(stream, said, limits)?;
    for key in [&b"SMask"[..], b"Mask"] {
        if let Some(mask) = stream.dict().get::<Stream>(key) {
            let side = |key: &[u8]| mask.dict().get::<u32>(key).unwrap_or(0);
            n_pixels += check(&mask, (side(b"Width"), side(b"Height")), limits)?;
        }
    }
    Ok(n_pixels)
}

/// A picture is as large as the larger of what two say of it: decoders believe one or the other.
fn check(stream: &Stream, said: (u32, u32), limits: &Limits) -> Result<u64, ImageError> {
    let coded = coded_size(stream).unwrap_or((0, 0));
    let mut most = 0;
    for (width, height) in [said, coded] {
        let n_pixels = u64::from(width) * u64::from(height);
        if n_pixels > limits.max_pixels {
            let max_pixels = limits.max_pixels;
            return Err(ImageError::TooManyPixels { width, height, max_pixels });
        }
        most = most.max(n_pixels);
    }
    Ok(most)
}

/// Returns the size that the header of the coded picture says, if it has one of its own.
fn coded_size(stream: &Stream) -> Option<(u32, u32)> {
    let filters = stream.filters();
    // Behind another filter the header is not to be seen, and nobody packs what is packed.
    let [filter] = filters.as_slice() else {
        return None;
    };
    match filter {
        Filter::DctDecode => crate::jpeg::size(&stream.raw_data()),
        Filter::JpxDecode => jpeg_2000_size(&stream.raw_data()),
        Filter::Jbig2Decode => jbig2_size(&stream.raw_data()),
        _ => None,
    }
}

/// Source: ISO/IEC 15444-1 annex A.5.1, SIZ.
fn jpeg_2000_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let at = bytes.windows(4).position(|mark| mark == b"\xff\x4f\xff\x51")?;
    // Behind the mark: the length and the capabilities.
    let fields = bytes.get(at + 8..at + 24)?.as_chunks::<4>().0;
    let [right, bottom, left, top] = fields else {
        return None;
    };
    let side = |end: &[u8; 4], start: &[u8; 4]| {
        u32::from_be_bytes(*end).saturating_sub(u32::from_be_bytes(*start))
    };
    Some((side(right, left), side(bottom, top)))
}

/// Returns the size of the page, which PDF has in the stream itself, near its start; segments of
/// another kind may come before it.
///
/// Source: ITU-T T.88 sections 7.2 and 7.4.8.
fn jbig2_size(bytes: &[u8]) -> Option<(u32, u32)> {
    const PAGE: u8 = 48;
    let number = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let mut at = 0;
    loop {
        let segment = number(at)?;
        let flags = *bytes.get(at + 4)?;
        let n_short = bytes.get(at + 5)? >> 5;
        // Seven: the number of references is a long one, with a bit for each.
        let (n, references) = if n_short == 7 {
            let n = (number(at + 5)? & 0x1fff_ffff) as usize;
            (n, at + 9 + (n + 1).div_ceil(8))
        } else {
            (usize::from(n_short), at + 6)
        };
        let reference_bytes = match segment {
            0..=256 => 1,
            257..=65_536 => 2,
            _ => 4,
        };
        let page_bytes = if flags & 0x40 == 0 { 1 } else { 4 };
        let length_at = references.checked_add(n * reference_bytes)? + page_bytes;
        let data = length_at + 4;
        if flags & 0x3f == PAGE {
            // A height that is not known yet is the stripes' to tell.
            let height = number(data + 4)?;
            return Some((number(data)?, if height == u32::MAX { 0 } else { height }));
        }
        at = data.checked_add(number(length_at)? as usize)?;
    }
}
