//! What was found and could not be read, and why.

use crate::direction::ReadLine;
use crate::ink::Ink;
use crate::reading::UnreadableReason;

/// A line whose letters are less sure is no text.
const MIN_CONFIDENCE: f32 = 0.5;
/// A line that is lower, in pixels of the picture, is too small to be trusted.
const SMALL: f64 = 12.0;
const SURE_IF_SMALL: f32 = 0.8;
/// The least width of ink, in heights, that must have given letters.
const MUST_HAVE_LETTERS: f64 = 2.0;
/// The least width of ink, in heights, beside which letters are missed. What is narrower is an icon.
const ENOUGH: f64 = 1.0;
/// The share of ink without letters from which a line is of letters that the network does not know.
const FOREIGN: f64 = 0.2;
/// How many shapes more than letters show that letters were left out, and which share of the letters.
const MISSING: usize = 2;
const MISSING_SHARE: f64 = 0.05;
/// Writing that the network knows is read surer than this, over a whole page. Hebrew and Thai give nonsense
/// that looks nearly as sure.
const SURE_PAGE: f64 = 0.9;
const SURE_LINE: f32 = 0.94;

/// Judges lines of a page: says why a text is not to be trusted; `None` where it is.
pub fn judge_all(lines: &[ReadLine]) -> Vec<Option<UnreadableReason>> {
    let n_letters = |line: &ReadLine| line.recognised.n_visible() as f64;
    let total: f64 = lines.iter().map(n_letters).sum();
    let sure: f64 =
        lines.iter().map(|line| n_letters(line) * f64::from(line.recognised.confidence)).sum();
    let is_doubtful = total > 0.0 && sure < SURE_PAGE * total;
    let doubt = |line: &ReadLine| {
        let is_weak = line.recognised.n_visible() > 0 && line.recognised.confidence < SURE_LINE;
        (is_doubtful && is_weak).then_some(UnreadableReason::Doubtful)
    };
    lines.iter().map(|line| judge(line).or_else(|| doubt(line))).collect()
}

/// Judges one line alone.
fn judge(line: &ReadLine) -> Option<UnreadableReason> {
    let ink = &line.ink;
    let confidence = line.recognised.confidence;
    let n_letters = line.recognised.n_visible();
    let is_small = line.rect.short_side() < SMALL;
    if is_small && confidence < SURE_IF_SMALL {
        Some(UnreadableReason::TooSmall)
    } else if n_letters == 0 && ink.width() < MUST_HAVE_LETTERS {
        // A speck, an icon or a rule: there is nothing to read.
        None
    } else if n_letters > 0 && confidence < MIN_CONFIDENCE {
        Some(if line.is_blurred { UnreadableReason::Blurred } else { UnreadableReason::Unclear })
    } else if ink.width() >= ENOUGH && (ink.bare() > FOREIGN || misses_letters(ink)) {
        Some(UnreadableReason::UnknownLetters)
    } else {
        None
    }
}

/// Returns whether more shapes stand in a line than letters were read.
fn misses_letters(ink: &Ink) -> bool {
    let n = ink.n_missing();
    n >= MISSING && n as f64 >= MISSING_SHARE * ink.n_tall_letters as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use crate::letters::{Letter, Recognised};

    fn line(text: &str, confidence: f32, ink: Ink) -> ReadLine {
        let letter = |text| Letter { text, first_step: 0, last_step: 0 };
        let recognised = Recognised { letters: text.chars().map(letter).collect(), confidence };
        let rect = Rect { x: 0.0, y: 0.0, ux: 1.0, uy: 0.0, width: 200.0, height: 24.0 };
        ReadLine { rect, recognised, ink, is_blurred: false }
    }

    #[track_caller]
    fn check(line: &ReadLine, expected: Option<UnreadableReason>) {
        assert_eq!(judge(line), expected);
    }

    #[test]
    fn a_line_is_judged_by_its_ink() {
        let whole = Ink { n_columns: 300, n_bare: 6, n_shapes: 18, n_tall_letters: 18 };
        check(&line("Every twenty minutes", 0.98, whole), None);
        check(
            &line(". .", 0.9, Ink { n_bare: 200, ..whole }),
            Some(UnreadableReason::UnknownLetters),
        );
        check(&line("", 0.0, Ink { n_bare: 300, ..whole }), Some(UnreadableReason::UnknownLetters));
        let missing = Ink { n_shapes: 21, ..whole };
        check(&line("Ch dem hp vao th by", 0.98, missing), Some(UnreadableReason::UnknownLetters));
        // One more is an icon, or a letter in two parts.
        check(&line("Every twenty minutes", 0.98, Ink { n_shapes: 19, ..whole }), None);
    }

    #[test]
    fn weak_lines_have_their_reasons_and_specks_none() {
        let ink = Ink { n_columns: 300, ..Ink::default() };
        check(&line("Sxrn", 0.4, ink), Some(UnreadableReason::Unclear));
        let blurred = ReadLine { is_blurred: true, ..line("Sxrn", 0.4, ink) };
        check(&blurred, Some(UnreadableReason::Blurred));
        let mut small = line("Sxrn", 0.7, ink);
        small.rect.height = 9.0;
        check(&small, Some(UnreadableReason::TooSmall));
        check(&line("", 0.0, Ink { n_columns: 40, n_bare: 40, ..ink }), None);
    }

    #[test]
    fn a_page_that_is_unsure_throughout_is_doubtful() {
        let ink = Ink { n_columns: 300, ..Ink::default() };
        let unsure = [line("aLAu 4A LIaA4", 0.88, ink), line("A Qut ULIra", 0.86, ink)];
        assert_eq!(judge_all(&unsure), [Some(UnreadableReason::Doubtful); 2]);
        let sure = line("A long line of which the network is sure, as it should be", 0.98, ink);
        assert_eq!(judge_all(&[sure, line("aLAu", 0.88, ink)]), [None, None]);
        assert!(judge_all(&[]).is_empty());
    }
}
