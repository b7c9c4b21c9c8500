use super::*;

#[test]
fn a_region_is_cut_to_the_screen() {
    let region = |x, y, width, height| Region { x, y, width, height };
    let cut = |region| on_screen(region, 100, 50).ok();
    assert_eq!(cut(region(10, 20, 30, 40)), Some(region(10, 20, 30, 30)));
    assert_eq!(cut(region(0, 0, u32::MAX, 1)), Some(region(0, 0, 100, 1)));
    assert_eq!(cut(region(100, 0, 5, 5)), None);
    assert_eq!(cut(region(1, 1, 0, 5)), None);
}

#[test]
fn a_square_lies_around_the_pointer_and_never_before_the_screen() {
    let square = |x, y| Region { x, y, width: 512, height: 512 };
    assert_eq!(around((600, 300), 512), square(344, 44));
    assert_eq!(around((10, 0), 512), square(0, 0));
}
