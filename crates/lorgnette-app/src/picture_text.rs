//! The text of a picture, as a window lays it over the picture.

use std::ops::Range;

use lorgnette_reader::{Quad, Reading, Shrunk, Unreadable};
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

/// A line of the text of a picture.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
pub struct TextLine {
    pub text: String,
    /// Its corners, clockwise from where it begins above, in pixels of the picture before it is turned.
    #[serde(rename = "box")]
    pub quad: Quad,
    /// How sure the reader is, from 0 to 1.
    pub confidence: f32,
    /// The number of its row, from 0; the cells of a row have the same.
    pub row: u32,
    /// The number of its paragraph, from 0.
    pub paragraph: u32,
    /// Where it stands in the text, in bytes.
    pub source: Range<usize>,
}

impl From<&Reading> for PictureText {
    fn from(reading: &Reading) -> Self {
        let (text, places) = reading.text_and_places();
        let lines = reading.lines.iter().zip(places).map(|(line, source)| TextLine {
            text: line.text.clone(),
            quad: line.quad,
            confidence: line.confidence,
            row: line.row,
            paragraph: line.paragraph,
            source,
        });
        let lines = lines.collect();
        Self { text, lines, unreadable: reading.unreadable.clone(), shrunk: reading.shrunk }
    }
}
