//! The recognition network: what lines say.

use lorgnette_interrupt::{Cancel, Interrupted};

use crate::crop::{LINE_HEIGHT, LineImage};
use crate::error::ReaderError;
use crate::letters::Recognised;
use crate::networks::Networks;

/// The most lines of a batch, and its most columns, which bound its memory: 75 KB for every 8.
const MAX_LINES: usize = 8;
const MAX_COLUMNS: usize = 8192;
/// A batch is as wide as its widest line; narrower lines would be computed in vain.
const MAX_PADDED: f64 = 1.25;
const ALSO_PADDED: usize = 16;
/// What the width of a batch is a multiple of.
const UNIT: usize = 8;
/// A line that is longer is read in pieces, cut where there is the least ink.
const MAX_PIECE: usize = 6400;

/// Reads lines. `on_line` hears how many are done.
///
/// # Errors
/// [`Interrupted::Cancelled`] between batches; `Network` if the network fails.
pub fn recognise(
    networks: &Networks,
    lines: &[LineImage],
    cancel: &Cancel,
    on_line: &mut dyn FnMut(usize),
) -> Result<Vec<Recognised>, Interrupted<ReaderError>> {
    let pieces: Vec<Vec<(usize, usize)>> = lines.iter().map(pieces).collect();
    let mut queue: Vec<(usize, usize)> = pieces
        .iter()
        .enumerate()
        .flat_map(|(line, pieces)| (0..pieces.len()).map(move |piece| (line, piece)))
        .collect();
    let width = |&(line, piece): &(usize, usize)| {
        let (start, end): (usize, usize) = pieces[line][piece];
        end - start
    };
    queue.sort_by_key(width);
    let mut read: Vec<Vec<Recognised>> =
        pieces.iter().map(|pieces| vec![Recognised::default(); pieces.len()]).collect();
    let (mut rest, mut n_done) = (&queue[..], 0);
    while let Some(first) = rest.first() {
        cancel.wait()?;
        let most = (width(first) as f64 * MAX_PADDED) as usize + ALSO_PADDED;
        let fits = |n: &usize| {
            let widest = width(&rest[n - 1]);
            widest <= most && n * widest <= MAX_COLUMNS
        };
        let n = (2..=MAX_LINES.min(rest.len())).take_while(fits).last().unwrap_or(1);
        let (batch, others) = rest.split_at(n);
        let columns = width(&batch[n - 1]).next_multiple_of(UNIT);
        let mut input = vec![0.0; n * 3 * LINE_HEIGHT * columns];
        let planes = input.chunks_exact_mut(3 * LINE_HEIGHT * columns);
        for (values, &(line, piece)) in planes.zip(batch) {
            fill(values, columns, &lines[line], pieces[line][piece]);
        }
        let recognised = networks.recognise(input, (n, columns))?;
        for (recognised, &(line, piece)) in recognised.into_iter().zip(batch) {
            read[line][piece] = recognised;
        }
        rest = others;
        n_done += n;
        on_line(n_done.min(lines.len()));
    }
    let joined = read.into_iter().zip(&pieces).map(|(read, pieces)| join(read, pieces));
    Ok(joined.collect())
}

/// Writes the columns of a line as the network takes them: blue, green, red; from -1 to 1; 0 behind it.
fn fill(values: &mut [f32], columns: usize, line: &LineImage, (start, end): (usize, usize)) {
    for (channel, plane) in values.chunks_exact_mut(LINE_HEIGHT * columns).enumerate() {
        let rows = line.rgb.chunks_exact(line.width * 3);
        for (target, row) in plane.chunks_exact_mut(columns).zip(rows) {
            let pixels = row[start * 3..end * 3].chunks_exact(3);
            for (value, pixel) in target.iter_mut().zip(pixels) {
                *value = f32::from(pixel[2 - channel]) / 127.5 - 1.0;
            }
        }
    }
}

