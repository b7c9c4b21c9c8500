//! The ink of a line that no letter covers: letters that the network does not know leave such holes.

use crate::crop::{LINE_HEIGHT, LineImage};
use crate::letters::Letter;
use crate::recognition::contrast;

/// The columns of a step of the network.
const STEP: usize = 8;
/// The share of the line's contrast from which a column has ink.
const INK: f64 = 0.4;
/// How many columns around its steps a letter covers, of 48 in height.
const REACH: usize = 14;
/// The fewest columns of a hole.
const MIN_HOLE: usize = 10;

/// What the ink of a line shows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ink {
    /// The number of columns with ink.
    pub n_columns: usize,
    /// The number of those that no letter covers.
    pub n_bare: usize,
    /// The number of stretches of ink as wide as a letter that no letter covers.
    pub n_holes: usize,
}

/// Compares the ink of a line with its letters.
pub fn ink(line: &LineImage, letters: &[Letter]) -> Ink {
    let contrast = contrast(line);
    let mut sorted = contrast.clone();
    sorted.sort_unstable();
    let strong = sorted.get(sorted.len().saturating_sub(1) * 9 / 10).copied().unwrap_or_default();
    let mut covered = vec![false; line.width];
    for letter in letters.iter().filter(|letter| !letter.text.is_whitespace()) {
        let first = (letter.first_step * STEP).saturating_sub(REACH).min(line.width);
        let end = ((letter.last_step + 1) * STEP + REACH).min(line.width);
        covered[first..end.max(first)].fill(true);
    }
    let mut ink = Ink::default();
    let mut bare_run = 0;
    for (contrast, is_covered) in contrast.iter().zip(&covered) {
        let has_ink = f64::from(*contrast) >= INK * f64::from(strong).max(1.0);
        ink.n_columns += usize::from(has_ink);
        if has_ink && !is_covered {
            ink.n_bare += 1;
            bare_run += 1;
            if bare_run == MIN_HOLE {
                ink.n_holes += 1;
            }
        } else {
            bare_run = 0;
        }
    }
    ink
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_without_a_letter_is_a_hole() {
        // Four letters of 20 columns, 28 apart; the network wrote three.
        let is_ink = |x: usize| x % 28 < 20 && x < 112;
        let rgb = (0..LINE_HEIGHT).flat_map(|y| {
            (0..160).flat_map(move |x| [if is_ink(x) && y % 9 == 0 { 0 } else { 250 }; 3])
        });
        let line = LineImage { width: 160, rgb: rgb.collect() };
        let letter = |step| Letter { text: 'a', first_step: step, last_step: step };
        let whole = ink(&line, &[letter(1), letter(4), letter(8), letter(11)]);
        assert_eq!((whole.n_columns, whole.n_bare, whole.n_holes), (80, 0, 0));
        let holed = ink(&line, &[letter(1), letter(8), letter(11)]);
        assert_eq!(holed.n_holes, 1);
        assert!(ink(&line, &[]).bare() > 0.99);
    }
}
