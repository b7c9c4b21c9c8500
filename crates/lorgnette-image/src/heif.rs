//! Decodes HEIC: a picture that is a frame of HEVC video, or a grid of them, inside the boxes of HEIF.
//!
//! `heifer` decodes, and cuts and turns the picture as its boxes say. EXIF says the same once more, so
//! it is not read.

use heifer::heifer_isobmff::boxes::Property;
use heifer::heifer_isobmff::{self as boxes, HeifFile};
use heifer::{Error, Options, heifer_hevc_dec as hevc};
use image::metadata::Orientation;
use image::{DynamicImage, RgbaImage};

use crate::decode::{Source, Stored};
use crate::{Format, ImageError, Limits, worker};

const N_CHANNELS: u64 = 4;

/// Decodes the primary picture.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    source.check_page(1)?;
    check_sizes(source.bytes, source.limits)?;
    let options = Options { max_pixels: source.limits.max_pixels, ..Options::default() };
    // It is fuzzed by its makers, and young. What is left behind must not borrow.
    let bytes = source.bytes.to_vec();
    let decode = move |_: &_| heifer::decode_rgba8(&bytes, &options).map_err(explain);
    let picture = worker::run(source.limits.max_time, Format::Heic, decode)?;
    let (width, height) = (picture.width, picture.height);
    let found = picture.data.len() as u64;
    let expected = u64::from(width) * u64::from(height) * N_CHANNELS;
    let rgba = RgbaImage::from_raw(width, height, picture.data);
    let rgba = rgba.ok_or(ImageError::WrongLength { width, height, expected, found })?;
    let image = DynamicImage::ImageRgba8(rgba);
    let image = if picture.has_alpha { image } else { image.into_rgb8().into() };
    Stored::new(image, Orientation::NoTransforms)
}

/// Checks what the boxes say of the picture and of its parts before one is decoded.
fn check_sizes(bytes: &[u8], limits: &Limits) -> Result<(), ImageError> {
    let file = HeifFile::parse(bytes).map_err(|error| explain(error.into()))?;
    for property in &file.properties {
        if let Property::ImageSize { width, height } = *property {
            let n_pixels = u64::from(width) * u64::from(height);
            limits.check_picture(width, height, n_pixels.saturating_mul(N_CHANNELS))?;
        }
    }
    Ok(())
}

/// Says what an error of the decoder means.
fn explain(error: Error) -> ImageError {
    tracing::info!("the HEIC decoder says: {error}");
    match error {
        Error::Container(boxes::Error::UnexpectedEof) | Error::Hevc(hevc::Error::UnexpectedEof) => {
            ImageError::Truncated { format: Format::Heic }
        }
        Error::Unsupported(_)
        | Error::Container(boxes::Error::Unimplemented(_))
        | Error::Hevc(hevc::Error::Unimplemented(_)) => {
            ImageError::UnsupportedKind { format: Format::Heic, source: error.into() }
        }
        error => ImageError::Damaged { format: Format::Heic, source: error.into() },
    }
}
