//! A chat as a request of OpenAI's interface, and the chunks that come back. Source: the API reference
//! at platform.openai.com, "Chat Completions"; what servers add is said where it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lorgnette_engine::{AnswerOptions, Chat, PreparedPicture, Role, Sampling, TurnPart};
use lorgnette_image::Picture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::RemoteError;
use crate::model::pixel_config;
use crate::probe::Software;

/// Seeds are signed numbers of 64 bits in most servers.
const SEED_MASK: u64 = u64::MAX >> 1;

/// What one side said.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    role: &'static str,
    content: Content,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Content {
    /// What each server takes, also where it takes no pictures.
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    Text { text: String },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Debug, Serialize)]
struct ImageUrl {
    url: String,
}

/// The messages of a chat. Thoughts are no part of it: no server takes them back.
///
/// # Errors
/// [`RemoteError::Picture`] for one that cannot be encoded.
pub(crate) fn messages(chat: &Chat) -> Result<Vec<Message>, RemoteError> {
    let mut messages = Vec::new();
    for turn in &chat.turns {
        let mut parts = Vec::new();
        for part in &turn.parts {
            match part {
                TurnPart::Text(text) => parts.push(Part::Text { text: text.clone() }),
                TurnPart::Picture(picture) => {
                    parts.push(Part::ImageUrl { image_url: ImageUrl { url: data_uri(picture)? } });
                }
                TurnPart::Thoughts { .. } => {}
            }
        }
        let role = match turn.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        let is_text = |part: &Part| matches!(part, Part::Text { .. });
        let content = if parts.iter().all(is_text) {
            let texts = parts.into_iter().map(|part| match part {
                Part::Text { text } => text,
                Part::ImageUrl { .. } => String::new(),
            });
            Content::Text(texts.collect::<Vec<_>>().join("\n"))
        } else {
            Content::Parts(parts)
        };
        // An answer that only thought so far has not begun.
        let is_empty = matches!(&content, Content::Text(text) if text.is_empty());
        if !(is_empty && turn.role == Role::Assistant) {
            messages.push(Message { role, content });
        }
    }
    Ok(messages)
}

/// A picture as it is sent: PNG, which loses nothing, so that small print stays what it is.
fn data_uri(picture: &PreparedPicture) -> Result<String, RemoteError> {
    let pixels = picture.pixels();
    let rgb = pixels.denormalised(&pixel_config(None));
    let png = Picture::from_rgb(pixels.width(), pixels.height(), rgb)
        .and_then(|picture| picture.to_png())
        .map_err(|error| RemoteError::Picture {
            name: picture.name.clone(),
            reason: error.to_string(),
        })?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(png)))
}

/// A request. Its messages are those of all answers to one question.
#[derive(Debug, Serialize)]
pub(crate) struct Body<'a> {
    model: &'a str,
    messages: &'a [Message],
    #[serde(flatten)]
    options: Map<String, Value>,
}

impl<'a> Body<'a> {
    pub(crate) fn new(
        model: &'a str,
        messages: &'a [Message],
        options: &Map<String, Value>,
    ) -> Self {
        Self { model, messages, options: options.clone() }
    }
}

/// How an answer is made, in the words of that software.
///
/// # Errors
/// The parameter that was asked for and that it has no word for.
pub(crate) fn options(
    options: &AnswerOptions,
    software: Software,
    thinks: bool,
) -> Result<Map<String, Value>, &'static str> {
    let AnswerOptions { max_tokens, room_to_think, may_think, sampling, stop } = options;
    // A server counts thoughts as words of the answer, and only of one that was heard thinking is it
    // known that it does.
    let room = if thinks && *may_think { *room_to_think } else { 0 };
    let mut map = Map::new();
    let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
    put("stream", true.into());
    put("stream_options", json!({ "include_usage": true }));
    put("max_tokens", max_tokens.saturating_add(room).into());
    put("temperature", sampling.temperature.into());
    put("top_p", sampling.top_p.into());
    put("seed", (sampling.seed & SEED_MASK).into());
    if !stop.is_empty() {
        put("stop", stop.clone().into());
    }
    let top_k = sampling.top_k.unwrap_or(0);
    match software {
        // llama.cpp, tools/server/README.md; 0 is all.
        Software::LlamaCpp => {
            put("top_k", top_k.into());
            put("min_p", sampling.min_p.into());
            put("repeat_penalty", sampling.repetition_penalty.into());
            put("return_progress", true.into());
        }
        // vLLM, "Extra parameters" of its OpenAI-compatible server; 0 is all.
        Software::Vllm => {
            put("top_k", top_k.into());
            put("min_p", sampling.min_p.into());
            put("repetition_penalty", sampling.repetition_penalty.into());
        }
        Software::Lorgnette | Software::Other => {
            if let Some(parameter) = beyond_openai(sampling) {
                return Err(parameter);
            }
            if software == Software::Lorgnette && !may_think {
                put("reasoning_effort", "none".into());
            }
        }
    }
    Ok(map)
}

