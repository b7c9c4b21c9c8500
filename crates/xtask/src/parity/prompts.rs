//! Compares encoded conversations with mistral-common.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use lorgnette_engine::prompt::{ChatMessage, Content, Role, encode_chat};
use lorgnette_engine::tokens::Tokenizer;
use lorgnette_image::{Grid, ImageConfig};
use serde::Deserialize;

use super::Report;
use crate::qwen;

/// A file of `LightOnOCR`: beside chats, texts that are tokenised alone.
#[derive(Deserialize)]
struct WithTexts {
    chats: Vec<Case>,
    texts: Vec<TextCase>,
}

#[derive(Deserialize)]
struct TextCase {
    text: String,
    ids: Vec<u32>,
}

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
    Image {
        image: Size,
    },
    Thinking {
        thinking: String,
        #[serde(default = "is_closed")]
        closed: bool,
    },
}

fn is_closed() -> bool {
    true
}

/// The control tokens of each version; the vocabulary is that of Pixtral.
#[derive(Deserialize)]
struct Version {
    control_tokens: HashMap<u32, String>,
}

#[derive(Deserialize)]
struct Size {
    width: u32,
    height: u32,
}

pub(super) fn check(file: &Path, report: &mut Report) -> Result<()> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let version = name.strip_prefix("prompts-");
    if let Ok(WithTexts { chats, texts }) = serde_json::from_slice(&fs_err::read(file)?) {
        let tokenizer = qwen::tokenizer()?;
        for TextCase { text, ids } in texts {
            let same = tokenizer.encode_text(&text) == ids;
            let back = tokenizer.decode(&ids) == text.as_bytes();
            report.line(&format!("{name} {text:.20?}"), "there and back", same && back);
        }
        return compare(&name, &chats, &tokenizer, &ImageConfig::LIGHT_ON_OCR, report);
    }
    let tokenizer = match version {
        Some(version) => of_version(&file.with_file_name("tokenizers.json"), version)?,
        None => Tokenizer::pixtral()?,
    };
    // Those that are newer than Pixtral see in other units.
    let image = if version.is_some() { ImageConfig::MISTRAL_3 } else { ImageConfig::PIXTRAL_12B };
    let cases: Vec<Case> = serde_json::from_slice(&fs_err::read(file)?)?;
    compare(&name, &cases, &tokenizer, &image, report)
}

fn compare(
    name: &str,
    cases: &[Case],
    tokenizer: &Tokenizer,
    image: &ImageConfig,
    report: &mut Report,
) -> Result<()> {
    for case in cases {
        let messages = messages(case, image)?;
        let ids = encode_chat(tokenizer, &messages)?.ids;
        let n_same = ids.iter().zip(&case.token_ids).take_while(|(a, b)| a == b).count();
        let numbers = format!("{n_same} of {} ids identical", case.token_ids.len());
        report.line(&format!("{name} {}", case.name), &numbers, ids == case.token_ids);
    }
    Ok(())
}

/// Returns the tokenizer of a version, whose control tokens a file lists.
fn of_version(file: &Path, version: &str) -> Result<Tokenizer> {
    let mut json: HashMap<String, serde_json::Value> =
        serde_json::from_slice(&fs_err::read(file)?)?;
    let listed = json.remove(version).with_context(|| format!("{version} is not listed"))?;
    let listed: Version = serde_json::from_value(listed)?;
    let mut vocab = Tokenizer::pixtral()?.to_gguf_vocab();
    for (id, name) in listed.control_tokens {
        *vocab.tokens.get_mut(id as usize).with_context(|| format!("no token {id}"))? = name;
    }
    Ok(Tokenizer::from_gguf(vocab)?)
}

fn messages(case: &Case, image: &ImageConfig) -> Result<Vec<ChatMessage>> {
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
                Chunk::Thinking { thinking, closed } => {
                    Content::Thinking { text: thinking.clone(), is_closed: *closed }
                }
                Chunk::Image { image: size } => {
                    let grid = Grid::for_picture(size.width, size.height, image);
                    n_pictures += 1;
                    Content::Image { picture: n_pictures - 1, rows: grid.rows, cols: grid.cols }
                }
            })
            .collect();
        messages.push(ChatMessage { role, content });
    }
    Ok(messages)
}
