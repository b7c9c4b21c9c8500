//! The character error rate of what was read.

use std::collections::BTreeMap;
use std::path::Path;

use lorgnette_image::Picture;
use lorgnette_reader::Reading;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

/// What a picture says.
#[derive(Deserialize)]
pub struct Truth {
    pub kind: String,
    /// In reading order; the cells of a row are one line.
    lines: Vec<String>,
    /// Whether it is of letters that the network does not know.
    #[serde(default)]
    pub unsupported: bool,
}

impl Truth {
    /// Returns its rows as they are compared.
    pub fn rows(&self) -> Vec<String> {
        self.lines.iter().map(|line| folded(line).iter().collect()).collect()
    }
}

/// The distance between what a picture says and what was read.
#[derive(Clone, Copy, Default)]
pub struct Score {
    pub n_wrong: usize,
    pub n_letters: usize,
}

impl Score {
    /// Returns the character error rate in percent.
    pub fn percent(&self) -> f64 {
        100.0 * self.n_wrong as f64 / self.n_letters.max(1) as f64
    }
}

impl std::ops::AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.n_wrong += other.n_wrong;
        self.n_letters += other.n_letters;
    }
}

/// Returns the pictures of a folder by their names.
pub fn truths(folder: &Path) -> BTreeMap<String, Truth> {
    let json = fs_err::read(folder.join("texts.json")).unwrap();
    serde_json::from_slice(&json).unwrap()
}

pub fn picture(path: &Path) -> Picture {
    Picture::decode(&fs_err::read(path).unwrap()).unwrap()
}

pub fn score(truth: &Truth, reading: &Reading) -> Score {
    let (expected, found) = (folded(&truth.lines.join(" ")), folded(&reading.text()));
    Score { n_wrong: distance(&expected, &found), n_letters: expected.len() }
}

/// Returns the score if rows may stand in any order: rows that are equal are left out, and the others
/// are sorted.
pub fn score_without_order(truth: &Truth, reading: &Reading) -> Score {
    let (mut expected, mut found) = (truth.rows(), rows(reading));
    let n_letters = folded(&truth.lines.join(" ")).len();
    expected.retain(|row| match found.iter().position(|other| other == row) {
        Some(at) => {
            found.remove(at);
            false
        }
        None => true,
    });
    expected.sort();
    found.sort();
    let letters = |rows: &[String]| rows.join(" ").chars().collect::<Vec<char>>();
    Score { n_wrong: distance(&letters(&expected), &letters(&found)), n_letters }
}

/// Returns the rows that were read as they are compared.
pub fn rows(reading: &Reading) -> Vec<String> {
    let cells = |row: &[lorgnette_reader::Line]| {
        row.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ")
    };
    reading.rows().map(|row| folded(&cells(row)).iter().collect()).collect()
}

/// Returns the text in the form in which letters are compared: NFKC, straight quotes, single spaces, and
/// none beside Chinese and Japanese letters.
pub fn folded(text: &str) -> Vec<char> {
    let letters = text.nfkc().map(|letter| match letter {
        '’' | '‘' => '\'',
        '“' | '”' | '„' => '"',
        '•' => '·',
        letter => letter,
    });
    let letters: String = letters.collect();
    let mut folded: Vec<char> = Vec::new();
    for word in letters.split_whitespace() {
        let first = word.chars().next();
        let is_apart = |letter: Option<char>| letter.is_some_and(|letter| !is_cjk(letter));
        if is_apart(folded.last().copied()) && is_apart(first) {
            folded.push(' ');
        }
        folded.extend(word.chars());
    }
    folded
}

fn is_cjk(letter: char) -> bool {
    matches!(letter, '\u{3000}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}')
}

/// Returns the Levenshtein distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
