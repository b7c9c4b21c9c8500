//! Icons that look like letters to the network.

use crate::crop::{LINE_HEIGHT, LineImage};
use crate::direction::ReadLine;
use crate::geometry::median;
use crate::ink::{APART, strong};
use crate::letters::Letter;
use crate::paragraphs::is_ideograph;
use crate::recognition::contrast;
use crate::shapes::shapes;

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
const SQUARE: f64 = 0.93;
const WIDE: &str = "MWmw@%&#";
/// What two or three letters are: they take more width, in heights, or are read surer.
const MAX_WORD: usize = 3;
const MIN_WORD_WIDTH: f64 = 1.25;
const SURE_WORD: f32 = 0.95;
/// A page is read well from this on; there, what is small and no surer than this is no writing.
const SURE_PAGE: f32 = 0.9;
const UNSURE_ICON: f32 = 0.75;
const MAX_WIDTH_OF_TWO: f64 = 2.5;
/// Nor is what is still less sure and as narrow as this, in heights, unless it is blurred.
const UNSURE_ICONS: f32 = 0.5;
const MAX_WIDTH_OF_FEW: f64 = 3.5;

/// By how much an icon before text is higher than its highest letter, and goes below the line that letters
/// stand on; in heights of the text.
const HIGHER: f64 = 0.08;
/// How much wider than between words the space behind it is, if it is no higher.
const WIDER: f64 = 1.5;
/// The least space between words, in columns of 48 in height.
const MIN_SPACE: usize = 8;
/// Signs that go below the line, too.
const LONG: &str = "()[]{}|/\\$§@&#ƒ!?";

/// An icon with which a line begins.
pub struct Leading {
    /// How many letters it was read as, with the space behind it.
    pub n_letters: usize,
    /// How many columns of the line's image it takes.
    pub n_columns: usize,
}

/// Finds the icon with which a line begins: a sign that is drawn, or a letter that stands apart and is
/// larger than letters are.
pub fn leading(image: &LineImage, letters: &[Letter]) -> Option<Leading> {
    let is_visible = |letter: &Letter| !letter.text.is_whitespace();
    let first = letters.iter().position(is_visible)?;
    let n_between = letters[first + 1..].iter().position(is_visible)?;
    let second = first + 1 + n_between;
    let text = letters[first].text;
    // Check marks are said in writing, too.
    let is_arrow = matches!(text, '\u{2190}'..='\u{21FF}');
    let is_sign = matches!(text, '\u{25A0}'..='\u{2612}') || is_arrow && n_between == 0;
    if is_ideograph(text) || LONG.contains(text) || n_between == 0 && !is_sign {
        return None;
    }
    let shapes = shapes(image, APART * strong(&contrast(image)));
    let step = LINE_HEIGHT / 6;
    let middle = (letters[first].last_step + letters[second].first_step + 1) * step / 2;
    let n_shapes =
        shapes.iter().take_while(|shape| shape.left.midpoint(shape.right) < middle).count();
    let (icon, others) = shapes.split_at(n_shapes);
    let (end, start) = (icon.last()?.right, others.first()?.left);
    let found = Leading { n_letters: second, n_columns: end.midpoint(start) };
    if is_sign {
        return Some(found);
    }
    // Only beside letters that are high it shows how high text is here.
    let has_high =
        |letter: &Letter| letter.text.is_uppercase() || "bdfhklt0123456789".contains(letter.text);
    let (top, bottom) =
        (icon.iter().map(|shape| shape.top).min()?, icon.iter().map(|shape| shape.bottom).max()?);
    let text_top = others.iter().map(|shape| shape.top).min()?;
    let baseline = median(others.iter().map(|shape| shape.bottom as f64));
    let least = HIGHER * (baseline - text_top as f64);
    let goes_below = bottom as f64 - baseline > least;
    let is_higher = text_top as f64 - top as f64 > least;
    let is_as_high = top as f64 - (text_top as f64) < least;
    let spaces = others.windows(2).map(|pair| pair[1].left - pair[0].right);
    let space = median(spaces.filter(|space| *space >= MIN_SPACE).map(|space| space as f64));
    let is_far = space > 0.0 && (start - end) as f64 > WIDER * space;
    let is_icon = goes_below && (is_higher || is_as_high && is_far);
    (letters[second..].iter().any(has_high) && is_icon).then_some(found)
}

