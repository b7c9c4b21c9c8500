//! At what size a picture is looked at, and in which strips: what bounds the memory of detection.

use std::iter;

use lorgnette_image::Region;

use crate::border::BORDER;
use crate::detection::UNIT;

/// The most pixels that a picture is looked at with, unless it is long.
const MAX_PIXELS: f64 = 4e6;
/// How much longer than wide a picture must be to count as long. A long one is never shrunk for its
/// length.
const LONG: f64 = 3.0;
/// The longest short side of a long picture.
const MAX_SHORT_SIDE: f64 = 2000.0;
/// The most pixels of a strip. The detection network takes 160 to 180 MiB for a million.
const STRIP_PIXELS: u32 = 2_000_000;
/// The widest picture that is cut into rows. Lines of text are whole in rows, and not in columns.
const MAX_ROW_WIDTH: u32 = 4096;
/// The number of pixels that neighbours share, so that a line that is cut in one is whole in the other.
const SHARED: u32 = 192;
/// The first rows of a picture are looked at before the others, so that it is soon known how its text
/// begins. How many pixels they have and how many rows at least, and how many they share with the next:
/// fewer, as each of them is looked at twice.
const FIRST_PIXELS: u32 = 330_000;
const MIN_FIRST: u32 = 224;
const FIRST_SHARED: u32 = 96;

/// How a picture is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The sides at which it is looked at, in pixels.
    pub width: u32,
    pub height: u32,
    /// The strips of that, in order. Neighbours share some pixels.
    pub strips: Vec<Region>,
    /// Whether strips lie one below the other, and not side by side.
    pub is_rows: bool,
}

impl Plan {
    pub fn new(width: u32, height: u32) -> Self {
        let (w, h) = (f64::from(width), f64::from(height));
        let is_long = w.max(h) > LONG * w.min(h);
        let scale = if is_long { MAX_SHORT_SIDE / w.min(h) } else { (MAX_PIXELS / (w * h)).sqrt() };
        let scaled = |side: u32| {
            let side = (f64::from(side) * scale.min(1.0)).round() as u32;
            side.max(1)
        };
        let (width, height) = (scaled(width), scaled(height));
        let is_rows = width <= MAX_ROW_WIDTH;
        let (along, across) = if is_rows { (height, width) } else { (width, height) };
        let most = (STRIP_PIXELS / across).max(2 * SHARED);
        // In whole units, so that the network looks at no row that is only filled up.
        let first =
            ((FIRST_PIXELS / across).max(MIN_FIRST) + 2 * BORDER) / UNIT * UNIT - 2 * BORDER;
        let strips = if is_rows && along >= 2 * first {
            let next = first - FIRST_SHARED;
            let others = spans(along - next, most).into_iter();
            let others = others.map(|(start, length)| (next + start, length));
            iter::once((0, first)).chain(others).collect()
        } else {
            spans(along, most)
        };
        let strips = strips.into_iter().map(|(start, length)| {
            if is_rows {
                Region { x: 0, y: start, width, height: length }
            } else {
                Region { x: start, y: 0, width: length, height }
            }
        });
        Self { width, height, strips: strips.collect(), is_rows }
    }

    /// Returns how many pixels of the picture become one, along a side.
    pub fn shrink(&self, picture_width: u32) -> f64 {
        f64::from(picture_width) / f64::from(self.width)
    }

    /// Returns where two neighbouring strips meet: the first and the last pixel that they share, along
    /// the direction in which strips follow each other.
    pub fn shared(&self, first: usize) -> Option<(u32, u32)> {
        let (a, b) = (self.strips.get(first)?, self.strips.get(first + 1)?);
        Some(if self.is_rows { (b.y, a.y + a.height) } else { (b.x, a.x + a.width) })
    }
}

/// Returns the starts and the length of equal spans of at most `most` pixels that cover `along`.
fn spans(along: u32, most: u32) -> Vec<(u32, u32)> {
    if along <= most {
        return vec![(0, along)];
    }
    let n = (along - SHARED).div_ceil(most - SHARED);
    let length = (along + (n - 1) * SHARED).div_ceil(n);
    // Spread evenly: the last one ends where the picture does.
    let start = |idx: u32| u64::from(along - length) * u64::from(idx) / u64::from(n - 1);
    (0..n).map(|idx| (start(idx) as u32, length)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(width: u32, height: u32, expected: &str) {
        let plan = Plan::new(width, height);
        let sizes: Vec<String> = plan
            .strips
            .chunk_by(|a, b| (a.width, a.height) == (b.width, b.height))
            .map(|same| format!("{} of {}x{}", same.len(), same[0].width, same[0].height))
            .collect();
        let found = format!("{}x{} in {}", plan.width, plan.height, sizes.join(", "));
        assert_eq!(found, expected);
    }

    #[test]
    fn ordinary_screens_are_looked_at_as_they_are() {
        check(1280, 800, "1280x800 in 1 of 1280x256, 1 of 1280x640");
        check(1920, 1040, "1920x1040 in 1 of 1920x224, 1 of 1920x912");
        check(2560, 1440, "2560x1440 in 1 of 2560x224, 2 of 2560x752");
    }

    #[test]
    fn large_pictures_are_shrunk_and_long_ones_are_not() {
        check(8000, 8000, "2000x2000 in 1 of 2000x224, 3 of 2000x752");
        check(400, 20_000, "400x20000 in 1 of 400x800, 4 of 400x4968");
        check(60_000, 1000, "60000x1000 in 34 of 1952x1000");
        check(3000, 20, "3000x20 in 1 of 3000x20");
        check(1, 1, "1x1 in 1 of 1x1");
        check(5000, 17_000, "2000x6800 in 1 of 2000x224, 9 of 2000x912");
    }

    proptest! {
        #[test]
        fn strips_cover_everything_and_are_bounded(width in 1_u32..70_000, height in 1_u32..1500) {
            for (width, height) in [(width, height), (height, width)] {
                let plan = Plan::new(width, height);
                let mut end = 0;
                for (i, strip) in plan.strips.iter().enumerate() {
                    prop_assert!(u64::from(strip.width) * u64::from(strip.height) <= 2_000_000);
                    let (start, length) = if plan.is_rows {
                        prop_assert_eq!((strip.x, strip.width), (0, plan.width));
                        (strip.y, strip.height)
                    } else {
                        prop_assert_eq!((strip.y, strip.height), (0, plan.height));
                        (strip.x, strip.width)
                    };
                    let shared = if i == 1 && plan.is_rows { FIRST_SHARED } else { SHARED };
                    let follows = if i == 0 { start == 0 } else { start + shared <= end };
                    prop_assert!(follows);
                    end = start + length;
                }
                prop_assert_eq!(end, if plan.is_rows { plan.height } else { plan.width });
            }
        }
    }
}
