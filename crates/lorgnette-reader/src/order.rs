//! The order in which a person would read the lines of a page: columns one after the other, tables and
//! settings by rows.

use crate::frame::{Place, line_height};

/// What is known of a line beside its place.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub place: Place,
    pub n_letters: usize,
}

/// Lines that are read as one: the cells of a row of a table, a label and its value, or one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The indices of its lines, in order.
    pub cells: Vec<usize>,
    /// Rows of one column of the page have the same number.
    pub column: usize,
}

/// The least width of a gutter between columns, in line heights.
const MIN_GUTTER: f64 = 0.8;
/// The fewest lines of a column.
const MIN_LINES: usize = 3;
/// The most rows, of both sides together, that may meet a row across the gutter: usually, and where an
/// edge or a rule runs down the gutter.
const MAX_MEETING: f64 = 0.5;
const MAX_MEETING_AT_EDGE: f64 = 0.85;
/// Two rows meet if this much of the lower one is beside the other.
const BESIDE: f64 = 0.6;
/// Rows whose middles differ by less, in line heights, are level; where so many of the shorter side
/// are, they are labels and values.
const LEVEL: f64 = 0.15;
const MAX_LEVEL: f64 = 0.8;
/// Running text fills this much of a column's width, in this share of its lines, and has so many
/// letters in a line.
const FILLED: f64 = 0.75;
const MIN_FILLED: f64 = 0.6;
const MIN_LETTERS: usize = 18;
/// Boxes are pushed out beyond their letters; this share of the height is left out above and below.
const TRIMMED: f64 = 0.25;

/// Returns the rows in reading order. `has_edge` says whether an edge or a rule runs down a place.
pub fn order(entries: &[Entry], has_edge: &dyn Fn(&Place) -> bool) -> Vec<Row> {
    let mut rows = Vec::new();
    if entries.is_empty() {
        return rows;
    }
    let mut n_columns = 1;
    let all: Vec<usize> = (0..entries.len()).collect();
    // Not by recursion: a long page has thousands of rows. The last one is read next.
    let mut rest = vec![(all, 0)];
    while let Some((lines, column)) = rest.pop() {
        if let Some((left, right)) = columns(entries, &lines, has_edge) {
            rest.push((right, n_columns + 1));
            rest.push((left, n_columns));
            n_columns += 2;
        } else if let Some((above, below)) = bands(entries, &lines) {
            rest.push((below, column));
            rest.push((above, column));
        } else {
            rows.extend(row(entries, lines).into_iter().map(|cells| Row { cells, column }));
        }
    }
    rows
}

/// Cuts lines at the widest gutter between two columns.
fn columns(
    entries: &[Entry],
    lines: &[usize],
    has_edge: &dyn Fn(&Place) -> bool,
) -> Option<(Vec<usize>, Vec<usize>)> {
    if lines.len() < 2 * MIN_LINES {
        return None;
    }
    let place = |idx: &usize| &entries[*idx].place;
    let height = line_height(lines.iter().map(place));
    let mut by_left = lines.to_vec();
    by_left.sort_by(|a, b| place(a).left.total_cmp(&place(b).left));
    let mut end = f64::NEG_INFINITY;
    let mut gutters: Vec<(usize, f64, f64)> = Vec::new();
    for (i, idx) in by_left.iter().enumerate() {
        if i > 0 && place(idx).left - end >= MIN_GUTTER * height {
            gutters.push((i, end, place(idx).left));
        }
        end = end.max(place(idx).right);
    }
    gutters.sort_by(|a, b| (b.2 - b.1).total_cmp(&(a.2 - a.1)));
    for (n_left, from, to) in gutters {
        let (mut left, mut right) = (by_left[..n_left].to_vec(), by_left[n_left..].to_vec());
        if left.len().min(right.len()) < MIN_LINES {
            continue;
        }
        left.sort_unstable();
        right.sort_unstable();
        if are_columns(entries, &left, &right, &|top, bottom| {
            has_edge(&Place { left: from, top, right: to, bottom })
        }) {
            return Some((left, right));
        }
    }
    None
}

