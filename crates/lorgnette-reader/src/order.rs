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

/// The least width of a gutter between columns, in line heights: usually, and where an edge or a rule
/// runs down it.
const MIN_GUTTER: f64 = 1.3;
const MIN_GUTTER_AT_EDGE: f64 = 0.3;
/// The fewest lines of a column: usually, and at an edge.
const MIN_LINES: usize = 3;
const MIN_LINES_AT_EDGE: usize = 2;
/// The least length of an edge, in line heights.
const MIN_EDGE: f64 = 3.0;
/// The most rows of a part of a page that is searched for columns.
const MAX_ROWS: usize = 60;
/// The most rows, of both sides together, that may meet a row across the gutter: usually, and where an
/// edge or a rule runs down it.
const MAX_MEETING: f64 = 0.75;
const MAX_MEETING_AT_EDGE: f64 = 0.9;
/// Two rows meet if this much of the lower one is beside the other.
const BESIDE: f64 = 0.6;
/// Rows whose middles differ by less, in line heights, are level; where so many of the shorter side
/// are, they are labels and values.
const LEVEL: f64 = 0.15;
const MAX_ALIGNED: f64 = 0.5;
/// The most distance of the two lines of a label, in line heights.
const TWO_LINES: f64 = 1.4;
/// Running text fills this much of a column's width, in this share of its lines, and has so many
/// letters in a line.
const FILLED: f64 = 0.75;
const MIN_FILLED: f64 = 0.6;
const MIN_LETTERS: usize = 18;
/// Boxes are pushed out beyond their letters; this share of the height is left out on every side.
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
        // What is sure comes first: a status line would else be torn apart by columns that are not.
        let sides = |needs| columns(entries, &lines, has_edge, needs);
        let frame = |most| framed(entries, &lines, has_edge, most);
        let cut = sides(Needs::TextOrEdge)
            .map(Cut::Columns)
            .or_else(|| frame(0.5).map(Cut::Frame))
            .or_else(|| sides(Needs::Anything).map(Cut::Columns))
            .or_else(|| frame(0.0).map(Cut::Frame));
        match cut {
            Some(Cut::Columns((left, right))) => {
                rest.push((right, n_columns + 1));
                rest.push((left, n_columns));
                n_columns += 2;
                continue;
            }
            Some(Cut::Frame(parts)) => {
                let parts = parts.into_iter().filter(|part| !part.is_empty());
                rest.extend(parts.rev().map(|part| (part, column)));
                continue;
            }
            None => {}
        }
        if let Some((above, below)) = bands(entries, &lines) {
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
    needs: Needs,
) -> Option<(Vec<usize>, Vec<usize>)> {
    if lines.len() < 2 * MIN_LINES_AT_EDGE {
        return None;
    }
    let place = |idx: &usize| &entries[*idx].place;
    let height = line_height(lines.iter().map(place));
    let sides = |idx: &usize| {
        let place = place(idx);
        let trimmed = (TRIMMED * place.height()).min(place.width() / 4.0);
        (place.left + trimmed, place.right - trimmed)
    };
    let mut by_left = lines.to_vec();
    by_left.sort_by(|a, b| sides(a).0.total_cmp(&sides(b).0));
    let mut end = f64::NEG_INFINITY;
    let mut gutters: Vec<(usize, f64, f64)> = Vec::new();
    for (i, idx) in by_left.iter().enumerate() {
        let (left, right) = sides(idx);
        if i > 0 && left - end >= MIN_GUTTER_AT_EDGE * height {
            gutters.push((i, end, left));
        }
        end = end.max(right);
    }
    gutters.sort_by(|a, b| (b.2 - b.1).total_cmp(&(a.2 - a.1)));
    for (n_left, from, to) in gutters {
        let (mut left, mut right) = (by_left[..n_left].to_vec(), by_left[n_left..].to_vec());
        left.sort_unstable();
        right.sort_unstable();
        let is_wide = to - from >= MIN_GUTTER * height && left.len().min(right.len()) >= MIN_LINES;
        let rows = Sides::new(entries, &left, &right);
        let edge = |top, bottom| has_edge(&Place { left: from, top, right: to, bottom });
        if is_wide && are_running_text(entries, &left, &right)
            || is_wide && needs == Needs::Anything && rows.are_independent()
            || rows.are_panels(height, &edge)
        {
            return Some((left, right));
        }
    }
    None
}

/// What shows that two groups of lines are columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Running text, an edge between them, or rows that are not level with each other.
    Anything,
    /// Running text or an edge: in a part of a page, few rows are level by chance alone.
    TextOrEdge,
}

