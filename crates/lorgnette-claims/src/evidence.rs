//! The text of the picture, made ready to be looked in.

use crate::dates::{self, Moment};
use crate::fold::{Folded, fold};
use crate::numbers::{self, Figure};

/// Letters from which one wrong one is forgiven.
const MIN_FORGIVING: usize = 5;
/// Letters from which two are: a long quote passes more letters that can be misread.
const MIN_FORGIVING_TWICE: usize = 60;
/// Letters from which a quote may begin or end inside a word: spaces get lost in reading.
const MIN_UNBOUND: usize = 12;
/// More than any wrong letters that are forgiven.
const TOO_MUCH: u8 = 10;

pub struct Evidence {
    /// All lines one behind the other.
    letters: Vec<Folded>,
    /// Which line each letter is of.
    lines: Vec<u32>,
    /// Numbers, each with its line.
    pub figures: Vec<(Figure, u32)>,
    /// Dates and times, each with its line.
    pub moments: Vec<(Moment, u32)>,
    /// The lines as they were, in lower case.
    pub lower: Vec<String>,
}

impl Evidence {
    pub fn of(lines: &[&str]) -> Self {
        let mut evidence = Self {
            letters: Vec::new(),
            lines: Vec::new(),
            figures: Vec::new(),
            moments: Vec::new(),
            lower: Vec::new(),
        };
        for (line, text) in (0u32..).zip(lines) {
            let letters = fold(text);
            evidence.lines.extend(letters.iter().map(|_| line));
            evidence.letters.extend(letters);
            let figures = numbers::tokens(text).into_iter();
            evidence.figures.extend(figures.map(|token| (token.figure, line)));
            let moments = dates::tokens(text).into_iter();
            evidence.moments.extend(moments.map(|token| (token.moment, line)));
            evidence.lower.push(text.to_lowercase());
        }
        evidence
    }

    /// Returns the lines that have a text, with as many wrong letters as are forgiven at its length;
    /// none when they do not. A text without letters and digits is nowhere.
    pub fn lines_with(&self, text: &str) -> Vec<u32> {
        let pattern: Vec<char> = fold(text).iter().map(|one| one.letter).collect();
        if pattern.is_empty() {
            return Vec::new();
        }
        let n_wrong = match pattern.len() {
            0..MIN_FORGIVING => 0,
            MIN_FORGIVING..MIN_FORGIVING_TWICE => 1,
            _ => 2,
        };
        let found = self.find(&pattern, n_wrong, true);
        let unbound = || self.find(&pattern, n_wrong, false);
        found.or_else(|| (pattern.len() >= MIN_UNBOUND).then(unbound).flatten()).unwrap_or_default()
    }

    /// Returns the lines that have a run of digits, whatever stands between them.
    pub fn lines_with_digits(&self, digits: &str) -> Vec<u32> {
        let digits: Vec<char> = digits.chars().collect();
        let (text, lines): (Vec<char>, Vec<u32>) = (self.letters.iter().zip(&self.lines))
            .filter(|(one, _)| one.letter.is_ascii_digit())
            .map(|(one, line)| (one.letter, *line))
            .unzip();
        let at = text.windows(digits.len().max(1)).position(|window| window == digits);
        at.map(|at| distinct(&lines[at..at + digits.len()])).unwrap_or_default()
    }

    /// Looks for the stretch with the fewest wrong letters (P. Sellers, "The theory and computation of
    /// evolutionary distances", 1980). `bound`: it must begin and end where a word does.
    fn find(&self, pattern: &[char], n_wrong: u8, bound: bool) -> Option<Vec<u32>> {
        // Of each beginning of the pattern: the least cost of a stretch that ends at this letter, and
        // where the stretch begins.
        let mut column: Vec<(u8, usize)> = vec![(TOO_MUCH, 0); pattern.len() + 1];
        let mut best: Option<(u8, usize, usize)> = None;
        for (i, one) in self.letters.iter().enumerate() {
            // A stretch that begins at this letter, or that began with letters too many.
            let fresh = (if bound && !one.starts { TOO_MUCH } else { 0 }, i);
            let mut diagonal = fresh.min_by_cost(column[0]);
            column[0] = plus(diagonal, cost_of(one.letter));
            let mut above = column[0];
            for (k, &letter) in pattern.iter().enumerate() {
                let changed = plus(diagonal, cost_of_change(letter, one.letter));
                // The text lacks this letter of the pattern, or has one too many.
                let lacking = plus(above, cost_of(letter));
                let extra = plus(column[k + 1], cost_of(one.letter));
                diagonal = column[k + 1];
                column[k + 1] = changed.min_by_cost(lacking).min_by_cost(extra);
                above = column[k + 1];
            }
            let (cost, start) = column[pattern.len()];
            let ends_well = !bound || one.ends;
            if ends_well && cost <= n_wrong && best.is_none_or(|(known, ..)| cost < known) {
                best = Some((cost, start, i));
                if cost == 0 {
                    break;
                }
            }
        }
        best.map(|(_, start, end)| distinct(&self.lines[start..=end]))
    }
}

trait MinByCost {
    fn min_by_cost(self, other: Self) -> Self;
}

impl MinByCost for (u8, usize) {
    fn min_by_cost(self, other: Self) -> Self {
        if other.0 < self.0 { other } else { self }
    }
}

fn plus((cost, start): (u8, usize), more: u8) -> (u8, usize) {
    ((cost + more).min(TOO_MUCH), start)
}

/// What it costs that a letter is missing or too many. A digit is never forgiven.
fn cost_of(letter: char) -> u8 {
    if is_exact(letter) { TOO_MUCH } else { 1 }
}

fn cost_of_change(a: char, b: char) -> u8 {
    match () {
        () if a == b => 0,
        () if is_exact(a) && is_exact(b) => TOO_MUCH,
        () if look_alike(a) == look_alike(b) => 1,
        () => cost_of(a).max(cost_of(b)),
    }
}

fn is_exact(letter: char) -> bool {
    letter.is_ascii_digit() || matches!(letter, '.' | '%')
}

/// Letters and digits that reading takes for each other.
fn look_alike(letter: char) -> char {
    match letter {
        'o' => '0',
        'l' | 'i' => '1',
        's' => '5',
        'b' => '8',
        other => other,
    }
}

pub fn distinct(lines: &[u32]) -> Vec<u32> {
    let mut lines = lines.to_vec();
    lines.sort_unstable();
    lines.dedup();
    lines
}
