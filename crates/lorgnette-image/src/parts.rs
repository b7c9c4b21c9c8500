//! Pictures that become too small to read, and the parts that they are looked at in.

use crate::{ImageConfig, Region};

/// How much longer than wide a picture must be, and how much it must shrink, to be cut into parts.
const LONG: f64 = 3.0;
const TOO_SMALL: f64 = 4.0;

/// Returns by how much a picture shrinks before a model looks at it: 1 if it stays as it is, 4 if a
/// quarter of each side is left.
pub fn shrink(width: u32, height: u32, config: &ImageConfig) -> f64 {
    (f64::from(width.max(height)) / f64::from(config.max_side.max(1))).max(1.0)
}

/// Returns the parts in which a picture should be looked at: one, unless it is long and would shrink so
/// much that nothing on it can be read.
///
/// The parts lie along the long side, in order, and cover everything. Each shrinks by at most
/// `max_shrink`, unless the short side alone is longer. Two neighbours share a tenth, so that a line of
/// text that is cut in one is whole in the other.
pub fn parts(width: u32, height: u32, config: &ImageConfig, max_shrink: f64) -> Vec<Region> {
    let (long, short) = (width.max(height), width.min(height));
    let is_long = f64::from(long) > LONG * f64::from(short);
    if !is_long || shrink(width, height, config) <= TOO_SMALL {
        return vec![Region { x: 0, y: 0, width, height }];
    }
    let most = (f64::from(config.max_side) * max_shrink.max(1.0)) as u32;
    along(width, height, most.max(short).min(long))
}

/// Returns parts of that length along the long side, which share a tenth.
fn along(width: u32, height: u32, length: u32) -> Vec<Region> {
    let long = width.max(height);
    let shared = length / 10;
    let n_parts = (long - shared).div_ceil(length - shared).max(1);
    let part = |idx: u32| {
        // Spread evenly: the last one ends where the picture does.
        let steps = u64::from(long - length) * u64::from(idx);
        let start = (steps / u64::from((n_parts - 1).max(1))) as u32;
        if width >= height {
            Region { x: start, y: 0, width: length, height }
        } else {
            Region { x: 0, y: start, width, height: length }
        }
    };
    (0..n_parts).map(part).collect()
}

/// How much longer than wide the pages are that a long picture can be taken as, and what is long.
const PAGE_SHAPE: (u32, u32) = (4, 3);
const MIN_PAGE_LENGTH: u32 = 1024;
const MIN_LONG: u32 = 2 * MIN_PAGE_LENGTH;

/// Returns the pages that a picture can be taken as: one that is much longer than wide, such as a
/// scrolled screenshot, has several, and any other none.
///
/// They lie along the long side, in order, and cover everything. Two neighbours share a tenth. They do
/// not depend on who looks at them, so that page 3 of a picture stays the same.
pub fn long_pages(width: u32, height: u32) -> Vec<Region> {
    let (long, short) = (width.max(height), width.min(height));
    if long < MIN_LONG || f64::from(long) <= LONG * f64::from(short) {
        return Vec::new();
    }
    let (of_long, of_short) = PAGE_SHAPE;
    let length = (short.saturating_mul(of_long) / of_short).max(MIN_PAGE_LENGTH).min(long);
    along(width, height, length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PIXTRAL: ImageConfig = ImageConfig::PIXTRAL_12B;

    #[track_caller]
    fn check(width: u32, height: u32, max_shrink: f64, expected: &[(u32, u32)]) {
        let places = parts(width, height, &PIXTRAL, max_shrink)
            .into_iter()
            .map(|part| if width >= height { (part.x, part.width) } else { (part.y, part.height) });
        assert_eq!(places.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn ordinary_pictures_are_looked_at_as_one() {
        check(4032, 3024, 2.0, &[(0, 4032)]);
        check(12_000, 9000, 2.0, &[(0, 12_000)]);
        check(400, 4096, 2.0, &[(0, 4096)]);
        check(1, 1, 2.0, &[(0, 1)]);
    }

    #[test]
    fn long_pictures_are_cut_along_their_long_side() {
        check(400, 6000, 2.0, &[(0, 2048), (1317, 2048), (2634, 2048), (3952, 2048)]);
        assert_eq!(parts(400, 20_000, &PIXTRAL, 2.0).len(), 11);
        assert_eq!(parts(60_000, 1000, &PIXTRAL, 2.0).len(), 33);
        // The short side alone is longer than a part should be.
        check(3000, 10_000, 1.0, &[(0, 3000), (2333, 3000), (4666, 3000), (7000, 3000)]);
    }

    #[test]
    fn shrinking_is_of_the_longest_side() {
        let shrink = |width, height| shrink(width, height, &PIXTRAL);
        let found = format!("{} {} {}", shrink(10, 10), shrink(2048, 5), shrink(400, 12_288));
        assert_eq!(found, "1 2 12");
    }

    #[test]
    fn a_long_picture_can_be_taken_as_pages() {
        let pages = |width, height| long_pages(width, height).len();
        assert_eq!(pages(800, 9000), 10);
        assert_eq!(pages(9000, 800), 10);
        assert_eq!(long_pages(800, 9000)[9], Region { x: 0, y: 7934, width: 800, height: 1066 });
        assert_eq!(pages(400, 20_000), 22);
        for (width, height) in [(800, 2400), (1080, 2340), (3000, 4000), (10, 2000), (0, 0)] {
            assert_eq!(pages(width, height), 0, "{width} x {height}");
        }
    }

    proptest! {
        #[test]
        fn the_pages_of_a_long_picture_cover_everything(
            long in 2048_u32..70_000,
            short in 1_u32..5_000,
        ) {
            let pages = long_pages(short, long);
            prop_assert_eq!(pages.is_empty(), long <= 3 * short);
            for pair in pages.windows(2) {
                let shared = (pair[0].y + pair[0].height).checked_sub(pair[1].y);
                prop_assert!(shared.is_some_and(|shared| shared >= pair[0].height / 10));
            }
            if let (Some(first), Some(last)) = (pages.first(), pages.last()) {
                prop_assert_eq!((first.y, last.y + last.height), (0, long));
            }
        }

        #[test]
        fn parts_cover_everything_and_overlap(
            long in 1_u32..70_000,
            short in 1_u32..5_000,
            is_wide: bool,
            max_shrink in 0.0_f64..5.0,
        ) {
            let (width, height) = if is_wide { (long.max(short), short) } else { (short, long.max(short)) };
            let parts = parts(width, height, &PIXTRAL, max_shrink);
            let places: Vec<_> = parts
                .iter()
                .map(|part| if is_wide { (part.x, part.width) } else { (part.y, part.height) })
                .collect();
            prop_assert_eq!(places[0].0, 0);
            let (start, length) = places[places.len() - 1];
            prop_assert_eq!(start + length, long.max(short));
            for pair in places.windows(2) {
                let shared = (pair[0].0 + pair[0].1).checked_sub(pair[1].0);
                prop_assert!(shared.is_some_and(|shared| shared >= pair[0].1 / 10), "{places:?}");
            }
            if parts.len() > 1 {
                for part in parts {
                    let most = max_shrink.max(1.0).max(f64::from(short) / 1024.0);
                    prop_assert!(shrink(part.width, part.height, &PIXTRAL) <= most);
                }
            }
        }
    }
}
