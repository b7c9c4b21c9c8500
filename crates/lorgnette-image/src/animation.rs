//! Chooses the frame of an animation that a person would look at.

use image::{DynamicImage, Frames};

use crate::decode::Source;
use crate::{ImageError, Note};

/// The most pixels that are decoded in search of a frame that is not empty.
const MAX_PIXELS: u64 = 1 << 30;

/// The frames of a file.
pub(crate) struct Animation {
    /// The number of frames that are there; 0 or 1 for a still picture.
    pub(crate) n_frames: u32,
    /// Whether the file ends where it should, so that there are no others.
    pub(crate) is_whole: bool,
}

impl Animation {
    /// Returns the frame that was asked for, or else the first that is not empty.
    ///
    /// `first` is the first frame, and `frames` decodes all of them, each on top of those before.
    /// Errors: `NoSuchPage`; `Truncated` if only empty frames are left of the file; those of `frames`.
    pub(crate) fn frame<'a>(
        &self,
        source: &Source,
        first: DynamicImage,
        frames: impl FnOnce() -> Result<Frames<'a>, ImageError>,
    ) -> Result<(DynamicImage, Option<Note>), ImageError> {
        source.check_page(self.n_frames.max(1))?;
        let of = self.n_frames;
        let note = |shown, skipped| (of > 1).then_some(Note::Frame { shown, of, skipped });
        let truncated = || ImageError::Truncated { format: source.format };
        let next = |frames: &mut Frames| -> Result<DynamicImage, ImageError> {
            let frame = frames.next().ok_or_else(truncated)?;
            Ok(frame.map_err(|error| source.error(error))?.into_buffer().into())
        };
        if let Some(shown) = source.page.filter(|&page| page > 1) {
            let mut frames = frames()?;
            for _ in 1..shown {
                next(&mut frames)?;
            }
            return Ok((next(&mut frames)?, note(shown, 0)));
        }
        if source.page.is_some() || !is_empty(&first) {
            return Ok((first, note(1, 0)));
        }
        if of > 1 {
            let n_pixels = u64::from(first.width()) * u64::from(first.height());
            let most = u32::try_from(MAX_PIXELS / n_pixels.max(1)).unwrap_or(u32::MAX).max(2);
            let mut frames = frames()?;
            for shown in 1..=of.min(most) {
                let frame = next(&mut frames)?;
                if !is_empty(&frame) {
                    return Ok((frame, note(shown, shown - 1)));
                }
            }
        }
        if self.is_whole { Ok((first, note(1, 0))) } else { Err(truncated()) }
    }
}

/// Returns whether nothing is on a frame: it has one colour, or is transparent.
pub(crate) fn is_empty(frame: &DynamicImage) -> bool {
    let n_bytes = usize::from(frame.color().bytes_per_pixel());
    let bytes = frame.as_bytes();
    let is_clear = |image: &image::RgbaImage| image.pixels().all(|pixel| pixel[3] == 0);
    frame.as_rgba8().is_some_and(is_clear)
        || bytes.chunks_exact(n_bytes).all(|pixel| pixel == &bytes[..n_bytes])
}
