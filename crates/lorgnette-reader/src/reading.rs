//! What was read in a picture.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::geometry::Quad;

/// The text of a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// The lines in reading order.
    pub lines: Vec<Line>,
    /// What was found and could not be read, or not to be trusted, in reading order.
    pub unreadable: Vec<Unreadable>,
    /// By how much the picture was too large to be looked at as it is; `None` if it was not.
    pub shrunk: Option<Shrunk>,
}

/// A line of text. A cell of a table is one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
pub struct Line {
    /// What it says, without space around it.
    pub text: String,
    /// Where it is.
    #[serde(rename = "box")]
    pub quad: Quad,
    /// How sure the network is, from 0 to 1. The mean over its letters: one wrong letter shows little.
    pub confidence: f32,
    /// The number of its row, from 0. The cells of a table's row have the same.
    pub row: u32,
    /// The number of its paragraph, from 0.
    pub paragraph: u32,
}

/// A place where something is written that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
pub struct Unreadable {
    /// Where it is.
    #[serde(rename = "box")]
    pub quad: Quad,
    /// Why it could not be read.
    pub reason: UnreadableReason,
}

/// Why something could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum UnreadableReason {
    /// It has letters that the network does not know, such as Cyrillic, Hangul or Arabic ones. Some
    /// letters of the line may stand in the text all the same.
    UnknownLetters,
    /// It is a few pixels high.
    TooSmall,
    /// It has no sharp edge.
    Blurred,
    /// The network is not sure of any reading.
    Unclear,
    /// Its text is given, but may be wrong: the network is unsure of the whole page, as it is of letters that
    /// it takes for others.
    Doubtful,
}

/// How a picture was made smaller to look for text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
pub struct Shrunk {
    /// How many pixels of a side became one. What is found is read at its own size.
    pub times: f32,
}

impl UnreadableReason {
    /// All reasons.
    pub const ALL: [Self; 5] =
        [Self::UnknownLetters, Self::TooSmall, Self::Blurred, Self::Unclear, Self::Doubtful];

    /// Returns whether nothing of what was read there stands in the text.
    pub(crate) fn hides_text(self) -> bool {
        !matches!(self, Self::UnknownLetters | Self::Doubtful)
    }

    /// Says it in words that go behind "writing that".
    pub fn words(self) -> &'static str {
        match self {
            Self::UnknownLetters => "has letters that the reader does not know",
            Self::TooSmall => "is too small",
            Self::Blurred => "is blurred",
            Self::Unclear => "is unclear",
            Self::Doubtful => "may have been read wrong",
        }
    }
}

impl Reading {
    /// Returns all text: a line for each row, an empty line between paragraphs that are apart, a tab
    /// between the cells of a table.
    pub fn text(&self) -> String {
        self.text_and_places().0
    }

    /// Returns all text as [`Self::text`] does, and where in it each line stands, in bytes.
    pub fn text_and_places(&self) -> (String, Vec<Range<usize>>) {
        let (mut text, mut places) = (String::new(), Vec::with_capacity(self.lines.len()));
        for (row, before) in self.rows().zip(std::iter::once(None).chain(self.rows().map(Some))) {
            if let Some(before) = before {
                text.push('\n');
                if before[0].paragraph != row[0].paragraph && is_apart(before, row) {
                    text.push('\n');
                }
            }
            for (i, cell) in row.iter().enumerate() {
                if i > 0 {
                    text.push('\t');
                }
                let start = text.len();
                text += &cell.text;
                places.push(start..text.len());
            }
        }
        (text, places)
    }

    /// Returns the rows in reading order; each is one line, or the cells of a table's row.
    pub fn rows(&self) -> impl Iterator<Item = &[Line]> {
        self.lines.chunk_by(|a, b| a.row == b.row)
    }

    /// Returns the paragraphs in reading order, each as one text without line breaks.
    pub fn paragraphs(&self) -> Vec<String> {
        let paragraphs = self.lines.chunk_by(|a, b| a.paragraph == b.paragraph);
        paragraphs
            .map(|lines| {
                let mut text = String::new();
                for line in lines {
                    let is_dense = text.chars().last().is_some_and(crate::paragraphs::is_ideograph);
                    if !text.is_empty() && !is_dense {
                        text.push(' ');
                    }
                    text += &line.text;
                }
                text
            })
            .collect()
    }
}

/// Returns whether there is room for a line between two rows, or they are not one below the other.
fn is_apart(a: &[Line], b: &[Line]) -> bool {
    let (Some(first), Some(second)) = (a.first(), b.first()) else { return false };
    let [start, _, _, below] = first.quad.0;
    let height = (below.x - start.x).hypot(below.y - start.y).max(1.0);
    // The direction down the page.
    let (dx, dy) = ((below.x - start.x) / height, (below.y - start.y) / height);
    let next = second.quad.0[0];
    let pitch = (next.x - start.x) * dx + (next.y - start.y) * dy;
    !(0.0..1.6 * height).contains(&pitch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;

    fn line(text: &str, y: f32, row: u32, paragraph: u32) -> Line {
        let corner = |x, y| Point { x, y };
        let quad =
            Quad([corner(0.0, y), corner(90.0, y), corner(90.0, y + 20.0), corner(0.0, y + 20.0)]);
        Line { text: text.into(), quad, confidence: 0.9, row, paragraph }
    }

    #[test]
    fn text_is_one_line_for_each_row() {
        let lines = vec![
            line("A title", 0.0, 0, 0),
            line("It goes", 60.0, 1, 1),
            line("on.", 84.0, 2, 1),
            line("Tea", 108.0, 3, 2),
            line("2.00", 108.0, 3, 2),
        ];
        let reading = Reading { lines, unreadable: Vec::new(), shrunk: None };
        assert_eq!(reading.text(), "A title\n\nIt goes\non.\nTea\t2.00");
        assert_eq!(reading.paragraphs(), ["A title", "It goes on.", "Tea 2.00"]);
        let (text, places) = reading.text_and_places();
        let in_text: Vec<&str> = places.into_iter().map(|place| &text[place]).collect();
        let in_lines: Vec<&str> = reading.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(in_text, in_lines);
        let nothing = Reading { lines: Vec::new(), ..reading };
        assert_eq!((nothing.text(), nothing.paragraphs().len()), (String::new(), 0));
    }

    #[test]
    fn a_reading_that_was_kept_comes_back() {
        let corner = |x, y| Point { x, y };
        let quad = Quad([corner(0.1, 0.2), corner(9.0, 0.0), corner(9.5, 7.25), corner(-1.0, 7.0)]);
        let unreadable = UnreadableReason::ALL.map(|reason| Unreadable { quad, reason }).to_vec();
        let lines = vec![line("„Ä“ \u{1f600}\t\"", 0.0, 0, 0)];
        let reading = Reading { lines, unreadable, shrunk: Some(Shrunk { times: 1.7 }) };
        let stored = serde_json::to_string(&reading).unwrap();
        assert_eq!(serde_json::from_str::<Reading>(&stored).unwrap(), reading);
    }

    #[test]
    fn every_reason_is_in_the_list() {
        let place = |reason| match reason {
            UnreadableReason::UnknownLetters => 0,
            UnreadableReason::TooSmall => 1,
            UnreadableReason::Blurred => 2,
            UnreadableReason::Unclear => 3,
            UnreadableReason::Doubtful => 4,
        };
        assert_eq!(UnreadableReason::ALL.map(place), [0, 1, 2, 3, 4]);
    }
}
