//! Decodes bytes to pixels: which decoder takes which format, and what is common to all.

use std::io::Cursor;

use image::codecs::pnm::PnmDecoder;
use image::codecs::tga::TgaDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageResult, RgbImage};

use crate::flatten::flatten;
use crate::gaps::Gaps;
use crate::{Format, ImageError, Limits, Note};
use crate::{avif, bmp, gif, heif, icon, jpeg, levels, pdf, png, raw, tiff, webp};

/// A file that is decoded, and what is asked of it.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) bytes: &'a [u8],
    /// The format that errors name. A picture inside another file is named by the file's.
    pub(crate) format: Format,
    pub(crate) limits: &'a Limits,
    /// The number of the page that a person asked for, from 1.
    pub(crate) page: Option<u32>,
}

/// A picture as its file stores it, before it is turned upright.
pub(crate) struct Stored {
    /// The pixels as RGB.
    pub(crate) picture: RgbImage,
    pub(crate) orientation: Orientation,
    pub(crate) gaps: Gaps,
    pub(crate) notes: Vec<Note>,
    /// What people call the file, if its format alone does not say it: a fax, an animation.
    pub(crate) kind: Option<String>,
}

/// Decodes the picture of a file that a person would look at, or the page that was asked for.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    match source.format {
        Format::Png => png::decode(source),
        Format::Jpeg => jpeg::decode(source),
        Format::WebP => webp::decode(source),
        Format::Gif => gif::decode(source),
        Format::Bmp => bmp::decode(source),
        Format::Tiff => tiff::decode(source),
        Format::Ico => icon::decode(source),
        Format::Tga => source.decode_still(TgaDecoder::new(source.cursor())),
        Format::Pnm => source.decode_still(PnmDecoder::new(source.cursor())),
        Format::Raw => raw::decode(source),
        Format::Avif => avif::decode(source),
        Format::Heic => heif::decode(source),
        Format::Pdf => pdf::decode(source),
    }
}

impl<'a> Source<'a> {
    pub(crate) fn cursor(&self) -> Cursor<&'a [u8]> {
        Cursor::new(self.bytes)
    }

    /// Says what a decoder's error means.
    pub(crate) fn error(&self, error: image::ImageError) -> ImageError {
        ImageError::from_decoder(error, self.format, self.limits.max_bytes)
    }

    /// Checks that the page that was asked for is one of `n_pages`.
    pub(crate) fn check_page(&self, n_pages: u32) -> Result<(), ImageError> {
        match self.page {
            Some(page) if !(1..=n_pages).contains(&page) => {
                Err(ImageError::NoSuchPage { page, n_pages })
            }
            _ => Ok(()),
        }
    }

    /// Decodes a file that has one picture.
    pub(crate) fn decode_still<D: ImageDecoder>(
        &self,
        decoder: ImageResult<D>,
    ) -> Result<Stored, ImageError> {
        self.check_page(1)?;
        let (image, orientation) = self.read(decoder)?;
        Stored::new(image, orientation)
    }

    /// Reads all of a decoder, if its header is within the limits.
    pub(crate) fn read<D: ImageDecoder>(
        &self,
        decoder: ImageResult<D>,
    ) -> Result<(DynamicImage, Orientation), ImageError> {
        let mut decoder = self.check(decoder)?;
        // A picture with broken EXIF is still a picture.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let image = DynamicImage::from_decoder(decoder).map_err(|error| self.error(error))?;
        Ok((image, orientation))
    }

    /// Checks the header that a decoder has read, and limits what it may spend.
    pub(crate) fn check<D: ImageDecoder>(&self, decoder: ImageResult<D>) -> Result<D, ImageError> {
        let mut decoder = decoder.map_err(|error| self.error(error))?;
        let (width, height) = decoder.dimensions();
        self.limits.check_picture(width, height, decoder.total_bytes())?;
        decoder.set_limits(self.limits.of_decoder()).map_err(|error| self.error(error))?;
        Ok(decoder)
    }
}

impl Stored {
    /// Makes RGB of what a decoder gave.
    pub(crate) fn new(
        mut image: DynamicImage,
        orientation: Orientation,
    ) -> Result<Self, ImageError> {
        let few_bits = levels::brighten(&mut image);
        let (width, height) = (image.width(), image.height());
        let (rgb, transparency) = flatten(image);
        Ok(Self {
            picture: rgb_image(width, height, rgb)?,
            orientation,
            gaps: Gaps::default(),
            notes: few_bits.into_iter().chain(transparency).collect(),
            kind: None,
        })
    }
}

/// Makes a picture of RGB bytes. Errors: `WrongLength` unless `rgb` has three bytes a pixel.
pub(crate) fn rgb_image(width: u32, height: u32, rgb: Vec<u8>) -> Result<RgbImage, ImageError> {
    let expected = n_values(width, height);
    let found = rgb.len() as u64;
    let wrong = ImageError::WrongLength { width, height, expected, found };
    if found != expected {
        return Err(wrong);
    }
    RgbImage::from_raw(width, height, rgb).ok_or(wrong)
}

/// Returns the number of values of a picture: three for each pixel.
pub(crate) fn n_values(width: u32, height: u32) -> u64 {
    (u64::from(width) * u64::from(height)).saturating_mul(3)
}