/// What was chosen and OpenAI's interface has no word for. Where the likeliest token is always taken,
/// only the penalty changes anything.
fn beyond_openai(sampling: &Sampling) -> Option<&'static str> {
    let usual = Sampling::default();
    let is_greedy = sampling.temperature <= 0.0;
    let differs = |a: f32, b: f32| (a - b).abs() > f32::EPSILON;
    if differs(sampling.repetition_penalty, usual.repetition_penalty) {
        Some("a penalty for repetition")
    } else if is_greedy {
        None
    } else if sampling.top_k.is_some_and(|top_k| Some(top_k) != usual.top_k) {
        Some("to choose among the likeliest so many tokens (top-k)")
    } else if differs(sampling.min_p, usual.min_p) {
        Some("a smallest likelihood of tokens (min-p)")
    } else {
        None
    }
}

/// A piece of an answer.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Chunk {
    /// Missing where something went wrong.
    pub(crate) choices: Option<Vec<Choice>>,
    pub(crate) usage: Option<Usage>,
    pub(crate) error: Option<Value>,
    /// llama.cpp: how much of the prompt is read.
    pub(crate) prompt_progress: Option<PromptProgress>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    pub(crate) delta: Delta,
    pub(crate) finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Delta {
    pub(crate) content: Option<String>,
    /// Thoughts, as llama.cpp, Lorgnette and earlier vLLM call them.
    pub(crate) reasoning_content: Option<String>,
    /// Thoughts, as vLLM calls them.
    pub(crate) reasoning: Option<String>,
}

/// What an answer took, in tokens.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Usage {
    #[serde(default)]
    pub(crate) prompt_tokens: u64,
    #[serde(default)]
    pub(crate) completion_tokens: u64,
    pub(crate) prompt_tokens_details: Option<PromptDetails>,
    pub(crate) completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct PromptDetails {
    pub(crate) cached_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct CompletionDetails {
    pub(crate) reasoning_tokens: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PromptProgress {
    pub(crate) total: u64,
    #[serde(default)]
    pub(crate) cache: u64,
    pub(crate) processed: u64,
}

/// What an error says, wherever servers put it.
pub(crate) fn message_of(error: &Value) -> String {
    let texts =
        [&error["message"], &error["error"]["message"], &error["error"], &error["detail"], error];
    let text = texts.into_iter().find_map(Value::as_str);
    text.map_or_else(|| error.to_string(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use lorgnette_image::ImageConfig;

    use super::*;

    fn value(chat: &Chat) -> Value {
        serde_json::to_value(messages(chat).unwrap()).unwrap()
    }

    #[test]
    fn a_picture_arrives_as_it_was() {
        let rgb: Vec<u8> = (0..=255).cycle().take(3 * 40 * 30).collect();
        let picture = Picture::from_rgb(40, 30, rgb).unwrap();
        let pixels = picture.prepare(&pixel_config(None)).unwrap();
        let mut chat = Chat::default();
        chat.ask([PreparedPicture::new("a", pixels)], "What is it?");
        let sent = value(&chat);
        let url = sent[0]["content"][0]["image_url"]["url"].as_str().unwrap();
        let png = STANDARD.decode(url.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        assert_eq!(Picture::decode(&png).unwrap().rgb(), picture.rgb());
        assert_eq!(sent[0]["content"][1], json!({ "type": "text", "text": "What is it?" }));
        assert_ne!(pixel_config(None), ImageConfig::PIXTRAL_12B);
    }

    #[test]
    fn thoughts_stay_here() {
        let mut chat = Chat::default();
        chat.ask([], "Hello");
        chat.answered("Hello.");
        chat.ask([], "What?");
        chat.begun("hm", false, "");
        let expected = json!([
            { "role": "user", "content": "Hello" },
            { "role": "assistant", "content": "Hello." },
            { "role": "user", "content": "What?" },
        ]);
        assert_eq!(value(&chat), expected);
    }

    #[test]
    fn what_a_server_has_no_word_for_is_refused_and_what_is_usual_is_not() {
        let asked = |sampling: Sampling, software| {
            options(&AnswerOptions { sampling, ..AnswerOptions::default() }, software, false)
        };
        let usual = Sampling::default;
        for software in [Software::Other, Software::Lorgnette] {
            let sent = asked(usual(), software).unwrap();
            assert!(!sent.contains_key("top_k") && !sent.contains_key("min_p"), "{sent:?}");
            asked(Sampling::GREEDY, software).unwrap();
            for sampling in [
                Sampling { top_k: Some(5), ..usual() },
                Sampling { min_p: 0.1, ..usual() },
                Sampling { repetition_penalty: 1.1, ..usual() },
            ] {
                asked(sampling, software).unwrap_err();
            }
        }
        let sampling = Sampling { top_k: Some(5), min_p: 0.5, repetition_penalty: 1.5, ..usual() };
        let llama = asked(sampling.clone(), Software::LlamaCpp).unwrap();
        assert_eq!((&llama["top_k"], &llama["repeat_penalty"]), (&json!(5), &json!(1.5)));
        assert_eq!(asked(sampling, Software::Vllm).unwrap()["repetition_penalty"], 1.5);
    }

    #[test]
    fn what_an_error_says_is_found() {
        for error in [
            json!({ "error": { "message": "no" } }),
            json!({ "message": "no" }),
            json!({ "detail": "no" }),
            json!({ "error": "no" }),
            json!("no"),
        ] {
            assert_eq!(message_of(&error), "no");
        }
    }
}
