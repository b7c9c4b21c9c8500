//! Decodes JPEG, and finds out which rows of it are in the file.

use std::borrow::Cow;

use image::codecs::jpeg::JpegDecoder;

use crate::decode::{Source, Stored};
use crate::gaps::Gaps;
use crate::{ImageError, Limits};

mod bits;
mod coverage;
mod end;
mod frame;
mod scan;

pub(crate) use frame::size;

/// Decodes the first picture. Rows whose data is not there are gaps.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    source.check_page(1)?;
    let (bytes, gaps) = usable(source)?;
    let usable = Source { bytes: &bytes, ..*source };
    let (image, orientation) = usable.read(JpegDecoder::new(usable.cursor()))?;
    Ok(Stored { gaps, ..Stored::new(image, orientation)? })
}

/// Returns the bytes that a decoder should read, and the rows that they do not have.
///
/// Decoders fill what is missing with grey or with invented patterns and report nothing. A
/// half-downloaded photograph must not be described as one of fog.
/// Errors: `Truncated` if too little is there.
fn usable<'a>(source: &Source<'a>) -> Result<(Cow<'a, [u8]>, Gaps), ImageError> {
    let (bytes, format) = (source.bytes, source.format);
    let Some(coverage) = coverage::of(bytes, source.limits.max_pixels) else {
        if frame::is_arithmetic(bytes) {
            return Err(unsupported(source, "arithmetic coding"));
        }
        // A form that the decoder refuses, or one whose data only the decoder can follow.
        return if end::has_end(bytes) {
            Ok((Cow::Borrowed(bytes), Gaps::default()))
        } else {
            Err(ImageError::Truncated { format })
        };
    };
    if coverage.has_misread_planes {
        return Err(unsupported(source, "a scan for each of its colours, which are smaller"));
    }
    if coverage.gaps.are_too_many() {
        return Err(ImageError::Truncated { format });
    }
    let mut usable = Cow::Borrowed(&bytes[..coverage.stop_at.unwrap_or(bytes.len())]);
    if coverage.needs_end {
        usable.to_mut().extend([0xff, 0xd9]);
    }
    Ok((usable, coverage.gaps))
}

fn unsupported(source: &Source, reason: &'static str) -> ImageError {
    ImageError::UnsupportedKind { format: source.format, source: reason.into() }
}

/// Returns the rows that are not in a JPEG which is a part of another file. `None` if nobody can say.
pub(crate) fn gaps(bytes: &[u8], limits: &Limits) -> Option<Gaps> {
    coverage::of(bytes, limits.max_pixels).map(|coverage| coverage.gaps)
}
