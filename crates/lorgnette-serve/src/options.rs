//! How the server is started, and its limits.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::access::{Access, Origin};

/// Where it listens, unless somebody says otherwise.
pub use lorgnette_app::settings::SERVE_PORT as DEFAULT_PORT;

/// How a server is started.
#[derive(Debug)]
pub struct ServeOptions {
    /// Where it listens: a loopback address. Port 0 is any that is free.
    pub address: SocketAddr,
    /// Who may ask.
    pub access: Access,
    /// Web pages of these origins may ask, too.
    pub allowed_origins: Vec<Origin>,
    /// What it takes before it refuses.
    pub limits: Limits,
}

impl ServeOptions {
    /// On 127.0.0.1 at the usual port, for no web page, with the usual limits.
    pub fn new(access: Access) -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT),
            access,
            allowed_origins: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// What a server takes before it refuses.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at the same time.
    pub n_connections: usize,
    /// Requests that wait for their turn.
    pub n_waiting: usize,
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Bytes of all bodies that are read or wait.
    pub all_bodies_bytes: usize,
    /// Pictures of a request.
    pub n_pictures: usize,
    /// Pages of a document that are read for a request.
    pub n_pages: usize,
    /// Answers to a request.
    pub n_answers: usize,
    /// The head of a request comes within this time, and a connection without a request is closed
    /// after it.
    pub head_time: Duration,
    /// A body comes within this time.
    pub body_time: Duration,
    /// A client that takes nothing of its reply for so long has gone.
    pub write_time: Duration,
    /// An answer takes no longer than this, from its turn on.
    pub answer_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            n_connections: 512,
            n_waiting: 256,
            // A picture of 48 MB in base64.
            body_bytes: 64 << 20,
            all_bodies_bytes: 192 << 20,
            n_pictures: 32,
            n_pages: 1000,
            n_answers: 16,
            head_time: Duration::from_secs(15),
            body_time: Duration::from_mins(1),
            write_time: Duration::from_mins(1),
            answer_time: Duration::from_hours(1),
        }
    }
}
