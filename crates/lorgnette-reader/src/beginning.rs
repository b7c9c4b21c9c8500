//! How a text begins, known before the rest is read: who listens need not wait for the whole.

use lorgnette_image::Picture;

use crate::direction::ReadLine;
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::gutter::has_edge;
use crate::icons;
use crate::order::{Entry, order};
use crate::reader::arrange;

/// The number of boxes that are read first. More take longer, and of fewer it may be that all are icons.
const N_BOXES: usize = 8;
/// A line that is read less surely may still turn out to be something else.
const SURE: f32 = 0.9;
/// The width of a letter, in heights of its box: how many a line has is not known yet.
const LETTER: f64 = 0.4;

/// Returns the boxes with which the text begins, if the page stands upright, in reading order.
pub fn boxes(picture: &Picture, boxes: &[Rect]) -> Vec<usize> {
    let frame = Frame::of(boxes.iter(), 0);
    let entry = |rect: &Rect| {
        let place = frame.place(rect);
        Entry { place, n_letters: (place.width() / (LETTER * place.height()).max(1.0)) as usize }
    };
    let entries: Vec<Entry> = boxes.iter().map(entry).collect();
    let rows = order(&entries, &|place| has_edge(picture, frame, place));
    rows.into_iter().flat_map(|row| row.cells).take(N_BOXES).collect()
}

/// Returns the first rows of a page of `n_lines`, of which those lines were read; `None` if too little
/// is sure.
pub fn text(picture: &Picture, mut lines: Vec<ReadLine>, n_lines: usize) -> Option<String> {
    let is_all = lines.len() == n_lines;
    icons::remove(&mut lines);
    if is_all || lines.iter().any(|line| line.recognised.confidence < SURE) {
        // The whole is there at once, or it is better waited for.
        return None;
    }
    let mut reading = arrange(picture, 0, &lines, None);
    // The last row may go on.
    let last = reading.lines.last()?.row;
    reading.lines.retain(|line| line.row < last);
    let is_whole = reading.unreadable.is_empty() && !reading.lines.is_empty();
    is_whole.then(|| reading.text())
}
