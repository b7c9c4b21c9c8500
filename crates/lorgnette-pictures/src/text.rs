//! The text of a picture, as a window lays it over the picture.

use std::ops::Range;

use lorgnette_reader::{Line, Reading, Shrunk, Unreadable};
use serde::Serialize;

/// The text of a picture.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
pub struct PictureText {
    /// All of it, in reading order.
    pub text: String,
    /// Its lines in reading order; a cell of a table is a line.
    pub lines: Vec<TextLine>,
    /// What could not be read, or not for certain.
    pub unreadable: Vec<Unreadable>,
    /// By how much the picture was too large to be looked at as it is.
    pub shrunk: Option<Shrunk>,
}

/// A line of the text of a picture. Its corners are in pixels of the picture before it is turned.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
pub struct TextLine {
    #[serde(flatten)]
    pub line: Line,
    /// Where it stands in the text, in bytes.
    pub source: Range<usize>,
}

impl From<&Reading> for PictureText {
    fn from(reading: &Reading) -> Self {
        let (text, places) = reading.text_and_places();
        let lines = reading.lines.iter().zip(places);
        let lines = lines.map(|(line, source)| TextLine { line: line.clone(), source }).collect();
        Self { text, lines, unreadable: reading.unreadable.clone(), shrunk: reading.shrunk }
    }
}
