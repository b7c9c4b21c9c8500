//! What an answer sets in quotation marks, as code or as a block: it says that this is written there.

use std::ops::Range;

use crate::claim::{Claim, ClaimKind};
use crate::evidence::{Evidence, distinct};

/// Letters that a quote may have; more is a mark that was never closed.
const MAX_CHARS: usize = 400;

const PAIRS: [(char, char); 8] = [
    ('"', '"'),
    ('“', '”'),
    ('„', '“'),
    ('«', '»'),
    ('‘', '’'),
    ('\'', '\''),
    ('`', '`'),
    ('「', '」'),
];

pub fn claims(answer: &str, evidence: &Evidence) -> Vec<Claim> {
    let places = places(answer).into_iter();
    let claim = |place: Range<usize>| {
        let found = lines_with(&answer[place.clone()], evidence)?;
        Some(Claim::of(ClaimKind::Quote, answer, place, found))
    };
    places.filter_map(claim).collect()
}

/// Looks up each part of a quote that something was left out of. `None`: it has no letters.
fn lines_with(quote: &str, evidence: &Evidence) -> Option<Vec<u32>> {
    let parts = quote.split('…').flat_map(|part| part.split("..."));
    let mut parts = parts.filter(|part| part.contains(char::is_alphanumeric)).peekable();
    parts.peek()?;
    let mut lines = Vec::new();
    for part in parts {
        let found = evidence.lines_with(part);
        if found.is_empty() {
            return Some(Vec::new());
        }
        lines.extend(found);
    }
    Some(distinct(&lines))
}

/// Where quotes stand, without their marks.
fn places(answer: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut in_fence = false;
    let mut open_until = 0;
    let mut at = 0;
    for line in answer.split_inclusive('\n') {
        let text = line.trim_end();
        let content = text.trim_start();
        let start = at + text.len() - content.len();
        if content.starts_with("```") {
            in_fence = !in_fence;
        } else if in_fence {
            places.push(start..at + text.len());
        } else if let Some(quoted) = content.strip_prefix('>') {
            let quoted = quoted.trim_start();
            places.push(at + text.len() - quoted.len()..at + text.len());
        } else {
            inline(answer, start.max(open_until)..at + text.len(), &mut open_until, &mut places);
        }
        at += line.len();
    }
    places
}

/// Finds the quotes that begin in a line; one may end in the next line of its paragraph.
fn inline(
    answer: &str,
    line: Range<usize>,
    open_until: &mut usize,
    places: &mut Vec<Range<usize>>,
) {
    let mut at = line.start;
    while at < line.end {
        let Some(c) = answer[at..].chars().next() else { return };
        let next = at + c.len_utf8();
        if let Some(&(_, close)) = PAIRS.iter().find(|(open, _)| *open == c)
            && opens(answer, at, next, c)
            && let Some(end) = end_of(answer, next, close)
        {
            places.push(next..end);
            at = end + close.len_utf8();
            *open_until = at;
        } else {
            at = next;
        }
    }
}

/// A straight mark opens behind a space or a bracket, and before a letter: it is no inch and no
/// apostrophe.
fn opens(answer: &str, at: usize, next: usize, mark: char) -> bool {
    let before = answer[..at].chars().next_back();
    let behind = answer[next..].chars().next();
    let is_straight = matches!(mark, '"' | '\'' | '`' | '‘');
    !is_straight
        || before.is_none_or(|c| !c.is_alphanumeric()) && behind.is_some_and(|c| !c.is_whitespace())
}

fn end_of(answer: &str, from: usize, close: char) -> Option<usize> {
    let mut n_chars = 0;
    let mut chars = answer[from..].char_indices().peekable();
    let mut before = ' ';
    while let Some((i, c)) = chars.next() {
        n_chars += 1;
        let behind = chars.peek().map(|(_, c)| *c);
        let ends_paragraph = c == '\n' && behind.is_none_or(|c| c == '\n');
        if n_chars > MAX_CHARS || ends_paragraph {
            return None;
        }
        let is_apostrophe =
            matches!(close, '\'' | '’') && behind.is_some_and(char::is_alphanumeric);
        if c == close && !is_apostrophe && !(close == '\'' && before.is_whitespace()) {
            return (i > 0).then_some(from + i);
        }
        before = c;
    }
    None
}
