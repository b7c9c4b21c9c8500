//! Which way up the page is, and with it each line.

use lorgnette_image::Picture;
use lorgnette_interrupt::{Cancel, Interrupted};

use crate::crop::{LINE_HEIGHT, LineImage, line_image};
use crate::error::ReaderError;
use crate::geometry::Rect;
use crate::icons::{self, Leading};
use crate::ink::{Ink, ink, is_blurred};
use crate::letters::Recognised;
use crate::networks::Networks;
use crate::recognition::recognise;
use crate::typography::tidy;

/// How much higher than wide a box must be to be a line that runs up or down.
const TALL: f64 = 1.5;
/// The number of lines that decide for the page.
const N_SAMPLES: usize = 6;
/// A page whose lines are read surer than this stands upright.
const UPRIGHT: f32 = 0.85;
/// By how much the other way up must be surer.
const SURER: f32 = 0.05;
/// A tall box that is read surer than this is a letter or two, and no line that runs up or down.
const SURE_AS_IT_IS: f32 = 0.9;
/// The most columns of lines, 48 pixels high, that are in memory at a time: 58 MB.
const MAX_COLUMNS: f64 = 400_000.0;

/// A line that was found and read. `rect.width` runs in the direction of reading.
#[derive(Debug, Clone)]
pub struct ReadLine {
    pub rect: Rect,
    pub recognised: Recognised,
    pub ink: Ink,
    /// Whether no edge of it is sharp.
    pub is_blurred: bool,
}

/// What is needed to read lines.
pub struct Page<'a> {
    pub picture: &'a Picture,
    pub ground: [u8; 3],
    pub networks: &'a Networks,
    pub cancel: &'a Cancel,
}

/// Lines that were read, each with its box as it was found.
pub type Known = Vec<(Rect, ReadLine)>;

pub type Outcome<T> = Result<T, Interrupted<ReaderError>>;

impl Page<'_> {
    /// Reads boxes, some at a time: their images are as long as the lines, however many there are.
    fn read_telling(
        &self,
        rects: &[Rect],
        on_line: &mut dyn FnMut(usize),
    ) -> Outcome<Vec<ReadLine>> {
        let mut lines: Vec<ReadLine> = Vec::with_capacity(rects.len());
        let mut rest = rects;
        while !rest.is_empty() {
            let mut n_columns = 0.0;
            let fits = |rect: &&Rect| {
                n_columns += LINE_HEIGHT as f64 * rect.width / rect.height.max(1.0);
                n_columns <= MAX_COLUMNS
            };
            let n = rest.iter().take_while(fits).count().max(1);
            let (some, others) = rest.split_at(n);
            let images: Vec<LineImage> =
                some.iter().map(|rect| line_image(self.picture, self.ground, rect)).collect();
            let n_before = lines.len();
            let mut on_some = |n_done| on_line(n_before + n_done);
            let read = recognise(self.networks, &images, self.cancel, &mut on_some)?;
            let read = some.iter().zip(&images).zip(read);
            lines.extend(read.map(|((rect, image), recognised)| line(rect, image, recognised)));
            rest = others;
        }
        Ok(lines)
    }

    /// Reads boxes as they are.
    ///
    /// # Errors
    /// `Cancelled` between batches; `Network` if the network fails.
    pub fn read(&self, rects: &[Rect]) -> Outcome<Vec<ReadLine>> {
        self.read_telling(rects, &mut |_| ())
    }

    /// Returns how sure the lines are read after so many quarter turns.
    fn sureness(&self, rects: &[Rect], quarters: u8) -> Outcome<f32> {
        let turned: Vec<Rect> = rects.iter().map(|rect| rect.turned(quarters)).collect();
        Ok(mean_confidence(&self.read(&turned)?))
    }

    /// Reads boxes but for those of `known`, which are read. Returns the lines in the order of the boxes.
    fn read_others(
        &self,
        boxes: &[Rect],
        known: Known,
        on_line: &mut dyn FnMut(usize),
    ) -> Outcome<Vec<ReadLine>> {
        let mut lines: Vec<Option<ReadLine>> = vec![None; boxes.len()];
        for (rect, line) in known {
            if let Some(idx) = boxes.iter().position(|other| *other == rect) {
                lines[idx] = Some(line);
            }
        }
        let is_left = |(rect, line): (&Rect, &Option<ReadLine>)| line.is_none().then_some(*rect);
        let others: Vec<Rect> = boxes.iter().zip(&lines).filter_map(is_left).collect();
        let n_known = boxes.len() - others.len();
        let read = self.read_telling(&others, &mut |n_done| on_line(n_known + n_done))?;
        let mut read = read.into_iter();
        Ok(lines.into_iter().filter_map(|line| line.or_else(|| read.next())).collect())
    }

    /// Reads all boxes in the direction of the page. `known` are those of them that were read as they
    /// are. Returns by how many quarters clockwise the lines run, and the lines.
    ///
    /// # Errors
    /// `Cancelled` between batches; `Network` if the network fails.
    pub fn read_all(
        &self,
        boxes: &[Rect],
        known: Known,
        on_line: &mut dyn FnMut(usize),
    ) -> Outcome<(u8, Vec<ReadLine>)> {
        if is_of_tall_ones(boxes) {
            let samples = longest(boxes.iter().filter(|rect| is_tall(rect)).copied());
            let (down, up) = (self.sureness(&samples, 1)?, self.sureness(&samples, 3)?);
            let quarters = if up > down { 3 } else { 1 };
            // A lone word of one letter, or a "1", is tall and upright.
            let as_it_is = self.sureness(&samples, 0)?;
            if as_it_is < down.max(up) + SURER {
                let turned: Vec<Rect> = boxes.iter().map(|rect| rect.turned(quarters)).collect();
                return Ok((quarters, self.read_telling(&turned, on_line)?));
            }
        }
        let lines = self.read_others(boxes, known, on_line)?;
        if lines.is_empty() || mean_confidence(&lines) >= UPRIGHT {
            return Ok((0, self.with_tall_ones(lines)?));
        }
        let samples = longest(boxes.iter().copied());
        let (upright, turned) = (self.sureness(&samples, 0)?, self.sureness(&samples, 2)?);
        if turned > upright + SURER {
            let turned: Vec<Rect> = boxes.iter().map(|rect| rect.turned(2)).collect();
            return Ok((2, self.read(&turned)?));
        }
        Ok((0, self.with_tall_ones(lines)?))
    }

    /// Reads tall boxes of an upright page both other ways, and keeps what is surest.
    fn with_tall_ones(&self, mut lines: Vec<ReadLine>) -> Outcome<Vec<ReadLine>> {
        let is_doubtful = |line: &&mut ReadLine| {
            is_tall(&line.rect) && line.recognised.confidence < SURE_AS_IT_IS
        };
        let mut doubtful: Vec<&mut ReadLine> = lines.iter_mut().filter(is_doubtful).collect();
        for quarters in [1, 3] {
            let turned: Vec<Rect> =
                doubtful.iter().map(|line| upright(&line.rect).turned(quarters)).collect();
            for (line, other) in doubtful.iter_mut().zip(self.read(&turned)?) {
                if other.recognised.confidence > line.recognised.confidence + SURER {
                    **line = other;
                }
            }
        }
        Ok(lines)
    }
}

