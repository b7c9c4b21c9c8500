use super::*;

#[track_caller]
fn check_size(points: (f32, f32), unit: f32, expected: (u16, u16)) {
    assert_eq!(size(points.0, points.1, unit, &Limits::default()), expected, "{points:?}");
}

#[test]
fn a_page_has_as_many_pixels_as_a4_with_200_to_an_inch_and_at_most_300_to_an_inch() {
    check_size((595.28, 841.89), 1.0, (1654, 2339));
    check_size((841.89, 595.28), 1.0, (2339, 1654));
    // A stamp.
    check_size((72.0, 36.0), 1.0, (300, 150));
    check_size((1.0, 1.0), 1.0, (4, 4));
    check_size((0.001, 0.001), 1.0, (1, 1));
    // A0, and a page without measure.
    check_size((2383.94, 3370.39), 1.0, (1654, 2339));
    check_size((100_000.0, 100_000.0), 1.0, (1967, 1967));
    // A unit may be more than a point.
    check_size((72.0, 36.0), 2.0, (600, 300));
    // A strip.
    check_size((1.0, 1_000_000.0), 1.0, (1, 20_000));
    check_size((f32::MAX, 1.0), 1.0, (20_000, 1));
}

#[test]
fn a_page_fits_the_limits() {
    let limits = Limits { max_pixels: 10_000, max_bytes: 1 << 20, ..Limits::default() };
    let (width, height) = size(612.0, 792.0, 1.0, &limits);
    assert!(u64::from(width) * u64::from(height) <= 10_100, "{width} x {height}");
}
