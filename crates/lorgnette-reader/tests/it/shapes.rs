//! Pictures of odd shapes.

use crate::score::folded;
use crate::{cut, fixture, placed, plain, read, reading};

#[track_caller]
fn check_text(text: &str, expected: &str) {
    assert_eq!(folded(text).iter().collect::<String>(), expected);
}

#[test]
fn nothing_is_found_where_nothing_is() {
    for (width, height) in [(1, 1), (64, 64), (640, 400)] {
        for grey in [0, 128, 255] {
            let reading = read(&plain(width, height, grey));
            assert!(reading.lines.is_empty() && reading.unreadable.is_empty(), "{reading:?}");
            assert_eq!(reading.text(), "");
        }
    }
}

#[test]
fn the_smallest_and_the_flattest_pictures_are_read_without_a_fault() {
    let prose = fixture("para-17-dark.png");
    for side in 1..=40 {
        read(&cut(&prose, 30, 20, side, side));
        read(&cut(&prose, 30, 20, 41 - side, side));
    }
    read(&placed(&cut(&prose, 30, 20, 600, 20), (3000, 20), 24, [(0, 0), (900, 0)]));
}

/// A rectangle around such a line loses its height where the hull is computed in floats.
#[test]
fn long_lines_are_read() {
    let source = fixture("polish-14.png");
    let reading = reading("polish-14.png");
    let line = &reading.lines[0];
    let [a, b, _, d] = line.quad.0;
    let (left, top) = (a.x.max(0.0) as u32, a.y.max(0.0) as u32);
    let (width, height) = (b.x as u32 + 1 - left, d.y as u32 + 1 - top);
    let line_picture = cut(&source, left, top, width, height);
    let ground = source.rgb()[0];
    for n in [1, 2, 3] {
        let size = (n * (width + 4) + 60, height + 60);
        let places = (0..n).map(|i| (30 + i * (width + 4), 30));
        let long = read(&placed(&line_picture, size, ground, places));
        assert_eq!(long.rows().count(), 1, "{}", long.text());
        check_text(&long.text(), &vec![line.text.as_str(); n as usize].join(" "));
    }
    assert!(width > 650, "{width}");
}

#[test]
fn text_that_is_cut_tightly_is_read() {
    let source = fixture("german-13.png");
    let whole = reading("german-13.png");
    for line in &whole.lines {
        let [a, _, c, _] = line.quad.0;
        // One pixel around the ink.
        let rgb = source.rgb();
        let ground = rgb[0];
        let at = |x: u32, y: u32| rgb[((y * source.width() + x) * 3) as usize];
        let xs = a.x.max(0.0) as u32..(c.x as u32).min(source.width() - 1);
        let ys = a.y.max(0.0) as u32..(c.y as u32).min(source.height() - 1);
        let inked: Vec<(u32, u32)> = ys
            .flat_map(|y| xs.clone().map(move |x| (x, y)))
            .filter(|(x, y)| at(*x, *y).abs_diff(ground) > 40)
            .collect();
        let (left, right) = (
            inked.iter().map(|at| at.0).min().unwrap(),
            inked.iter().map(|at| at.0).max().unwrap(),
        );
        let (top, bottom) = (
            inked.iter().map(|at| at.1).min().unwrap(),
            inked.iter().map(|at| at.1).max().unwrap(),
        );
        let tight = cut(&source, left - 1, top - 1, right - left + 3, bottom - top + 3);
        check_text(&read(&tight).text(), &line.text);
    }
}

/// Turns by sampling the nearest pixel between four, as a scanner does to a page that lies askew.
#[test]
fn a_page_that_lies_askew_is_read_in_order() {
    let source = fixture("columns-13.png");
    let expected = reading("columns-13.png").text();
    for degrees in [-2.0_f64, 2.0] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (width, height) = (source.width() + 40, source.height() + 60);
        let (mid_x, mid_y) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
        let mut rgb = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let (dx, dy) = (f64::from(x) - mid_x, f64::from(y) - mid_y);
                let from_x = dx * cos + dy * sin + f64::from(source.width()) / 2.0;
                let from_y = dy * cos - dx * sin + f64::from(source.height()) / 2.0;
                for channel in 0..3 {
                    rgb.push(sample(&source, from_x, from_y, channel));
                }
            }
        }
        let askew = lorgnette_image::Picture::from_rgb(width, height, rgb).unwrap();
        let expected: String = folded(&expected).iter().collect();
        check_text(&read(&askew).text(), &expected);
    }
}

fn sample(picture: &lorgnette_image::Picture, x: f64, y: f64, channel: usize) -> u8 {
    let at = |x: f64, y: f64| {
        let x = x.clamp(0.0, f64::from(picture.width() - 1)) as usize;
        let y = y.clamp(0.0, f64::from(picture.height() - 1)) as usize;
        f64::from(picture.rgb()[(y * picture.width() as usize + x) * 3 + channel])
    };
    let (left, top) = (x.floor(), y.floor());
    let (along, down) = (x - left, y - top);
    let above = at(left, top) * (1.0 - along) + at(left + 1.0, top) * along;
    let below = at(left, top + 1.0) * (1.0 - along) + at(left + 1.0, top + 1.0) * along;
    (above * (1.0 - down) + below * down).round() as u8
}
