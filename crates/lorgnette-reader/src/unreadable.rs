//! What was found and could not be read, and why.

use crate::crop::{LINE_HEIGHT, LineImage};
use crate::direction::ReadLine;
use crate::ink::{Ink, ink};
use crate::reading::UnreadableReason;
use crate::recognition::brightness;

/// A line whose letters are less sure is no text.
pub const MIN_CONFIDENCE: f32 = 0.5;
/// A line that is lower, in pixels of the picture, is too small to be trusted.
const SMALL: f64 = 12.0;
const SURE_IF_SMALL: f32 = 0.8;
/// The least step between neighbouring pixels of a sharp line, as a share of its contrast.
const SHARP: f64 = 0.12;
/// The least width of ink, in heights, that must have given letters.
const MUST_HAVE_LETTERS: f64 = 2.0;
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
    let ink = ink(&line.image, &line.recognised.letters);
    let confidence = line.recognised.confidence;
    let n_letters = line.recognised.n_visible();
    let is_small = line.rect.short_side() < SMALL;
    if is_small && confidence < SURE_IF_SMALL {
        Some(UnreadableReason::TooSmall)
    } else if n_letters == 0 && ink.width() < MUST_HAVE_LETTERS {
        // A speck, an icon or a rule: there is nothing to read.
        None
    } else if n_letters > 0 && confidence < MIN_CONFIDENCE {
        Some(if is_blurred(&line.image) {
            UnreadableReason::Blurred
        } else {
            UnreadableReason::Unclear
        })
    } else if ink.bare() > FOREIGN || misses_letters(&ink) {
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

/// Returns whether no edge of the line is sharp.
fn is_blurred(line: &LineImage) -> bool {
    let grey: Vec<u8> = line.rgb.chunks_exact(3).map(brightness).collect();
    let least = grey.iter().copied().min().unwrap_or_default();
    let most = grey.iter().copied().max().unwrap_or_default();
    let steps = (0..LINE_HEIGHT).flat_map(|y| {
        grey[y * line.width..(y + 1) * line.width].windows(2).map(|pair| pair[0].abs_diff(pair[1]))
    });
    let sharpest = steps.max().unwrap_or_default();
    f64::from(sharpest) < SHARP * f64::from(most.saturating_sub(least))
}
