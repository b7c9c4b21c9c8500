//! How a text begins, known before the rest is read: who listens need not wait for the whole.

use crate::direction::{Known, Outcome, Page, ReadLine, is_of_tall_ones};
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::gutter::has_edge;
use crate::icons;
use crate::order::{Entry, order};
use crate::unreadable::judge_all;

/// The most boxes that are read for it, as they may all be icons.
const MAX_BOXES: usize = 8;
/// So few letters may be an icon.
const FEW_LETTERS: usize = 2;
/// A line that is read less surely may still turn out to be something else.
const SURE: f32 = 0.9;
/// The width of a letter, in heights of its box: how many a line has is not known yet.
const LETTER: f64 = 0.4;

/// The first lines of a page.
#[derive(Default)]
pub struct Beginning {
    /// What was read.
    pub lines: Known,
    /// The first of them that says something; `None` if it is not sure.
    pub text: Option<String>,
}

/// Reads boxes in the order that their places give, until one says something.
///
/// # Errors
/// `Cancelled`; `Network` if the network fails.
pub fn begin(page: &Page<'_>, boxes: &[Rect]) -> Outcome<Beginning> {
    if is_of_tall_ones(boxes) {
        return Ok(Beginning::default());
    }
    let frame = Frame::of(boxes.iter(), 0);
    let entry = |rect: &Rect| {
        let place = frame.place(rect);
        Entry { place, n_letters: (place.width() / (LETTER * place.height()).max(1.0)) as usize }
    };
    let entries: Vec<Entry> = boxes.iter().map(entry).collect();
    let rows = order(&entries, &|place| has_edge(page.picture, frame, place));
    let top = entries.iter().map(|entry| entry.place.top).fold(f64::INFINITY, f64::min);
    let mut lines = Known::new();
    for idx in rows.into_iter().flat_map(|row| row.cells).take(MAX_BOXES) {
        let read = page.read(&[boxes[idx]])?;
        lines.extend(read.into_iter().map(|line| (boxes[idx], line)));
        let mut texts: Vec<ReadLine> = lines.iter().map(|(_, line)| line.clone()).collect();
        icons::remove(&mut texts);
        let says_something = |line: &ReadLine| line.recognised.n_visible() > FEW_LETTERS;
        let Some(first) = texts.into_iter().find(says_something) else { continue };
        // What stands higher elsewhere may be read before it, once the columns of the whole are known.
        let is_topmost = entries[idx].place.middle() < top + entries[idx].place.height() * 2.0;
        let is_sure = is_topmost && first.recognised.confidence >= SURE;
        let text = first.recognised.text();
        let is_readable = judge_all(&[first]) == [None];
        return Ok(Beginning { lines, text: (is_sure && is_readable).then_some(text) });
    }
    Ok(Beginning { lines, text: None })
}
