//! Picture bytes to the pixels a Pixtral vision encoder takes.
//!
//! ```text
//! bytes -> format -> limits -> decode -> flatten -> orientation     Picture: RGB on white, upright
//! Picture -> grid -> resize -> normalise                            Pixels: (3, height, width) f32
//! ```
//!
//! Nothing here knows tensors, token ids, or where the bytes come from. No input panics: what cannot
//! be shown is an [`ImageError`], and what would take too much memory is refused by its header.

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
