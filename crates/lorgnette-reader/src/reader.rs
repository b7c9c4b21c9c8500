//! The reader: a picture in, its text out.

use std::sync::OnceLock;

use lorgnette_image::{Picture, Region};
use lorgnette_interrupt::{Cancel, Interrupted};

use crate::beginning::Beginning;
use crate::border::{BORDER, ground};
use crate::boxes::boxes;
use crate::detection::detect;
use crate::direction::{Page, Read, ReadLine};
use crate::error::ReaderError;
use crate::frame::{Frame, Place};
use crate::geometry::Rect;
use crate::gutter::has_edge;
use crate::icons;
use crate::networks::Networks;
use crate::order::{Entry, Row, order};
use crate::paragraphs::{RowText, paragraphs};
use crate::reading::{Line, Reading, Shrunk, Unreadable};
use crate::seams::{Found, join};
use crate::strips::Plan;
use crate::unreadable::judge_all;

/// How near to an edge where the picture goes on a line must come to be cut there, in pixels.
const AT_CUT: f64 = 6.0;

/// Reads the text in pictures. Its networks are loaded when the first picture is read, and stay.
#[derive(Default)]
pub struct Reader {
    n_threads: Option<usize>,
    networks: OnceLock<Networks>,
}

/// How far reading is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It looks for text.
    Detect {
        /// The number of strips that were looked at.
        n_done: usize,
        /// The number of all strips.
        n_strips: usize,
    },
    /// It reads what it found.
    Recognise {
        /// The number of lines that were read.
        n_done: usize,
        /// The number of all lines.
        n_lines: usize,
    },
    /// It knows how the text begins before it has read the rest.
    Begins {
        /// The first row. In all likelihood the whole text begins with it, but only the whole decides.
        text: String,
    },
}

impl Reader {
    /// Makes a reader that computes with that many threads; without a number, one for each core.
    pub fn new(n_threads: Option<usize>) -> Self {
        Self { n_threads, networks: OnceLock::new() }
    }

