//! The rows of a stored picture that its file does not have.

use std::ops::Range;

use image::RgbImage;
use image::metadata::Orientation;

use crate::Note;
use crate::note::Side;

/// What a missing pixel is shown as: neither paper nor ink.
const GREY: u8 = 128;

/// Which rows are missing, and which are there without their detail.
///
/// A file that is complete has two empty lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Gaps {
    missing: Vec<bool>,
    coarse: Vec<bool>,
}

impl Gaps {
    /// Returns the gaps of a picture with a flag for each row of pixels. No row is both.
    pub(crate) fn new(missing: Vec<bool>, mut coarse: Vec<bool>) -> Self {
        for (coarse, missing) in coarse.iter_mut().zip(&missing) {
            *coarse &= !missing;
        }
        let some = |rows: Vec<bool>| if rows.contains(&true) { rows } else { Vec::new() };
        Self { missing: some(missing), coarse: some(coarse) }
    }

    /// Returns the gap of a picture of which only the upper rows are there.
    pub(crate) fn below(n_rows: u32, height: u32) -> Self {
        Self::new((0..height).map(|row| row >= n_rows).collect(), Vec::new())
    }

    /// Returns whether less than a tenth of the picture is there.
    pub(crate) fn are_too_many(&self) -> bool {
        let n_missing = self.missing.iter().filter(|&&is_missing| is_missing).count();
        n_missing * 10 > self.missing.len() * 9
    }

    /// Returns the flags of the missing rows; none if all rows are there.
    pub(crate) fn missing(&self) -> &[bool] {
        &self.missing
    }

    /// Makes the missing rows grey. What a decoder made up for them is not shown.
    pub(crate) fn fill(&self, picture: &mut RgbImage) {
        let row_len = picture.width() as usize * 3;
        let rows = picture.chunks_exact_mut(row_len.max(1));
        for (row, _) in rows.zip(&self.missing).filter(|&(_, &is_missing)| is_missing) {
            row.fill(GREY);
        }
    }

    /// Says what is missing, for a picture that is turned upright.
    pub(crate) fn notes(&self, orientation: Orientation) -> Vec<Note> {
        let missing = share(&self.missing, orientation)
            .map(|(percent, side)| Note::Incomplete { percent, side });
        let coarse =
            share(&self.coarse, orientation).map(|(percent, side)| Note::Coarse { percent, side });
        missing.into_iter().chain(coarse).collect()
    }
}

/// Returns the share of the rows with a flag, in percent, and the side if they are all there.
fn share(rows: &[bool], orientation: Orientation) -> Option<(u8, Option<Side>)> {
    let flagged: Range<usize> = rows.iter().position(|&row| row)?..rows.len();
    let n_flagged = rows.iter().filter(|&&row| row).count();
    let percent = (n_flagged * 100).div_ceil(rows.len()).clamp(1, 100) as u8;
    let side = (n_flagged == flagged.len()).then(|| Side::of_lower(orientation));
    Some((percent, side))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_side_turns_with_the_picture() {
        let gaps = Gaps::below(5, 10);
        let notes = |orientation| gaps.notes(orientation)[0].to_string();
        assert_eq!(notes(Orientation::NoTransforms), "the lower half is missing");
        assert_eq!(notes(Orientation::Rotate90), "the left half is missing");
        assert_eq!(notes(Orientation::Rotate180), "the upper half is missing");
        assert_eq!(notes(Orientation::Rotate270), "the right half is missing");
    }

    #[test]
    fn a_hole_has_no_side() {
        let gaps = Gaps::new(vec![false, true, false, false], Vec::new());
        assert_eq!(
            gaps.notes(Orientation::NoTransforms)[0].to_string(),
            "25 % of the picture is missing"
        );
    }

    #[test]
    fn nothing_missing_says_nothing() {
        let gaps = Gaps::below(10, 10);
        assert_eq!(gaps, Gaps::default());
        assert!(!gaps.are_too_many() && gaps.notes(Orientation::NoTransforms).is_empty());
        assert!(Gaps::below(0, 10).are_too_many());
        assert!(!Gaps::below(1, 10).are_too_many());
    }
}
