//! Every conversation of the fixture, whose ids mistral-common 1.13.1 made.

use lorgnette_engine::prompt::{Content, Message, Role, encode_chat};
use lorgnette_image::{Grid, ImageConfig};

use crate::tiny::tokenizer;

#[test]
fn conversations_get_the_references_ids() {
    let cases: serde_json::Value =
        serde_json::from_str(include_str!("../fixtures/prompts.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let messages: Vec<Message> =
            case["messages"].as_array().unwrap().iter().map(message).collect();
        let expected: Vec<u32> = serde_json::from_value(case["token_ids"].clone()).unwrap();
        let prompt = encode_chat(tokenizer(), &messages).unwrap();
        assert_eq!(prompt.ids, expected, "{}", case["name"]);
    }
}

fn message(message: &serde_json::Value) -> Message {
    let role = match message["role"].as_str().unwrap() {
        "system" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        other => panic!("{other}"),
    };
    let content = message["content"].as_array().unwrap().iter().map(|chunk| {
        if let Some(text) = chunk.as_str() {
            return Content::Text(text.into());
        }
        let side = |name: &str| u32::try_from(chunk["image"][name].as_u64().unwrap()).unwrap();
        let (width, height) = (side("width"), side("height"));
        let grid = Grid::for_picture(width, height, &ImageConfig::PIXTRAL_12B);
        Content::Image { picture: 0, rows: grid.rows, cols: grid.cols }
    });
    Message { role, content: content.collect() }
}
