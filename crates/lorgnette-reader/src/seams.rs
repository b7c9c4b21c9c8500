//! Where two strips of a picture meet: lines that were found in both become one.

use crate::geometry::{Rect, area, clipped};
use crate::hull::rect_around;

/// A line of a strip, and whether it touches an edge where the picture goes on.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    pub rect: Rect,
    pub is_cut: bool,
}

/// How much of the smaller one two rectangles have in common if they are of one line.
const SAME: f64 = 0.5;

/// Joins the lines of strips that follow each other. `shared` has the band of each two neighbours, as a
/// polygon whose corners go clockwise.
pub fn join(strips: Vec<Vec<Found>>, shared: &[[(f64, f64); 4]]) -> Vec<Rect> {
    let mut joined: Vec<Rect> = Vec::new();
    // Those of the strip before that reach into the next band.
    let mut before: Vec<Found> = Vec::new();
    for (i, mut strip) in strips.into_iter().enumerate() {
        if let Some(band) = i.checked_sub(1).and_then(|i| shared.get(i)) {
            for line in before {
                match partner(&line.rect, &strip, band) {
                    Some(idx) => strip[idx] = both(&line, &strip[idx]),
                    None => joined.push(line.rect),
                }
            }
        }
        let band = shared.get(i);
        let (reaching, done): (Vec<Found>, Vec<Found>) =
            strip.into_iter().partition(|line| reaches(line, band));
        joined.extend(done.into_iter().map(|line| line.rect));
        before = reaching;
    }
    joined.extend(before.into_iter().map(|line| line.rect));
    joined
}

/// Returns the lines of a strip that [`join`] leaves as they are, whatever the next one brings.
pub fn settled(strip: &[Found], band: Option<&[(f64, f64); 4]>) -> Vec<Rect> {
    strip.iter().filter(|line| !reaches(line, band)).map(|line| line.rect).collect()
}

fn reaches(line: &Found, band: Option<&[(f64, f64); 4]>) -> bool {
    band.is_some_and(|band| !part_in(&line.rect, band).is_empty())
}

/// Returns which line of the next strip is the same line.
fn partner(rect: &Rect, strip: &[Found], band: &[(f64, f64)]) -> Option<usize> {
    let here = part_in(rect, band);
    let common = strip.iter().enumerate().filter_map(|(idx, other)| {
        let there = part_in(&other.rect, band);
        let smaller = area(&here).min(area(&there));
        let share = area(&clipped(&here, &there)) / smaller.max(f64::MIN_POSITIVE);
        (smaller > 0.0 && share > SAME).then_some((idx, share))
    });
    common.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(idx, _)| idx)
}

fn part_in(rect: &Rect, band: &[(f64, f64)]) -> Vec<(f64, f64)> {
    clipped(&rect.corners(), band)
}

fn both(a: &Found, b: &Found) -> Found {
    match (a.is_cut, b.is_cut) {
        // What is whole in one of them is taken from there.
        (true, false) if covers(&b.rect, &a.rect) => *b,
        (false, true) if covers(&a.rect, &b.rect) => *a,
        _ => {
            let longer = if a.rect.area() >= b.rect.area() { a.rect } else { b.rect };
            let corners = a.rect.corners().into_iter().chain(b.rect.corners());
            let rect = rect_around(&corners, (longer.ux, longer.uy));
            Found { rect, is_cut: b.is_cut }
        }
    }
}

/// Returns whether most of `small` lies in `large`.
fn covers(large: &Rect, small: &Rect) -> bool {
    area(&clipped(&small.corners(), &large.corners())) > SAME * small.area()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(left: f64, top: f64, right: f64, bottom: f64, is_cut: bool) -> Found {
        let rect = rect_around(&[(left, top), (right, bottom)].into_iter(), (1.0, 0.0));
        Found { rect, is_cut }
    }

    fn bounds(rects: &[Rect]) -> Vec<(f64, f64, f64, f64)> {
        rects.iter().map(Rect::bounds).collect()
    }

    #[test]
    fn a_line_that_is_cut_in_one_strip_is_taken_from_the_other() {
        let band = [(0.0, 100.0), (400.0, 100.0), (400.0, 140.0), (0.0, 140.0)];
        let above = vec![found(0.0, 10.0, 90.0, 30.0, false), found(0.0, 128.0, 90.0, 142.0, true)];
        let below =
            vec![found(0.0, 126.0, 91.0, 146.0, false), found(0.0, 150.0, 90.0, 170.0, false)];
        let joined = join(vec![above, below], &[band]);
        let expected =
            [(0.0, 10.0, 90.0, 30.0), (0.0, 126.0, 91.0, 146.0), (0.0, 150.0, 90.0, 170.0)];
        assert_eq!(bounds(&joined), expected);
    }

    #[test]
    fn a_line_along_the_strips_is_put_together() {
        let band = |x: f64| [(x, 0.0), (x + 50.0, 0.0), (x + 50.0, 90.0), (x, 90.0)];
        let strips = vec![
            vec![found(10.0, 10.0, 1052.0, 30.0, true), found(10.0, 28.0, 1052.0, 48.0, true)],
            vec![found(998.0, 11.0, 2051.0, 30.0, true), found(998.0, 28.0, 1500.0, 48.0, true)],
            vec![found(1999.0, 10.0, 2500.0, 30.0, true)],
        ];
        let joined = join(strips, &[band(1000.0), band(2000.0)]);
        assert_eq!(bounds(&joined), [(10.0, 28.0, 1500.0, 48.0), (10.0, 10.0, 2500.0, 30.0)]);
    }
}
