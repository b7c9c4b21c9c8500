use std::sync::LazyLock;

use super::*;
use crate::tokens::GgufVocab;

static PIXTRAL: LazyLock<Tokenizer> = LazyLock::new(|| Tokenizer::pixtral().unwrap());

fn text(text: &str) -> Content {
    Content::Text(text.into())
}

fn image(rows: u32, cols: u32) -> Content {
    Content::Image { picture: 0, rows, cols }
}

fn say(role: Role, content: &[Content]) -> ChatMessage {
    ChatMessage { role, content: content.to_vec() }
}

#[track_caller]
fn check(messages: &[ChatMessage], expected: &[TokenId]) {
    assert_eq!(encode_chat(&PIXTRAL, messages).unwrap().ids, expected);
}

/// The sequences of mistral-common 1.13.1.
#[test]
fn chats_get_the_references_ids() {
    use Role::{Assistant, System, User};
    let brief = say(System, &[text("Be brief.")]);
    let question = text("What is this?");
    let two_by_two = [10, 10, 12, 10, 10, 13];
    check(&[say(User, &[text("Hello")])], &[1, 3, 22177, 4]);
    check(&[brief.clone(), say(User, &[text("Hello")])], &[1, 3, 5934, 13426, 1338, 22177, 4]);
    let asked = [&[1, 3][..], &two_by_two, &[7493, 1395, 1593, 1063, 4]].concat();
    check(&[say(User, &[image(2, 2), question.clone()])], &asked);
    check(&[say(User, &[question.clone(), image(2, 2)])], &asked);
    let instructed =
        [&[1, 3, 5934, 13426, 1338][..], &two_by_two, &[7493, 1395, 1593, 1063, 4]].concat();
    check(&[brief.clone(), say(User, &[image(2, 2), question])], &instructed);
    check(
        &[
            brief,
            say(User, &[text("Hi")]),
            say(Assistant, &[text("Hello there.  ")]),
            say(User, &[image(1, 1), text("What?")]),
        ],
        &[1, 3, 37133, 4, 22177, 2156, 1046, 2, 3, 5934, 13426, 1338, 10, 13, 7493, 1063, 4],
    );
}

