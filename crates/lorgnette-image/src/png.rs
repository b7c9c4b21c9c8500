//! Decodes PNG, also where its end is missing.

use std::borrow::Cow;

use image::codecs::png::PngDecoder;
use image::metadata::Orientation;
use image::{AnimationDecoder, DynamicImage};

use crate::animation::{self, Animation};
use crate::decode::{Source, Stored};
use crate::gaps::Gaps;
use crate::{ImageError, levels};

mod apple;
mod chunks;
mod rows;

use chunks::Chunks;
pub(crate) use chunks::is_png;

/// Decodes the picture, or the first frame that is not empty.
///
/// Of a file that is cut off, the rows that are there are decoded, and the others are gaps.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    if !is_png(source.bytes) {
        let reason = "line ends in the mark of the file were changed, as in a text".into();
        return Err(ImageError::Damaged { format: source.format, source: reason });
    }
    let chunks = Chunks::of(source.bytes);
    let mut bytes = Cow::Borrowed(source.bytes);
    let is_cut = !chunks.has_end;
    if is_cut {
        bytes = Cow::Owned(chunks.with_end());
    }
    if chunks.is_apple {
        bytes = Cow::Owned(apple::to_png(&Chunks::of(&bytes)));
    }
    let whole = Source { bytes: &bytes, ..*source };
    match decode_whole(&whole, &chunks) {
        Err(ImageError::Damaged { .. } | ImageError::Truncated { .. }) if is_cut => {
            decode_cut(source, &chunks).map_err(|error| match error {
                ImageError::Damaged { format, .. } => ImageError::Truncated { format },
                error => error,
            })
        }
        result => result,
    }
}

fn decode_whole(source: &Source, chunks: &Chunks) -> Result<Stored, ImageError> {
    let (first, orientation) = source.read(decoder(source))?;
    let frames = || {
        let decoder = source.check(decoder(source))?;
        Ok(decoder.apng().map_err(|error| source.error(error))?.into_frames())
    };
    let n_frames = chunks.n_frames();
    let animation = Animation { n_frames, is_whole: chunks.has_end || n_frames == 0 };
    let (image, note) = animation.frame(source, first, frames)?;
    let mut stored = finish(image, orientation, chunks)?;
    stored.kind = note.is_some().then(|| "PNG animation".into());
    stored.notes.extend(note);
    Ok(stored)
}

fn decode_cut(source: &Source, chunks: &Chunks) -> Result<Stored, ImageError> {
    let truncated = || ImageError::Truncated { format: source.format };
    if chunks.is_apple {
        return Err(truncated());
    }
    // For its limits, its colours and its orientation.
    let mut decoder = source.check(decoder(source))?;
    let orientation = image::ImageDecoder::orientation(&mut decoder);
    let (image, n_rows) = rows::upper(&decoder, source.bytes).ok_or_else(truncated)?;
    let gaps = Gaps::below(n_rows, image.height());
    // The frames that would be shown in place of an empty first one are missing.
    let is_left_alone = chunks.n_frames() > 0 && animation::is_empty(&image);
    if gaps.are_too_many() || is_left_alone {
        return Err(truncated());
    }
    let orientation = orientation.unwrap_or(Orientation::NoTransforms);
    Ok(Stored { gaps, ..finish(image, orientation, chunks)? })
}

fn finish(
    mut image: DynamicImage,
    orientation: Orientation,
    chunks: &Chunks,
) -> Result<Stored, ImageError> {
    if chunks.is_apple {
        apple::to_rgb(&mut image);
    }
    if let Some(gamma) = chunks.gamma() {
        levels::correct_gamma(&mut image, gamma);
    }
    Stored::new(image, orientation)
}

type Decoder<'a> = PngDecoder<std::io::Cursor<&'a [u8]>>;

fn decoder<'a>(source: &Source<'a>) -> image::ImageResult<Decoder<'a>> {
    // Chunks before the size may be bombs as well; our own check of the size has the numbers.
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(source.limits.max_bytes);
    PngDecoder::with_limits(source.cursor(), limits)
}
