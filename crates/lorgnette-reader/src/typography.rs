//! What the network leaves out between letters.

use crate::letters::Letter;

/// Puts a space before a middle dot that has one behind it, and the third dot to two at the end of a word
/// that ends the line: an ellipsis is one letter to a person, and the network says two or three.
pub fn tidy(letters: &mut Vec<Letter>) {
    let is_space =
        |letter: Option<&Letter>| letter.is_none_or(|letter| letter.text.is_whitespace());
    let mut idx = 1;
    while idx < letters.len() {
        if letters[idx].text == '·'
            && is_space(letters.get(idx + 1))
            && !is_space(letters.get(idx - 1))
        {
            letters.insert(idx, Letter { text: ' ', ..letters[idx] });
            idx += 1;
        }
        idx += 1;
    }
    let end =
        letters.iter().rposition(|letter| !letter.text.is_whitespace()).map_or(0, |idx| idx + 1);
    if let [.., before, first, last] = letters[..end]
        && first.text == '.'
        && last.text == '.'
        && before.text.is_alphanumeric()
    {
        letters.insert(end, last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(read: &str, expected: &str) {
        let mut letters: Vec<Letter> =
            read.chars().map(|text| Letter { text, first_step: 0, last_step: 0 }).collect();
        tidy(&mut letters);
        let text: String = letters.iter().map(|letter| letter.text).collect();
        assert_eq!(text, expected);
    }

    #[test]
    fn a_middle_dot_that_parts_words_has_spaces_around_it() {
        check("Pocket ready· 18 MB· 610 tok/s", "Pocket ready · 18 MB · 610 tok/s");
        check("27 Nov · 2 pictures", "27 Nov · 2 pictures");
        check("col·legi", "col·legi");
        check("· A point", "· A point");
    }

    #[test]
    fn an_ellipsis_is_whole() {
        check("Ferry times at the har..", "Ferry times at the har...");
        check("Ferry times...", "Ferry times...");
        check("cd ..", "cd ..");
        check("../..", "../..");
        check("", "");
    }
}
