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

/// What is known of a line beside its text.
#[derive(Debug, Clone, Copy)]
pub struct Judged {
    /// Why its text is not to be trusted; `None` where it is.
    pub reason: Option<UnreadableReason>,
    pub ink: Ink,
}

/// Judges one line alone.
pub fn judge(line: &ReadLine) -> Judged {
    let ink = ink(&line.image, &line.recognised.letters);
    let confidence = line.recognised.confidence;
    let n_letters = line.recognised.n_visible();
    let is_small = line.rect.short_side() < SMALL;
    let reason = if is_small && confidence < SURE_IF_SMALL {
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
    } else if ink.bare() > FOREIGN {
        Some(UnreadableReason::UnknownLetters)
    } else {
        None
    };
    Judged { reason, ink }
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