/// Makes a line of what was read, without the icon that it begins with.
fn line(rect: &Rect, image: &LineImage, mut recognised: Recognised) -> ReadLine {
    let mut rect = *rect;
    if let Some(Leading { n_letters, n_columns }) = icons::leading(image, &recognised.letters) {
        recognised.letters.drain(..n_letters);
        rect = rect.without_beginning(n_columns as f64 / LINE_HEIGHT as f64 * rect.height);
    }
    let ink = ink(image, &recognised.letters);
    tidy(&mut recognised.letters);
    ReadLine { rect, ink, is_blurred: is_blurred(image), recognised }
}

/// Returns the rectangle as it was found, with `width` nearer to level.
fn upright(rect: &Rect) -> Rect {
    (0..4)
        .map(|quarters| rect.turned(quarters))
        .find(|rect| rect.ux >= rect.uy.abs())
        .unwrap_or(*rect)
}

/// Returns whether tall boxes make up most of the lines' length.
pub fn is_of_tall_ones(boxes: &[Rect]) -> bool {
    let total: f64 = boxes.iter().map(Rect::long_side).sum();
    let tall: f64 = boxes.iter().filter(|rect| is_tall(rect)).map(Rect::long_side).sum();
    tall > total / 2.0
}

fn is_tall(rect: &Rect) -> bool {
    rect.height >= TALL * rect.width
}

fn longest(rects: impl Iterator<Item = Rect>) -> Vec<Rect> {
    let mut rects: Vec<Rect> = rects.collect();
    rects.sort_by(|a, b| b.long_side().total_cmp(&a.long_side()));
    rects.truncate(N_SAMPLES);
    rects
}

/// Returns the mean confidence of lines; 0 of none.
pub fn mean_confidence(lines: &[ReadLine]) -> f32 {
    let sum: f32 = lines.iter().map(|line| line.recognised.confidence).sum();
    if lines.is_empty() { 0.0 } else { sum / lines.len() as f32 }
}