/// Removes what are icons: on pages that are not written with ideographs, ideographs that stand alone;
/// lone letters whose box is not that of a letter; and on pages that are read well, small things that are not.
pub fn remove(lines: &mut Vec<ReadLine>) {
    let letters = || lines.iter().flat_map(|line| &line.recognised.letters);
    let n_ideographs = letters().filter(|letter| is_ideograph(letter.text)).count();
    let n_letters = letters().filter(|letter| !letter.text.is_whitespace()).count();
    let is_written_with = n_ideographs as f64 >= WRITTEN_WITH * n_letters as f64;
    let sureness =
        |line: &ReadLine| line.recognised.n_visible() as f32 * line.recognised.confidence;
    let is_sure_page = lines.iter().map(sureness).sum::<f32>() >= SURE_PAGE * n_letters as f32;
    let is_alone = lines.len() == 1;
    lines.retain(|line| {
        let visible: Vec<char> = visible(line).collect();
        // What is long is writing that must be judged, even if next to nothing was read there.
        let is_long = line.rect.width > MAX_WIDTH * line.rect.height;
        if visible.is_empty() || is_long || is_written_with {
            return true;
        }
        let is_icon = match visible[..] {
            [letter] => !is_alone && is_no_letter(letter, line),
            _ => is_no_word(line, visible.len()),
        };
        !(is_icon || is_pictogram(line) || is_sure_page && is_scribble(line, visible.len()))
    });
}

fn visible(line: &ReadLine) -> impl Iterator<Item = char> {
    line.recognised.letters.iter().map(|letter| letter.text).filter(|text| !text.is_whitespace())
}

/// Returns whether a line is of ideographs and signs in circles alone, and few or unsure.
fn is_pictogram(line: &ReadLine) -> bool {
    let is_drawn = |text: &char| {
        is_ideograph(*text) || matches!(text, '\u{2460}'..='\u{24FF}' | '\u{25A0}'..='\u{27BF}')
    };
    let n_letters = visible(line).count();
    let n_drawn = visible(line).filter(is_drawn).count();
    n_letters <= MAX_LETTERS && n_drawn == n_letters
        || line.recognised.confidence < SURE && 2 * n_drawn > n_letters
}

/// Returns whether a lone letter is none. Figures stand alone in tables, and are narrow.
fn is_no_letter(letter: char, line: &ReadLine) -> bool {
    let is_square = line.rect.width >= SQUARE * line.rect.height && !WIDE.contains(letter);
    let is_unsure = line.recognised.confidence < SURE_LETTER && !BRACKETS.contains(letter);
    if line.rect.width > MAX_WIDTH_OF_ONE * line.rect.height {
        return false;
    }
    letter.is_alphanumeric() && is_square || !letter.is_numeric() && is_unsure
}

/// Returns whether two or three letters are one icon.
fn is_no_word(line: &ReadLine, n_letters: usize) -> bool {
    n_letters <= MAX_WORD
        && line.rect.width <= MIN_WORD_WIDTH * line.rect.height
        && line.recognised.confidence < SURE_WORD
}

