use super::*;

#[track_caller]
fn check(after_start: &[u8], expected: bool) {
    let bytes = [b"\xff\xd8", after_start].concat();
    assert_eq!(has_end(&bytes), expected);
}

#[test]
fn the_end_is_found() {
    check(b"\xff\xd9", true);
    check(b"\xff\xe0\0\x04ab\xff\xd9", true);
    check(b"\xff\xda\0\x02data\xff\0data\xff\xd0data\xff\xd9junk", true);
    check(b"\xff\xff\xff\xd9", true);
}

#[test]
fn an_end_inside_a_thumbnail_does_not_count() {
    check(b"\xff\xe1\0\x06\xff\xd8\xff\xd9", false);
    check(b"\xff\xe1\0\x06\xff\xd8\xff\xd9\xff\xd9", true);
}

#[test]
fn a_missing_end_is_missed() {
    check(b"", false);
    check(b"\xff", false);
    check(b"\xff\xe0", false);
    check(b"\xff\xe0\0\0", false);
    check(b"\xff\xe0\xff\xff\xff\xd9", false);
    check(b"\xff\xda\0\x02data\xff\0data", false);
    assert!(!has_end(b""));
}
