//! A decoded picture: upright, as RGB on white.

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
    /// Any [`ImageError`] that is about a file.
    pub fn decode(bytes: &[u8]) -> Result<Self, ImageError> {
        Self::decode_with(bytes, &Limits::default())
    }

    /// Decodes a picture within `limits`, which its header must pass before a pixel is decoded.
    ///
    /// The content says which format it is. ICC profiles are ignored, because the model was trained
    /// without them. EXIF orientation is applied: mistral-common does not do that, but people expect it.
    ///
    /// # Errors
    ///
    /// Any [`ImageError`] that is about a file.
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

    /// Makes a picture that never was a file, such as a screenshot. `rgb` has three bytes a pixel, row
    /// by row.
    ///
    /// # Errors
    ///
    /// `NoPixels` if a side is 0; `WrongLength` unless `rgb` has three bytes a pixel.
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

    /// Returns the width of the upright picture in pixels.
    pub fn width(&self) -> u32 {
        self.pixels.width()
    }

    /// Returns the height of the upright picture in pixels.
    pub fn height(&self) -> u32 {
        self.pixels.height()
    }

    /// Returns the bytes row by row, three bytes a pixel.
    pub fn rgb(&self) -> &[u8] {
        self.pixels.as_raw()
    }

    /// Returns the format of the file; `None` if there was no file.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// Returns the width in pixels that the file stores, before the picture is turned upright.
    pub fn stored_width(&self) -> u32 {
        self.stored_width
    }

    /// Returns the height in pixels that the file stores, before the picture is turned upright.
    pub fn stored_height(&self) -> u32 {
        self.stored_height
    }

    /// Returns how the file says that it must be turned, in EXIF's numbers: 1 (not at all) to 8. The
    /// picture is turned already.
    pub fn orientation(&self) -> u8 {
        self.orientation
    }

    /// Returns whether the file has more frames or pages, which are not shown.
    pub fn is_animation(&self) -> bool {
        self.is_animation
    }

    /// Returns what the model sees of the picture, before colours are normalised.
    ///
    /// # Errors
    ///
    /// `Resize` if there is too little memory.
    pub fn resized(&self, config: &ImageConfig) -> Result<Self, ImageError> {
        let (rgb, width, height) = self.on_grid(config)?;
        Ok(Self { pixels: rgb_image(width, height, rgb.into_owned())?, ..self.without_pixels() })
    }

    /// Returns the pixels that the encoder takes.
    ///
    /// # Errors
    ///
    /// `Resize` if there is too little memory.
    pub fn prepare(&self, config: &ImageConfig) -> Result<Pixels, ImageError> {
        let (rgb, width, height) = self.on_grid(config)?;
        Ok(Pixels::normalise(&rgb, width, height, config))
    }

    /// Returns the picture as a PNG file.
    ///
    /// # Errors
    ///
    /// `Encode` if the encoder fails.
    pub fn to_png(&self) -> Result<Vec<u8>, ImageError> {
        let mut png = Vec::new();
        PngEncoder::new(&mut png)
            .write_image(self.rgb(), self.width(), self.height(), ExtendedColorType::Rgb8)
            .map_err(|error| ImageError::Encode { source: error.into() })?;
        Ok(png)
    }

    /// Returns RGB, width and height at exactly the grid's size: a little stretched, never padded.
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

    /// Returns a picture of the same file with other pixels.
    pub(crate) fn with_pixels(&self, pixels: RgbImage) -> Self {
        Self { pixels, ..self.without_pixels() }
    }

    fn without_pixels(&self) -> Self {
        Self { pixels: RgbImage::new(0, 0), ..*self }
    }
}

/// Leaves out the pixels, because there are many.
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