/// Returns whether what a page that is read well has of it is too little and too unsure.
fn is_scribble(line: &ReadLine, n_letters: usize) -> bool {
    let is_within = |most: f64| line.rect.width <= most * line.rect.height;
    let confidence = line.recognised.confidence;
    n_letters <= MAX_WORD && confidence < UNSURE_ICON && is_within(MAX_WIDTH_OF_TWO)
        || n_letters <= MAX_WORD + 1
            && confidence < UNSURE_ICONS
            && is_within(MAX_WIDTH_OF_FEW)
            && !line.is_blurred
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use crate::ink::Ink;
    use crate::letters::Recognised;

    /// Draws shapes, each from its left and right column and its upper and lower row.
    fn image(width: usize, shapes: &[[usize; 4]]) -> LineImage {
        let is_ink = |x: usize, y: usize| {
            shapes.iter().any(|&[left, right, top, bottom]| {
                (left..=right).contains(&x) && (top..=bottom).contains(&y)
            })
        };
        let rgb = (0..LINE_HEIGHT)
            .flat_map(|y| (0..width).flat_map(move |x| [if is_ink(x, y) { 0 } else { 250 }; 3]));
        LineImage { width, rgb: rgb.collect() }
    }

    /// A sign of 24 columns between two rows, so many columns before "hat", and "hat" again.
    #[track_caller]
    fn check(sign: char, (top, bottom): (usize, usize), gap: usize, expected: Option<usize>) {
        let start = 24 + gap;
        let word = |at: usize| [0, 20, 40].map(|x| [at + x, at + x + 15, 10, 36]);
        let shapes = [vec![[0, 23, top, bottom]], word(start).to_vec(), word(start + 68).to_vec()];

        let texts = [sign, ' ', 'h', 'a', 't', ' ', 'h', 'a', 't'];
        let columns =
            [8, 20, start, start + 20, start + 40, start + 60, start + 68, start + 88, start + 108];
        let letters = texts.into_iter().zip(columns).map(|(text, column)| {
            let step = (column + 4) / 8;
            Letter { text, first_step: step, last_step: step }
        });
        let letters: Vec<Letter> = letters.collect();
        let found = leading(&image(start + 130, &shapes.concat()), &letters);
        assert_eq!(found.map(|icon| icon.n_letters), expected);
    }

    #[test]
    fn an_icon_before_text_is_larger_than_letters_or_stands_apart() {
        check('0', (5, 41), 14, Some(2));
        check('Q', (10, 42), 30, Some(2));
        check('●', (20, 30), 14, Some(2));
    }

    #[test]
    fn a_letter_before_text_stays() {
        check('A', (10, 36), 14, None);
        check('A', (10, 36), 40, None);
        check('Q', (10, 40), 14, None);
        check('y', (17, 43), 14, None);
        check('(', (6, 42), 14, None);
        check('日', (5, 41), 14, None);
    }

    fn line(text: &str, confidence: f32, (width, height): (f64, f64)) -> ReadLine {
        let letter = |text| Letter { text, first_step: 0, last_step: 0 };
        let recognised = Recognised { letters: text.chars().map(letter).collect(), confidence };
        let rect = Rect { x: 0.0, y: 0.0, ux: 1.0, uy: 0.0, width, height };
        ReadLine { rect, recognised, ink: Ink::default(), is_blurred: false }
    }

    #[track_caller]
    fn check_stays(one: ReadLine, stays: bool) {
        let text = one.recognised.text();
        let mut lines =
            vec![line("A page that is read as well as it should be", 1.0, (400.0, 20.0)), one];
        remove(&mut lines);
        assert_eq!(lines.len() == 2, stays, "{text}");
    }

    #[test]
    fn figures_are_narrow_and_icons_are_square() {
        check_stays(line("0", 0.99, (14.0, 18.0)), true);
        check_stays(line("0", 0.99, (27.0, 18.0)), false);
        check_stays(line("11", 1.0, (20.0, 18.0)), true);
        check_stays(line("C3", 0.92, (24.0, 22.0)), false);
        check_stays(line("OK", 0.99, (30.0, 20.0)), true);
        check_stays(line("吕 ", 0.74, (61.0, 23.0)), false);
    }

    #[test]
    fn what_is_small_and_unsure_is_no_writing_unless_it_is_blurred() {
        check_stays(line("Q.", 0.6, (44.0, 20.0)), false);
        check_stays(line("+α", 0.4, (60.0, 20.0)), false);
        check_stays(ReadLine { is_blurred: true, ..line("Exit", 0.4, (60.0, 20.0)) }, true);
        check_stays(line("Sxrn qoe", 0.4, (80.0, 20.0)), true);
    }
}
