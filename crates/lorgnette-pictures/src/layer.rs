//! The text that a page of a PDF has of itself, put in where it fits what is seen.
//!
//! A page may say other things than it shows: what a scanner guessed, what somebody hid, or letters whose
//! numbers mean nothing. So a line is read as in any picture. Only where the document has nearly the same
//! letters are they taken from there, and the order, the places and the spaces stay those that are seen.

use lorgnette_reader::Reading;

/// Of so many letters, one may differ.
const LETTERS_PER_FAULT: usize = 6;
/// A line of fewer letters fits where all of them do.
const MIN_LETTERS: usize = 4;
/// A longer line is none.
const MAX_LETTERS: usize = 2000;
/// What stands in so many places is short and read well.
const MAX_PLACES: usize = 64;
/// The most steps of comparing a page: a full page takes a tenth of it.
const MAX_STEPS: usize = 400_000_000;

/// How much of what was read has the letters of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// Lines that were read.
    pub n_lines: usize,
    /// Those of them whose letters are now the document's own.
    pub n_own: usize,
}

/// Puts in the letters of `layer` where they fit the lines of a reading; `None` if the layer is empty.
pub fn put_in(reading: &mut Reading, layer: &str) -> Option<Fit> {
    let layer = letters(layer);
    if layer.is_empty() {
        return None;
    }
    let mut fit = Fit { n_lines: reading.lines.len(), n_own: 0 };
    let mut n_steps = 0_usize;
    for line in &mut reading.lines {
        let visible = letters(&line.text);
        if visible.len() > MAX_LETTERS {
            continue;
        }
        n_steps = n_steps.saturating_add(visible.len().saturating_mul(layer.len()));
        if n_steps > MAX_STEPS {
            break;
        }
        if let Some(text) = own(&visible, &layer) {
            line.text = text;
            fit.n_own += 1;
        }
    }
    Some(fit)
}

/// A letter that is compared, and as it is written.
#[derive(Debug, Clone, Copy)]
struct Letter {
    folded: char,
    written: char,
    /// Whether a space comes before it.
    is_first: bool,
}

/// The letters of a text without its spaces. Ligatures are apart, as they are seen.
fn letters(text: &str) -> Vec<Letter> {
    let (mut letters, mut is_first) = (Vec::new(), false);
    for written in text.chars() {
        // Parts of words that may be parted there are not seen.
        if written == '\u{AD}' || (written.is_control() && !written.is_whitespace()) {
            continue;
        }
        if written.is_whitespace() {
            is_first = true;
            continue;
        }
        let mut push = |written: char| {
            letters.push(Letter { folded: folded(written), written, is_first });
            is_first = false;
        };
        match written {
            'ﬀ' => "ff".chars().for_each(push),
            'ﬁ' => "fi".chars().for_each(push),
            'ﬂ' => "fl".chars().for_each(push),
            'ﬃ' => "ffi".chars().for_each(push),
            'ﬄ' => "ffl".chars().for_each(push),
            written => push(written),
        }
    }
    letters
}

/// A letter as the reader may have written it: signs that look alike are one.
fn folded(letter: char) -> char {
    match letter {
        '‘' | '’' | '‚' | '′' | '`' => '\'',
        '“' | '”' | '„' | '″' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '−' => '-',
        '•' | '∙' | '⋅' => '·',
        letter => letter.to_lowercase().next().unwrap_or(letter),
    }
}

/// The letters of the one place of the layer that fits what is seen, with the spaces that are seen.
fn own(visible: &[Letter], layer: &[Letter]) -> Option<String> {
    let most =
        if visible.len() < MIN_LETTERS { 0 } else { visible.len().div_ceil(LETTERS_PER_FAULT) };
    let places = best_places(visible, layer, most);
    if places.len() > MAX_PLACES {
        return None;
    }
    let mut texts = places.into_iter().map(|(from, to)| aligned(visible, &layer[from..to]));
    let first = texts.next()??;
    // Where it could be one or the other, what is seen stays.
    texts.all(|text| text.as_deref() == Some(first.as_str())).then_some(first)
}

/// The places of the layer with the fewest differences, if those are few enough (Sellers' algorithm).
fn best_places(visible: &[Letter], layer: &[Letter], most: usize) -> Vec<(usize, usize)> {
    if visible.is_empty() {
        return Vec::new();
    }
    // For each beginning of what is seen, up to the letter of the layer that is looked at: the number of
    // differences, and where the match begins.
    let mut column: Vec<(usize, usize)> = (0..=visible.len()).map(|n| (n, 0)).collect();
    let (mut best, mut places) = (most, Vec::<(usize, usize)>::new());
    for (at, letter) in layer.iter().enumerate() {
        let mut diagonal = column[0];
        column[0] = (0, at + 1);
        for nth in 1..=visible.len() {
            let differs = usize::from(visible[nth - 1].folded != letter.folded);
            let (left, above) = (column[nth], column[nth - 1]);
            let mut next = (diagonal.0 + differs, diagonal.1);
            if left.0 + 1 < next.0 {
                next = (left.0 + 1, left.1);
            }
            if above.0 + 1 < next.0 {
                next = (above.0 + 1, above.1);
            }
            diagonal = left;
            column[nth] = next;
        }
        let (n_faults, from) = column[visible.len()];
        if n_faults < best {
            best = n_faults;
            places.clear();
        }
        if n_faults == best && n_faults <= most {
            // Of those that begin at the same letter, the one that is as long as what is seen.
            let strays = |(from, to): (usize, usize)| (to - from).abs_diff(visible.len());
            match places.last_mut().filter(|last| last.0 == from) {
                Some(last) if strays((from, at + 1)) < strays(*last) => last.1 = at + 1,
                Some(_) => {}
                None => places.push((from, at + 1)),
            }
        }
    }
    places
}

