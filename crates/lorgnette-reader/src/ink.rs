//! The ink of a line beside its letters: letters that the network does not know leave ink without a letter.

use crate::crop::{LINE_HEIGHT, LineImage};
use crate::letters::Letter;
use crate::paragraphs::is_ideograph;
use crate::recognition::{brightness, contrast};
use crate::shapes::{Shape, shapes};

/// The columns of a step of the network.
const STEP: usize = 8;
/// The share of the line's contrast from which a column has ink.
const INK: f64 = 0.4;
/// How many columns around its steps a letter covers, of 48 in height.
const REACH: usize = 14;
/// What is lower than this share of high shapes is a dot, a dash or a quote.
const TALL: f64 = 0.7;
/// Letters that are low. Between figures, a colon is nearly as high as they are.
const LOW: &str = ".,-–—_'\"`´^~·•…*=«»";
/// The most ideographs, of all letters, of a line whose shapes are counted: an ideograph has several.
const MAX_IDEOGRAPHS: f64 = 0.2;
/// The most columns of an icon, of 48 in height.
const MAX_ICON: usize = 64;
/// The least step between neighbouring pixels of a sharp line, as a share of its contrast.
const SHARP: f64 = 0.12;

/// What the ink of a line shows.
#[expect(clippy::struct_field_names, reason = "each is a number of something")]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ink {
    /// The number of columns with ink.
    pub n_columns: usize,
    /// The number of those that no letter covers.
    pub n_bare: usize,
    /// The number of shapes that stand apart and are as high as a letter, and of such letters; 0 where
    /// counting says nothing.
    pub n_shapes: usize,
    pub n_tall_letters: usize,
}

/// Compares the ink of a line with its letters.
pub fn ink(line: &LineImage, letters: &[Letter]) -> Ink {
    let contrast = contrast(line);
    let strong = strong(&contrast);
    let mut covered = vec![false; line.width];
    for letter in letters.iter().filter(|letter| !letter.text.is_whitespace()) {
        let first = (letter.first_step * STEP).saturating_sub(REACH).min(line.width);
        let end = ((letter.last_step + 1) * STEP + REACH).min(line.width);
        covered[first..end.max(first)].fill(true);
    }
    let mut ink = Ink::default();
    let has_ink = |x: &usize| f64::from(contrast[*x]) >= INK * strong;
    let text = icons_aside(&covered, (0..line.width).filter(has_ink));
    for x in (0..line.width).filter(has_ink) {
        ink.n_columns += 1;
        ink.n_bare += usize::from(!covered[x] && text.contains(&x));
    }
    let n_ideographs = letters.iter().filter(|letter| is_ideograph(letter.text)).count();
    if n_ideographs as f64 <= MAX_IDEOGRAPHS * letters.len() as f64 {
        let is_tall = |letter: &&Letter| !letter.text.is_whitespace() && !LOW.contains(letter.text);
        ink.n_tall_letters = letters.iter().filter(is_tall).count();
        ink.n_shapes = n_shapes(line, APART * strong);
    }
    ink
}

/// The share of a line's contrast that parts two letters. A lower one joins letters that nearly touch, so
/// that there are never more shapes than letters.
pub const APART: f64 = 0.25;

/// Returns the contrast of a line, of 255: what a tenth of its columns have at least.
pub fn strong(contrast: &[u8]) -> f64 {
    let mut sorted = contrast.to_vec();
    sorted.sort_unstable();
    let strong = sorted.get(sorted.len().saturating_sub(1) * 9 / 10).copied().unwrap_or_default();
    f64::from(strong).max(1.0)
}

/// Returns the columns between an icon at the beginning and one at the end, if the ink there is no wider.
fn icons_aside(covered: &[bool], inked: impl Iterator<Item = usize>) -> std::ops::Range<usize> {
    let inked: Vec<usize> = inked.collect();
    let first = covered.iter().position(|is_covered| *is_covered);
    let last = covered.iter().rposition(|is_covered| *is_covered);
    let (Some(first), Some(last), Some(start), Some(end)) =
        (first, last, inked.first(), inked.last())
    else {
        return 0..covered.len();
    };
    let is_icon = |from: usize, to: usize| to.saturating_sub(from) <= MAX_ICON;
    let start = if is_icon(*start, first) { first } else { 0 };
    let end = if is_icon(last, *end) { last + 1 } else { covered.len() };
    start..end
}

/// Returns the number of shapes that are as high as letters. What differs from the ground by less than
/// `least` is no ink.
fn n_shapes(line: &LineImage, least: f64) -> usize {
    let mut heights: Vec<usize> = shapes(line, least).iter().map(Shape::height).collect();
    heights.sort_unstable();
    // Of code, half of the shapes are quotes, colons and dots.
    let usual = heights.get(heights.len() * 3 / 4).copied().unwrap_or_default() as f64;
    heights.iter().filter(|height| **height as f64 >= TALL * usual).count()
}

/// Returns whether no edge of the line is sharp.
pub fn is_blurred(line: &LineImage) -> bool {
    let grey: Vec<u8> = line.rgb.chunks_exact(3).map(brightness).collect();
    let least = grey.iter().copied().min().unwrap_or_default();
    let most = grey.iter().copied().max().unwrap_or_default();
    let steps = (0..LINE_HEIGHT).flat_map(|y| {
        grey[y * line.width..(y + 1) * line.width].windows(2).map(|pair| pair[0].abs_diff(pair[1]))
    });
    let sharpest = steps.max().unwrap_or_default();
    f64::from(sharpest) < SHARP * f64::from(most.saturating_sub(least))
}

impl Ink {
    /// Returns how wide the ink is, in heights of the line.
    pub fn width(&self) -> f64 {
        self.n_columns as f64 / LINE_HEIGHT as f64
    }

    /// Returns the share of the ink that no letter covers.
    pub fn bare(&self) -> f64 {
        self.n_bare as f64 / self.n_columns.max(1) as f64
    }

    /// Returns how many shapes more there are than letters.
    pub fn n_missing(&self) -> usize {
        self.n_shapes.saturating_sub(self.n_tall_letters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_without_a_letter_is_counted() {
        // Four letters of 20 columns, 28 apart; the network wrote three.
        let is_ink = |x: usize| x % 28 < 20 && x < 112;
        let rgb = (0..LINE_HEIGHT).flat_map(|y| {
            (0..160)
                .flat_map(move |x| [if is_ink(x) && (10..40).contains(&y) { 0 } else { 250 }; 3])
        });
        let line = LineImage { width: 160, rgb: rgb.collect() };
        let letter = |step| Letter { text: 'a', first_step: step, last_step: step };
        let whole = ink(&line, &[letter(1), letter(4), letter(8), letter(11)]);
        assert_eq!((whole.n_columns, whole.n_bare, whole.n_missing()), (80, 0, 0));
        let holed = ink(&line, &[letter(1), letter(8), letter(11)]);
        assert_eq!((holed.n_shapes, holed.n_missing()), (4, 1));
        assert!(ink(&line, &[]).bare() > 0.99);
    }

    #[test]
    fn dots_are_no_letters() {
        let is_ink =
            |x: usize, y: usize| x % 10 < 4 && (if x < 80 { 10 } else { 36 }..40).contains(&y);
        let rgb = (0..LINE_HEIGHT)
            .flat_map(|y| (0..120).flat_map(move |x| [if is_ink(x, y) { 0 } else { 250 }; 3]));
        let line = LineImage { width: 120, rgb: rgb.collect() };
        assert_eq!(ink(&line, &[]).n_shapes, 8);
    }
}
