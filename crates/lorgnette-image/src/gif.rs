//! Decodes GIF, still or animated.

use image::AnimationDecoder;
use image::codecs::gif::GifDecoder;

use crate::ImageError;
use crate::animation::Animation;
use crate::decode::{Source, Stored};

/// Decodes the first frame that is not empty.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    let (first, orientation) = source.read(GifDecoder::new(source.cursor()))?;
    let animation = animation(source.bytes);
    let frames = || Ok(source.check(GifDecoder::new(source.cursor()))?.into_frames());
    let (image, note) = animation.frame(source, first, frames)?;
    let mut stored = Stored::new(image, orientation)?;
    stored.kind = note.is_some().then(|| "GIF animation".into());
    stored.notes.extend(note);
    Ok(stored)
}

fn animation(bytes: &[u8]) -> Animation {
    let mut options = ::gif::DecodeOptions::new();
    options.skip_frame_decoding(true);
    let mut animation = Animation { n_frames: 0, is_whole: false };
    let Ok(mut frames) = options.read_info(bytes) else {
        return animation;
    };
    loop {
        match frames.next_frame_info() {
            Ok(Some(_)) => animation.n_frames += 1,
            Ok(None) => return Animation { is_whole: true, ..animation },
            Err(_) => return animation,
        }
    }
}
