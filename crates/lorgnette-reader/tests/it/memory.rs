//! Pictures of any size are read within bounds.

use crate::{cut, fixture, placed, read};

/// 20,000 pixels are looked at in strips. Each copy of the text must be there once, also where two strips
/// meet.
#[test]
fn a_long_screenshot_is_read_whole() {
    let source = fixture("receipt-13.png");
    let source = cut(&source, 0, 0, source.width(), 78);
    let once = read(&source);
    let n = 20_000 / 240;
    let places = (0..n).map(|i| (0, i * 240));
    let long = read(&placed(&source, (400.max(source.width()), 20_000), source.rgb()[0], places));
    let texts: Vec<&str> = long.lines.iter().map(|line| line.text.as_str()).collect();
    let once: Vec<&str> = once.lines.iter().map(|line| line.text.as_str()).collect();
    assert!(once.len() >= 3 && texts.len() == once.len() * n as usize, "{once:?} {}", texts.len());
    for copy in texts.chunks_exact(once.len()) {
        assert_eq!(copy, once);
    }
    assert!(long.shrunk.is_none());
}

#[test]
fn a_large_picture_is_looked_at_smaller_and_says_so() {
    let source = fixture("big-36.png");
    let text = cut(&source, 0, 0, source.width(), source.height());
    let large = placed(&text, (4000, 3000), source.rgb()[0], [(100, 100), (2000, 2200)]);
    let reading = read(&large);
    assert_eq!(reading.text().matches("Night buses").count(), 2, "{}", reading.text());
    assert!(reading.shrunk.is_some_and(|shrunk| (1.6..1.9).contains(&shrunk.times)), "{reading:?}");
}