#[test]
fn pictures_are_where_the_prompt_says() {
    let content = [text("Look: "), image(1, 2), text("and"), image(2, 1)];
    let prompt = encode_chat(&PIXTRAL, &[say(Role::User, &content)]).unwrap();
    for slot in &prompt.images {
        let n = (slot.rows * (slot.cols + 1)) as usize;
        let ids = &prompt.ids[slot.start..][..n];
        assert_eq!((ids[0], ids[n - 1]), (10, 13));
    }
    assert_eq!(prompt.images.iter().map(|slot| slot.rows).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn an_answer_left_open_has_no_end() {
    let chat = [say(Role::User, &[text("Hi")]), say(Role::Assistant, &[text("Hello there.")])];
    check(&chat, &[1, 3, 37133, 4, 22177, 2156, 1046]);
}

#[test]
fn questions_in_a_row_are_one() {
    let chat = [say(Role::User, &[text("One")]), say(Role::User, &[text("two")])];
    assert_eq!(
        encode_chat(&PIXTRAL, &chat),
        encode_chat(&PIXTRAL, &[say(Role::User, &[text("One\n\ntwo")])])
    );
}

#[test]
fn empty_parts_are_no_error() {
    check(&[say(Role::User, &[image(1, 1), text("")])], &[1, 3, 10, 13, 4]);
    check(&[say(Role::User, &[image(1, 1)])], &[1, 3, 10, 13, 4]);
    check(&[say(Role::User, &[])], &[1, 3, 4]);
}

/// The reference refuses it; a cancelled answer must not end the chat.
#[test]
fn an_answer_may_be_empty() {
    let hi = say(Role::User, &[text("Hi")]);
    let chat = [hi.clone(), say(Role::Assistant, &[text("")]), hi.clone()];
    check(&chat, &[1, 3, 37133, 4, 2, 3, 37133, 4]);
    check(&[hi, say(Role::Assistant, &[])], &[1, 3, 37133, 4]);
}

#[track_caller]
fn check_refused(messages: &[ChatMessage], expected: &PromptError) {
    let error = encode_chat(&PIXTRAL, messages).unwrap_err();
    assert_eq!(error, *expected);
    assert!(!error.hint().is_empty());
}

#[test]
fn chats_that_the_format_has_no_form_for_are_errors() {
    let hi = say(Role::User, &[text("Hi")]);
    let answer = say(Role::Assistant, &[text("x")]);
    check_refused(&[], &PromptError::NoQuestion);
    check_refused(std::slice::from_ref(&answer), &PromptError::NoQuestion);
    let brief = say(Role::System, &[text("Be brief.")]);
    check_refused(&[hi.clone(), answer, brief], &PromptError::SystemAfterAnswer);
    for role in [Role::Assistant, Role::System] {
        let picture = say(role, &[image(1, 1)]);
        check_refused(&[hi.clone(), picture], &PromptError::PictureOutsideQuestion);
    }
    for empty in [image(0, 3), image(3, 0)] {
        check_refused(&[say(Role::User, &[empty])], &PromptError::EmptyPicture { picture: 0 });
    }
}

#[test]
fn a_tokenizer_without_picture_tokens_refuses_pictures() {
    let mut vocab = PIXTRAL.truncated(1300).unwrap().to_gguf_vocab();
    vocab.tokens[12] = "<SPECIAL_12>".into();
    let tokenizer = Tokenizer::from_gguf(vocab).unwrap();
    let error = encode_chat(&tokenizer, &[say(Role::User, &[image(1, 1)])]).unwrap_err();
    assert_eq!(error, PromptError::NoPictureTokens);
    assert!(encode_chat(&tokenizer, &[say(Role::User, &[text("Hi")])]).is_ok());
}

/// `LightOnOCR`'s tokens beside the bytes: a byte's id is the byte.
static CHAT_ML: LazyLock<Tokenizer> = LazyLock::new(|| {
    let bytes = PIXTRAL.truncated(1256).unwrap().to_gguf_vocab().tokens.split_off(1000);
    let control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|image_pad|>"];
    let vocab = GgufVocab {
        model: "gpt2".into(),
        pre: Some("qwen2".into()),
        token_types: Some((0..260).map(|id| if id < 256 { 1 } else { 3 }).collect()),
        tokens: bytes.into_iter().chain(control.map(String::from)).collect(),
        ..GgufVocab::default()
    };
    Tokenizer::from_gguf(vocab).unwrap()
});

/// What ids mean: the bytes of texts, and control tokens by a letter.
fn shown(ids: &[TokenId]) -> String {
    let letter = |id: &TokenId| match id {
        256 => '#',
        257 => '<',
        258 => '>',
        259 => '*',
        id => char::from_u32(*id).unwrap(),
    };
    ids.iter().map(letter).collect()
}

#[test]
fn chat_ml_names_who_speaks() {
    use Role::{Assistant, System, User};
    let shows = |messages: &[ChatMessage]| {
        let prompt = encode_chat(&CHAT_ML, messages).unwrap();
        (shown(&prompt.ids), shown(&prompt.ids[..prompt.n_open]))
    };
    let page = say(User, &[image(2, 3)]);
    let asked = "<system>\n<user\n******";
    let (whole, open) = shows(std::slice::from_ref(&page));
    assert_eq!((whole, open), (format!("{asked}>\n<assistant\n"), asked.to_owned()));
    // Words that come later stand behind what was read before them.
    let (whole, _) = shows(&[say(User, &[image(2, 3), text("Read.")])]);
    assert_eq!(whole, format!("{asked}Read.\n>\n<assistant\n"));
    let (whole, _) = shows(&[say(System, &[text("Be brief.")]), page.clone()]);
    assert_eq!(whole, "<system\nBe brief.>\n<user\n******>\n<assistant\n");
    let (whole, open) = shows(&[page, say(Assistant, &[text("# Page")])]);
    assert_eq!(whole, format!("{asked}>\n<assistant\n# Page"));
    assert_eq!(whole, open);
}

#[test]
fn chat_ml_has_no_row_ends_and_no_control_words_in_texts() {
    let words = "<|im_end|> <|image_pad|>";
    let content = [image(1, 2), text(words), image(3, 1)];
    let prompt = encode_chat(&CHAT_ML, &[say(Role::User, &content)]).unwrap();
    let places: Vec<_> = prompt.images.iter().map(|slot| (slot.start, slot.n_ids)).collect();
    let pads =
        |(start, n): (usize, usize)| prompt.ids[start..start + n].iter().all(|id| *id == 259);
    assert!(places.iter().all(|place| pads(*place)) && places.len() == 2, "{places:?}");
    assert_eq!(prompt.ids.iter().filter(|id| **id == 259).count(), 5);
    assert!(shown(&prompt.ids).contains(words), "{}", shown(&prompt.ids));
    let control = CHAT_ML.control();
    assert!(control.ends_answer(256) && control.ends_answer(258) && !control.ends_answer(257));
}

#[test]
fn chat_ml_refuses_what_it_has_no_form_for() {
    let refused = |messages: &[ChatMessage]| encode_chat(&CHAT_ML, messages).unwrap_err();
    let thought = Content::Thinking { text: "Hm.".into(), is_closed: true };
    for (role, part, expected) in [
        (Role::User, image(0, 1), PromptError::EmptyPicture { picture: 0 }),
        (Role::System, image(1, 1), PromptError::PictureOutsideQuestion),
        (Role::User, thought.clone(), PromptError::ThinkingInQuestion),
        (Role::System, thought, PromptError::NoThinkingTokens),
    ] {
        assert_eq!(refused(&[say(Role::User, &[]), say(role, &[part])]), expected);
    }
    assert_eq!(refused(&[say(Role::Assistant, &[text("x")])]), PromptError::NoQuestion);
}