    /// Reads a picture.
    ///
    /// # Errors
    /// [`Interrupted::Cancelled`] between the strips and the batches of lines; any [`ReaderError`].
    pub fn read(
        &self,
        picture: &Picture,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Reading, Interrupted<ReaderError>> {
        cancel.wait()?;
        let networks = self.networks()?;
        let ground = ground(picture);
        let plan = Plan::new(picture.width(), picture.height());
        let boxes = find(networks, picture, &plan, ground, cancel, on_progress)?;
        let page = Page { picture, ground, networks, cancel };
        let n_lines = boxes.len();
        let beginning = Beginning::of(picture, &boxes);
        let (quarters, mut lines) = page.read_all(&boxes, &beginning.boxes(), &mut |read| {
            on_progress(match read {
                Read::Lines(n_done) => Progress::Recognise { n_done, n_lines },
                Read::First(lines) => match beginning.text(lines) {
                    Some(text) => Progress::Begins { text },
                    None => return,
                },
            });
        })?;
        icons::remove(&mut lines);
        let shrink = plan.shrink(picture.width());
        let shrunk = (shrink > 1.01).then_some(Shrunk { times: shrink as f32 });
        Ok(arrange(picture, quarters, &lines, shrunk))
    }

    /// Returns the networks, loaded once; two threads may load them at a time, and one set stays.
    fn networks(&self) -> Result<&Networks, ReaderError> {
        if let Some(networks) = self.networks.get() {
            return Ok(networks);
        }
        let networks = Networks::load(self.n_threads)?;
        Ok(self.networks.get_or_init(|| networks))
    }
}

/// Finds where text is, in pixels of the picture.
fn find(
    networks: &Networks,
    picture: &Picture,
    plan: &Plan,
    ground: [u8; 3],
    cancel: &Cancel,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Rect>, Interrupted<ReaderError>> {
    let is_own_size = (plan.width, plan.height) == (picture.width(), picture.height());
    let scaled = || picture.scaled(plan.width, plan.height).map_err(ReaderError::from);
    let shrunk = (!is_own_size).then(scaled).transpose()?;
    let rgb = shrunk.as_ref().unwrap_or(picture).rgb();
    let n_strips = plan.strips.len();
    let mut strips = Vec::with_capacity(n_strips);
    for (n_done, strip) in plan.strips.iter().enumerate() {
        on_progress(Progress::Detect { n_done, n_strips });
        cancel.wait()?;
        let map = detect(networks, (rgb, plan.width), *strip, ground)?;
        let border = f64::from(BORDER);
        let offset = (f64::from(strip.x) - border, f64::from(strip.y) - border);
        let found = boxes(&map).into_iter().map(|rect| {
            let rect = rect.scaled(1.0, offset);
            Found { rect, is_cut: is_cut(&rect, *strip, plan) }
        });
        strips.push(found.collect());
    }
    let shared: Vec<[(f64, f64); 4]> =
        (0..n_strips).filter_map(|i| Some(band(plan, plan.shared(i)?))).collect();
    let scale_x = f64::from(picture.width()) / f64::from(plan.width);
    let scale_y = f64::from(picture.height()) / f64::from(plan.height);
    // Both sides shrink alike, but for what is rounded.
    let scale = scale_x.midpoint(scale_y);
    let placed = join(strips, &shared).into_iter().map(|rect| {
        let scaled = rect.scaled(scale, (0.0, 0.0));
        Rect { x: rect.x * scale_x, y: rect.y * scale_y, ..scaled }
    });
    Ok(placed.collect())
}

/// Returns the band that two strips share, its corners clockwise, with room for what sticks out.
fn band(plan: &Plan, (first, last): (u32, u32)) -> [(f64, f64); 4] {
    let border = f64::from(BORDER);
    let (from, to) = (f64::from(first), f64::from(last));
    let (left, top, right, bottom) = if plan.is_rows {
        (-border, from, f64::from(plan.width) + border, to)
    } else {
        (from, -border, to, f64::from(plan.height) + border)
    };
    [(left, top), (right, top), (right, bottom), (left, bottom)]
}

/// Returns whether a line touches an edge of its strip where the picture goes on.
fn is_cut(rect: &Rect, strip: Region, plan: &Plan) -> bool {
    let (left, top, right, bottom) = rect.bounds();
    let (from, to, begin, length, whole) = if plan.is_rows {
        (top, bottom, strip.y, strip.height, plan.height)
    } else {
        (left, right, strip.x, strip.width, plan.width)
    };
    let end = begin + length;
    (begin > 0 && from < f64::from(begin) + AT_CUT) || (end < whole && to > f64::from(end) - AT_CUT)
}

/// Puts lines in order, and what could not be read beside them.
fn arrange(picture: &Picture, quarters: u8, lines: &[ReadLine], shrunk: Option<Shrunk>) -> Reading {
    let frame = Frame::of(lines.iter().map(|line| &line.rect), quarters);
    let judged = judge_all(lines);
    let entries: Vec<Entry> = lines
        .iter()
        .map(|line| Entry {
            place: frame.place(&line.rect),
            n_letters: line.recognised.n_visible(),
        })
        .collect();
    let is_text = |idx: &usize| {
        let text = lines[*idx].recognised.text();
        match judged[*idx] {
            // Of letters that the network does not know, it gives dots and dashes.
            Some(reason) => !reason.hides_text() && text.contains(char::is_alphanumeric),
            None => !text.is_empty(),
        }
    };
    let rows = order(&entries, &|place: &Place| has_edge(picture, frame, place));
    let unreadable = rows.iter().flat_map(|row| &row.cells).filter_map(|idx| {
        Some(Unreadable { quad: lines[*idx].rect.quad(), reason: judged[*idx]? })
    });
    let unreadable = unreadable.collect();
    let rows: Vec<Row> = rows
        .iter()
        .map(|row| Row { cells: row.cells.iter().copied().filter(is_text).collect(), ..*row })
        .filter(|row| !row.cells.is_empty())
        .collect();
    let texts: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.cells.iter().map(|idx| lines[*idx].recognised.text()).collect())
        .collect();
    let row_texts: Vec<RowText> = rows
        .iter()
        .zip(&texts)
        .filter_map(|(row, texts)| {
            let places = row.cells.iter().map(|idx| &entries[*idx].place);
            Some(RowText {
                place: Place::around(places)?,
                text: texts.first()?,
                is_table: texts.len() > 1,
                column: row.column,
            })
        })
        .collect();
    let numbers = paragraphs(&row_texts);
    let mut placed = Vec::with_capacity(lines.len());
    for (row_idx, ((row, texts), paragraph)) in rows.iter().zip(&texts).zip(numbers).enumerate() {
        for (idx, text) in row.cells.iter().zip(texts) {
            placed.push(Line {
                text: text.clone(),
                quad: lines[*idx].rect.quad(),
                confidence: lines[*idx].recognised.confidence,
                row: row_idx as u32,
                paragraph,
            });
        }
    }
    Reading { lines: placed, unreadable, shrunk }
}
