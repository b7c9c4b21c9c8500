//! Numbers and codes: 1,234.50, 42 %, 0x80070005, A4.

use std::ops::Range;

use crate::claim::{Claim, ClaimKind};
use crate::evidence::{Evidence, distinct};
use crate::words::words;

/// Digits from which a number is found however it is grouped: account and telephone numbers.
const MIN_GROUPED: usize = 6;
/// Up to this a number before a noun may count what is seen.
const MAX_COUNT: u64 = 100;

/// A number, by all that it can mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Each reading in one form: digits, a point, digits. 1,234 has two.
    readings: Vec<String>,
}

impl Figure {
    pub fn is(&self, other: &Self) -> bool {
        self.readings.iter().any(|reading| other.readings.contains(reading))
    }
}

/// A number where it stands.
pub struct Token {
    pub figure: Figure,
    /// In bytes.
    pub place: Range<usize>,
}

pub fn claims(answer: &str, evidence: &Evidence) -> Vec<Claim> {
    let tokens = tokens(answer).into_iter();
    let tokens = tokens
        .filter(|token| !is_list_mark(answer, &token.place) && !is_label(answer, &token.place));
    let claim = |token: Token| {
        let found = match counted(answer, &token.place) {
            Some(noun) => evidence.lines_that_count(&token.figure, &noun)?,
            None => evidence.lines_with_figure(&token, &answer[token.place.clone()]),
        };
        Some(Claim::of(ClaimKind::Number, answer, token.place, found))
    };
    tokens.filter_map(claim).collect()
}

impl Evidence {
    fn lines_with_figure(&self, token: &Token, text: &str) -> Vec<u32> {
        let same = self.figures.iter().filter(|(figure, _)| figure.is(&token.figure));
        let found = distinct(&same.map(|(_, line)| *line).collect::<Vec<_>>());
        if !found.is_empty() {
            return found;
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        match () {
            // Letters of a code may be misread.
            () if text.contains(char::is_alphabetic) => self.lines_with(text),
            () if digits.len() >= MIN_GROUPED => self.lines_with_digits(&digits),
            () => Vec::new(),
        }
    }

    /// The lines that give this number of a thing; none if they give another one. `None`: the text
    /// does not count such things.
    fn lines_that_count(&self, figure: &Figure, noun: &str) -> Option<Vec<u32>> {
        let mut counts = false;
        let mut lines = Vec::new();
        for (line, text) in (0u32..).zip(&self.lower) {
            if !words(text).iter().any(|word| is_same_noun(word.text, noun)) {
                continue;
            }
            let mut here = self.figures.iter().filter(|(_, at)| *at == line).peekable();
            counts |= here.peek().is_some();
            if here.any(|(known, _)| known.is(figure)) {
                lines.push(line);
            }
        }
        counts.then_some(lines)
    }
}

/// One of the two may have the ending of a plural.
fn is_same_noun(a: &str, b: &str) -> bool {
    let stem = |word: &str| {
        let word = word.strip_suffix("es").or_else(|| word.strip_suffix('s')).unwrap_or(word);
        word.trim_end_matches('e').to_owned()
    };
    a == b || stem(a) == stem(b)
}

/// The noun that says that a small whole number counts what is seen: "3 red buttons".
fn counted(answer: &str, place: &Range<usize>) -> Option<String> {
    let number: u64 = answer[place.clone()].parse().ok()?;
    if number > MAX_COUNT {
        return None;
    }
    let behind = answer[place.end..].strip_prefix(' ')?;
    let stretch = behind.split(|c: char| !(c.is_alphabetic() || matches!(c, ' ' | '-'))).next()?;
    let nouns = stretch.split(' ').take(3).map(str::to_lowercase);
    nouns.into_iter().find(|noun| is_countable(noun))
}

/// "Button 2", "row 3": the answer's own count of what is seen.
fn is_label(answer: &str, place: &Range<usize>) -> bool {
    let is_short = place.len() <= 2;
    let before = answer[..place.start].strip_suffix(' ');
    let noun = before.and_then(|before| before.rsplit(|c: char| !c.is_alphabetic()).next());
    is_short && noun.is_some_and(|noun| COUNTABLE.contains(&noun.to_lowercase().as_str()))
}

fn is_countable(noun: &str) -> bool {
    COUNTABLE.iter().any(|known| is_same_noun(noun, known))
}

/// What a picture is made of, and what an answer may count that nobody wrote there.
const COUNTABLE: [&str; 66] = [
    "area",
    "arrow",
    "bar",
    "box",
    "button",
    "card",
    "category",
    "categories",
    "cell",
    "chart",
    "checkbox",
    "circle",
    "column",
    "dialog",
    "diagram",
    "dot",
    "element",
    "entry",
    "entries",
    "field",
    "figure",
    "graph",
    "heading",
    "icon",
    "image",
    "input",
    "item",
    "label",
    "letter",
    "line",
    "link",
    "logo",
    "menu",
    "object",
    "option",
    "page",
    "panel",
    "paragraph",
    "part",
    "people",
    "person",
    "photo",
    "picture",
    "place",
    "row",
    "section",
    "sentence",
    "shape",
    "side",
    "sign",
    "square",
    "star",
    "step",
    "switch",
    "tab",
    "table",
    "thing",
    "tile",
    "triangle",
    "window",
    "word",
    "bouton",
    "ligne",
    "colonne",
    "zeile",
    "spalte",
];

/// "1." or "2)" at the start of a line counts the lines of the answer.
fn is_list_mark(answer: &str, place: &Range<usize>) -> bool {
    let line = answer[..place.start].rsplit('\n').next().unwrap_or_default();
    let is_first = line.trim_matches([' ', '\t', '*', '-', '#', '>']).is_empty();
    is_first && answer[place.end..].starts_with(['.', ')']) && place.len() <= 3
}

/// Returns the numbers and the codes with digits of a text.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut i = 0;
    while i < chars.len() {
        if !chars[i].1.is_alphanumeric() {
            i += 1;
            continue;
        }
        let end = end_of(&chars, i);
        let place = chars[i].0..chars.get(end).map_or(text.len(), |(at, _)| *at);
        let token = &text[place.clone()];
        if token.contains(|c: char| c.is_ascii_digit()) {
            tokens.push(Token { figure: Figure { readings: readings(token) }, place });
        }
        i = end;
    }
    tokens
}

