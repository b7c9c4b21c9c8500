//! Decodes bytes to pixels, with one function for each format.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::tiff::TiffDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, RgbImage};

use crate::flatten::rgb_on_white;
use crate::{Format, ImageError, Limits, avif, jpeg_end};

/// A picture as its file stores it, before it is turned upright.
pub(crate) struct Stored {
    /// The pixels as RGB on white.
    pub(crate) picture: RgbImage,
    pub(crate) orientation: Orientation,
    /// Whether more frames or pages follow the one that was decoded.
    pub(crate) has_more: bool,
}

/// Decodes the first frame or page.
pub(crate) fn decode(bytes: &[u8], format: Format, limits: &Limits) -> Result<Stored, ImageError> {
    let reading = Reading { bytes, format, limits };
    match format {
        Format::Png => reading.png(),
        Format::Jpeg => reading.jpeg(),
        Format::WebP => reading.webp(),
        Format::Gif => reading.gif(),
        Format::Bmp => reading.finish(BmpDecoder::new(reading.cursor()), |_| false),
        Format::Tiff => reading.tiff(),
        Format::Avif => avif::decode(bytes, limits),
    }
}

struct Reading<'a> {
    bytes: &'a [u8],
    format: Format,
    limits: &'a Limits,
}

impl<'a> Reading<'a> {
    fn png(&self) -> Result<Stored, ImageError> {
        // Chunks before the size may be bombs as well; our own check of the size has the numbers.
        let mut limits = image::Limits::no_limits();
        limits.max_alloc = Some(self.limits.max_bytes);
        let decoder = PngDecoder::with_limits(self.cursor(), limits);
        self.finish(decoder, |decoder| decoder.is_apng().unwrap_or(false))
    }

    fn jpeg(&self) -> Result<Stored, ImageError> {
        if !jpeg_end::has_end(self.bytes) {
            return Err(ImageError::Truncated { format: self.format });
        }
        self.finish(JpegDecoder::new(self.cursor()), |_| false)
    }

    fn webp(&self) -> Result<Stored, ImageError> {
        // The file says how long it is; its decoder only says that the bits make no sense.
        let says = self.bytes[4..8].iter().rev().fold(0, |size, &byte| size << 8 | u64::from(byte));
        let is_cut = self.bytes.len() as u64 - 8 < says;
        match self.finish(WebPDecoder::new(self.cursor()), WebPDecoder::has_animation) {
            Err(ImageError::Damaged { format, .. }) if is_cut => {
                Err(ImageError::Truncated { format })
            }
            result => result,
        }
    }

    fn gif(&self) -> Result<Stored, ImageError> {
        self.finish(GifDecoder::new(self.cursor()), |_| {
            let mut options = gif::DecodeOptions::new();
            options.skip_frame_decoding(true);
            let Ok(mut frames) = options.read_info(self.bytes) else {
                return false;
            };
            let mut has_next = || matches!(frames.next_frame_info(), Ok(Some(_)));
            has_next() && has_next()
        })
    }

    fn tiff(&self) -> Result<Stored, ImageError> {
        self.finish(TiffDecoder::new(self.cursor()), |_| {
            tiff::decoder::Decoder::new(self.cursor()).is_ok_and(|pages| pages.more_images())
        })
    }

    fn cursor(&self) -> Cursor<&'a [u8]> {
        Cursor::new(self.bytes)
    }

    fn finish<D: ImageDecoder>(
        &self,
        decoder: image::ImageResult<D>,
        has_more: impl FnOnce(&D) -> bool,
    ) -> Result<Stored, ImageError> {
        let fail = |error| ImageError::from_decoder(error, self.format, self.limits.max_bytes);
        let mut decoder = decoder.map_err(fail)?;
        let (width, height) = decoder.dimensions();
        self.limits.check_picture(width, height, decoder.total_bytes())?;
        decoder.set_limits(self.limits.of_decoder()).map_err(fail)?;
        // A picture with broken EXIF is still a picture.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let has_more = has_more(&decoder);
        let rgb = rgb_on_white(DynamicImage::from_decoder(decoder).map_err(fail)?);
        let picture = rgb_image(width, height, rgb)?;
        Ok(Stored { picture, orientation, has_more })
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
