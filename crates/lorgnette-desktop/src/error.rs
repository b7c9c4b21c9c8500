//! Why the desktop gave nothing.

use std::io;
use std::path::PathBuf;

use lorgnette_image::ImageError;

/// What the desktop did not give, and why.
#[derive(Debug, thiserror::Error)]
pub enum DesktopError {
    /// The screen or a window gave no picture.
    #[error("{what} gives no picture: {reason}")]
    Capture { what: &'static str, reason: String },
    /// The desktop wrote its picture into a file that cannot be read.
    #[error("cannot read {}", path.display())]
    ReadPicture { path: PathBuf, source: io::Error },
    /// What it gave is no usable picture.
    #[error("{what}: {source}")]
    Picture {
        what: String,
        #[source]
        source: ImageError,
    },
    #[error("the clipboard cannot be read: {reason}")]
    Clipboard { reason: String },
    /// Nothing was copied, or something else.
    #[error("there is no picture in the clipboard")]
    NoPictureCopied,
}
