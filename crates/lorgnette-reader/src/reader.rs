//! The reader: a picture in, its text out.

use std::sync::{Arc, OnceLock};

use lorgnette_image::{Picture, Region};
use lorgnette_interrupt::{Cancel, Interrupted};

use crate::beginning::{Beginning, begin};
use crate::border::{BORDER, ground};
use crate::boxes::boxes;
use crate::detection::detect;
use crate::direction::{Known, Outcome, Page, ReadLine};
use crate::error::ReaderError;
use crate::frame::{Frame, Place};
use crate::geometry::Rect;
use crate::gutter::has_edge;
use crate::icons;
use crate::networks::{Networks, Weights};
use crate::order::{Entry, Row, order};
use crate::paragraphs::{RowText, paragraphs};
use crate::reading::{Line, Reading, Shrunk, Unreadable};
use crate::seams::{Found, join, settled};
use crate::strips::Plan;
use crate::unreadable::judge_all;

/// How near to an edge where the picture goes on a line must come to be cut there, in pixels.
const AT_CUT: f64 = 6.0;

/// Reads the text in pictures. Its networks are loaded when the first picture is read, and stay. So do its
/// threads, which have the priority of the thread that reads first.
#[derive(Default)]
pub struct Reader {
    n_threads: Option<usize>,
    weights: Arc<OnceLock<Arc<Weights>>>,
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
    /// It knows how the text begins before it has looked at the rest.
    Begins {
        /// The first line. In all likelihood the whole text begins with it, but only the whole decides.
        text: String,
    },
}

impl Reader {
    /// Makes a reader that computes with that many threads; without a number, one for each core.
    pub fn new(n_threads: Option<usize>) -> Self {
        Self { n_threads, ..Self::default() }
    }

    /// Makes a reader with the same networks and with threads of its own, for work of another priority.
    #[must_use]
    pub fn beside(&self) -> Self {
        let n_threads = Some(self.n_threads.unwrap_or_else(num_cpus::get_physical));
        Self { n_threads, weights: Arc::clone(&self.weights), networks: OnceLock::new() }
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
        let page = Page { picture, ground, networks, cancel };
        let (boxes, begun) = find(&page, &plan, on_progress)?;
        let n_lines = boxes.len();
        let (quarters, mut lines) = page.read_all(&boxes, begun, &mut |n_done| {
            on_progress(Progress::Recognise { n_done, n_lines });
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
        let weights = if let Some(weights) = self.weights.get() {
            weights
        } else {
            let weights = Arc::new(Weights::load()?);
            self.weights.get_or_init(|| weights)
        };
        let weights = Arc::clone(weights);
        Ok(self.networks.get_or_init(|| Networks::new(weights, self.n_threads)))
    }
}

/// Finds where text is, in pixels of the picture. Reads the first lines as soon as their strip was looked
/// at, and returns those, too.
fn find(
    page: &Page<'_>,
    plan: &Plan,
    on_progress: &mut dyn FnMut(Progress),
) -> Outcome<(Vec<Rect>, Known)> {
    let picture = page.picture;
    let is_own_size = (plan.width, plan.height) == (picture.width(), picture.height());
    let scaled = || picture.scaled(plan.width, plan.height).map_err(ReaderError::from);
    let shrunk = (!is_own_size).then(scaled).transpose()?;
    let rgb = shrunk.as_ref().unwrap_or(picture).rgb();
    let n_strips = plan.strips.len();
    let bands: Vec<[(f64, f64); 4]> =
        (0..n_strips).filter_map(|i| Some(band(plan, plan.shared(i)?))).collect();
    let mut strips = Vec::with_capacity(n_strips);
    let mut begun: Option<Known> = None;
    for (n_done, strip) in plan.strips.iter().enumerate() {
        on_progress(Progress::Detect { n_done, n_strips });
        page.cancel.wait()?;
        let map = detect(page.networks, (rgb, plan.width), *strip, page.ground)?;
        let border = f64::from(BORDER);
        let offset = (f64::from(strip.x) - border, f64::from(strip.y) - border);
        let found = boxes(&map).into_iter().map(|rect| {
            let rect = rect.scaled(1.0, offset);
            Found { rect, is_cut: is_cut(&rect, *strip, plan) }
        });
        let found: Vec<Found> = found.collect();
        let settled = settled(&found, bands.get(n_done));
        if begun.is_none() && plan.is_rows && !settled.is_empty() {
            let Beginning { lines, text } = begin(page, &placed(&settled, plan, picture))?;
            begun = Some(lines);
            if let Some(text) = text {
                on_progress(Progress::Begins { text });
            }
        }
        strips.push(found);
    }
    let boxes = placed(&join(strips, &bands), plan, picture);
    Ok((boxes, begun.unwrap_or_default()))
}

/// Returns where what was found at the plan's size is in the picture.
fn placed(found: &[Rect], plan: &Plan, picture: &Picture) -> Vec<Rect> {
    let scale_x = f64::from(picture.width()) / f64::from(plan.width);
    let scale_y = f64::from(picture.height()) / f64::from(plan.height);
    // Both sides shrink alike, but for what is rounded.
    let scale = scale_x.midpoint(scale_y);
    let place = |rect: &Rect| {
        let scaled = rect.scaled(scale, (0.0, 0.0));
        Rect { x: rect.x * scale_x, y: rect.y * scale_y, ..scaled }
    };
    found.iter().map(place).collect()
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
