//! The reasons why a picture cannot be shown to the model.

use std::error::Error;
use std::io;

use crate::Format;

/// The reason why a picture cannot be shown to the model. Nothing of it stays in memory.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file is text and not a picture.
    #[error("this is text, not a picture")]
    Text,
    /// The file is what Git keeps in place of a large file.
    #[error("this is a Git LFS pointer: it stands for the picture, which is elsewhere")]
    LfsPointer,
    /// The first bytes belong to no known format.
    #[error("this is not a picture of a known format")]
    NotAPicture,
    /// The format is known, but there is no decoder for it.
    #[error("{name} is an unsupported format")]
    UnsupportedFormat {
        /// The name that people know the format by.
        name: &'static str,
        /// What a person can do about this format.
        hint: &'static str,
    },
    /// There is a decoder for the format, but not for this rare form of it.
    #[error("this kind of {format} is not supported")]
    UnsupportedKind {
        /// The format that the first bytes say.
        format: Format,
        /// The reason that the decoder gives.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The file ends before the picture does.
    #[error("the {} is cut off: the file ends too early", .format.noun())]
    Truncated {
        /// The format that the first bytes say.
        format: Format,
    },
    /// The bytes are not what the format allows.
    #[error("the {} is damaged", .format.noun())]
    Damaged {
        /// The format that the first bytes say.
        format: Format,
        /// The reason that the decoder gives.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The document opens with a password only.
    #[error("the document is encrypted and opens with a password only")]
    Encrypted,
    /// The document opens with another password.
    #[error("the password does not open the document")]
    WrongPassword,
    /// A page or picture would take more work than any real one.
    #[error("drawing the {} is too much work", .format.one_picture())]
    TooMuchWork {
        /// The format that the first bytes say.
        format: Format,
    },
    /// There is no thread to draw a page on.
    #[error("cannot begin to draw the page")]
    NoThread {
        /// The reason that the system gives.
        source: io::Error,
    },
    /// One side has no pixels.
    #[error("the picture has no pixels: {width} x {height}")]
    NoPixels {
        /// The width of the picture in pixels.
        width: u32,
        /// The height of the picture in pixels.
        height: u32,
    },
    /// The page that was asked for is not there.
    #[error("page {page} is not there: the file has {n_pages}")]
    NoSuchPage {
        /// The number of the page, from 1.
        page: u32,
        /// The number of pages, or of frames, that the file has.
        n_pages: u32,
    },
    /// The picture has more pixels than the limit.
    #[error(
        "the picture is {width} x {height} pixels, and no more than {max_pixels} may be in one"
    )]
    TooManyPixels {
        /// The width of the picture in pixels.
        width: u32,
        /// The height of the picture in pixels.
        height: u32,
        /// The most pixels that are decoded, width times height.
        max_pixels: u64,
    },
    /// The file or its pixels take more memory than the limit.
    #[error("the picture takes {bytes} bytes, and no more than {max_bytes} may be spent on one")]
    TooManyBytes {
        /// The size of the file, or of its pixels.
        bytes: u64,
        /// The most bytes that one picture may take.
        max_bytes: u64,
    },
    /// The decoder found that it needs more memory than the limit.
    #[error("decoding the {} takes more than {max_bytes} bytes", .format.noun())]
    DecoderLimit {
        /// The format that the first bytes say.
        format: Format,
        /// The most bytes that one picture may take.
        max_bytes: u64,
    },
    /// The number of values does not fit the size of the picture.
    #[error("{width} x {height} pixels are {expected} values, not {found}")]
    WrongLength {
        /// The width of the picture in pixels.
        width: u32,
        /// The height of the picture in pixels.
        height: u32,
        /// The number of values that a picture of this size has.
        expected: u64,
        /// The number of values that were given.
        found: u64,
    },
    /// The sides of normalised pixels are not whole numbers of tokens.
    #[error("{width} x {height} pixels are not whole units of {unit} x {unit}")]
    NotWholeUnits {
        /// The width of the picture in pixels.
        width: u32,
        /// The height of the picture in pixels.
        height: u32,
        /// The side of the square that becomes one token, in pixels.
        unit: u32,
    },
    /// The picture could not be resized.
    #[error("cannot resize the picture to {width} x {height}")]
    Resize {
        /// The width of the picture in pixels.
        width: u32,
        /// The height of the picture in pixels.
        height: u32,
        /// The reason that the resizer gives.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The picture could not be written as PNG.
    #[error("cannot write the picture as PNG")]
    Encode {
        /// The reason that the PNG encoder gives.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl ImageError {
    /// Returns what a person can do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty | Self::Truncated { .. } => {
                "copy or download the file again; it may still be on its way"
            }
            Self::Text => "open a picture, or ask about the text itself",
            Self::LfsPointer => {
                "run `git lfs pull` where the file is, or download the picture itself"
            }
            Self::NotAPicture => {
                "open a PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or HEIC picture, or a PDF"
            }
            Self::Encrypted => "give its password, or save a copy of it without one and open that",
            Self::WrongPassword => "type the password as it is written, with capitals and signs",
            Self::TooMuchWork { .. } => "take a screenshot of it and open that",
            Self::UnsupportedFormat { hint, .. } => hint,
            Self::UnsupportedKind { .. } => "save it as PNG in a picture editor and open that",
            Self::Damaged { .. } => {
                "copy or download the file again, or save it as PNG in a picture editor"
            }
            Self::NoPixels { .. } => "open a picture that has at least one pixel",
            Self::NoSuchPage { .. } => "choose a page that is there; the first is page 1",
            Self::TooManyPixels { .. } | Self::TooManyBytes { .. } | Self::DecoderLimit { .. } => {
                "save a smaller copy, or cut out the part that matters"
            }
            Self::WrongLength { .. } | Self::NotWholeUnits { .. } => {
                "this is a mistake in the program; please report it with this message"
            }
            Self::Resize { .. } | Self::Encode { .. } | Self::NoThread { .. } => {
                "close other programs to free memory and try again"
            }
        }
    }

    /// Says what a decoder's error means. Its own words are for the log: they name its inner parts.
    pub(crate) fn from_decoder(error: image::ImageError, format: Format, max_bytes: u64) -> Self {
        tracing::info!("the {format} decoder says: {error}");
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

/// Returns whether the bytes ran out. Decoders report that at different depths of an error.
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
