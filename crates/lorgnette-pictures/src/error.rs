//! Why a picture cannot be had.

use std::io;

use lorgnette_image::ImageError;

/// Why a picture cannot be had, named as the person knows it.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// A picture that cannot be read from disk or a stream.
    #[error("cannot read {name}")]
    Read { name: String, source: io::Error },
    /// Bytes that are no usable picture.
    #[error("{name}: {source}")]
    Image {
        name: String,
        #[source]
        source: ImageError,
    },
    /// A document of the picture store that opens with a password only, and its file.
    #[error("{name}: the document is encrypted and opens with a password only")]
    Locked { name: String, id: String },
    /// A file that cannot be written; the source names it.
    #[error(transparent)]
    Write(io::Error),
    /// Something that was deleted, or never was.
    #[error("{what} is not there")]
    NotFound { what: &'static str },
}
