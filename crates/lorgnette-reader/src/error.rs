//! What can go wrong while text is read.

use std::error::Error;

use lorgnette_image::ImageError;

/// A picture whose text could not be read. None of these is the picture's fault.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The networks of the program cannot be loaded.
    #[error("the networks that read text cannot be loaded")]
    Load {
        /// The reason that the runtime gives.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A network failed.
    #[error("the network for {what} failed")]
    Network {
        /// `detection` or `recognition`.
        what: &'static str,
        /// The reason that the runtime gives.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The picture could not be made smaller.
    #[error(transparent)]
    Resize(#[from] ImageError),
}

impl ReaderError {
    /// Returns what a person can do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Load { .. } | Self::Network { .. } => {
                "this is a mistake in the program; please report it with this message"
            }
            Self::Resize(error) => error.hint(),
        }
    }
}
