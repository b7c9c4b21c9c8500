//! Why a server does not start.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Why a server does not start, or its token cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Others could reach it over the network.
    #[error("{address} is not a loopback address")]
    NotLoopback {
        /// Where it was to listen.
        address: IpAddr,
    },
    /// It cannot listen there.
    #[error("cannot listen at {address}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system has no thread or no event queue to give.
    #[error("cannot start the server")]
    Start(#[source] io::Error),
    /// The token cannot be made, read or kept; the source names the file.
    #[error("the token of the server cannot be had")]
    Token(#[source] io::Error),
    /// Others on this machine may read the token.
    #[error("others may read {}", path.display())]
    TokenOpen {
        /// The file of the token.
        path: PathBuf,
    },
    /// What was to be allowed is no origin.
    #[error("{text} is not an origin")]
    NoOrigin {
        /// What was to be allowed.
        text: String,
    },
}

impl ServeError {
    /// What to do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotLoopback { .. } => "use 127.0.0.1 or ::1; other machines cannot be served",
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "another program listens there, perhaps another Lorgnette; choose another --port"
            }
            Self::Listen { .. } => "choose another --port, above 1023",
            Self::Start(_) => "close other programs, and try again",
            Self::Token(_) => "look at the file and its folder, or make a new token: --new-token",
            Self::TokenOpen { .. } => "make a new token: lorgnette serve --new-token",
            Self::NoOrigin { .. } => {
                "write it as a browser does, for example http://localhost:3000"
            }
        }
    }
}
