//! The letters that the recognition network writes, and how its output becomes text.

use crate::error::ReaderError;

/// A letter, and where along the line the network wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letter {
    pub text: char,
    /// The first and the last step that say it; a step is 8 pixels of the line's image.
    pub first_step: usize,
    pub last_step: usize,
}

/// The letters of a line, and how sure the network is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recognised {
    pub letters: Vec<Letter>,
    /// The mean of the likeliest letters' probabilities, from 0 to 1; 0 of no letters.
    pub confidence: f32,
}

impl Recognised {
    /// Returns the text without space around it.
    pub fn text(&self) -> String {
        let text: String = self.letters.iter().map(|letter| letter.text).collect();
        text.trim().to_owned()
    }

    pub fn n_visible(&self) -> usize {
        self.letters.iter().filter(|letter| !letter.text.is_whitespace()).count()
    }
}

/// The letters by their output; output 0 is "no letter".
#[derive(Debug)]
pub struct Alphabet(Vec<char>);

impl Alphabet {
    /// Reads the network's metadata: one letter a line. The letter behind them is the space.
    ///
    /// # Errors
    /// `Load` if a line is not one letter, or their number is not that of the network's outputs.
    pub fn new(lines: &str, n_outputs: usize) -> Result<Self, ReaderError> {
        let load = |message: String| ReaderError::Load { source: message.into() };
        let mut letters = vec!['\0'];
        // Not `lines()`, and nothing is trimmed: U+3000 is one of the letters.
        for line in lines.split('\n') {
            let mut chars = line.chars();
            match (chars.next(), chars.next()) {
                (Some(letter), None) => letters.push(letter),
                _ => return Err(load(format!("{line:?} is not one letter"))),
            }
        }
        letters.push(' ');
        if letters.len() != n_outputs {
            return Err(load(format!("{} letters for {n_outputs} outputs", letters.len())));
        }
        Ok(Self(letters))
    }

    #[cfg(test)]
    pub fn has(&self, letter: char) -> bool {
        self.0[1..].contains(&letter)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the text of steps: each the index of its likeliest output and the probability of that.
    /// An output that follows itself is one letter, and "no letter" keeps two equal ones apart.
    pub fn decode(&self, steps: impl Iterator<Item = (usize, f32)>) -> Recognised {
        let (mut letters, mut sum, mut n) = (Vec::<Letter>::new(), 0.0_f64, 0_usize);
        let mut before = 0;
        for (step, (output, probability)) in steps.enumerate() {
            if output != 0 && output == before {
                if let Some(letter) = letters.last_mut() {
                    letter.last_step = step;
                }
            } else if let Some(&text) = self.0.get(output).filter(|_| output != 0) {
                letters.push(Letter { text, first_step: step, last_step: step });
                sum += f64::from(probability);
                n += 1;
            }
            before = output;
        }
        let confidence = if n == 0 { 0.0 } else { (sum / n as f64) as f32 };
        Recognised { letters, confidence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_one_letter_unless_nothing_lies_between() {
        let alphabet = Alphabet::new("a\nb\n\u{3000}", 5).unwrap();
        let steps = [(1, 1.0), (1, 0.2), (0, 0.9), (1, 0.5), (4, 1.0), (2, 0.5), (0, 1.0)];
        let read = alphabet.decode(steps.into_iter());
        assert_eq!(read.text(), "aa b");
        assert!((read.confidence - 0.75).abs() < 1e-6);
        assert_eq!((read.letters[0].first_step, read.letters[0].last_step), (0, 1));
        assert_eq!(alphabet.decode([(0, 1.0); 3].into_iter()), Recognised::default());
    }

    #[test]
    fn letters_that_do_not_fit_the_network_are_refused() {
        for (lines, n_outputs) in [("a\nb", 5), ("a\nbc", 4), ("a\n", 3)] {
            assert!(matches!(Alphabet::new(lines, n_outputs), Err(ReaderError::Load { .. })));
        }
    }
}
