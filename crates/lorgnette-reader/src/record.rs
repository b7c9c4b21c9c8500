//! Lines with their places, as other programs read them: one form for the command line and the server.

use serde::Serialize;

use crate::geometry::Quad;
use crate::reading::{Line, Unreadable, UnreadableReason};

/// A line, for JSON.
#[derive(Debug, Serialize)]
pub struct LineRecord<'a> {
    text: &'a str,
    #[serde(rename = "box")]
    corners: [[f64; 2]; 4],
    confidence: f64,
    row: u32,
    paragraph: u32,
}

/// A place that could not be read, for JSON.
#[derive(Debug, Serialize)]
pub struct UnreadableRecord {
    #[serde(rename = "box")]
    corners: [[f64; 2]; 4],
    reason: UnreadableReason,
}

impl<'a> From<&'a Line> for LineRecord<'a> {
    fn from(line: &'a Line) -> Self {
        Self {
            text: &line.text,
            corners: corners(&line.quad),
            confidence: shortened(line.confidence.into(), 1000.0),
            row: line.row,
            paragraph: line.paragraph,
        }
    }
}

impl From<&Unreadable> for UnreadableRecord {
    fn from(place: &Unreadable) -> Self {
        Self { corners: corners(&place.quad), reason: place.reason }
    }
}

fn corners(quad: &Quad) -> [[f64; 2]; 4] {
    quad.0.map(|at| [shortened(at.x.into(), 10.0), shortened(at.y.into(), 10.0)])
}

/// Returns the number with as many digits as say something.
fn shortened(number: f64, unit: f64) -> f64 {
    (number * unit).round() / unit
}
