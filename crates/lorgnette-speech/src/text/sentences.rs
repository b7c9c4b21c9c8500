//! Finds the ends of sentences by Unicode's rules, except where an abbreviation or a line break only
//! looks like an end.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

/// The longest sentence. A longer one is cut at a comma, since one cannot stop or go back inside it.
const MAX_BYTES: usize = 320;

/// Words after which a full stop ends nothing.
const ABBREVIATIONS: [&str; 44] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "no", "nos", "vs", "etc", "e.g", "i.e", "approx", "fig",
    "p", "pp", "cf", "inc", "ltd", "co", "jr", "sr", "vol", "ed", "art", "tel", "max", "min", "ca",
    "m", "mme", "mlle", "ex", "env", "av", "bd", "z.b", "usw", "bzw", "nr", "str", "d.h", "s",
    "u.a",
];

/// The sentences of a block, as ranges of bytes. Of an open block the last one is left out, because
/// it may grow.
pub(super) fn ranges(text: &str, is_open: bool) -> Vec<Range<usize>> {
    let joined = joined_lines(text);
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut goes_on = false;
    for (start, piece) in joined.split_sentence_bound_indices() {
        let end = start + piece.len();
        match ranges.last_mut() {
            Some(last) if goes_on => last.end = end,
            _ => ranges.push(start..end),
        }
        goes_on = is_abbreviated(&joined[ranges.last().map_or(start, |last| last.start)..end]);
    }
    let mut cut: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        cut_long(&joined, range, &mut cut);
    }
    if is_open {
        cut.pop();
    }
    cut
}

/// Replaces each line break that ends no sentence, since the next line goes on with a small letter,
/// by a space. Every byte stays in its place.
fn joined_lines(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let goes_on = c == '\n' && chars.peek().is_some_and(|next| next.is_lowercase());
        joined.push(if goes_on { ' ' } else { c });
    }
    joined
}

/// Whether the full stop at the end of a piece belongs to an abbreviation.
fn is_abbreviated(piece: &str) -> bool {
    // A line break ends everything.
    if piece.ends_with('\n') {
        return false;
    }
    let Some(before) = piece.trim_end().strip_suffix('.') else { return false };
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or(before);
    let is_initial = {
        let mut chars = word.chars();
        chars.next().is_some_and(char::is_uppercase) && chars.next().is_none()
    };
    // "1." begins a line of a list that is written by hand.
    let is_number = !word.is_empty()
        && word == before.trim_start()
        && word.len() < 4
        && word.bytes().all(|byte| byte.is_ascii_digit());
    is_initial || is_number || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

/// Cuts what is longer than a sentence may be, at commas or between words.
pub(super) fn cut_long(text: &str, mut range: Range<usize>, cut: &mut Vec<Range<usize>>) {
    while range.len() > MAX_BYTES {
        let mut most = range.start + MAX_BYTES;
        while !text.is_char_boundary(most) {
            most -= 1;
        }
        let head = &text[range.start..most];
        let after =
            |signs: &[char]| head.rfind(signs).map(|at| at + 1).filter(|at| *at > MAX_BYTES / 4);
        let at = after(&[';', ':', ',']).or_else(|| after(&[' '])).unwrap_or(head.len());
        cut.push(range.start..range.start + at);
        range.start += at;
    }
    cut.push(range);
}
