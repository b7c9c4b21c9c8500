//! What can go wrong with a picture.

use std::error::Error;
use std::io;

use crate::Format;

/// A picture that cannot be shown to the model. Nothing is kept of it: the next one may be fine.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// Words, not a picture.
    #[error("this is text, not a picture")]
    Text,
    /// No format that is known here.
    #[error("this is not a picture of a known format")]
    NotAPicture,
    /// A known format that is not decoded here.
    #[error("{name} is an unsupported format")]
    UnsupportedFormat {
        /// What people call it.
        name: &'static str,
        /// What to do about this one.
        hint: &'static str,
    },
    /// A format that is decoded, in a rare form that is not.
    #[error("this kind of {format} is not supported")]
    UnsupportedKind {
        /// Its format.
        format: Format,
        /// What the decoder says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The file ends before the picture does.
    #[error("the {format} picture is cut off: the file ends too early")]
    Truncated {
        /// Its format.
        format: Format,
    },
    /// Bytes that the format does not allow.
    #[error("the {format} picture is damaged")]
    Damaged {
        /// Its format.
        format: Format,
        /// What the decoder says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A side of no pixels.
    #[error("the picture has no pixels: {width} x {height}")]
    NoPixels {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// Wider or higher than what is decoded.
    #[error("the picture is {width} x {height} pixels, and no side may be over {max_side}")]
    SideTooLong {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// In pixels.
        max_side: u32,
    },
    /// More pixels than what is decoded.
    #[error(
        "the picture is {width} x {height} pixels, and no more than {max_pixels} may be in one"
    )]
    TooManyPixels {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// Width times height.
        max_pixels: u64,
    },
    /// More memory than what is spent on one picture.
    #[error("the picture takes {bytes} bytes, and no more than {max_bytes} may be spent on one")]
    TooManyBytes {
        /// Of the file or of its pixels.
        bytes: u64,
        /// What is allowed.
        max_bytes: u64,
    },
    /// More memory than what is spent on one picture, found by the decoder on its way.
    #[error("decoding the {format} picture takes more than {max_bytes} bytes")]
    DecoderLimit {
        /// Its format.
        format: Format,
        /// What is allowed.
        max_bytes: u64,
    },
    /// Pixels handed over whose number does not fit their size.
    #[error("{width} x {height} pixels are {expected} values, not {found}")]
    WrongLength {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// Values of such a picture.
        expected: u64,
        /// Values that came.
        found: u64,
    },
    /// Normalised pixels that are no whole number of tokens.
    #[error("{width} x {height} pixels are not whole units of {unit} x {unit}")]
    NotWholeUnits {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// In pixels.
        unit: u32,
    },
    /// The picture could not be brought to its size.
    #[error("cannot resize the picture to {width} x {height}")]
    Resize {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// What the resizer says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The picture could not be written as PNG.
    #[error("cannot write the picture as PNG")]
    Encode {
        /// What the encoder says.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl ImageError {
    /// What to do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty | Self::Truncated { .. } => {
                "copy or download the file again; it may still be on its way"
            }
            Self::Text => "open a picture, or ask about the text itself",
            Self::NotAPicture => "open a PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF picture",
            Self::UnsupportedFormat { hint, .. } => hint,
            Self::UnsupportedKind { .. } => "save it as PNG in a picture editor and open that",
            Self::Damaged { .. } => {
                "copy or download the file again, or save it as PNG in a picture editor"
            }
            Self::NoPixels { .. } => "open a picture that has at least one pixel",
            Self::SideTooLong { .. }
            | Self::TooManyPixels { .. }
            | Self::TooManyBytes { .. }
            | Self::DecoderLimit { .. } => "save a smaller copy, or cut out the part that matters",
            Self::WrongLength { .. } | Self::NotWholeUnits { .. } => {
                "this is a mistake in the program; please report it with this message"
            }
            Self::Resize { .. } | Self::Encode { .. } => {
                "close other programs to free memory and try again"
            }
        }
    }

    pub(crate) fn from_decoder(error: image::ImageError, format: Format, max_bytes: u64) -> Self {
        match error {
            image::ImageError::Limits(_) => Self::DecoderLimit { format, max_bytes },
            image::ImageError::Unsupported(_) => {
                Self::UnsupportedKind { format, source: error.into() }
            }
            // Its `source()` is the source of the I/O error, which would be skipped below.
            image::ImageError::IoError(error) if ended_early(&error) => Self::Truncated { format },
            error if ended_early(&error) => Self::Truncated { format },
            error => Self::Damaged { format, source: error.into() },
        }
    }
}

/// Whether the bytes ran out, which decoders report at different depths.
fn ended_early(error: &(dyn Error + 'static)) -> bool {
    let mut error = Some(error);
    while let Some(this) = error {
        if this
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof)
        {
            return true;
        }
        if let Some(gif::DecodingError::UnexpectedEof) = this.downcast_ref() {
            return true;
        }
        error = this.source();
    }
    false
}
