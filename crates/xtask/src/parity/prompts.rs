//! Compares encoded conversations with mistral-common.

use std::path::Path;

use anyhow::{Result, bail};
use lorgnette_engine::prompt::{ChatMessage, Content, Role, encode_chat};
use lorgnette_engine::tokens::Tokenizer;
use lorgnette_image::{Grid, ImageConfig};
use serde::Deserialize;

use super::Report;

#[derive(Deserialize)]
struct Case {
    name: String,
    messages: Vec<CaseMessage>,
    token_ids: Vec<u32>,
}

#[derive(Deserialize)]
struct CaseMessage {
    role: String,
    content: Vec<Chunk>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Chunk {
    Text(String),
    Image { image: Size },
}

#[derive(Deserialize)]
struct Size {
    width: u32,
    height: u32,
}

pub(super) fn check(file: &Path, report: &mut Report) -> Result<()> {
    let tokenizer = Tokenizer::pixtral()?;
    let cases: Vec<Case> = serde_json::from_slice(&fs_err::read(file)?)?;
    for case in cases {
        let messages = messages(&case)?;
        let ids = encode_chat(&tokenizer, &messages)?.ids;
        let n_same = ids.iter().zip(&case.token_ids).take_while(|(a, b)| a == b).count();
        let numbers = format!("{n_same} of {} ids identical", case.token_ids.len());
        report.line(&format!("prompt {}", case.name), &numbers, ids == case.token_ids);
    }
    Ok(())
}

fn messages(case: &Case) -> Result<Vec<ChatMessage>> {
    let mut n_pictures = 0;
    let mut messages = Vec::new();
    for message in &case.messages {
        let role = match message.role.as_str() {
            "system" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            other => bail!("case {}: role {other:?}", case.name),
        };
        let content = message
            .content
            .iter()
            .map(|chunk| match chunk {
                Chunk::Text(text) => Content::Text(text.clone()),
                Chunk::Image { image } => {
                    let config = &ImageConfig::PIXTRAL_12B;
                    let grid = Grid::for_picture(image.width, image.height, config);
                    n_pictures += 1;
                    Content::Image { picture: n_pictures - 1, rows: grid.rows, cols: grid.cols }
                }
            })
            .collect();
        messages.push(ChatMessage { role, content });
    }
    Ok(messages)
}
