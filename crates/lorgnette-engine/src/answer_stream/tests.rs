use std::sync::LazyLock;

use super::*;

const BEGIN: TokenId = 34;
const END: TokenId = 35;
const EOS: TokenId = 2;

/// The bytes, some tokens more, and the control tokens of version 13.
static THINKER: LazyLock<Tokenizer> = LazyLock::new(|| {
    let mut vocab = Tokenizer::pixtral().unwrap().truncated(1300).unwrap().to_gguf_vocab();
    for (id, name) in [(34, "[THINK]"), (35, "[/THINK]")] {
        vocab.tokens[id] = name.into();
    }
    Tokenizer::from_gguf(vocab).unwrap()
});

fn ids(text: &str) -> Vec<TokenId> {
    THINKER.encode_text(text)
}

/// What is said of tokens behind a prompt, with what was told of it and the stop that it came to.
fn hear(
    prompt: &[TokenId],
    stops: &[&str],
    tokens: &[TokenId],
) -> (Said, Vec<AnswerEvent>, Option<String>) {
    let stops: Vec<String> = stops.iter().map(|stop| (*stop).to_owned()).collect();
    let mut told = Vec::new();
    let mut emit = |event| told.push(event);
    let mut stream = AnswerStream::new(&THINKER, prompt, (true, &stops));
    let stop = tokens.iter().find_map(|id| {
        assert!(stream.allows(*id), "{id}");
        stream.push(*id, &mut emit)
    });
    (stream.finish(&mut emit), told, stop)
}

#[track_caller]
fn check(tokens: &[TokenId], thoughts: &str, text: &str) {
    let (said, told, _) = hear(&[4], &[], tokens);
    assert_eq!((said.thoughts.as_str(), said.text.as_str()), (thoughts, text));
    let (mut told_thoughts, mut told_text) = (String::new(), String::new());
    for event in told {
        match event {
            AnswerEvent::Thought(piece) => told_thoughts += &piece,
            AnswerEvent::Text(piece) => told_text += &piece,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((told_thoughts.as_str(), told_text.as_str()), (thoughts, text));
}

#[test]
fn thoughts_and_answer_are_told_apart_by_their_tokens() {
    let thoughts = ids("Hm, é🙂?");
    let answer = ids("Yes: ü.");
    check(&answer, "", "Yes: ü.");
    check(&[&[BEGIN][..], &*thoughts, &[END], &answer].concat(), "Hm, é🙂?", "Yes: ü.");
    check(&[&[BEGIN][..], &*thoughts].concat(), "Hm, é🙂?", "");
    check(&[&[BEGIN][..], &*thoughts, &[END]].concat(), "Hm, é🙂?", "");
    check(&[BEGIN, END], "", "");
    let again = [&[BEGIN][..], &*thoughts, &[END], &answer, &[BEGIN], &answer, &[END], &thoughts];
    check(&again.concat(), "Hm, é🙂?\n\nYes: ü.", "Yes: ü.Hm, é🙂?");
}

#[test]
fn what_is_spelt_like_the_tokens_is_text() {
    check(&ids("[THINK]no[/THINK]yes"), "", "[THINK]no[/THINK]yes");
    let inside = [&[BEGIN][..], &*ids("[/THINK]"), &[END], &ids("[THINK]")].concat();
    check(&inside, "[/THINK]", "[THINK]");
}

#[test]
fn a_character_that_is_cut_stays_on_its_side() {
    let cut = &ids("🙂")[..2];
    assert!(cut.iter().all(|id| THINKER.token_bytes(*id).len() == 1), "bytes");
    check(&[&[BEGIN][..], cut, &[END], &ids("a")].concat(), "\u{FFFD}", "a");
    check(&[cut, &[BEGIN], &ids("a")].concat(), "a", "\u{FFFD}");
}

#[test]
fn texts_to_stop_at_are_looked_for_in_the_answer_alone() {
    let tokens = [&[BEGIN][..], &*ids("one END two"), &[END], &ids("three END four")].concat();
    let (said, _, stop) = hear(&[4], &["END"], &tokens);
    assert_eq!((said.thoughts.as_str(), said.text.as_str()), ("one END two", "three "));
    assert_eq!(stop.as_deref(), Some("END"));
    // What is held back, because it may be the beginning of a stop, is not lost.
    let tokens = [&*ids("EN"), &[BEGIN], &ids("D")].concat();
    let (said, _, stop) = hear(&[4], &["END"], &tokens);
    assert_eq!((said.thoughts.as_str(), said.text.as_str(), stop), ("D", "EN", None));
}

#[test]
fn a_prompt_that_was_left_inside_thoughts_goes_on_with_them() {
    let tokens = [&*ids("a"), &[END], &ids("b")].concat();
    let (said, ..) = hear(&[4, BEGIN, 1065], &[], &tokens);
    assert_eq!((said.thoughts.as_str(), said.text.as_str()), ("a", "b"));
    assert_eq!(said.n_thought_tokens, 2);
    for closed in
        [&[1, 17, BEGIN, 1065, END, 18, 3, 4][..], &[1, 17, BEGIN, 1065, 18, 3, 1065, 4], &[]]
    {
        let (said, ..) = hear(closed, &[], &ids("a"));
        assert_eq!((said.thoughts.as_str(), said.text.as_str()), ("", "a"), "{closed:?}");
    }
}

#[test]
fn of_control_tokens_only_the_end_and_the_turn_are_allowed() {
    let mut emit = |_: AnswerEvent| {};
    let mut allowed = |may_think: bool, tokens: &[TokenId]| {
        let mut stream = AnswerStream::new(&THINKER, &[4], (may_think, &[]));
        for id in tokens {
            stream.push(*id, &mut emit);
        }
        (0..1000).filter(|id| stream.allows(*id)).collect::<Vec<TokenId>>()
    };
    assert_eq!(allowed(true, &[]), [EOS, BEGIN]);
    assert_eq!(allowed(true, &[BEGIN]), [EOS, END]);
    assert_eq!(allowed(true, &[BEGIN, 1065, END, 1065]), [EOS, BEGIN]);
    assert_eq!(allowed(false, &[1065]), [EOS]);
    let plain = Tokenizer::pixtral().unwrap();
    let stream = AnswerStream::new(&plain, &[4], (true, &[]));
    assert_eq!((0..1000).filter(|id| stream.allows(*id)).collect::<Vec<_>>(), [EOS]);
}
