//! Holds a whole answer against the text of the picture: every word is the model's own or stands
//! there. This is for a model of few words, which misspells what it reads and makes things up where it
//! can read nothing.

use std::collections::BTreeSet;
use std::ops::Range;

use strsim::normalized_levenshtein;

/// What an answer is once it was held against the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grounded {
    /// It stands, with what it quotes spelt as the text has it.
    Stands(String),
    /// Something in it is no word of the model's own, and nothing like it is in the text.
    MadeUp,
}

/// Letters of a whole line that may differ.
const OF_LINES: f64 = 0.6;
/// The same for a part of a line, which is found by chance more easily, and for few letters.
const OF_WORDS: f64 = 0.34;
/// Letters of several lines: the more there are, the more is made up of them by chance.
const OF_SEVERAL: f64 = 0.45;
/// Of numbers: another number is another answer.
const OF_DIGITS: f64 = 0.2;
/// Whole lines are quoted more often than parts of them.
const WHOLE: f64 = 0.12;
/// Lines that one quote may run over.
const MAX_LINES: usize = 6;

/// Returns whether an answer is a sentence of nothing but words of the model's own, which are in lower
/// case. Then no text is needed to hold it against.
pub fn is_own(answer: &str, own_words: &[&str]) -> bool {
    is_sentence(answer) && unknown(answer, own_words).is_empty()
}

/// What circles, crosses and bars are read as, however many there are.
const OF_SHAPES: &str = "o0xil1";
/// Different letters of words, or of Chinese words, from which on a line is text.
const MIN_LETTERS: usize = 2;
const MIN_IDEOGRAPHS: usize = 4;

/// Returns whether the lines that were read in a picture are words. Where shapes are read as letters,
/// they are circles, crosses and bars, or a few ideographs.
pub fn has_words(lines: &[&str]) -> bool {
    lines.iter().any(|line| {
        let letters: BTreeSet<char> = line.chars().flat_map(char::to_lowercase).collect();
        let letters = letters.into_iter().filter(|letter| letter.is_alphanumeric());
        let (of_words, ideographs): (Vec<char>, Vec<char>) = letters
            .filter(|letter| !OF_SHAPES.contains(*letter))
            .partition(|letter| *letter < '\u{2e80}');
        of_words.len() >= MIN_LETTERS || ideographs.len() >= MIN_IDEOGRAPHS
    })
}

/// What is read off a picture is no sentence, or not often.
fn is_sentence(answer: &str) -> bool {
    answer.starts_with(char::is_uppercase) && answer.ends_with('.')
}

/// Holds an answer against the lines of a text. What it has beside `own_words` is looked for as a
/// whole, then by the items of its list, then word by word.
pub fn ground(answer: &str, own_words: &[&str], lines: &[&str]) -> Grounded {
    let text = Text::of(lines);
    let grounded = answer.split('\n').map(|line| ground_line(line, own_words, &text));
    let Some(mut grounded) = grounded.collect::<Option<Vec<_>>>() else {
        return Grounded::MadeUp;
    };
    // A network that loses its place reads a line twice.
    grounded.dedup_by(|later, line| later == line && !text.has_twice(line));
    Grounded::Stands(grounded.join("\n"))
}

fn ground_line(line: &str, own_words: &[&str], text: &Text) -> Option<String> {
    if is_own(line, own_words) || line.is_empty() {
        return Some(line.to_owned());
    }
    // A sentence of the model's own has little from the picture.
    let n_words = line.split_whitespace().count();
    let n_unknown = unknown(line, own_words).len();
    let is_quote = !line.contains('"') && (2 * n_unknown >= n_words || n_unknown == 0);
    if is_quote && let Some(nearest) = text.nearest(line) {
        return Some(nearest);
    }
    let items: Vec<&str> = line.split(", ").collect();
    if items.len() > 1 {
        let items = items.into_iter().map(|item| text.nearest(item));
        if let Some(items) = items.collect::<Option<Vec<_>>>() {
            return Some(items.join(", "));
        }
    }
    if n_unknown == 0 {
        return None;
    }
    let grounded = ground_parts(line, own_words, text);
    if is_quote { grounded } else { grounded.or_else(|| text.nearest(line)) }
}

