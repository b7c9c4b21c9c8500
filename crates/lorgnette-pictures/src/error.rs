//! Why a picture cannot be had.

use std::io;

use lorgnette_image::ImageError;

use crate::file::NO_FILE;

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

impl PictureError {
    /// What to do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read { source, .. } if source.kind() == NO_FILE => {
                "save the picture and open the file, or copy the picture itself"
            }
            Self::Read { .. } => "check the path and that you may read it",
            Self::Image { source, .. } => source.hint(),
            Self::Locked { .. } => ImageError::Encrypted.hint(),
            Self::Write(_) => "choose another place, or free some space",
            Self::NotFound { .. } => "look again: it may have been deleted",
        }
    }
}
