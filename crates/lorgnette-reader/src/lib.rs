//! Reads the text in a picture exactly: lines with their places, in reading order.
//!
//! ```text
//! Picture -> strips -> detection network -> components -> boxes      where text is
//! boxes -> crop -> recognition network -> letters                    what each line says
//! lines -> direction -> order -> paragraphs                          how a person would read it
//! lines -> ink without letters, weak lines -> unreadable             what could not be read
//! ```
//!
//! The two networks are part of the program (`models/reader`) and are loaded when the first picture is
//! read. No input makes this crate panic, its memory is bounded whatever the size of the picture, and
//! the same picture gives the same text with any number of threads.
#![warn(missing_docs)]
#![allow(
    clippy::cast_possible_wrap,
    reason = "sides of pictures are far below 2^31: decoding bounds their pixels"
)]
#![allow(clippy::float_cmp, reason = "level lines and empty boxes are exactly that")]

mod geometry;

mod border;
mod strips;

mod detection;
// From the map of likely text to rectangles.
mod boxes;
mod components;
mod hull;
mod seams;

mod crop;
mod direction;
mod languages;
mod letters;
mod recognition;

mod frame;
mod gutter;
mod order;
mod paragraphs;

mod icons;
mod ink;
mod shapes;
mod typography;
mod unreadable;

mod beginning;
mod networks;
mod reader;
mod reading;
mod record;

mod error;

pub use error::ReaderError;
pub use geometry::{Point, Quad};
pub use languages::{Support, languages, support};
pub use reader::{Progress, Reader};
pub use reading::{Line, Reading, Shrunk, Unreadable, UnreadableReason};
pub use record::{LineRecord, UnreadableRecord};

/// The version of what is read. It is raised when a picture gives other text, other places or another
/// order, so that what was read before is read again.
pub const VERSION: u32 = 2;
