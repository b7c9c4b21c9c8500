//! Texts and their ids, which tiktoken made with tekken's pattern (`fixtures/make-fixtures`).

use lorgnette_engine::TextStream;
use proptest::prelude::*;

use crate::tiny::tokenizer;

#[derive(serde::Deserialize)]
pub struct Case {
    pub text: String,
    pub token_ids: Vec<u32>,
}

pub fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../fixtures/texts.json")).unwrap()
}

#[test]
fn texts_get_tiktokens_ids_and_come_back() {
    for Case { text, token_ids } in cases() {
        assert_eq!(tokenizer().encode_text(&text), token_ids, "{text:?}");
        assert_eq!(tokenizer().decode(&token_ids), text.as_bytes());
        assert_eq!(stream(&token_ids), text);
    }
}

#[track_caller]
fn check_pieces(ids: &[u32], expected: &[&str]) {
    let mut stream = TextStream::new();
    let pieces = ids.iter().map(|id| stream.push(tokenizer().token_bytes(*id)));
    let mut pieces: Vec<String> = pieces.collect();
    pieces.push(stream.finish());
    assert_eq!(pieces, expected);
}

/// The ids of an emoji that tekken has in bytes.
#[test]
fn a_split_emoji_is_shown_when_it_is_whole() {
    check_pieces(
        &[1240, 1159, 1145, 1141, 1240, 1159, 1143, 1189],
        &["", "", "", "👍", "", "", "", "🏽", ""],
    );
    check_pieces(&[22177, 1240, 1159, 2], &["Hello", "", "", "", "\u{FFFD}"]);
}

#[test]
fn punctuation_is_shown_at_once() {
    for text in ["Yes.", "One, two", "a - b…", "(x)!?\n\n", "\u{201c}q\u{201d}", "e\u{301}"] {
        let mut stream = TextStream::new();
        let mut shown = String::new();
        let ids = tokenizer().encode_text(text);
        for (i, id) in ids.iter().enumerate() {
            shown += &stream.push(tokenizer().token_bytes(*id));
            let whole = tokenizer().decode(&ids[..=i]);
            if let Ok(whole) = std::str::from_utf8(&whole) {
                assert_eq!(shown, whole);
            }
        }
    }
}

fn stream(ids: &[u32]) -> String {
    let mut stream = TextStream::new();
    let pieces = ids.iter().map(|id| stream.push(tokenizer().token_bytes(*id)));
    let pieces: String = pieces.collect();
    pieces + &stream.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn any_text_comes_back(text in r"([\PC\s]|\[INST\]|</s>|[एक्षिé🙂\u{200d}🏽]){0,80}") {
        let ids = tokenizer().encode_text(&text);
        prop_assert!(ids.iter().all(|id| *id >= 1000));
        prop_assert_eq!(tokenizer().decode(&ids), text.as_bytes());
        prop_assert_eq!(stream(&ids), text);
    }

    #[test]
    fn any_ids_stream_as_they_decode(ids in prop::collection::vec(0..140_000_u32, 0..60)) {
        let whole = tokenizer().decode(&ids);
        prop_assert_eq!(stream(&ids), String::from_utf8_lossy(&whole).into_owned());
    }
}