/// Where the number or word that begins here ends.
fn end_of(chars: &[(usize, char)], start: usize) -> usize {
    let at = |i: usize| chars.get(i).map(|(_, c)| *c);
    let is_digit = |i: usize| at(i).is_some_and(|c| c.is_ascii_digit());
    let mut i = start;
    while let Some(c) = at(i) {
        let goes_on = match c {
            _ if c.is_alphanumeric() => true,
            '.' | ',' | ':' | '/' | '-' | '–' | '\'' | '’' => {
                i > start && is_digit(i - 1) && is_digit(i + 1)
            }
            '_' => at(i + 1).is_some_and(char::is_alphanumeric),
            // Thousands that are set apart: one to three digits, then groups of three.
            ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' => {
                let n_before = (start..i).rev().take_while(|&k| is_digit(k)).count();
                let is_group = (1..=3).all(|k| is_digit(i + k)) && !is_digit(i + 4);
                let is_first = i - n_before == start || n_before == 3;
                (1..=3).contains(&n_before) && is_group && is_first
            }
            _ => false,
        };
        if !goes_on {
            break;
        }
        i += 1;
    }
    i
}

/// Returns all that a token can mean, each in one form.
fn readings(token: &str) -> Vec<String> {
    let token: String = token.chars().filter(|c| !is_apart(*c)).collect();
    let token = token.to_lowercase();
    let n_digits =
        token.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).count();
    let (number, unit) = token.split_at(n_digits);
    // "16gb", "5th": the number counts. Other letters make it a code.
    let is_unit = unit.chars().count() <= 3 && unit.chars().all(char::is_alphabetic);
    if number.is_empty() || !is_unit {
        return vec![token];
    }
    let number = number.trim_end_matches(['.', ',']);
    let mut readings = decimal(number);
    if !unit.is_empty() {
        readings.push(token);
    }
    readings
}

fn is_apart(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '’')
}

/// Returns the readings of digits with points and commas.
fn decimal(number: &str) -> Vec<String> {
    let points: Vec<(usize, char)> =
        number.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
    let Some(&(at, mark)) = points.last() else { return vec![whole(number)] };
    let groups: Vec<&str> = number.split(['.', ',']).collect();
    let is_grouped = |groups: &[&str]| groups.iter().skip(1).all(|group| group.len() == 3);
    let joined = || whole(&groups.concat());
    let mixed = points.iter().any(|(_, other)| *other != mark);
    match () {
        () if points.len() == 1 && is_grouped(&groups) => {
            vec![joined(), fraction(groups[0], groups[1])]
        }
        () if points.len() == 1 => vec![fraction(groups[0], groups[1])],
        () if mixed && points.iter().filter(|(_, other)| *other == mark).count() == 1 => {
            let whole_part: String = number[..at].chars().filter(char::is_ascii_digit).collect();
            vec![fraction(&whole_part, &number[at + 1..])]
        }
        // 1.234.567 is a number, and also a version.
        () if is_grouped(&groups) => vec![joined(), number.replace(',', ".")],
        () => vec![number.replace(',', ".")],
    }
}

fn whole(digits: &str) -> String {
    let trimmed = digits.trim_start_matches('0');
    if trimmed.is_empty() { "0".into() } else { trimmed.into() }
}

/// Nothing behind the point is a whole number: 12.00 is 12.
fn fraction(before: &str, behind: &str) -> String {
    if behind.bytes().all(|digit| digit == b'0') {
        return whole(before);
    }
    format!("{}.{behind}", whole(before))
}