fn are_columns(
    entries: &[Entry],
    left: &[usize],
    right: &[usize],
    has_edge: &dyn Fn(f64, f64) -> bool,
) -> bool {
    if is_running_text(entries, left) && is_running_text(entries, right) {
        return true;
    }
    let (rows_left, rows_right) = (rows_of(entries, left), rows_of(entries, right));
    let meeting = |rows: &[Place], others: &[Place], meets: &dyn Fn(&Place, &Place) -> bool| {
        rows.iter().filter(|row| others.iter().any(|other| meets(row, other))).count()
    };
    let beside = |a: &Place, b: &Place| a.is_beside(b, BESIDE);
    let n_meeting =
        meeting(&rows_left, &rows_right, &beside) + meeting(&rows_right, &rows_left, &beside);
    let share = n_meeting as f64 / (rows_left.len() + rows_right.len()) as f64;
    if share < MAX_MEETING {
        let level = |a: &Place, b: &Place| {
            (a.middle() - b.middle()).abs() < LEVEL * a.height().min(b.height())
        };
        let (fewer, more) = if rows_left.len() < rows_right.len() {
            (&rows_left, &rows_right)
        } else {
            (&rows_right, &rows_left)
        };
        if (meeting(fewer, more, &level) as f64) < MAX_LEVEL * fewer.len() as f64 {
            return true;
        }
    }
    let ends = |rows: &[Place]| Place::around(rows.iter()).map(|all| (all.top, all.bottom));
    let (Some(a), Some(b)) = (ends(&rows_left), ends(&rows_right)) else { return false };
    share < MAX_MEETING_AT_EDGE && has_edge(a.0.max(b.0), a.1.min(b.1))
}

fn is_running_text(entries: &[Entry], lines: &[usize]) -> bool {
    let places = || lines.iter().map(|idx| &entries[*idx].place);
    let Some(all) = Place::around(places()) else { return false };
    let n_filled = places().filter(|place| place.width() >= FILLED * all.width()).count();
    let n_letters: usize = lines.iter().map(|idx| entries[*idx].n_letters).sum();
    n_filled as f64 >= MIN_FILLED * lines.len() as f64 && n_letters >= MIN_LETTERS * lines.len()
}

/// Returns the places of rows, in order.
fn rows_of(entries: &[Entry], lines: &[usize]) -> Vec<Place> {
    let mut rows = Vec::new();
    let mut rest = vec![lines.to_vec()];
    while let Some(lines) = rest.pop() {
        match bands(entries, &lines) {
            Some((above, below)) => rest.extend([below, above]),
            None => rows.extend(Place::around(lines.iter().map(|idx| &entries[*idx].place))),
        }
    }
    rows
}

/// Cuts lines at the highest band that is empty across the page.
fn bands(entries: &[Entry], lines: &[usize]) -> Option<(Vec<usize>, Vec<usize>)> {
    let ends = |idx: &usize| {
        let place = &entries[*idx].place;
        let trimmed = TRIMMED * place.height();
        (place.top + trimmed, place.bottom - trimmed)
    };
    let mut by_top = lines.to_vec();
    by_top.sort_by(|a, b| ends(a).0.total_cmp(&ends(b).0));
    let mut widest: Option<(f64, usize)> = None;
    let mut end = f64::NEG_INFINITY;
    for (i, idx) in by_top.iter().enumerate() {
        let (top, bottom) = ends(idx);
        let band = top - end;
        if i > 0 && band > widest.map_or(0.0, |(band, _)| band) {
            widest = Some((band, i));
        }
        end = end.max(bottom);
    }
    let below = by_top.split_off(widest?.1);
    Some((by_top, below))
}

