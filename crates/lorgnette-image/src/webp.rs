//! Decodes WebP, and finds out whether all of its data is there.

use image::AnimationDecoder;
use image::codecs::webp::WebPDecoder;

use crate::ImageError;
use crate::animation::Animation;
use crate::decode::{Source, Stored};

/// Decodes the picture, or the first frame that is not empty.
///
/// Errors: `Truncated` unless the data of the picture is there. The decoder goes on with zeros, which
/// gives a picture of smears.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    let chunks = chunks(source.bytes);
    let n_first =
        chunks.iter().position(|chunk| chunk.name == b"ANMF").map_or(chunks.len(), |at| at + 1);
    if chunks[..n_first].iter().any(Chunk::is_cut_picture) {
        return Err(ImageError::Truncated { format: source.format });
    }
    let is_short = declared_len(source.bytes) > source.bytes.len();
    let (first, orientation) = match source.read(WebPDecoder::new(source.cursor())) {
        Err(ImageError::Damaged { format, .. }) if is_short => {
            return Err(ImageError::Truncated { format });
        }
        result => result?,
    };
    let n_frames = chunks.iter().filter(|chunk| chunk.name == b"ANMF").count() as u32;
    let animation = Animation { n_frames, is_whole: !is_short || n_frames == 0 };
    let frames = || Ok(source.check(WebPDecoder::new(source.cursor()))?.into_frames());
    let (image, note) = animation.frame(source, first, frames)?;
    let mut stored = Stored::new(image, orientation)?;
    stored.kind = note.is_some().then(|| "WebP animation".into());
    stored.notes.extend(note);
    Ok(stored)
}

/// A part of a file: its name, the length that it says, and what is there of it.
struct Chunk<'a> {
    name: &'a [u8],
    length: usize,
    body: &'a [u8],
}

impl Chunk<'_> {
    /// Returns whether it is a part of a picture and not all of it is there: it is cut off, or it ends
    /// in a long run of zeros, with which coded data never ends.
    fn is_cut_picture(&self) -> bool {
        let n_zeros = self.body.iter().rev().take_while(|&&byte| byte == 0).count();
        let has_no_end = match self.name {
            b"VP8 " => n_zeros >= 32,
            // A lossless picture may have zeros, but not for a part of it that is worth a word.
            b"VP8L" | b"ALPH" => n_zeros >= 64 && n_zeros >= self.length / 32,
            b"ANMF" => false,
            _ => return false,
        };
        has_no_end || self.body.len() < self.length
    }
}

/// Returns the chunks of a file in order.
///
/// Source: WebP container specification, "RIFF File Format".
fn chunks(bytes: &[u8]) -> Vec<Chunk<'_>> {
    let end = declared_len(bytes).min(bytes.len());
    let mut rest = bytes.get(12..end).unwrap_or_default();
    let mut chunks = Vec::new();
    while let Some((header, body)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let name = &rest[..4];
        chunks.push(Chunk { name, length, body: &body[..length.min(body.len())] });
        // Chunks begin at even places.
        rest = body.get(length.saturating_add(length % 2)..).unwrap_or_default();
    }
    chunks
}

/// Returns the length that a file says it has.
fn declared_len(bytes: &[u8]) -> usize {
    let length = bytes.get(4..8).map_or(0, |n| u32::from_le_bytes([n[0], n[1], n[2], n[3]]));
    (length as usize).saturating_add(8)
}
