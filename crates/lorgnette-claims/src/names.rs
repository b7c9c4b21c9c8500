//! Names: words in capitals inside a sentence.

use std::ops::Range;

use crate::claim::{Claim, ClaimKind};
use crate::evidence::{Evidence, distinct};
use crate::words::{Word, words};

/// Above this part of words in capitals the language writes its nouns so, and nothing tells a name.
const MAX_CAPITALS: f64 = 0.3;

pub fn claims(answer: &str, evidence: &Evidence) -> Vec<Claim> {
    let words = words(answer);
    let inner: Vec<bool> = (0..words.len()).map(|i| is_inner(answer, &words, i)).collect();
    let n_inner = inner.iter().filter(|inner| **inner).count();
    // A name of several words is one.
    let capital = |i: usize| inner[i] && words[i].text.starts_with(char::is_uppercase);
    let n_capitals = (1..words.len()).filter(|&i| capital(i) && !capital(i - 1)).count();
    if n_inner >= 10 && n_capitals as f64 > MAX_CAPITALS * n_inner as f64 {
        return Vec::new();
    }
    let mut claims = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let mut end = i;
        while end < words.len()
            && is_capital(words[end].text)
            && (end == i && inner[i] || end > i && is_joined(answer, &words[end - 1], &words[end]))
        {
            end += 1;
        }
        if end == i {
            i += 1;
            continue;
        }
        claims.extend(claim(answer, &words[i..end], evidence));
        i = end;
    }
    claims
}

fn claim(answer: &str, words: &[Word], evidence: &Evidence) -> Option<Claim> {
    let place: Range<usize> = words.first()?.place.start..words.last()?.place.end;
    let mut found = evidence.lines_with(&answer[place.clone()]);
    if found.is_empty() {
        let each: Vec<Vec<u32>> = words.iter().map(|word| evidence.lines_with(word.text)).collect();
        if each.iter().all(|lines| !lines.is_empty()) {
            found = distinct(&each.concat());
        }
    }
    // "a PDF": short words in capitals are kinds of things.
    let is_kind = words.iter().all(|word| {
        word.text.chars().count() <= 4 && !word.text.contains(char::is_lowercase)
            || KNOWN.contains(&word.text)
    });
    (!found.is_empty() || !is_kind).then(|| Claim::of(ClaimKind::Name, answer, place, found))
}

fn is_capital(word: &str) -> bool {
    let mut chars = word.chars();
    let is_first = chars.next().is_some_and(char::is_uppercase);
    is_first && chars.next().is_some() && !word.contains(|c: char| c.is_ascii_digit())
}

/// Whether a sentence is under way before this word, in a line that is no heading.
fn is_inner(answer: &str, words: &[Word], i: usize) -> bool {
    let Some(before) = i.checked_sub(1).map(|before| &words[before]) else { return false };
    let line = answer[..words[i].place.start].rsplit('\n').next().unwrap_or_default();
    let gap = &answer[before.place.end..words[i].place.start];
    let starts =
        gap.contains(['.', '!', '?', ':', '\n', '"', '“', '«', '*', '(', '|', '•', '–', '—']);
    !starts && line.contains(char::is_alphabetic) && !line.trim_start().starts_with('#')
}

fn is_joined(answer: &str, before: &Word, word: &Word) -> bool {
    matches!(&answer[before.place.end..word.place.start], " " | "\u{a0}")
}

/// Words in capitals that name no one thing in a picture.
const KNOWN: [&str; 26] = [
    "English",
    "French",
    "German",
    "Spanish",
    "Italian",
    "Latin",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "The",
];
