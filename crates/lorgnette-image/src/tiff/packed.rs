//! Samples that are no whole bytes: 1 to 15 bits each, one after the other, most significant first. Each
//! row begins with a whole byte.

use tiff::decoder::DecodingResult;

use super::directories::tag;
use super::{AS_GREY, Page};
use crate::ImageError;

/// Reads the samples of a page, pixel by pixel, as they are stored.
///
/// Errors: `UnsupportedKind` if they are in planes, stored as differences, or more than 15 bits; those
/// of the decoder.
pub(super) fn samples(page: &Page) -> Result<Vec<u16>, ImageError> {
    let bits = page.number(tag::BITS).unwrap_or(1);
    let n_samples = page.number(tag::SAMPLES).unwrap_or(1).max(1);
    let is_plain = page.number(tag::PREDICTOR).unwrap_or(1) == 1
        && page.number(tag::SAMPLE_FORMAT).unwrap_or(1) == 1
        && (n_samples == 1 || page.number(tag::PLANAR_CONFIGURATION).unwrap_or(1) == 1);
    if !(1..=15).contains(&bits) || !page.are_depths_equal() || !is_plain {
        return Err(page.unsupported("samples of an unusual depth"));
    }
    let (width, height) = page.size();
    let (tile_width, n_across) = page.tiles_across();
    // For `tiff`, each byte is a pixel.
    let row_bytes = u64::from(tile_width).saturating_mul(n_samples * bits).div_ceil(8);
    let row_bytes = u32::try_from(row_bytes).map_err(|_| page.truncated())?;
    let all = row_bytes.checked_mul(n_across).ok_or_else(|| page.truncated())?;
    let facts = [
        AS_GREY,
        (tag::SAMPLES, 1),
        (tag::BITS, 8),
        (tag::WIDTH, all),
        (tag::TILE_WIDTH, row_bytes),
    ];
    let DecodingResult::U8(bytes) = page.samples(&facts)? else {
        return Err(page.unsupported("samples of an unusual depth"));
    };
    let (bits, n_samples) = (bits as usize, n_samples as usize);
    let (row_bytes, all) = (row_bytes as usize, all as usize);
    if bytes.len() < all * height as usize {
        return Err(page.truncated());
    }
    let mut samples = Vec::with_capacity(width as usize * height as usize * n_samples);
    for row in bytes.chunks_exact(all) {
        for tile in row.chunks_exact(row_bytes) {
            let n_left = width as usize * n_samples - samples.len() % (width as usize * n_samples);
            let n = n_left.min(tile_width as usize * n_samples);
            samples.extend((0..n).map(|idx| sample(tile, idx * bits, bits)));
        }
    }
    Ok(samples)
}

/// Reads the sample that begins at a bit.
fn sample(row: &[u8], at: usize, bits: usize) -> u16 {
    let byte = |idx: usize| u32::from(row.get(at / 8 + idx).copied().unwrap_or(0));
    let three = byte(0) << 16 | byte(1) << 8 | byte(2);
    (three >> (24 - at % 8 - bits)) as u16 & (u16::MAX >> (16 - bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_lie_bit_beside_bit() {
        let row = [0xab, 0xcd, 0xef, 0x12];
        let all = |bits: usize| {
            (0..32 / bits).map(|idx| sample(&row, idx * bits, bits)).collect::<Vec<_>>()
        };
        assert_eq!(all(4), [0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 1, 2]);
        assert_eq!(all(12), [0xabc, 0xdef]);
        assert_eq!(all(15), [0x55e6, 0x7bc4]);
        assert_eq!(all(1)[..8], [1, 0, 1, 0, 1, 0, 1, 1]);
    }
}
