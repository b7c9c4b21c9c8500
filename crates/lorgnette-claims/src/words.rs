//! Words of an answer with their places.

use std::ops::Range;

/// A run of letters and digits in a text.
#[derive(Debug, Clone)]
pub struct Word<'a> {
    pub text: &'a str,
    /// In bytes.
    pub place: Range<usize>,
}

/// Returns the runs of letters, digits, apostrophes and inner hyphens of a text.
pub fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    let is_inner = |c: char| matches!(c, '\'' | '’' | '-' | '.' | '_' | '&' | '/' | '@');
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let goes_on = chars.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        if c.is_alphanumeric() {
            start.get_or_insert(i);
        } else if !(is_inner(c) && goes_on)
            && let Some(start) = start.take()
        {
            words.push(Word { text: &text[start..i], place: start..i });
        }
    }
    if let Some(start) = start {
        words.push(Word { text: &text[start..], place: start..text.len() });
    }
    words
}
