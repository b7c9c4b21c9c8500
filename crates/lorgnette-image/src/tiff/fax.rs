//! Fax pages: the codings of group 3, in one and in two dimensions, and the same without line ends.
//!
//! Source: ITU-T T.4; TIFF 6.0, section 10, and TIFF class F.

use std::convert::Infallible;

use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, ByteReader};

/// How the lines of a page are coded.
#[derive(Clone, Copy)]
pub(super) struct Coding {
    pub(super) width: u32,
    /// Whether each line begins with a whole byte and has no mark at its end.
    pub(super) is_bare: bool,
    /// Whether lines may be coded as differences from the one above.
    pub(super) is_two_dimensional: bool,
    /// Whether bytes are filled from their lowest bit.
    pub(super) is_reversed: bool,
}

/// The places where the colour of a line changes, the first to black.
type Line = Vec<u32>;

type Bits<'a> = ByteReader<Box<dyn Iterator<Item = Result<u8, Infallible>> + 'a>>;

/// Decodes up to `n_lines` lines, and returns those that are there.
pub(super) fn lines(data: &[u8], coding: Coding, n_lines: usize) -> Vec<Line> {
    let turned = move |&byte: &u8| Ok(if coding.is_reversed { byte.reverse_bits() } else { byte });
    // Codes are looked up by more bits than the last one may have.
    let bytes = Box::new(data.iter().map(turned).chain([Ok(0), Ok(0)]));
    let Ok(mut bits) = ByteReader::new(bytes as Box<dyn Iterator<Item = _>>);
    let mut lines: Vec<Line> = Vec::new();
    while lines.len() < n_lines {
        let line = if coding.is_bare {
            let _ = bits.consume(bits.bits_to_byte_boundary());
            straight(&mut bits, coding.width)
        } else {
            let n_ends = skip_line_ends(&mut bits, coding.is_two_dimensional);
            let is_difference = coding.is_two_dimensional && n_ends.is_difference;
            if n_ends.count > 1 && !lines.is_empty() {
                break;
            }
            if is_difference {
                let above = lines.last().map_or(&[][..], Vec::as_slice);
                difference(&mut bits, above, coding.width)
            } else {
                straight(&mut bits, coding.width)
            }
        };
        match line {
            Some(line) => lines.push(line),
            // The line above stands in for one that is damaged, as on a fax machine, if another follows.
            None if coding.is_bare || !find_line_end(&mut bits) => break,
            None => lines.push(lines.last().cloned().unwrap_or_default()),
        }
    }
    lines
}

struct LineEnds {
    count: usize,
    is_difference: bool,
}

/// Reads the marks between two lines: eleven zeros or more, and a one. Several of them end the page.
fn skip_line_ends(bits: &mut Bits, is_two_dimensional: bool) -> LineEnds {
    let mut ends = LineEnds { count: 0, is_difference: false };
    while bits.peek(11) == Some(0) && find_line_end(bits) {
        ends.count += 1;
        if is_two_dimensional {
            ends.is_difference = bits.peek(1) == Some(0);
            let _ = bits.consume(1);
        }
    }
    ends
}

/// Reads up to the end of the next mark of a line's end, and returns whether there is one.
fn find_line_end(bits: &mut Bits) -> bool {
    let mut n_zeros = 0;
    while let Some(bit) = bits.peek(1) {
        let _ = bits.consume(1);
        match bit {
            0 => n_zeros += 1,
            _ if n_zeros >= 11 => return true,
            _ => n_zeros = 0,
        }
    }
    false
}

/// Reads one line of lengths, in turn of white and of black.
fn straight(bits: &mut Bits, width: u32) -> Option<Line> {
    let mut line = Line::new();
    let mut place = 0;
    while place < width && line.len() <= most_changes(width) {
        place = length(bits, line.len() % 2 == 1)?.saturating_add(place);
        line.push(place);
    }
    (place == width).then_some(line)
}

/// Reads one line of differences from the line above.
fn difference(bits: &mut Bits, above: &[u32], width: u32) -> Option<Line> {
    let mut line = Line::new();
    // Before the first pixel, which may change as well.
    let mut place: Option<u32> = None;
    while place.is_none_or(|place| place < width) && line.len() <= most_changes(width) {
        let is_black = line.len() % 2 == 1;
        let next = above.iter().enumerate().position(|(idx, &change)| {
            place.is_none_or(|place| change > place) && (idx % 2 == 1) == is_black
        });
        let change = |idx: usize| above.get(idx).copied().unwrap_or(width).min(width);
        let (first, second) = next.map_or((width, width), |idx| (change(idx), change(idx + 1)));
        match mode::decode(bits)? {
            Mode::Pass => place = Some(second),
            Mode::Horizontal => {
                let one = length(bits, is_black)?.checked_add(place.unwrap_or(0))?;
                let two = length(bits, !is_black)?.checked_add(one)?;
                line.extend([one, two]);
                place = Some(two);
            }
            Mode::Vertical(by) => {
                let changed = first.checked_add_signed(by.into())?;
                if place.is_some_and(|place| changed < place) {
                    return None;
                }
                line.push(changed);
                place = Some(changed);
            }
            Mode::Extension | Mode::EOF => return None,
        }
    }
    (place == Some(width)).then_some(line)
}

/// Returns the most changes that a line of pixels can have, with a run of no length at its start.
fn most_changes(width: u32) -> usize {
    width as usize + 2
}

/// Reads the length of a run, which may be in several pieces.
fn length(bits: &mut Bits, is_black: bool) -> Option<u32> {
    let mut length = 0_u32;
    loop {
        let piece = if is_black { black::decode(bits) } else { white::decode(bits) }?;
        length = length.checked_add(piece.into())?;
        if piece < 64 {
            return Some(length);
        }
    }
}

/// Appends the pixels of a line, 0 for ink and 255 for paper.
pub(super) fn draw(line: &[u32], width: u32, grey: &mut Vec<u8>) {
    let start = grey.len();
    for (idx, &change) in line.iter().chain(&[width]).enumerate() {
        let end = start + change.min(width) as usize;
        if end > grey.len() {
            grey.resize(end, if idx % 2 == 0 { 255 } else { 0 });
        }
    }
}

#[cfg(test)]
mod tests;
