//! Turns the bytes of a picture into the pixels that a Pixtral vision encoder takes.
//!
//! ```text
//! bytes -> format -> limits -> decode -> flatten -> orientation     Picture: RGB, upright, with notes
//! Picture -> grid -> resize -> normalise                            Pixels: (3, height, width) f32
//! ```
//!
//! This crate knows no tensors and no token ids, and not where the bytes come from. No input makes it
//! panic: a picture that cannot be shown is an [`ImageError`], and one that would take too much memory
//! is refused by its header. A page of a [`Document`] is drawn, and then is a picture like any other.
#![warn(missing_docs)]

mod config;
mod grid;
mod parts;

mod format;
mod limits;

mod decode;
mod document;
// One decoder for each format.
mod avif;
mod bmp;
mod gif;
mod heif;
mod icon;
mod jpeg;
mod pdf;
mod png;
mod raw;
mod tiff;
mod webp;

// For decoders without limits of their own.
mod worker;

mod animation;
mod flatten;
mod gaps;
mod levels;
mod note;

mod edit;
mod picture;

mod pixels;
mod resize;

mod error;

pub use config::ImageConfig;
pub use document::{Document, PageSize};
pub use edit::Region;
pub use error::ImageError;
pub use format::Format;
pub use grid::Grid;
pub use limits::Limits;
pub use note::{Note, Side};
pub use parts::{long_pages, parts, shrink};
pub use picture::{DecodeOptions, Picture, rgba_to_png};
pub use pixels::Pixels;
