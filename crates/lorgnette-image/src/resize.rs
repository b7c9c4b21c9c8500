//! Resizing, in the way that the pictures of the model's training were resized.

use std::error::Error;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use crate::ImageError;

/// Resizes RGB bytes from `(width, height)` to `(width, height)`.
///
/// The filter is bicubic with a = -0.5 over as many pixels as fall into one, with 8 bits between the
/// two passes. That is Pillow's `Image.resize(BICUBIC)`, which the Hugging Face processor and vLLM use.
/// mistral-common samples 4 x 4 pixels however much it shrinks, which makes small text crumble.
/// Errors: `Resize` if there is too little memory.
pub(crate) fn resize(
    rgb: &[u8],
    (width, height): (u32, u32),
    to: (u32, u32),
) -> Result<Vec<u8>, ImageError> {
    // Across first, as Pillow does; the resizer by itself goes down first. Where a pass is clamped to
    // 0..=255 the order shows: up to 15 of 255 at hard edges.
    let across = one_pass(rgb, (width, height), (to.0, height))?;
    one_pass(&across, (to.0, height), to)
}

fn one_pass(rgb: &[u8], from: (u32, u32), to: (u32, u32)) -> Result<Vec<u8>, ImageError> {
    let fail = |source: Box<dyn Error + Send + Sync>| ImageError::Resize {
        width: to.0,
        height: to.1,
        source,
    };
    let source = TypedImageRef::<U8x3>::from_buffer(from.0, from.1, rgb);
    let source = source.map_err(|e| fail(e.into()))?;
    let mut resized = vec![0; to.0 as usize * to.1 as usize * 3];
    let target = TypedImage::<U8x3>::from_buffer(to.0, to.1, &mut resized);
    let mut target = target.map_err(|e| fail(e.into()))?;
    let bicubic = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    // For this one kind of pixels: for all kinds, the code would be thirteen times as long.
    let done = Resizer::new().resize_typed(&source, &mut target, &bicubic);
    done.map_err(|e| fail(e.into()))?;
    Ok(resized)
}

#[cfg(test)]
mod tests;