/// How lines are cut apart.
enum Cut {
    Columns((Vec<usize>, Vec<usize>)),
    /// What stands above columns, what is in them, and what stands below.
    Frame([Vec<usize>; 3]),
}

/// Cuts out the longest run of rows, and at least that share of them, in which there are columns: what
/// stands above and below, as a title and a status line, runs across them.
fn framed(
    entries: &[Entry],
    lines: &[usize],
    has_edge: &dyn Fn(&Place) -> bool,
    least: f64,
) -> Option<[Vec<usize>; 3]> {
    let rows = rows_of(entries, lines);
    if rows.len() > MAX_ROWS {
        return None;
    }
    let least = (least * rows.len() as f64) as usize;
    for n in (least.max(2)..rows.len()).rev() {
        for first in 0..=rows.len() - n {
            let run = rows[first..first + n].concat();
            if columns(entries, &run, has_edge, Needs::TextOrEdge).is_some() {
                return Some([rows[..first].concat(), run, rows[first + n..].concat()]);
            }
        }
    }
    None
}

/// Rows on both sides of a gutter, and the lines in them.
struct Sides {
    left: Vec<Place>,
    right: Vec<Place>,
    left_lines: Vec<Place>,
    right_lines: Vec<Place>,
}

impl Sides {
    fn new(entries: &[Entry], left: &[usize], right: &[usize]) -> Self {
        let places = |lines: &[usize]| lines.iter().map(|idx| entries[*idx].place).collect();
        Self {
            left: row_places(entries, left),
            right: row_places(entries, right),
            left_lines: places(left),
            right_lines: places(right),
        }
    }

    /// Returns the share of rows that are beside a row of the other side.
    fn meeting(&self) -> f64 {
        let beside = |a: &Place, b: &Place| a.is_beside(b, BESIDE);
        let n =
            meeting(&self.left, &self.right, &beside) + meeting(&self.right, &self.left, &beside);
        n as f64 / (self.left.len() + self.right.len()) as f64
    }

    /// Returns whether few rows of the shorter side are level with one of the other, or with the middle of
    /// a label of two lines: in a table, and where values stand beside labels, nearly all are.
    fn are_independent(&self) -> bool {
        let (fewer, more, more_lines) = if self.left.len() < self.right.len() {
            (&self.left, &self.right, &self.right_lines)
        } else {
            (&self.right, &self.left, &self.left_lines)
        };
        let is_level = |row: &Place, middle: f64, height: f64| {
            (row.middle() - middle).abs() < LEVEL * row.height().min(height)
        };
        let is_two_lines =
            |a: &Place, b: &Place| b.middle() - a.middle() < TWO_LINES * a.height().max(b.height());
        let is_aligned = |row: &&Place| {
            // Not by rows: those of a side that is of columns itself may be of lines that are not level.
            more_lines.iter().any(|other| is_level(row, other.middle(), other.height()))
                || more.windows(2).any(|pair| {
                    is_two_lines(&pair[0], &pair[1])
                        && is_level(row, pair[0].top.midpoint(pair[1].bottom), pair[0].height())
                })
        };
        let n_aligned = fewer.iter().filter(is_aligned).count();
        (n_aligned as f64) < MAX_ALIGNED * fewer.len() as f64 && self.meeting() < MAX_MEETING
    }

    /// Returns whether an edge or a rule runs down between them, along several lines.
    fn are_panels(&self, line_height: f64, has_edge: &dyn Fn(f64, f64) -> bool) -> bool {
        let (Some(a), Some(b)) =
            (Place::around(self.left.iter()), Place::around(self.right.iter()))
        else {
            return false;
        };
        // A panel's edge runs along all that is beside it, to the middle of the last line at least.
        let half = line_height / 2.0;
        let (top, bottom) = (a.top.min(b.top) + half, a.bottom.max(b.bottom) - half);
        self.left_lines.len().min(self.right_lines.len()) >= MIN_LINES_AT_EDGE
            && bottom - top >= MIN_EDGE * line_height
            && self.meeting() < MAX_MEETING_AT_EDGE
            && has_edge(top, bottom)
    }
}

/// Returns how many rows meet one of the others.
fn meeting(rows: &[Place], others: &[Place], meets: &dyn Fn(&Place, &Place) -> bool) -> usize {
    rows.iter().filter(|row| others.iter().any(|other| meets(row, other))).count()
}

fn are_running_text(entries: &[Entry], left: &[usize], right: &[usize]) -> bool {
    is_running_text(entries, left) && is_running_text(entries, right)
}

