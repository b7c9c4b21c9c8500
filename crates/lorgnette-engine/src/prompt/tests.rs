use std::sync::LazyLock;

use super::*;

static PIXTRAL: LazyLock<Tokenizer> = LazyLock::new(|| Tokenizer::pixtral().unwrap());

fn text(text: &str) -> Content {
    Content::Text(text.into())
}

fn image(rows: u32, cols: u32) -> Content {
    Content::Image { picture: 0, rows, cols }
}

fn say(role: Role, content: &[Content]) -> Message {
    Message { role, content: content.to_vec() }
}

#[track_caller]
fn check(messages: &[Message], expected: &[TokenId]) {
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
fn empty_parts_are_no_error_and_empty_chats_are() {
    check(&[say(Role::User, &[image(1, 1), text("")])], &[1, 3, 10, 13, 4]);
    check(&[say(Role::User, &[image(1, 1)])], &[1, 3, 10, 13, 4]);
    let fails = |messages: &[Message]| encode_chat(&PIXTRAL, messages).unwrap_err();
    assert_eq!(fails(&[]), PromptError::NoQuestion);
    assert_eq!(fails(&[say(Role::System, &[text("x")])]), PromptError::NoQuestion);
    assert_eq!(fails(&[say(Role::Assistant, &[text("x")])]), PromptError::AnswerFirst);
    let picture = say(Role::Assistant, &[image(1, 1)]);
    assert_eq!(
        fails(&[say(Role::User, &[text("x")]), picture]),
        PromptError::PictureOutsideQuestion
    );
}
