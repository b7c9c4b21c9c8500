//! A picture, upright, as RGB on white.

use std::borrow::Cow;
use std::fmt;

use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder, RgbImage};

use crate::decode::{self, rgb_image};
use crate::resize::resize;
use crate::{Format, Grid, ImageConfig, ImageError, Limits, Pixels};

/// A decoded picture: RGB on white, turned as its file says.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pixels: RgbImage,
    format: Option<Format>,
    stored_width: u32,
    stored_height: u32,
    orientation: u8,
    is_animation: bool,
}

impl Picture {
    /// Decodes with the default [`Limits`].
    ///
    /// # Errors
    ///
    /// Every one of [`ImageError`] that is about a file.
    pub fn decode(bytes: &[u8]) -> Result<Self, ImageError> {
        Self::decode_with(bytes, &Limits::default())
    }

    /// Decodes a picture within `limits`, which its header must pass before a pixel is decoded.
    ///
    /// The format is told by content. ICC profiles are left alone, as the model was trained without;
    /// EXIF orientation is applied, which mistral-common does not do but people expect.
    ///
    /// # Errors
    ///
    /// Every one of [`ImageError`] that is about a file.
    pub fn decode_with(bytes: &[u8], limits: &Limits) -> Result<Self, ImageError> {
        limits.check_file(bytes.len())?;
        let format = Format::of(bytes)?;
        let stored = decode::decode(bytes, format, limits)?;
        let (stored_width, stored_height) = stored.picture.dimensions();
        let mut upright = DynamicImage::ImageRgb8(stored.picture);
        upright.apply_orientation(stored.orientation);
        Ok(Self {
            pixels: upright.into_rgb8(),
            format: Some(format),
            stored_width,
            stored_height,
            orientation: stored.orientation.to_exif(),
            is_animation: stored.has_more,
        })
    }

    /// A picture that never was a file, such as a screenshot: `rgb` row by row, three bytes a pixel.
    ///
    /// # Errors
    ///
    /// `NoPixels`, `WrongLength`.
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self, ImageError> {
        if width == 0 || height == 0 {
            return Err(ImageError::NoPixels { width, height });
        }
        Ok(Self {
            pixels: rgb_image(width, height, rgb)?,
            format: None,
            stored_width: width,
            stored_height: height,
            orientation: 1,
            is_animation: false,
        })
    }

    /// In pixels, upright.
    pub fn width(&self) -> u32 {
        self.pixels.width()
    }

    /// In pixels, upright.
    pub fn height(&self) -> u32 {
        self.pixels.height()
    }

    /// Row by row, three bytes a pixel.
    pub fn rgb(&self) -> &[u8] {
        self.pixels.as_raw()
    }

    /// What the file was; `None` if there was no file.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// In pixels, as stored: before it was turned upright.
    pub fn stored_width(&self) -> u32 {
        self.stored_width
    }

    /// In pixels, as stored: before it was turned upright.
    pub fn stored_height(&self) -> u32 {
        self.stored_height
    }

    /// How the file says it must be turned, in EXIF's numbers, 1 (not at all) to 8. Already done.
    pub fn orientation(&self) -> u8 {
        self.orientation
    }

    /// Whether more frames or pages follow, of which nothing is shown.
    pub fn is_animation(&self) -> bool {
        self.is_animation
    }

    /// What the model sees of it, before colours are normalised.
    ///
    /// # Errors
    ///
    /// `Resize`.
    pub fn resized(&self, config: &ImageConfig) -> Result<Self, ImageError> {
        let (rgb, width, height) = self.on_grid(config)?;
        Ok(Self { pixels: rgb_image(width, height, rgb.into_owned())?, ..self.without_pixels() })
    }

    /// The pixels the encoder takes.
    ///
    /// # Errors
    ///
    /// `Resize`.
    pub fn prepare(&self, config: &ImageConfig) -> Result<Pixels, ImageError> {
        let (rgb, width, height) = self.on_grid(config)?;
        Ok(Pixels::normalise(&rgb, width, height, config))
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    ///
    /// `Encode`.
    pub fn to_png(&self) -> Result<Vec<u8>, ImageError> {
        let mut png = Vec::new();
        PngEncoder::new(&mut png)
            .write_image(self.rgb(), self.width(), self.height(), ExtendedColorType::Rgb8)
            .map_err(|error| ImageError::Encode { source: error.into() })?;
        Ok(png)
    }

    /// RGB, width and height at exactly the grid's size: a little stretched, never padded.
    fn on_grid(&self, config: &ImageConfig) -> Result<(Cow<'_, [u8]>, u32, u32), ImageError> {
        let grid = Grid::for_picture(self.width(), self.height(), config);
        let (width, height) = (grid.cols * config.unit(), grid.rows * config.unit());
        if (width, height) == self.pixels.dimensions() {
            return Ok((Cow::Borrowed(self.rgb()), width, height));
        }
        let rgb = resize(self.rgb(), self.pixels.dimensions(), (width, height))?;
        Ok((Cow::Owned(rgb), width, height))
    }

    pub(crate) fn pixels(&self) -> &RgbImage {
        &self.pixels
    }

    /// The same file, other pixels of it.
    pub(crate) fn with_pixels(&self, pixels: RgbImage) -> Self {
        Self { pixels, ..self.without_pixels() }
    }

    fn without_pixels(&self) -> Self {
        Self { pixels: RgbImage::new(0, 0), ..*self }
    }
}

/// Without the pixels, which are many.
impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture")
            .field("width", &self.width())
            .field("height", &self.height())
            .field("format", &self.format)
            .field("orientation", &self.orientation)
            .field("is_animation", &self.is_animation)
            .finish_non_exhaustive()
    }
}
