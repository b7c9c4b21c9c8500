//! Compares answers to the same question, made with some chance, sentence by sentence. What varies is
//! uncertain.
//!
//! Source of the idea: "Surfacing Variations to Calibrate Perceived Reliability of MLLM-generated
//! Image Descriptions", arXiv 2507.15692.

use std::collections::BTreeSet;
use std::ops::Range;

use lorgnette_speech::{Phrases, text};
use serde::Serialize;

/// Of the words that carry meaning, this part has to be in another answer for it to agree.
const MIN_SHARED: f64 = 0.6;
/// Below this part of agreeing answers a sentence is uncertain.
const MIN_AGREE: f64 = 0.7;

/// A sentence of the answer, held against the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// As it is shown, without markup.
    pub shown: String,
    /// Where it stands in the answer's Markdown, in bytes.
    pub source: Range<usize>,
    /// How many of the other answers say the same.
    pub n_agree: usize,
    pub n_samples: usize,
    /// What the others say instead, each once, at most three.
    pub instead: Vec<String>,
}

impl Checked {
    /// Whether too few answers bear it out.
    pub fn is_uncertain(&self) -> bool {
        (self.n_agree as f64) < MIN_AGREE * self.n_samples as f64
    }
}

/// Holds each sentence of an answer against other answers to the same question.
pub fn compare(answer: &str, others: &[String]) -> Vec<Checked> {
    let others: Vec<Other> = others.iter().map(|other| Other::new(other)).collect();
    let sentences = text::sentences(answer, Phrases::of("en"));
    let check = |sentence: text::Sentence| {
        let facts = Facts::of(&sentence.shown);
        let mut instead: Vec<String> = Vec::new();
        let mut n_agree = 0;
        for other in &others {
            if facts.are_in(&other.facts) {
                n_agree += 1;
            } else if let Some(nearest) = other.nearest(&facts)
                && instead.len() < 3
                && !instead.contains(nearest)
            {
                instead.push(nearest.clone());
            }
        }
        let (shown, source) = (sentence.shown, sentence.source);
        Checked { shown, source, n_agree, n_samples: others.len(), instead }
    };
    sentences.into_iter().map(check).collect()
}

/// An answer that the first one is held against.
struct Other {
    facts: Facts,
    sentences: Vec<(String, Facts)>,
}

impl Other {
    fn new(answer: &str) -> Self {
        let sentences = text::sentences(answer, Phrases::of("en")).into_iter();
        let sentences = sentences.map(|one| (one.shown.clone(), Facts::of(&one.shown))).collect();
        Self { facts: Facts::of(answer), sentences }
    }

    /// The sentence that is most about the same thing.
    fn nearest(&self, facts: &Facts) -> Option<&String> {
        let shared = |other: &Facts| facts.words.intersection(&other.words).count();
        let nearest = self.sentences.iter().max_by_key(|(_, other)| shared(other));
        nearest.map(|(shown, _)| shown)
    }
}

/// What a sentence claims: its words that carry meaning, and those that must be the same to the
/// letter.
struct Facts {
    words: BTreeSet<String>,
    /// Numbers, names, quoted words.
    exact: BTreeSet<String>,
}

impl Facts {
    fn of(text: &str) -> Self {
        let (mut words, mut exact) = (BTreeSet::new(), BTreeSet::new());
        let mut in_quotes = false;
        let mut is_first = true;
        for word in text.split_whitespace() {
            let opens = word.starts_with(['"', '“', '«', '‘']);
            let closes = word
                .trim_end_matches(['.', ',', ';', ':', '?', '!'])
                .ends_with(['"', '”', '»', '’']);
            in_quotes |= opens;
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            let small = bare.to_lowercase();
            if !bare.is_empty() {
                let is_number = bare.contains(|c: char| c.is_ascii_digit());
                let is_name = !is_first && bare.starts_with(char::is_uppercase);
                if is_number || is_name || in_quotes || COUNTS.contains(&small.as_str()) {
                    exact.insert(small.clone());
                }
                if in_quotes
                    || is_number
                    || bare.chars().count() > 3 && !EMPTY.contains(&small.as_str())
                {
                    words.insert(small);
                }
                is_first = word.ends_with(['.', '!', '?', ':']);
            }
            in_quotes &= !closes;
        }
        Self { words, exact }
    }

    fn are_in(&self, other: &Self) -> bool {
        let known = |word: &String| other.words.contains(word) || other.exact.contains(word);
        if !self.exact.iter().all(known) {
            return false;
        }
        let n_shared = self.words.iter().filter(|word| known(word)).count();
        self.words.is_empty() || n_shared as f64 >= MIN_SHARED * self.words.len() as f64
    }
}

/// Numbers in words, colours and sides: one other word, and another picture.
const COUNTS: [&str; 40] = [
    "no", "not", "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white",
    "grey", "gray", "left", "right", "top", "bottom", "centre", "center", "yes", "aucun", "un",
    "deux", "trois", "quatre", "cinq", "gauche", "droite",
];
/// Words of more than three letters that say little.
const EMPTY: [&str; 24] = [
    "this", "that", "there", "these", "those", "with", "from", "which", "while", "into", "also",
    "image", "picture", "shows", "appears", "seems", "visible", "dans", "avec", "cette", "pour",
    "image", "elle", "sont",
];

#[cfg(test)]
mod tests;
