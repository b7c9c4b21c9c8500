//! What the desktop gives: pictures of the screen, the clipboard, links, portals, open sockets.

pub mod capture;
pub mod clipboard;
pub mod links;
#[cfg(target_os = "linux")]
pub mod portal;
pub mod sockets;

mod error;

pub use error::DesktopError;
