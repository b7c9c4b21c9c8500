//! The upper rows of a PNG that is cut off.

use std::io::Cursor;

use image::codecs::png::PngDecoder;
use image::{ColorType, DynamicImage, ImageBuffer, ImageDecoder};
use png::{Decoder, Limits, Transformations};

/// Returns the picture and the number of its rows that are there; the others are white. `None` if it is
/// stored in several passes, because then all of it is a little there.
///
/// `decoder` has read the header of the same bytes. They end inside the data: only then does `png` give
/// the rows before that.
pub(super) fn upper(
    decoder: &PngDecoder<Cursor<&[u8]>>,
    bytes: &[u8],
) -> Option<(DynamicImage, u32)> {
    let (width, height) = decoder.dimensions();
    let mut samples = vec![255_u8; usize::try_from(decoder.total_bytes()).ok()?];
    let limits = Limits { bytes: samples.len().saturating_add(1 << 20) };
    let mut rows = Decoder::new_with_limits(Cursor::new(bytes), limits);
    rows.set_transformations(Transformations::EXPAND);
    let mut rows = rows.read_info().ok()?;
    if rows.info().interlaced {
        return None;
    }
    let row_len = samples.len() / height as usize;
    let mut n_rows = 0;
    for space in samples.chunks_exact_mut(row_len) {
        let Ok(Some(row)) = rows.next_row() else { break };
        space.copy_from_slice(row.data().get(..row_len)?);
        n_rows += 1;
    }
    let words = |samples: &[u8]| -> Vec<u16> {
        samples.as_chunks::<2>().0.iter().map(|&pair| u16::from_be_bytes(pair)).collect()
    };
    let image = match decoder.color_type() {
        ColorType::L8 => DynamicImage::ImageLuma8(ImageBuffer::from_raw(width, height, samples)?),
        ColorType::La8 => DynamicImage::ImageLumaA8(ImageBuffer::from_raw(width, height, samples)?),
        ColorType::Rgb8 => DynamicImage::ImageRgb8(ImageBuffer::from_raw(width, height, samples)?),
        ColorType::Rgba8 => {
            DynamicImage::ImageRgba8(ImageBuffer::from_raw(width, height, samples)?)
        }
        ColorType::L16 => {
            DynamicImage::ImageLuma16(ImageBuffer::from_raw(width, height, words(&samples))?)
        }
        ColorType::La16 => {
            DynamicImage::ImageLumaA16(ImageBuffer::from_raw(width, height, words(&samples))?)
        }
        ColorType::Rgb16 => {
            DynamicImage::ImageRgb16(ImageBuffer::from_raw(width, height, words(&samples))?)
        }
        ColorType::Rgba16 => {
            DynamicImage::ImageRgba16(ImageBuffer::from_raw(width, height, words(&samples))?)
        }
        _ => return None,
    };
    Some((image, n_rows))
}
