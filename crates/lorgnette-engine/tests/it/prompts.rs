//! Chats and their ids, which mistral-common 1.13.1 made (`fixtures/make-fixtures`).

use lorgnette_engine::prompt::{ChatMessage, Content, EncodedChat, ImageSlot, Role, encode_chat};
use lorgnette_engine::tokens::Tokenizer;
use lorgnette_image::{Grid, ImageConfig};
use serde_json::Value;

use crate::sources::{tekken_json, tokenizer_json};
use crate::tiny::tokenizer;

#[test]
fn conversations_get_the_references_ids() {
    let cases: Value = serde_json::from_str(include_str!("../fixtures/prompts.json")).unwrap();
    for case in cases.as_array().unwrap() {
        check(case, tokenizer());
    }
}

/// Each version from another kind of file.
#[test]
fn every_version_gets_the_references_ids() {
    let file: Value = serde_json::from_str(include_str!("../fixtures/prompts_more.json")).unwrap();
    let names: Vec<String> = serde_json::from_value(file["v13_control_tokens"].clone()).unwrap();
    let v3 = Tokenizer::from_gguf(tokenizer().to_gguf_vocab()).unwrap();
    let v7 = Tokenizer::from_tekken_json(&tekken_json(tokenizer(), "v7", None)).unwrap();
    let v7 = Tokenizer::from_tokenizer_json(&tokenizer_json(&v7)).unwrap();
    let v13 = tekken_json(tokenizer(), "v13", Some(&names));
    let v13 = Tokenizer::from_tekken_json(&v13).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let tokenizer = match case["version"].as_str().unwrap() {
            "v3" => &v3,
            "v7" => &v7,
            "v13" => &v13,
            other => panic!("{other}"),
        };
        check(case, tokenizer);
    }
}

#[track_caller]
fn check(case: &Value, tokenizer: &Tokenizer) {
    let name = format!("{} {}", case["version"], case["name"]);
    let messages: Vec<ChatMessage> =
        case["messages"].as_array().unwrap().iter().map(message).collect();
    let prompt = encode_chat(tokenizer, &messages);
    if case.get("refused").is_some() {
        assert!(prompt.is_err(), "{name}");
        return;
    }
    let prompt = prompt.unwrap_or_else(|error| panic!("{name}: {error}"));
    let expected: Vec<u32> = serde_json::from_value(case["token_ids"].clone()).unwrap();
    assert_eq!(prompt.ids, expected, "{name}");
    check_pictures(&prompt, tokenizer, &name);
}

/// One `<s>`, at the beginning, and `[IMG]` just where the slots say.
#[track_caller]
fn check_pictures(prompt: &EncodedChat, tokenizer: &Tokenizer, name: &str) {
    let control = tokenizer.control();
    let places = |id| (0..prompt.ids.len()).filter(move |i| prompt.ids[*i] == id);
    assert_eq!(places(control.bos.unwrap()).collect::<Vec<_>>(), [0], "{name}");
    let in_slots = prompt.images.iter().flat_map(|ImageSlot { start, rows, cols, .. }| {
        let row = move |row| (0..*cols).map(move |col| start + (row * (cols + 1) + col) as usize);
        (0..*rows).flat_map(row)
    });
    let found = places(control.img.unwrap());
    assert_eq!(in_slots.collect::<Vec<_>>(), found.collect::<Vec<_>>(), "{name}");
}

fn message(message: &Value) -> ChatMessage {
    let role = match message["role"].as_str().unwrap() {
        "system" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        other => panic!("{other}"),
    };
    let content = message["content"].as_array().unwrap().iter().map(|part| {
        if let Some(text) = part.as_str() {
            return Content::Text(text.into());
        }
        let side = |name: &str| u32::try_from(part["image"][name].as_u64().unwrap()).unwrap();
        let (width, height) = (side("width"), side("height"));
        let grid = Grid::for_picture(width, height, &ImageConfig::PIXTRAL_12B);
        Content::Image { picture: 0, rows: grid.rows, cols: grid.cols }
    });
    ChatMessage { role, content: content.collect() }
}
