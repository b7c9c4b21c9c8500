//! Which rows belong to one paragraph: lines that were broken because they were full.

use crate::frame::Place;
use crate::geometry::median;

/// A row of the page.
#[derive(Debug, Clone)]
pub struct RowText<'a> {
    pub place: Place,
    pub text: &'a str,
    /// Whether it has several cells.
    pub is_table: bool,
    pub column: usize,
}

/// How much higher letters of one paragraph may be than others of it.
const MAX_RATIO: f64 = 1.35;
/// The most distance of two lines of a paragraph, in line heights, and times what is usual in it.
const MAX_PITCH: f64 = 2.2;
const MAX_USUAL: f64 = 1.3;
/// By how much, in line heights, lines of a paragraph begin elsewhere than each other.
const MAX_INDENT: f64 = 2.5;
/// The least width of a paragraph of several lines, in line heights: what is narrower is a list of words.
const MIN_WIDTH: f64 = 5.0;
/// Marks that begin a new item of a list.
const BULLETS: [char; 6] = ['•', '·', '●', '○', '▪', '–'];

/// Returns the number of the paragraph of each row; numbers go up by one.
pub fn paragraphs(rows: &[RowText]) -> Vec<u32> {
    let mut numbers = Vec::with_capacity(rows.len());
    let mut next = 0;
    let mut begin = 0;
    while begin < rows.len() {
        let fits = |idx: &usize| may_follow(&rows[idx - 1], &rows[*idx]);
        let end = (begin + 1..rows.len()).take_while(fits).last().unwrap_or(begin) + 1;
        let group = &rows[begin..end];
        let right = group.iter().map(|row| row.place.right).fold(f64::NEG_INFINITY, f64::max);
        let pitch = median(group.windows(2).map(|pair| pitch(&pair[0], &pair[1])));
        for (i, row) in group.iter().enumerate() {
            let goes_on = i > 0 && {
                let before = &group[i - 1];
                self::pitch(before, row) <= MAX_USUAL * pitch && was_full(before, row, right)
            };
            if !goes_on && !numbers.is_empty() {
                next += 1;
            }
            numbers.push(next);
        }
        begin = end;
    }
    numbers
}

/// Returns whether the second row can be of the same paragraph as the first, by its looks.
fn may_follow(a: &RowText, b: &RowText) -> bool {
    let (height_a, height_b) = (a.place.height(), b.place.height());
    let height = height_a.min(height_b);
    !a.is_table
        && !b.is_table
        && a.column == b.column
        && height_a.max(height_b) <= MAX_RATIO * height
        && pitch(a, b) > 0.0
        && pitch(a, b) <= MAX_PITCH * height
        && (a.place.left - b.place.left).abs() <= MAX_INDENT * height
        && !begins_item(b.text)
}

fn pitch(a: &RowText, b: &RowText) -> f64 {
    b.place.middle() - a.place.middle()
}

/// Returns whether the first word of a row would not have fitted behind the row before it.
fn was_full(before: &RowText, row: &RowText, right: f64) -> bool {
    let n = row.text.chars().count().max(1) as f64;
    let first = row.text.split(' ').next().unwrap_or_default().chars().count() as f64;
    let is_dense = row.text.chars().any(is_ideograph);
    // Without spaces, a line can be broken behind any letter.
    let n_first = if is_dense { 1.0 } else { first + 1.0 };
    if right - before.place.left < MIN_WIDTH * before.place.height() {
        return false;
    }
    let room = right - before.place.right;
    // Half a letter for what boxes are pushed out.
    room < (n_first + 0.5) * row.place.width() / n
}

fn begins_item(text: &str) -> bool {
    if text.starts_with(BULLETS) || text.starts_with("- ") {
        return true;
    }
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    (1..=3).contains(&digits)
        && text[digits..].starts_with(['.', ')'])
        && text[digits + 1..].starts_with(' ')
}

/// Returns whether a letter is of a script that writes no spaces between words.
pub fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[(&str, f64, f64)], expected: &[u32]) {
        let row = |&(text, left, top): &(&'static str, f64, f64)| RowText {
            place: Place {
                left,
                top,
                right: left + 9.0 * text.chars().count() as f64,
                bottom: top + 20.0,
            },
            text,
            is_table: text.contains('\t'),
            column: 0,
        };
        let rows: Vec<(&'static str, f64, f64)> = rows
            .iter()
            .map(|(text, left, top)| (String::from(*text).leak() as &str, *left, *top))
            .collect();
        let rows: Vec<RowText> = rows.iter().map(row).collect();
        assert_eq!(paragraphs(&rows), expected);
    }

    #[test]
    fn full_lines_go_on_and_short_ones_end() {
        check(
            &[
                ("The heron can stand so still that fish", 10.0, 0.0),
                ("forget it. The trick is not patience", 10.0, 22.0),
                ("but balance.", 10.0, 44.0),
                ("She has counted nests in this spring,", 10.0, 66.0),
                ("eleven more than in 2021.", 10.0, 88.0),
            ],
            &[0, 0, 0, 1, 1],
        );
    }

    #[test]
    fn lists_tables_and_headings_stay_apart() {
        check(&[("Today", 10.0, 0.0), ("Week", 10.0, 30.0), ("Month", 10.0, 60.0)], &[0, 1, 2]);
        check(&[("Tea\t2.00", 10.0, 0.0), ("Cake\t3.50", 10.0, 22.0)], &[0, 1]);
        check(&[("1. Open the box", 10.0, 0.0), ("2. Close the box", 10.0, 22.0)], &[0, 1]);
        check(&[("Far above", 10.0, 0.0), ("far below", 10.0, 90.0)], &[0, 1]);
        assert!(paragraphs(&[]).is_empty());
    }
}
