//! Turns the bytes of a picture into the pixels that a Pixtral vision encoder takes.
//!
//! ```text
//! bytes -> format -> limits -> decode -> flatten -> orientation     Picture: RGB on white, upright
//! Picture -> grid -> resize -> normalise                            Pixels: (3, height, width) f32
//! ```
//!
//! This crate knows no tensors and no token ids, and not where the bytes come from. No input makes it
//! panic: a picture that cannot be shown is an [`ImageError`], and one that would take too much memory
//! is refused by its header.
#![warn(missing_docs)]

mod config;
mod grid;

mod format;
mod limits;

mod avif;
mod decode;
mod edit;
mod flatten;
mod jpeg_end;
mod picture;

mod pixels;
mod resize;

mod error;

pub use config::ImageConfig;
pub use edit::Region;
pub use error::ImageError;
pub use format::Format;
pub use grid::Grid;
pub use limits::Limits;
pub use picture::Picture;
pub use pixels::Pixels;
