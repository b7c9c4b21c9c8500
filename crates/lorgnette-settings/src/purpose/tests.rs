use proptest::prelude::*;

use super::*;

#[test]
fn alt_text_is_one_short_line() {
    assert_eq!(alt_text(" A cat\n on  a mat. "), "A cat on a mat.");
    let two = format!("A receipt of a shop, total 3.50 and more. {}", "And so on ".repeat(20));
    assert_eq!(alt_text(&two), "A receipt of a shop, total 3.50 and more.");
    let one = "word, ".repeat(60);
    let cut = alt_text(&one);
    assert!(cut.ends_with("word…") && cut.chars().count() <= MAX_ALT_CHARS, "{cut}");
}

#[test]
fn every_purpose_is_found_by_its_name() {
    for purpose in Purpose::ALL {
        assert_eq!(purpose.name().parse(), Ok(purpose));
    }
    assert_eq!(
        "poem".parse::<Purpose>(),
        Err("use brief, detailed, text, alt, form, chart".into())
    );
}

proptest! {
    #[test]
    fn alt_text_never_has_more_characters(text in "\\PC{0,400}") {
        prop_assert!(alt_text(&text).chars().count() <= MAX_ALT_CHARS);
    }
}
