//! Text without what does not count in a comparison: case, space and punctuation.

/// A letter or digit that counts, with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    pub letter: char,
    /// Whether something that does not count stands before it, or nothing.
    pub starts: bool,
    /// The same for what stands behind it.
    pub ends: bool,
}

/// Returns the letters and digits of a text in lower case. A point or comma between digits and a
/// percent sign behind one stay, as a point and a percent sign: 1.5 is not 15.
pub fn fold(text: &str) -> Vec<Folded> {
    let chars: Vec<char> = text.chars().collect();
    let mut folded: Vec<Folded> = Vec::with_capacity(chars.len());
    let mut apart = true;
    for (i, &c) in chars.iter().enumerate() {
        let is_digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
        let after_digit = i > 0 && is_digit(i - 1);
        let mark = match c {
            '.' | ',' if after_digit && is_digit(i + 1) => Some('.'),
            '%' if after_digit => Some('%'),
            _ => None,
        };
        if let Some(letter) = mark {
            folded.push(Folded { letter, starts: false, ends: false });
            apart = false;
        } else if c.is_alphanumeric() {
            for letter in plain(c).to_lowercase() {
                folded.push(Folded { letter, starts: apart, ends: false });
                apart = false;
            }
        } else if !is_silent(c) {
            if let Some(last) = folded.last_mut() {
                last.ends = true;
            }
            apart = true;
        }
    }
    if let Some(last) = folded.last_mut() {
        last.ends = true;
    }
    folded
}

/// Inside a word: "don't" is one, and so is one with a soft hyphen or a combining mark.
fn is_silent(c: char) -> bool {
    matches!(c, '\'' | '’' | '\u{ad}' | '\u{200b}' | '\u{200d}' | '\u{300}'..='\u{36f}')
}

/// Digits of full width are digits.
fn plain(c: char) -> char {
    match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c)
        }
        _ => c,
    }
}
