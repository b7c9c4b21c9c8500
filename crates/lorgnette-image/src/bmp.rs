//! Decodes BMP, the bitmap of Windows.

use std::borrow::Cow;

use image::codecs::bmp::BmpDecoder;

use crate::ImageError;
use crate::decode::{Source, Stored};

/// Decodes the picture.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    let bytes = with_known_header(source.bytes);
    let bytes = without_extra_colours(&bytes);
    let source = Source { bytes: &bytes, ..*source };
    source.decode_still(BmpDecoder::new(source.cursor()))
}

/// Returns the file with a header of Windows, if it has the longer one of OS/2 2.x.
///
/// That begins with the same facts, and what follows says nothing about the pixels. Two of its codings
/// have numbers that mean something else in Windows: those files are left as they are.
fn with_known_header(bytes: &[u8]) -> Cow<'_, [u8]> {
    const OS2_LEN: u8 = 64;
    const WINDOWS_LEN: u8 = 40;
    const CODING: usize = 30;
    let is_os2 = bytes.get(14..18) == Some(&[OS2_LEN, 0, 0, 0]);
    let is_shared = bytes.get(CODING..CODING + 4).is_some_and(|coding| coding[0] <= 2);
    match bytes.get(14 + usize::from(OS2_LEN)..) {
        Some(rest) if is_os2 && is_shared => {
            let mut bytes = bytes[..14 + usize::from(WINDOWS_LEN)].to_vec();
            bytes[14] = WINDOWS_LEN;
            let place = u32::from_le_bytes([bytes[10], bytes[11], bytes[12], bytes[13]]);
            let place = place.saturating_sub(u32::from(OS2_LEN - WINDOWS_LEN));
            bytes[10..14].copy_from_slice(&place.to_le_bytes());
            bytes.extend(rest);
            Cow::Owned(bytes)
        }
        _ => Cow::Borrowed(bytes),
    }
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