fn ground_parts(line: &str, own_words: &[&str], text: &Text) -> Option<String> {
    let (mut grounded, mut done) = (String::new(), 0);
    for place in quotes_and_runs(line, own_words) {
        grounded.push_str(&line[done..place.start]);
        grounded.push_str(&text.nearest(&line[place.clone()])?);
        done = place.end;
    }
    Some(grounded + &line[done..])
}

/// The places of what is quoted and, outside quotes, of words that are not the model's own. Words side
/// by side are one place.
fn quotes_and_runs(line: &str, own_words: &[&str]) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    for (i, part) in line.split('"').enumerate() {
        let place = at..at + part.len();
        at = place.end + 1;
        if i % 2 == 1 && !part.trim().is_empty() {
            places.push(place);
        } else if i % 2 == 0 {
            let mut run: Option<Range<usize>> = None;
            for word in unknown(part, own_words) {
                let word = place.start + word.start..place.start + word.end;
                let goes_on = |run: &Range<usize>| line[run.end..word.start].trim().is_empty();
                match &mut run {
                    Some(run) if goes_on(run) => run.end = word.end,
                    _ => places.extend(run.replace(word)),
                }
            }
            places.extend(run);
        }
    }
    places
}

/// The places of words that are not the model's own, without the marks about them.
fn unknown(text: &str, own_words: &[&str]) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    for word in text.split_whitespace() {
        let bare = word.trim_matches(['.', ',', ';', ':', '"']);
        if bare.is_empty() || own_words.contains(&bare.to_lowercase().as_str()) {
            continue;
        }
        // Both are slices of `text`.
        let start = bare.as_ptr().addr() - text.as_ptr().addr();
        places.push(start..start + bare.len());
    }
    places
}

/// The text of a picture as one row of words.
struct Text<'a> {
    words: Vec<&'a str>,
    /// Whether a line begins with the word.
    begins: Vec<bool>,
}

