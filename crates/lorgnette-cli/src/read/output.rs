//! What `read` prints: JSON, and lines with their places.

use std::fmt::Write as _;

use lorgnette_app::AppError;
use lorgnette_app::reader::{LineRecord, Reading, Shrunk, UnreadableRecord};
use serde::Serialize;

use super::Done;
use crate::output::{self, Failure, printable};

/// What `--json` prints for a picture.
#[derive(Serialize)]
struct Output<'a> {
    file: &'a str,
    /// The page of a document, from 1, and how many it has.
    #[serde(flatten)]
    page: Option<PageOutput>,
    /// All of it, in reading order.
    text: String,
    lines: Vec<LineRecord<'a>>,
    unreadable: Vec<UnreadableRecord>,
    /// Lines whose letters are those that the document has of itself; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines_from_document: Option<usize>,
    /// What was left out, is missing or was changed.
    notes: Vec<String>,
    /// How many pixels of a side became one to look for text; absent if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    shrunk: Option<Shrunk>,
    seconds: f64,
}

#[derive(Serialize)]
struct PageOutput {
    page: u32,
    pages: u32,
}

/// What `--json` prints for a picture that failed.
#[derive(Serialize)]
struct FaultOutput<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
    error: String,
    hint: String,
}

pub fn print_json(name: &str, done: &Done) -> Result<(), Failure> {
    let reading = &done.reading;
    let page = done.page().map(|(page, pages)| PageOutput { page, pages });
    output::print_json(&Output {
        file: name,
        page,
        text: reading.text(),
        lines: reading.lines.iter().map(LineRecord::from).collect(),
        unreadable: reading.unreadable.iter().map(UnreadableRecord::from).collect(),
        lines_from_document: done.fit.map(|fit| fit.n_own),
        notes: done.picture_notes.iter().map(ToString::to_string).collect(),
        shrunk: reading.shrunk,
        seconds: (done.seconds * 1000.0).round() / 1000.0,
    })
}

pub fn print_fault(name: &str, page: Option<u32>, error: &AppError) -> Result<(), Failure> {
    let (error, hint) = (error.one_line(), error.hint());
    output::print_json(&FaultOutput { file: name, page, error, hint })
}

/// Returns each line with its place, its confidence and its text, with tabs between them.
pub fn lines(reading: &Reading) -> String {
    let mut text = String::new();
    for line in &reading.lines {
        let corners = line.quad.0;
        let side = |pick: fn(f32, f32) -> f32, value: fn(&lorgnette_app::reader::Point) -> f32| {
            corners.iter().map(value).reduce(pick).unwrap_or_default()
        };
        let (left, top) = (side(f32::min, |at| at.x).floor(), side(f32::min, |at| at.y).floor());
        let (right, bottom) = (side(f32::max, |at| at.x).ceil(), side(f32::max, |at| at.y).ceil());
        let _ = writeln!(
            text,
            "{left}\t{top}\t{}\t{}\t{:.2}\t{}",
            right - left,
            bottom - top,
            line.confidence,
            printable(&line.text)
        );
    }
    text
}