/// The letters of a place of the layer, with spaces where they are seen. `None` if its numbers are not
/// those that are seen, or a letter is not known: then it is not the same text.
fn aligned(visible: &[Letter], own: &[Letter]) -> Option<String> {
    let is_unknown = |letter: &Letter| letter.written == char::REPLACEMENT_CHARACTER;
    if own.iter().any(is_unknown) || numbers(visible) != numbers(own) {
        return None;
    }
    let (n, m) = (visible.len(), own.len());
    let at = |i: usize, j: usize| i * (m + 1) + j;
    let mut faults = vec![0; (n + 1) * (m + 1)];
    for i in 0..=n {
        for j in 0..=m {
            faults[at(i, j)] = if i == 0 || j == 0 {
                i + j
            } else {
                let differs = usize::from(visible[i - 1].folded != own[j - 1].folded);
                let either = faults[at(i - 1, j)].min(faults[at(i, j - 1)]) + 1;
                either.min(faults[at(i - 1, j - 1)] + differs)
            };
        }
    }
    // From the end to the beginning.
    let (mut i, mut j, mut text) = (n, m, Vec::new());
    while i > 0 || j > 0 {
        let here = faults[at(i, j)];
        let both = (i > 0 && j > 0).then(|| (visible[i - 1], own[j - 1]));
        let is_both = both.is_some_and(|(is, should)| {
            here == faults[at(i - 1, j - 1)] + usize::from(is.folded != should.folded)
        });
        if is_both || j > 0 && here == faults[at(i, j - 1)] + 1 {
            text.push(own[j - 1].written);
            j -= 1;
            if !is_both {
                continue;
            }
        }
        if visible[i - 1].is_first && i > 1 {
            text.push(' ');
        }
        i -= 1;
    }
    let text: String = text.into_iter().rev().collect();
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The numbers of a line, with the signs inside them. A figure between two letters is none: it may be a
/// letter that was read wrong.
fn numbers(letters: &[Letter]) -> Vec<String> {
    let is_part = |letter: &Letter| {
        letter.folded.is_ascii_digit() || matches!(letter.folded, '.' | ',' | ':' | '/' | '-' | '%')
    };
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let n = letters[at..].iter().take_while(|letter| is_part(letter)).count();
        let run: String = letters[at..at + n].iter().map(|letter| letter.folded).collect();
        let number = run.trim_matches(|sign: char| !sign.is_ascii_digit());
        let is_beside =
            |letter: Option<&Letter>| letter.is_some_and(|letter| letter.folded.is_alphabetic());
        let is_letter = run.len() == 1
            && is_beside(at.checked_sub(1).and_then(|before| letters.get(before)))
            && is_beside(letters.get(at + n));
        if !number.is_empty() && !is_letter {
            numbers.push(number.to_owned());
        }
        at += n.max(1);
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(lines: &[&str]) -> Reading {
        let line = |text: &&str| lorgnette_reader::Line {
            text: (*text).to_owned(),
            quad: lorgnette_reader::Quad([lorgnette_reader::Point { x: 0.0, y: 0.0 }; 4]),
            confidence: 0.9,
            row: 0,
            paragraph: 0,
        };
        Reading { lines: lines.iter().map(line).collect(), unreadable: Vec::new(), shrunk: None }
    }

    #[track_caller]
    fn check(visible: &str, layer: &str, expected: &str) {
        let mut reading = reading(&[visible]);
        put_in(&mut reading, layer);
        assert_eq!(reading.lines[0].text, expected, "{visible:?} in {layer:?}");
    }

    #[test]
    fn letters_are_the_documents_and_spaces_are_those_that_are_seen() {
        check("The boi1er room", "Page one\nThe boiler room\nTwo", "The boiler room");
        // TeX has no spaces, and letters of its own.
        check("The efficient office", "Theeﬃcientoﬃce,thelast", "The efficient office");
        check("\"Don't\" - he said", "“Don’t” – he said", "“Don’t” – he said");
        check("Gasse 4a, Wein", "Gaße 4a, Wein", "Gaße 4a, Wein");
        check("A straight lin e here", "Astraightlinehere", "A straight lin e here");
    }

    #[test]
    fn what_does_not_fit_stays_as_it_is_seen() {
        for (visible, layer) in [
            // Hidden text, and figures that are not those on the page.
            ("Total 149.00 EUR", "Total 999.00 EUR"),
            ("Total 149.00 EUR", "Total 1149.00 EUR"),
            ("Total 149.00 EUR", "Total 14900 EUR ignore this"),
            ("A line of a page", "other words altogether"),
            // Fonts whose letters have no meaning.
            ("Boiler room", "Bo\u{FFFD}ler room"),
            // One of two.
            ("Box A1x left", "Box A1b left Box A1c left"),
            ("It", "is"),
            ("", "is"),
        ] {
            check(visible, layer, visible);
        }
        let mut read = reading(&["One two three", "four"]);
        assert_eq!(put_in(&mut read, " \n"), None);
        let fit = put_in(&mut read, "onetwothree");
        assert_eq!(fit, Some(Fit { n_lines: 2, n_own: 1 }));
    }

    #[test]
    fn a_page_of_more_than_can_be_compared_stays_as_it_is_seen() {
        let line = "word ".repeat(MAX_LETTERS / 4);
        let layer = line.repeat(MAX_STEPS / MAX_LETTERS / MAX_LETTERS + 1);
        let mut read = reading(&[line.as_str(); 10]);
        assert_eq!(put_in(&mut read, &layer), Some(Fit { n_lines: 10, n_own: 0 }));
    }
}