impl<'a> Text<'a> {
    fn of(lines: &[&'a str]) -> Self {
        let (mut words, mut begins) = (Vec::new(), Vec::new());
        for line in lines {
            for (i, word) in line.split_whitespace().enumerate() {
                words.push(word);
                begins.push(i == 0);
            }
        }
        Self { words, begins }
    }

    /// Whether the text has these words at two places.
    fn has_twice(&self, line: &str) -> bool {
        let words: Vec<&str> = line.split_whitespace().collect();
        let n = words.len().max(1);
        self.words.windows(n).filter(|there| **there == *words).count() > 1
    }

    /// Returns the words of the text that a quote is nearest to, if they are near enough.
    fn nearest(&self, quote: &str) -> Option<String> {
        let quote = quote.trim();
        let folded = quote.to_lowercase();
        let n_letters = folded.chars().count();
        let n_words = quote.split_whitespace().count();
        let digits = quote.chars().filter(char::is_ascii_digit).count();
        let is_number = 2 * digits > quote.chars().filter(|c| c.is_alphanumeric()).count();
        let mut best: Option<(f64, String)> = None;
        for first in 0..self.words.len() {
            let (mut n_lines, mut candidate) = (0, String::new());
            for last in first..self.words.len() {
                n_lines += usize::from(self.begins[last]);
                let candidate_letters = candidate.chars().count();
                if n_lines > MAX_LINES || candidate_letters > 2 * n_letters + 8 {
                    break;
                }
                if last > first {
                    candidate.push(' ');
                }
                candidate.push_str(self.words[last]);
                let ends = self.begins.get(last + 1).copied().unwrap_or(true);
                let is_whole = self.begins[first] && ends;
                if !is_whole && (last - first + 1).abs_diff(n_words) > 1 {
                    continue;
                }
                // The comma of a list is the model's own.
                if quote.contains(", ") && !candidate.contains(',') {
                    continue;
                }
                let differ = 1.0 - normalized_levenshtein(&folded, &candidate.to_lowercase());
                let most = match n_lines {
                    _ if is_number => OF_DIGITS,
                    1 if is_whole && n_letters >= 4 => OF_LINES,
                    2.. if is_whole => OF_SEVERAL,
                    _ => OF_WORDS,
                };
                let cost = match differ {
                    // As it is asked for: whatever else stands in its line was not.
                    0.0 => -1.0,
                    _ if is_whole => differ - WHOLE,
                    _ => differ,
                };
                if differ <= most && best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, candidate.clone()));
                }
            }
        }
        best.map(|(_, candidate)| candidate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[&str] = &["a", "dialog", "titled", "the", "button", "says", "two", "is", "total"];
    const LINES: &[&str] =
        &["Delete photos?", "They will be gone", "for ever.", "Keep", "Delete", "Total 14.15"];

    fn check(answer: &str, expected: Option<&str>) {
        let expected =
            expected.map_or(Grounded::MadeUp, |answer| Grounded::Stands(answer.to_owned()));
        assert_eq!(ground(answer, OWN, LINES), expected, "{answer}");
    }

    #[test]
    fn what_is_in_the_text_is_spelt_as_it_stands_there() {
        check("Delete", Some("Delete"));
        check("Deleto photas?", Some("Delete photos?"));
        check("Keap, Delote", Some("Keep, Delete"));
        check("Thoy will be gane for evar.", Some("They will be gone for ever."));
        check("Keep\nDelete", Some("Keep\nDelete"));
        check("Keep\nKeap", Some("Keep"));
        check("Total", Some("Total"));
        check(
            "A dialog titled \"Delele pholos?\". The button says \"Keep\".",
            Some("A dialog titled \"Delete photos?\". The button says \"Keep\"."),
        );
        check("ever.", Some("ever."));
        check(
            "A dialog titled \"Delete photos?\". The button says \"Keep\".",
            Some("A dialog titled \"Delete photos?\". The button says \"Keep\"."),
        );
        check("The total is 14.15.", Some("The total is 14.15."));
    }

    #[test]
    fn own_words_need_no_text() {
        assert!(is_own("Two.", OWN) && is_own("The total.", OWN) && !is_own("total", OWN));
        assert!(!is_own("Keep", OWN));
        assert_eq!(ground("Two.", OWN, &[]), Grounded::Stands("Two.".into()));
    }

    #[test]
    fn shapes_that_are_read_as_letters_are_no_words() {
        for line in
            ["", "O", "十", "ooo", "+〇+〇", "O★A▲O", "O x", "30", "十十十+", "SS", "早年年年"]
        {
            assert!(!has_words(&[line]), "{line}");
        }
        for line in ["Stop", "exit", "08:45", "Add", "请勿吸烟", "Ça"] {
            assert!(has_words(&["O", line]), "{line}");
        }
    }

    #[test]
    fn what_is_nowhere_is_made_up() {
        check("pxzzxzxzxzxzxz", None);
        check("Lect Sca Segagews", None);
        check("A dialog titled \"Wonderful weather\".", None);
        check("Keep, Elephant", None);
        check("dialog.", None);
        assert_eq!(ground("Keep", OWN, &[]), Grounded::MadeUp);
    }

    #[test]
    fn a_number_is_no_other_number() {
        check("14.15", Some("14.15"));
        check("14.75", Some("14.15"));
        check("21.60", None);
    }

    #[test]
    fn any_answer_and_any_text_end() {
        for answer in ["", "\"", "\"\"", "\n\n", "“ü", ",", ", ,", "\" a \" Keep \""] {
            ground(answer, OWN, LINES);
            ground(answer, OWN, &["", " ", "é"]);
        }
    }
}