fn is_running_text(entries: &[Entry], lines: &[usize]) -> bool {
    let places = || lines.iter().map(|idx| &entries[*idx].place);
    let Some(all) = Place::around(places()) else { return false };
    let n_filled = places().filter(|place| place.width() >= FILLED * all.width()).count();
    let n_letters: usize = lines.iter().map(|idx| entries[*idx].n_letters).sum();
    n_filled as f64 >= MIN_FILLED * lines.len() as f64 && n_letters >= MIN_LETTERS * lines.len()
}

/// Returns the lines of each row, in order: what no empty band divides.
fn rows_of(entries: &[Entry], lines: &[usize]) -> Vec<Vec<usize>> {
    let mut by_top = lines.to_vec();
    by_top.sort_by(|a, b| ends(&entries[*a]).0.total_cmp(&ends(&entries[*b]).0));
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut end = f64::NEG_INFINITY;
    for idx in by_top {
        let (top, bottom) = ends(&entries[idx]);
        match rows.last_mut().filter(|_| top <= end) {
            Some(row) => row.push(idx),
            None => rows.push(vec![idx]),
        }
        end = end.max(bottom);
    }
    rows
}

/// Returns where a line begins and ends, without what its box was pushed out.
fn ends(entry: &Entry) -> (f64, f64) {
    let trimmed = TRIMMED * entry.place.height();
    (entry.place.top + trimmed, entry.place.bottom - trimmed)
}

fn row_places(entries: &[Entry], lines: &[usize]) -> Vec<Place> {
    let place = |row: &Vec<usize>| Place::around(row.iter().map(|idx| &entries[*idx].place));
    rows_of(entries, lines).iter().filter_map(place).collect()
}

/// Cuts lines at the highest band that is empty across the page.
fn bands(entries: &[Entry], lines: &[usize]) -> Option<(Vec<usize>, Vec<usize>)> {
    let mut rows = rows_of(entries, lines);
    let bottom = |row: &[usize]| {
        row.iter().map(|idx| ends(&entries[*idx]).1).fold(f64::NEG_INFINITY, f64::max)
    };
    let mut widest: Option<(f64, usize)> = None;
    for (i, pair) in rows.windows(2).enumerate() {
        let band = ends(&entries[pair[1][0]]).0 - bottom(&pair[0]);
        if widest.is_none_or(|(most, _)| band > most) {
            widest = Some((band, i + 1));
        }
    }
    let below = rows.split_off(widest?.1);
    Some((rows.concat(), below.concat()))
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

    /// As in settings: the list of their groups is not level with them.
    #[test]
    fn values_stay_beside_their_labels_where_a_list_stands_beside() {
        let mut lines: Vec<(i32, i32, i32)> = (0..8).map(|row| (10, 7 + row * 34, 90)).collect();
        lines.extend((0..4).flat_map(|row| [(200, row * 52, 60), (600, row * 52, 14)]));
        let entries: Vec<Entry> = lines.iter().copied().map(line).collect();
        let rows = order(&entries, &|_| false);
        let cells: Vec<Vec<usize>> = rows.into_iter().map(|row| row.cells).collect();
        for label in [8, 10, 12, 14] {
            let is_beside =
                |row: &Vec<usize>| row.windows(2).any(|pair| pair == [label, label + 1]);
            assert!(cells.iter().any(is_beside), "{cells:?}");
        }
    }

    #[test]
    fn buttons_in_the_middle_of_labels_of_two_lines_stay_with_them() {
        let labels = (0..4).flat_map(|row| [(10, row * 60, 90), (10, row * 60 + 18, 200)]);
        let mut lines: Vec<(i32, i32, i32)> = labels.collect();
        lines.extend((0..4).map(|row| (400, row * 60 + 9, 50)));
        let rows: [&[usize]; 12] =
            [&[0], &[1], &[8], &[2], &[3], &[9], &[4], &[5], &[10], &[6], &[7], &[11]];
        check(&lines, false, &rows);
    }

    /// As in a window: the status line runs below both panels.
    #[test]
    fn a_title_and_a_status_line_frame_panels() {
        let mut lines = vec![(200, 0, 90)];
        lines.extend((0..5).map(|row| (10, 40 + row * 37, 60)));
        lines.extend((0..7).map(|row| (110, 44 + row * 24, 250)));
        lines.push((10, 260, 240));
        let entries: Vec<Entry> = lines.iter().copied().map(line).collect();
        // The edge lies at 90, from 30 to 240.
        let has_edge = |place: &Place| {
            place.left < 90.0 && place.right > 90.0 && place.top > 30.0 && place.bottom < 240.0
        };
        let rows = order(&entries, &has_edge);
        assert!(rows.iter().map(|row| row.cells[0]).eq(0..lines.len()), "{rows:?}");
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
