//! How a text begins, known before the rest is read: who listens need not wait for the whole.

use lorgnette_image::Picture;

use crate::direction::ReadLine;
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::gutter::has_edge;
use crate::icons;
use crate::order::{Entry, order};
use crate::unreadable::judge_all;

/// The fewest boxes that are read first. Of fewer it may be that all are icons, and more take longer.
const N_BOXES: usize = 8;
/// A line that is read less surely may still turn out to be something else.
const SURE: f32 = 0.9;
/// The width of a letter, in heights of its box: how many a line has is not known yet.
const LETTER: f64 = 0.4;

/// The boxes with which a text begins, if its page stands upright.
pub struct Beginning {
    /// The indices of the boxes of each row, in reading order.
    rows: Vec<Vec<usize>>,
}

impl Beginning {
    /// Finds it by the places of all boxes alone.
    pub fn of(picture: &Picture, boxes: &[Rect]) -> Self {
        let frame = Frame::of(boxes.iter(), 0);
        let entry = |rect: &Rect| {
            let place = frame.place(rect);
            Entry { place, n_letters: (place.width() / (LETTER * place.height()).max(1.0)) as usize }
        };
        let entries: Vec<Entry> = boxes.iter().map(entry).collect();
        let mut n_boxes = 0;
        let rows = order(&entries, &|place| has_edge(picture, frame, place)).into_iter();
        let rows = rows.map(|row| row.cells).take_while(|cells| {
            let is_wanted = n_boxes < N_BOXES;
            n_boxes += cells.len();
            is_wanted
        });
        Self { rows: rows.collect() }
    }

    /// The boxes to read, in reading order.
    pub fn boxes(&self) -> Vec<usize> {
        self.rows.concat()
    }

    /// Returns the first row with text, of its boxes' lines in their order; `None` if it is not sure.
    pub fn text(&self, lines: &[ReadLine]) -> Option<String> {
        let mut kept = lines.to_vec();
        icons::remove(&mut kept);
        let mut rest = lines;
        for row in &self.rows {
            let (cells, others) = rest.split_at_checked(row.len())?;
            rest = others;
            let is_kept = |line: &&ReadLine| kept.iter().any(|one| one.rect == line.rect);
            let cells: Vec<ReadLine> = cells.iter().filter(is_kept).cloned().collect();
            let is_sure = |line: &ReadLine| line.recognised.confidence >= SURE;
            if !cells.iter().all(is_sure) || judge_all(&cells).iter().any(Option::is_some) {
                return None;
            }
            let texts: Vec<String> = cells.iter().map(|line| line.recognised.text()).collect();
            let texts: Vec<&str> =
                texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
            if !texts.is_empty() {
                return Some(texts.join("\t"));
            }
        }
        None
    }
}
