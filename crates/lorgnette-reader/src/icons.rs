//! Icons that look like letters to the network.

use crate::direction::ReadLine;
use crate::letters::Letter;
use crate::paragraphs::is_ideograph;

/// The share of ideographs from which a page is written with them.
const WRITTEN_WITH: f64 = 0.3;
/// The most ideographs of what is an icon, however sure the network is.
const MAX_LETTERS: usize = 2;
/// Several icons beside each other are read as ideographs less surely than this.
const SURE: f32 = 0.9;
/// The most width, in heights, of what may be icons beside each other, and of one.
const MAX_WIDTH: f64 = 4.5;
const MAX_WIDTH_OF_ONE: f64 = 2.0;
/// A lone letter or sign is read surer than this, but for brackets.
const SURE_LETTER: f32 = 0.9;
const BRACKETS: &str = "{}[]()";
/// The least width, in heights, of a box that is no letter's, but for those of wide letters.
const SQUARE: f64 = 0.97;
const WIDE: &str = "MWmw@%&#";

/// Removes what are icons: on pages that are not written with ideographs, ideographs that stand alone;
/// and lone letters whose box is not that of a letter.
pub fn remove(lines: &mut Vec<ReadLine>) {
    let letters = || lines.iter().flat_map(|line| &line.recognised.letters);
    let n_ideographs = letters().filter(|letter| is_ideograph(letter.text)).count();
    let n_letters = letters().filter(|letter| !letter.text.is_whitespace()).count();
    let is_written_with = n_ideographs as f64 >= WRITTEN_WITH * n_letters as f64;
    let n_lines = lines.len();
    lines.retain(|line| {
        let mut visible =
            line.recognised.letters.iter().filter(|letter| !letter.text.is_whitespace());
        let (Some(first), rest) = (visible.next(), visible.clone()) else { return true };
        let is_lone = rest.count() == 0;
        // What is long is writing that must be judged, even if next to nothing was read there.
        let is_long = line.rect.width > MAX_WIDTH * line.rect.height;
        let is_icon = !is_written_with && is_pictogram(line)
            || n_lines > 1 && is_lone && !is_written_with && is_no_letter(first, line);
        is_long || !is_icon
    });
}

/// Returns whether a line is of ideographs and signs in circles alone, and few or unsure.
fn is_pictogram(line: &ReadLine) -> bool {
    let letters = &line.recognised.letters;
    let is_drawn = |letter: &Letter| {
        is_ideograph(letter.text)
            || matches!(letter.text, '\u{2460}'..='\u{24FF}' | '\u{25A0}'..='\u{27BF}')
    };
    let is_few = letters.len() <= MAX_LETTERS;
    let n_drawn = letters.iter().filter(|letter| is_drawn(letter)).count();
    is_few && n_drawn == letters.len()
        || line.recognised.confidence < SURE && 2 * n_drawn > letters.len()
}

/// Returns whether a lone letter is none. Figures stand alone in tables.
fn is_no_letter(letter: &Letter, line: &ReadLine) -> bool {
    let is_square = line.rect.width >= SQUARE * line.rect.height && !WIDE.contains(letter.text);
    let is_unsure = line.recognised.confidence < SURE_LETTER && !BRACKETS.contains(letter.text);
    if line.rect.width > MAX_WIDTH_OF_ONE * line.rect.height {
        return false;
    }
    letter.text.is_alphabetic() && is_square || !letter.text.is_numeric() && is_unsure
}
