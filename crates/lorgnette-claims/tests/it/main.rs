//! How many right and wrong claims are told apart in answers of many kinds.

use lorgnette_claims::{ClaimKind, look_up};

/// An answer with its marks taken off, and where each marked claim stands.
struct Answer {
    text: String,
    /// Range of bytes, and whether it is right.
    marks: Vec<(std::ops::Range<usize>, bool)>,
}

impl Answer {
    fn of(marked: &str) -> Self {
        let (mut text, mut marks) = (String::new(), Vec::new());
        let mut rest = marked;
        while let Some(at) = rest.find('{') {
            text += &rest[..at];
            let end = rest[at..].find('}').expect("a mark is closed") + at;
            let is_right = &rest[at + 1..at + 2] == "+";
            let start = text.len();
            text += &rest[at + 2..end];
            marks.push((start..text.len(), is_right));
            rest = &rest[end + 1..];
        }
        text += rest;
        Self { text, marks }
    }
}

/// Each picture's lines with its answers. Lines of an answer go on until one that stands alone could
/// begin another: a blank line is not needed, as an answer of several lines is marked by its list or
/// table.
fn pictures() -> Vec<(Vec<&'static str>, Vec<Answer>)> {
    let mut pictures: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
    for line in include_str!("../answers.txt").lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with("= ") {
            pictures.push((Vec::new(), Vec::new()));
        }
        let Some((lines, answers)) = pictures.last_mut() else { continue };
        match line.strip_prefix("> ") {
            _ if line.starts_with("= ") => {}
            None => lines.push(line),
            Some(text) => match answers.last_mut() {
                Some(last) if goes_on(last, text) => {
                    last.push('\n');
                    last.push_str(text);
                }
                _ => answers.push(text.into()),
            },
        }
    }
    let finish = |answers: Vec<String>| answers.iter().map(|text| Answer::of(text)).collect();
    pictures.into_iter().map(|(lines, answers)| (lines, finish(answers))).collect()
}

fn goes_on(last: &str, text: &str) -> bool {
    let is_listed =
        |line: &str| line.starts_with(['|', '-', '1', '2', '3']) && !line.starts_with('{');
    let line = last.rsplit('\n').next().unwrap_or_default();
    is_listed(line) && is_listed(text) || last.matches('{').count() > last.matches('}').count()
}

#[test]
fn wrong_claims_are_flagged_and_right_ones_are_not() {
    let (mut n_wrong, mut n_flagged, mut n_right, mut n_false) = (0, 0, 0, 0);
    for (lines, answers) in pictures() {
        assert!(!lines.is_empty() && !answers.is_empty());
        for answer in answers {
            let claims = look_up(&answer.text, &lines);
            for (place, is_right) in &answer.marks {
                let here = claims.iter().filter(|claim| {
                    claim.source.start < place.end && place.start < claim.source.end
                });
                let is_flagged = here.clone().any(|claim| !claim.is_found());
                let (n, n_told) = if *is_right {
                    (&mut n_right, &mut n_false)
                } else {
                    (&mut n_wrong, &mut n_flagged)
                };
                *n += 1;
                *n_told += usize::from(is_flagged);
                if is_flagged == *is_right {
                    println!("{:?} in {:?}", &answer.text[place.clone()], answer.text);
                }
            }
            // Nothing that is not marked is flagged, but for names: "Windows" need not stand there.
            for claim in claims.iter().filter(|one| !one.is_found() && one.kind != ClaimKind::Name)
            {
                let is_marked = answer.marks.iter().any(|(place, _)| {
                    claim.source.start < place.end && place.start < claim.source.end
                });
                if !is_marked {
                    println!("{:?} is flagged in {:?}", claim.text, answer.text);
                    n_false += 1;
                    n_right += 1;
                }
            }
        }
    }
    println!("{n_flagged} of {n_wrong} wrong claims flagged, {n_false} of {n_right} right ones");
    assert!(n_wrong >= 60 && n_right >= 60, "{n_wrong} and {n_right} claims are enough to measure");
    assert!(n_flagged * 100 >= 95 * n_wrong, "{n_flagged} of {n_wrong} wrong claims are flagged");
    assert!(n_false * 100 <= 5 * n_right, "{n_false} of {n_right} right claims are flagged");
}
