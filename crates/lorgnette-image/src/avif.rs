//! Decodes AVIF: a picture that is one frame of AV1 video, inside boxes.
//!
//! `re_rav1d` is dav1d translated to Rust, used through its safe interface and without its assembly, so
//! neither a C compiler nor nasm is needed. The boxes are read here: `avif-parse` knows no rotation, and
//! debug builds of it panic on broken files.

use std::error::Error;

use re_rav1d::dav1d::{Decoder, Picture, Settings};

use image::{DynamicImage, RgbImage, RgbaImage};

use crate::decode::{Source, Stored, n_values};
use crate::{Format, ImageError, Limits, Note};

mod boxes;
mod sequence;
mod yuv;

use boxes::Missing;

/// Decodes the primary item. A grid of tiles is `UnsupportedKind`.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    // The still picture of a sequence is its first frame.
    source.check_page(1)?;
    let (bytes, limits) = (source.bytes, source.limits);
    let parts = boxes::parts(bytes).map_err(|missing| match missing {
        Missing::Broken => damaged("its boxes make no sense"),
        Missing::CutOff => ImageError::Truncated { format: Format::Avif },
        Missing::Derived => unsupported("it is put together from several pictures"),
    })?;
    check(parts.width, parts.height, limits)?;
    if sequence::has_reserved_matrix(&parts.primary) {
        return Err(damaged("its colours are of a kind that does not exist"));
    }
    let picture = decode_item(parts.primary, limits)?;
    let alpha = match parts.alpha {
        Some(item) => Some(decode_item(item, limits)?),
        None => None,
    };
    let (width, height) = (picture.width(), picture.height());
    if alpha.as_ref().is_some_and(|alpha| (alpha.width(), alpha.height()) != (width, height)) {
        return Err(unsupported("its transparency has another size"));
    }
    let rgb = yuv::to_rgb(&picture).ok_or_else(|| unsupported("its colours are not YCbCr"))?;
    let found = rgb.len() as u64;
    let expected = n_values(width, height);
    let image = match &alpha {
        Some(alpha) => {
            let rgba = yuv::with_alpha(&rgb, alpha, parts.is_premultiplied);
            RgbaImage::from_raw(width, height, rgba).map(DynamicImage::from)
        }
        None => RgbImage::from_raw(width, height, rgb).map(DynamicImage::from),
    };
    let image = image.ok_or(ImageError::WrongLength { width, height, expected, found })?;
    let mut stored = Stored::new(image, parts.orientation)?;
    let n_frames = boxes::n_frames(bytes);
    if n_frames > 1 {
        stored.kind = Some("AVIF animation".into());
        stored.notes.push(Note::Frame { shown: 1, of: n_frames, skipped: 0 });
    }
    Ok(stored)
}

/// Checks the size with an upper bound of the bytes: three planes, two bytes a sample. Only the decoder
/// knows the depth.
fn check(width: u32, height: u32, limits: &Limits) -> Result<(), ImageError> {
    limits.check_picture(width, height, n_values(width, height).saturating_mul(2))
}

fn decode_item(item: Vec<u8>, limits: &Limits) -> Result<Picture, ImageError> {
    if item.is_empty() {
        return Err(damaged("there is no picture in it"));
    }
    if has_hole(&item) {
        return Err(ImageError::Truncated { format: Format::Avif });
    }
    let mut settings = Settings::new();
    // On this thread, so that nothing outlives the call.
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    // The frame may say another size than the boxes. Zero would be no limit.
    settings.set_frame_size_limit(u32::try_from(limits.max_pixels).unwrap_or(u32::MAX).max(1));
    let mut decoder = Decoder::with_settings(&settings).map_err(damaged)?;
    // `Again` means that there is a picture to fetch before the rest is taken, and the first is ours.
    match decoder.send_data(item, None, None, None) {
        Err(error) if !error.is_again() => return Err(damaged(error)),
        _ => {}
    }
    let picture = decoder.get_picture().map_err(damaged)?;
    check(picture.width(), picture.height(), limits)?;
    Ok(picture)
}

/// Returns whether a good part of coded data is zeros, as in a download that was never finished. The
/// decoder goes on with smears, and its coding leaves no such runs.
fn has_hole(item: &[u8]) -> bool {
    let longest = item.split(|&byte| byte != 0).map(<[u8]>::len).max().unwrap_or(0);
    longest >= 64 && longest >= item.len() / 32
}

fn damaged(source: impl Into<Box<dyn Error + Send + Sync>>) -> ImageError {
    ImageError::Damaged { format: Format::Avif, source: source.into() }
}

fn unsupported(reason: &'static str) -> ImageError {
    ImageError::UnsupportedKind { format: Format::Avif, source: reason.into() }
}
