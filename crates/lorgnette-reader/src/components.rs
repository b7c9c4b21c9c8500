//! The connected areas of likely text, as runs of pixels.

use crate::detection::Map;

/// The probability above which a pixel belongs to text.
const THRESHOLD: f32 = 0.3;

/// Pixels in a row that follow each other; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub y: i32,
    pub first: i32,
    pub last: i32,
}

/// Returns the areas whose pixels touch each other, also by a corner. The runs of each go down.
pub fn components(map: &Map) -> Vec<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    // The index of another run of the same area, or its own.
    let mut parents: Vec<usize> = Vec::new();
    let mut above = 0..0;
    for (y, row) in map.values.chunks_exact(map.width).enumerate() {
        let begin = runs.len();
        let mut next_above = above.start;
        for (first, last) in spans(row) {
            let run = Run { y: y as i32, first: first as i32, last: last as i32 };
            let idx = runs.len();
            runs.push(run);
            parents.push(idx);
            while next_above < above.end && runs[next_above].last + 1 < run.first {
                next_above += 1;
            }
            let touching = (next_above..above.end).take_while(|i| runs[*i].first <= run.last + 1);
            for other in touching {
                let (a, b) = (root(&mut parents, other), root(&mut parents, idx));
                // The earlier one is the root, so that areas come in the order of their first runs.
                parents[a.max(b)] = a.min(b);
            }
        }
        above = begin..runs.len();
    }
    let mut areas: Vec<Vec<Run>> = Vec::new();
    let mut area_of_root = vec![usize::MAX; runs.len()];
    for (idx, run) in runs.iter().enumerate() {
        let root = root(&mut parents, idx);
        if area_of_root[root] == usize::MAX {
            area_of_root[root] = areas.len();
            areas.push(Vec::new());
        }
        areas[area_of_root[root]].push(*run);
    }
    areas
}

/// Returns the first and last index of each span of text in a row.
fn spans(row: &[f32]) -> impl Iterator<Item = (usize, usize)> {
    let mut x = 0;
    std::iter::from_fn(move || {
        let first = x + row[x..].iter().position(|value| *value > THRESHOLD)?;
        let length = row[first..].iter().take_while(|value| **value > THRESHOLD).count();
        x = first + length;
        Some((first, x - 1))
    })
}

fn root(parents: &mut [usize], mut idx: usize) -> usize {
    while parents[idx] != idx {
        parents[idx] = parents[parents[idx]];
        idx = parents[idx];
    }
    idx
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(rows: &[&str]) -> Map {
        let values = rows.iter().flat_map(|row| row.bytes());
        let values = values.map(|byte| if byte == b'#' { 0.9 } else { 0.1 }).collect();
        Map { width: rows[0].len(), height: rows.len(), values }
    }

    #[test]
    fn areas_touch_by_corners_too() {
        let areas = components(&map(&["#..#.", ".#.#.", "...##", "#...."]));
        let sizes: Vec<usize> = areas.iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 3, 1]);
        assert_eq!(areas[1][2], Run { y: 2, first: 3, last: 4 });
    }

    #[test]
    fn a_fork_and_a_ring_are_one_area() {
        assert_eq!(components(&map(&["#.#.#", "#####"])).len(), 1);
        assert_eq!(components(&map(&["#.#.#", "#.###", "###.."])).len(), 1);
        assert_eq!(components(&map(&[".....", "....."])).len(), 0);
    }
}
