//! Icons that look like letters to the network.

use crate::direction::ReadLine;
use crate::paragraphs::is_ideograph;

/// The share of ideographs from which a page is written with them.
const WRITTEN_WITH: f64 = 0.3;
/// The most letters of what may be an icon.
const MAX_LETTERS: usize = 2;

/// Removes lone ideographs from pages that are not written with them: they are icons.
pub fn remove(lines: &mut Vec<ReadLine>) {
    let letters = || lines.iter().flat_map(|line| &line.recognised.letters);
    let n_ideographs = letters().filter(|letter| is_ideograph(letter.text)).count();
    let n_letters = letters().filter(|letter| !letter.text.is_whitespace()).count();
    if n_ideographs as f64 >= WRITTEN_WITH * n_letters as f64 {
        return;
    }
    lines.retain(|line| {
        let letters = &line.recognised.letters;
        letters.is_empty()
            || letters.len() > MAX_LETTERS
            || !letters.iter().all(|letter| is_ideograph(letter.text))
    });
}