/// Returns the columns at which a line is cut into pieces that are short enough.
fn pieces(line: &LineImage) -> Vec<(usize, usize)> {
    let n = line.width.div_ceil(MAX_PIECE);
    if n <= 1 {
        return vec![(0, line.width)];
    }
    // One more than there must be, so that the place of a cut can be chosen.
    let length = line.width / (n + 1);
    let contrast = contrast(line);
    let mut cuts = vec![0];
    for i in 1..=n {
        let around = i * length - length / 8..i * length + length / 8;
        cuts.push(widest_blank(&contrast, around));
    }
    cuts.push(line.width);
    cuts.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// Returns how much each column's brightness varies, from 0 to 255.
pub fn contrast(line: &LineImage) -> Vec<u8> {
    let mut least = vec![255_u8; line.width];
    let mut most = vec![0_u8; line.width];
    for row in line.rgb.chunks_exact(line.width * 3) {
        for (x, pixel) in row.chunks_exact(3).enumerate() {
            let brightness = brightness(pixel);
            least[x] = least[x].min(brightness);
            most[x] = most[x].max(brightness);
        }
    }
    most.iter().zip(&least).map(|(most, least)| most.saturating_sub(*least)).collect()
}

/// Returns the brightness of a pixel.
///
/// Source: ITU-R BT.601.
pub fn brightness(pixel: &[u8]) -> u8 {
    let [r, g, b] = [0, 1, 2].map(|i| u32::from(pixel.get(i).copied().unwrap_or_default()));
    ((299 * r + 587 * g + 114 * b + 500) / 1000) as u8
}

/// Returns the middle of the widest run of columns that vary as little as the least of them.
fn widest_blank(contrast: &[u8], around: std::ops::Range<usize>) -> usize {
    let least = contrast[around.clone()].iter().copied().min().unwrap_or_default();
    let is_blank = |x: &usize| contrast[*x] <= least.saturating_add(8);
    let (mut widest, mut x) = (around.start..around.start, around.start);
    while x < around.end {
        let end = x + (x..around.end).take_while(is_blank).count();
        if end - x > widest.len() {
            widest = x..end;
        }
        x = end.max(x + 1);
    }
    widest.start.midpoint(widest.end)
}

/// Puts the pieces of a line together. Pieces are cut between words where a line has any.
fn join(pieces_read: Vec<Recognised>, pieces: &[(usize, usize)]) -> Recognised {
    let n: usize = pieces_read.iter().map(|piece| piece.letters.len()).sum();
    let sum: f32 =
        pieces_read.iter().map(|piece| piece.confidence * piece.letters.len() as f32).sum();
    let mut letters = Vec::with_capacity(n);
    for (piece, (start, _)) in pieces_read.into_iter().zip(pieces) {
        let offset = start / UNIT;
        let moved = piece.letters.into_iter().map(|mut letter| {
            letter.first_step += offset;
            letter.last_step += offset;
            letter
        });
        if !letters.is_empty() {
            let step = offset;
            letters.push(crate::letters::Letter { text: ' ', first_step: step, last_step: step });
        }
        letters.extend(moved);
    }
    Recognised { letters, confidence: if n == 0 { 0.0 } else { sum / n as f32 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a line with ink in every column except some.
    fn line(width: usize, blank: std::ops::Range<usize>) -> LineImage {
        let pixel = |x: usize, y: usize| {
            let is_ink = !blank.contains(&x) && (x + y).is_multiple_of(2);
            [if is_ink { 0 } else { 255 }; 3]
        };
        let rgb = (0..LINE_HEIGHT).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y)));
        LineImage { width, rgb: rgb.collect() }
    }

    #[test]
    fn an_ordinary_line_is_one_piece() {
        assert_eq!(pieces(&line(6400, 0..0)), [(0, 6400)]);
    }

    #[test]
    fn a_long_line_is_cut_where_it_is_blank() {
        let cut = pieces(&line(9000, 2900..2960));
        assert_eq!(cut.len(), 3);
        assert_eq!(cut[0], (0, 2930));
        assert_eq!(cut[2].1, 9000);
        assert!(cut.iter().all(|(start, end)| end > start && end - start <= MAX_PIECE), "{cut:?}");
    }
}
