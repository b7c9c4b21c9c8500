//! Decodes ICO and CUR, which hold the same picture in several sizes.

use image::codecs::ico::IcoDecoder;
use image::metadata::Orientation;

use crate::decode::{Source, Stored};
use crate::{ImageError, Note, png};

/// One picture of an icon.
struct Entry<'a> {
    /// A PNG file, or a BMP without its first header.
    data: &'a [u8],
    width: u32,
    height: u32,
    bits: u16,
}

/// Returns whether these are the first bytes of an icon or a cursor. Other formats begin alike.
pub(crate) fn is_icon(bytes: &[u8]) -> bool {
    let [0, 0, 1 | 2, 0, n_low, n_high, ..] = *bytes else {
        return false;
    };
    let n_entries = u32::from(u16::from_le_bytes([n_low, n_high]));
    let is_entry = |entry: &[u8; 16]| {
        matches!(entry[3], 0 | 255)
            && number(&entry[8..]) > 0
            && number(&entry[12..]) >= 6 + 16 * n_entries
    };
    n_entries > 0 && bytes[6..].first_chunk().is_none_or(is_entry)
}

/// Decodes the largest picture, or the one that was asked for.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    let entries = entries(source.bytes);
    let n_entries = entries.len() as u32;
    source.check_page(n_entries)?;
    let chosen = match source.page {
        Some(page) => entries.get(page as usize - 1),
        None => entries
            .iter()
            .max_by_key(|entry| (u64::from(entry.width) * u64::from(entry.height), entry.bits)),
    };
    let entry = chosen.ok_or(ImageError::Truncated { format: source.format })?;
    let mut stored = entry.decode(source)?;
    if let Some(shown) = source.page {
        stored.notes.push(Note::Page { shown, of: n_entries });
    }
    Ok(stored)
}

impl Entry<'_> {
    fn decode(&self, source: &Source) -> Result<Stored, ImageError> {
        if png::is_png(self.data) {
            return png::decode(&Source { bytes: self.data, page: None, ..*source });
        }
        // An icon of this picture alone, which leaves the decoder no choice.
        let side = |side: u32| u8::try_from(side).unwrap_or(0);
        let mut icon =
            vec![0, 0, 1, 0, 1, 0, side(self.width), side(self.height), 0, 0, 1, 0, 0, 0];
        icon.extend((self.data.len() as u32).to_le_bytes());
        icon.extend(22_u32.to_le_bytes());
        icon.extend(self.data);
        let source = Source { bytes: &icon, page: None, ..*source };
        let (image, _) = source.read(IcoDecoder::new(source.cursor()))?;
        Stored::new(image, Orientation::NoTransforms)
    }
}

fn entries(bytes: &[u8]) -> Vec<Entry<'_>> {
    let n_entries = bytes.get(4..6).map_or(0, |n| usize::from(u16::from_le_bytes([n[0], n[1]])));
    let entries = bytes.get(6..).unwrap_or_default().as_chunks::<16>().0;
    entries.iter().take(n_entries).filter_map(|entry| of_entry(bytes, entry)).collect()
}

fn of_entry<'a>(bytes: &'a [u8], entry: &[u8; 16]) -> Option<Entry<'a>> {
    let (length, start) = (number(&entry[8..]) as usize, number(&entry[12..]) as usize);
    let data = bytes.get(start..)?;
    let data = &data[..length.min(data.len())];
    if png::is_png(data) {
        let side = |at: usize| Some(u32::from_be_bytes(*data.get(at..)?.first_chunk()?));
        let (width, height) = (side(16)?, side(20)?);
        return Some(Entry { data, width, height, bits: 32 });
    }
    // The height counts the mask below the picture.
    let (width, height) = (number(data.get(4..)?), number(data.get(8..)?) / 2);
    let bits = data.get(14..16).map_or(0, |bits| u16::from_le_bytes([bits[0], bits[1]]));
    Some(Entry { data, width, height, bits })
}

/// Reads four bytes, least significant first; 0 if they are not there.
fn number(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
