//! Pictures of known text: small and large, dark and light, tables, columns, turned pages, languages.

use crate::score::{Score, rows, score, score_without_order, truths};
use crate::{fixture, fixtures, reading};

/// In percent, over all pictures together. It was 0.38.
const MAX_ERROR: f64 = 0.5;

#[test]
fn text_is_read_exactly_and_other_letters_are_reported() {
    let (mut all, mut unordered) = (Score::default(), Score::default());
    for (name, truth) in truths(&fixtures()) {
        let reading = reading(&name);
        if truth.unsupported {
            assert!(!reading.unreadable.is_empty(), "{name}: {}", reading.text());
            continue;
        }
        let one = score(&truth, &reading);
        let (expected, found) = (truth.rows(), rows(&reading));
        let percent = one.percent();
        assert!(percent < 6.0, "{name}, {}: {percent:.1} %\n{expected:?}\n{found:?}", truth.kind);
        all += one;
        unordered += score_without_order(&truth, &reading);
    }
    assert!(all.n_letters > 3900, "{} letters", all.n_letters);
    let (percent, without_order) = (all.percent(), unordered.percent());
    assert!(percent <= MAX_ERROR, "{percent:.2} %, {without_order:.2} % without order");
}

#[test]
fn text_that_is_read_is_not_reported() {
    for name in
        ["ui-12-light.png", "ui-11-dark.png", "receipt-13.png", "photo.png", "german-13.png"]
    {
        let reading = reading(name);
        assert!(reading.unreadable.is_empty(), "{name}: {:?}", reading.unreadable);
    }
}

#[test]
fn tables_are_read_by_rows_and_prose_by_paragraphs() {
    let receipt = reading("receipt-13.png");
    let tea = receipt.rows().find(|row| row[0].text == "2 Espresso").unwrap();
    assert_eq!(tea[1].text, "5.20");
    assert!(receipt.text().contains("2 Espresso\t5.20\n"), "{}", receipt.text());

    let prose = reading("para-17-dark.png").paragraphs();
    assert_eq!(prose.len(), 3, "{prose:?}");
    assert!(
        prose[1].starts_with("A heron can") && prose[1].ends_with("does not notice."),
        "{prose:?}"
    );
}

/// The middle of a letter of the first line must lie in the box of that line.
#[test]
fn boxes_are_where_the_lines_are() {
    let reading = reading("big-36.png");
    let [a, _, c, d] = reading.lines[0].quad.0;
    let picture = fixture("big-36.png");
    let rgb = picture.rgb();
    let ground = rgb[0];
    let is_ink =
        |x: u32, y: u32| rgb[((y * picture.width() + x) * 3) as usize].abs_diff(ground) > 99;
    let inside = |x: u32, y: u32| {
        let (x, y) = (x as f32, y as f32);
        x >= a.x && x <= c.x && y >= a.y && y <= d.y
    };
    let (mut n_inside, mut n_outside) = (0, 0);
    // The second line begins below.
    for y in 0..reading.lines[1].quad.0[0].y as u32 {
        for x in 0..picture.width() {
            if is_ink(x, y) {
                if inside(x, y) { n_inside += 1 } else { n_outside += 1 }
            }
        }
    }
    assert!(n_inside > 500 && n_outside == 0, "{n_inside} inside, {n_outside} outside");
}
