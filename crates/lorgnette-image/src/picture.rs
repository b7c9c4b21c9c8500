//! A decoded picture: upright, as RGB on a ground where it can be seen.

use std::borrow::Cow;
use std::fmt;

use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder, RgbImage, RgbaImage};

use crate::decode::{self, Source, Stored, rgb_image};
use crate::resize::resize;
use crate::{Format, Grid, ImageConfig, ImageError, Limits, Note, Pixels};

/// What is asked of a file beside its pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DecodeOptions {
    /// The largest picture that is decoded.
    pub limits: Limits,
    /// The number of the page or frame to show, from 1. Without it, the one that a person would look at
    /// is shown.
    pub page: Option<u32>,
}

/// A decoded picture: RGB on a ground where it can be seen, turned as its file says.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pixels: RgbImage,
    origin: Origin,
}

/// What is known of the file that a picture comes from.
#[derive(Clone, PartialEq, Eq)]
struct Origin {
    format: Option<Format>,
    kind: Option<String>,
    stored_width: u32,
    stored_height: u32,
    orientation: u8,
    notes: Vec<Note>,
}

impl Picture {
    /// Decodes with the default [`DecodeOptions`].
    ///
    /// # Errors
    ///
    /// Any [`ImageError`] that is about a file.
    pub fn decode(bytes: &[u8]) -> Result<Self, ImageError> {
        Self::decode_with(bytes, &DecodeOptions::default())
    }

    /// Decodes a picture within limits, which its header must pass before a pixel is decoded.
    ///
    /// The content says which format it is. ICC profiles are ignored, because the model was trained
    /// without them. EXIF orientation is applied: mistral-common does not do that, but people expect it.
    /// What a person should know about the picture is in [`Self::notes`].
    ///
    /// # Errors
    ///
    /// Any [`ImageError`] that is about a file.
    pub fn decode_with(bytes: &[u8], options: &DecodeOptions) -> Result<Self, ImageError> {
        options.limits.check_file(bytes.len())?;
        let format = Format::of(bytes)?;
        let source = Source { bytes, format, limits: &options.limits, page: options.page };
        Ok(Self::upright(decode::decode(&source)?, format))
    }

    pub(crate) fn upright(mut stored: Stored, format: Format) -> Self {
        let (stored_width, stored_height) = stored.picture.dimensions();
        stored.gaps.fill(&mut stored.picture);
        stored.notes.extend(stored.gaps.notes(stored.orientation));
        let mut upright = DynamicImage::ImageRgb8(stored.picture);
        upright.apply_orientation(stored.orientation);
        Self {
            pixels: upright.into_rgb8(),
            origin: Origin {
                format: Some(format),
                kind: stored.kind,
                stored_width,
                stored_height,
                orientation: stored.orientation.to_exif(),
                notes: stored.notes,
            },
        }
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
        let pixels = rgb_image(width, height, rgb)?;
        Ok(Self { pixels, origin: Origin::memory(width, height) })
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
        self.origin.format
    }

    /// Returns what people call the file, such as `PNG`, `GIF animation`, `TIFF fax` or
    /// `raw photo (NEF)`; `None` if there was no file.
    pub fn kind(&self) -> Option<String> {
        let format = || self.origin.format.map(|format| format.to_string());
        self.origin.kind.clone().or_else(format)
    }

    /// Returns what a person should know about how the picture is shown.
    pub fn notes(&self) -> &[Note] {
        &self.origin.notes
    }

    /// Returns the width in pixels that the file stores, before the picture is turned upright.
    pub fn stored_width(&self) -> u32 {
        self.origin.stored_width
    }

    /// Returns the height in pixels that the file stores, before the picture is turned upright.
    pub fn stored_height(&self) -> u32 {
        self.origin.stored_height
    }

    /// Returns how the file says that it must be turned, in EXIF's numbers: 1 (not at all) to 8. The
    /// picture is turned already.
    pub fn orientation(&self) -> u8 {
        self.origin.orientation
    }

    /// Returns whether the file has more frames or pages, which are not shown.
    pub fn is_animation(&self) -> bool {
        let is_one = |note: &Note| matches!(note, Note::Page { .. } | Note::Frame { .. });
        self.notes().iter().any(is_one)
    }

    /// Returns what the model sees of the picture, before colours are normalised.
    ///
    /// # Errors
    ///
    /// `Resize` if there is too little memory.
    pub fn resized(&self, config: &ImageConfig) -> Result<Self, ImageError> {
        let (rgb, width, height) = self.on_grid(config)?;
        Ok(self.with_pixels(rgb_image(width, height, rgb.into_owned())?))
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
        png(self.rgb(), self.width(), self.height(), ExtendedColorType::Rgb8)
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

    /// Returns the picture as a page of its file.
    pub(crate) fn into_page(mut self, shown: u32, of: u32) -> Self {
        self.origin.notes.insert(0, Note::Page { shown, of });
        self
    }

    pub(crate) fn pixels(&self) -> &RgbImage {
        &self.pixels
    }

    /// Returns a picture of the same file with other pixels.
    pub(crate) fn with_pixels(&self, pixels: RgbImage) -> Self {
        Self { pixels, origin: self.origin.clone() }
    }
}

impl Origin {
    fn memory(width: u32, height: u32) -> Self {
        Self {
            format: None,
            kind: None,
            stored_width: width,
            stored_height: height,
            orientation: 1,
            notes: Vec::new(),
        }
    }
}

/// Writes a picture that may be transparent as a PNG file. `rgba` has four bytes a pixel, row by row.
///
/// # Errors
///
/// `NoPixels` if a side is 0; `WrongLength` unless `rgba` has four bytes a pixel; `Encode` if the
/// encoder fails.
pub fn rgba_to_png(width: u32, height: u32, rgba: Vec<u8>) -> Result<Vec<u8>, ImageError> {
    let image = rgba_image(width, height, rgba)?;
    png(image.as_raw(), width, height, ExtendedColorType::Rgba8)
}

fn rgba_image(width: u32, height: u32, rgba: Vec<u8>) -> Result<RgbaImage, ImageError> {
    if width == 0 || height == 0 {
        return Err(ImageError::NoPixels { width, height });
    }
    let expected = (u64::from(width) * u64::from(height)).saturating_mul(4);
    let found = rgba.len() as u64;
    let wrong = ImageError::WrongLength { width, height, expected, found };
    if found == expected {
        RgbaImage::from_raw(width, height, rgba).ok_or(wrong)
    } else {
        Err(wrong)
    }
}

fn png(
    bytes: &[u8],
    width: u32,
    height: u32,
    colours: ExtendedColorType,
) -> Result<Vec<u8>, ImageError> {
    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(bytes, width, height, colours)
        .map_err(|error| ImageError::Encode { source: error.into() })?;
    Ok(png)
}

/// Leaves out the pixels, because there are many.
impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture")
            .field("width", &self.width())
            .field("height", &self.height())
            .field("kind", &self.kind())
            .field("orientation", &self.orientation())
            .field("notes", &self.notes())
            .finish_non_exhaustive()
    }
}
