use proptest::prelude::*;

use super::*;

fn stream(pieces: &[&[u8]]) -> Vec<String> {
    let mut stream = TextStream::new();
    let mut texts: Vec<String> = pieces.iter().map(|piece| stream.push(piece)).collect();
    texts.push(stream.finish());
    texts
}

#[test]
fn a_character_comes_when_it_is_whole() {
    let emoji = "🤷".as_bytes();
    let texts = stream(&[b"a", &emoji[..1], &emoji[1..3], &emoji[3..], b"."]);
    assert_eq!(texts, ["a", "", "", "🤷", ".", ""]);
}

#[test]
fn what_is_no_text_is_replaced_once() {
    assert_eq!(stream(&[b"a\xff", b"b"]), ["a\u{FFFD}", "b", ""]);
    assert_eq!(stream(&[b"\xe2\x82"]), ["", "\u{FFFD}"]);
    assert_eq!(stream(&[b"\xe2\x82", b"x"]), ["", "\u{FFFD}x", ""]);
}

proptest! {
    #[test]
    fn pieces_together_are_the_text(text in ".{0,40}", n in 1..5_usize) {
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(n).collect();
        let streamed = stream(&pieces).concat();
        prop_assert_eq!(streamed, text);
    }

    #[test]
    fn any_bytes_are_what_the_standard_library_makes_of_them(bytes in prop::collection::vec(any::<u8>(), 0..40), n in 1..5_usize) {
        let pieces: Vec<&[u8]> = bytes.chunks(n).collect();
        prop_assert_eq!(stream(&pieces).concat(), String::from_utf8_lossy(&bytes).into_owned());
    }
}
