//! Decodes BMP, the bitmap of Windows.

use std::borrow::Cow;

use image::codecs::bmp::BmpDecoder;

use crate::ImageError;
use crate::decode::{Source, Stored};

/// Decodes the picture.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    let bytes = without_extra_colours(source.bytes);
    let source = Source { bytes: &bytes, ..*source };
    source.decode_still(BmpDecoder::new(source.cursor()))
}

/// Returns the file with no more colours in its palette than a pixel can choose from.
///
/// Some programs write more. The decoder refuses them, and everybody else ignores those that no pixel
/// has. Where the pixels begin is said elsewhere.
fn without_extra_colours(bytes: &[u8]) -> Cow<'_, [u8]> {
    const BITS: usize = 28;
    const N_COLOURS: usize = 46;
    let header_len = bytes.get(14..18).map_or(0, |size| size[0]);
    if header_len >= 40
        && let Some(n_colours) = bytes.get(N_COLOURS..N_COLOURS + 4)
    {
        let n_colours =
            u32::from_le_bytes([n_colours[0], n_colours[1], n_colours[2], n_colours[3]]);
        let bits = u32::from(bytes[BITS]);
        if bits <= 8 && n_colours > 1 << bits {
            let mut bytes = bytes.to_vec();
            // As many as there can be.
            bytes[N_COLOURS..N_COLOURS + 4].fill(0);
            return Cow::Owned(bytes);
        }
    }
    Cow::Borrowed(bytes)
}