/// Returns lines that no band divides: cells from left to right, or what is left of the other first.
fn row(entries: &[Entry], mut lines: Vec<usize>) -> Vec<Vec<usize>> {
    let place = |idx: &usize| &entries[*idx].place;
    lines.sort_by(|a, b| place(a).left.total_cmp(&place(b).left));
    let mut stacks: Vec<Vec<usize>> = Vec::new();
    let mut end = f64::NEG_INFINITY;
    for idx in lines {
        let middle = place(&idx).left + 0.25 * place(&idx).height();
        match stacks.last_mut().filter(|_| middle < end) {
            Some(stack) => stack.push(idx),
            None => stacks.push(vec![idx]),
        }
        end = end.max(place(&idx).right);
    }
    if stacks.iter().all(|stack| stack.len() == 1) {
        return vec![stacks.concat()];
    }
    for stack in &mut stacks {
        stack.sort_by(|a, b| place(a).middle().total_cmp(&place(b).middle()));
    }
    stacks.concat().into_iter().map(|idx| vec![idx]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a line from its left end, its upper end and its width; 20 pixels high.
    fn line((left, top, width): (i32, i32, i32)) -> Entry {
        let (left, top, width) = (f64::from(left), f64::from(top), f64::from(width));
        let place = Place { left, top, right: left + width, bottom: top + 20.0 };
        Entry { place, n_letters: (width / 9.0) as usize }
    }

    #[track_caller]
    fn check(lines: &[(i32, i32, i32)], has_edge: bool, expected: &[&[usize]]) {
        let entries: Vec<Entry> = lines.iter().copied().map(line).collect();
        let rows = order(&entries, &|_| has_edge);
        let cells: Vec<Vec<usize>> = rows.into_iter().map(|row| row.cells).collect();
        assert_eq!(cells, expected);
    }

    #[test]
    fn a_table_is_read_by_rows() {
        let rows =
            [0, 1, 2, 3].map(|row| [(10, row * 24, 80), (150, row * 24, 40), (300, row * 24, 60)]);
        check(&rows.concat(), false, &[&[0, 1, 2], &[3, 4, 5], &[6, 7, 8], &[9, 10, 11]]);
        // Also where rules are drawn between its columns.
        check(&rows.concat(), true, &[&[0, 1, 2], &[3, 4, 5], &[6, 7, 8], &[9, 10, 11]]);
    }

    #[test]
    fn columns_of_text_are_read_one_after_the_other_below_their_heading() {
        let mut lines = vec![(10, 0, 500)];
        for row in 0..4 {
            lines.extend([(10, 60 + row * 22, 240 + row % 2), (290, 60 + row * 22, 238)]);
        }
        check(&lines, false, &[&[0], &[1], &[3], &[5], &[7], &[2], &[4], &[6], &[8]]);
    }

    #[test]
    fn a_side_panel_comes_before_the_panel_beside_it() {
        let mut lines: Vec<(i32, i32, i32)> = (0..4).map(|row| (10, 8 + row * 37, 60)).collect();
        lines.extend((0..7).map(|row| (200, row * 24, 150 + row)));
        let expected: Vec<Vec<usize>> = (0..11).map(|idx| vec![idx]).collect();
        let expected: Vec<&[usize]> = expected.iter().map(Vec::as_slice).collect();
        check(&lines, true, &expected);
    }

    #[test]
    fn few_values_stay_beside_their_labels() {
        let mut lines: Vec<(i32, i32, i32)> = (0..9).map(|row| (10, row * 30, 90)).collect();
        lines.extend([(300, 30, 40), (300, 120, 40), (300, 210, 40)]);
        check(&lines, false, &[&[0], &[1, 9], &[2], &[3], &[4, 10], &[5], &[6], &[7, 11], &[8]]);
    }

    #[test]
    fn a_value_beside_two_lines_is_read_behind_them() {
        check(&[(10, 0, 90), (10, 20, 120), (300, 10, 50)], false, &[&[0], &[1], &[2]]);
    }

    #[test]
    fn a_page_of_thousands_of_rows_is_ordered() {
        let lines: Vec<(i32, i32, i32)> = (0..3000).rev().map(|row| (10, row * 22, 90)).collect();
        let entries: Vec<Entry> = lines.into_iter().map(line).collect();
        let rows = order(&entries, &|_| false);
        assert!(rows.iter().map(|row| row.cells[0]).eq((0..3000).rev()));
        assert!(order(&[], &|_| false).is_empty());
    }
}
