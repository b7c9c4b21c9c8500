//! What can go wrong while text is read.

use std::error::Error;

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
    /// The threads that compute cannot be started.
    #[error("{n} threads cannot be started")]
    Threads {
        /// The number that was asked for.
        n: usize,
        /// The reason that the system gives.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The picture could not be made smaller.
    #[error("cannot resize the picture to {width} x {height}")]
    Resize {
        /// The width in pixels.
        width: u32,
        /// The height in pixels.
        height: u32,
        /// The reason that the resizer gives.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl ReaderError {
    /// Returns what a person can do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Load { .. } | Self::Network { .. } => {
                "this is a mistake in the program; please report it with this message"
            }
            Self::Threads { .. } => "ask for fewer threads, or close other programs",
            Self::Resize { .. } => "close other programs to free memory and try again",
        }
    }
}
