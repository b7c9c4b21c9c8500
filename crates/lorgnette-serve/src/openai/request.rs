//! What a chat completion asks for.

use lorgnette_app::{AnswerOptions, Role, Sampling};
use serde::Deserialize;
use serde_json::Value;

use crate::options::Limits;
use crate::picture;
use crate::question::{self, AskedPart, AskedPicture, AskedTurn, Question, Stops};
use crate::refusal::Refusal;

/// The longest side that `detail: low` means, as at OpenAI.
const LOW_DETAIL_SIDE: u32 = 512;
/// Texts to stop at; OpenAI takes four.
const MAX_STOPS: usize = 16;

/// How the reply is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) is_streamed: bool,
    /// A streamed reply ends with what it took.
    pub(super) includes_usage: bool,
}

/// The body. What is not named here is for others and changes no answer, such as `user` or `store`.
#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    messages: Vec<Message>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<i64>,
    max_completion_tokens: Option<i64>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    seed: Option<i64>,
    stop: Option<Stops>,
    n: Option<i64>,
    reasoning_effort: Option<String>,
    // What would change an answer and cannot be done.
    tools: Option<Value>,
    functions: Option<Value>,
    response_format: Option<ResponseFormat>,
    logprobs: Option<bool>,
    top_logprobs: Option<i64>,
    logit_bias: Option<Value>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    modalities: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
    #[serde(default)]
    tool_calls: Value,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
}

/// Reads a body.
///
/// # Errors
/// [`Refusal::Malformed`], [`Refusal::Parameter`]: it is no request, or one that cannot be done.
pub(super) fn parse(body: &[u8], limits: &Limits) -> Result<(Question, Form), Refusal> {
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| Refusal::Malformed { reason: error.to_string() })?;
    body.check_what_cannot_be_done()?;
    let form = Form {
        is_streamed: body.stream.unwrap_or(false),
        includes_usage: body
            .stream_options
            .as_ref()
            .is_some_and(|options| options.include_usage.unwrap_or(false)),
    };
    let n_answers = match body.n {
        None => 1,
        Some(n) => usize::try_from(n)
            .ok()
            .filter(|n| (1..=limits.n_answers).contains(n))
            .ok_or_else(|| out_of("n", &n, &format!("1 to {}", limits.n_answers)))?,
    };
    let options = body.options()?;
    let turns = body.messages.into_iter().enumerate().map(turn).collect::<Result<Vec<_>, _>>()?;
    question::check_turns(&turns, limits.n_pictures)?;
    let model = body.model.filter(|model| !model.is_empty());
    Ok((Question { model, turns, options, n_answers }, form))
}

impl Body {
    fn options(&self) -> Result<AnswerOptions, Refusal> {
        let usual = AnswerOptions::default();
        let (name, limit) = match (self.max_completion_tokens, self.max_tokens) {
            (Some(n), _) => ("max_completion_tokens", Some(n)),
            (None, n) => ("max_tokens", n),
        };
        let max_tokens = match limit {
            None => usual.max_tokens,
            Some(n) => usize::try_from(n)
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(|| out_of(name, &n, "1 and more"))?,
        };
        let temperature = self.temperature.unwrap_or(Sampling::default().temperature);
        if !(0.0..=2.0).contains(&temperature) {
            return Err(out_of("temperature", &temperature, "0 to 2"));
        }
        let top_p = self.top_p.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&top_p) {
            return Err(out_of("top_p", &top_p, "0 to 1"));
        }
        let stop = self.stop.clone().unwrap_or_default().0;
        if stop.len() > MAX_STOPS {
            return Err(out_of("stop", &stop.len(), &format!("at most {MAX_STOPS} texts")));
        }
        Ok(AnswerOptions {
            max_tokens,
            // A limit that is set holds for all that is written.
            room_to_think: if limit.is_some() { 0 } else { usual.room_to_think },
            may_think: !matches!(self.reasoning_effort.as_deref(), Some("none" | "minimal")),
            sampling: Sampling {
                temperature,
                top_p,
                seed: self.seed.unwrap_or_default().cast_unsigned(),
                ..Sampling::default()
            },
            stop,
        })
    }

    /// # Errors
    /// [`Refusal::Parameter`] for what would change the answer if it were done.
    fn check_what_cannot_be_done(&self) -> Result<(), Refusal> {
        let is_filled = |value: &Option<Value>| match value {
            None | Some(Value::Null) => false,
            Some(Value::Array(array)) => !array.is_empty(),
            Some(Value::Object(object)) => !object.is_empty(),
            Some(_) => true,
        };
        let is_set = |number: Option<f64>| number.is_some_and(|number| number != 0.0);
        let is_text = |format: &ResponseFormat| format.kind == "text";
        let cannot = [
            ("tools", is_filled(&self.tools), "no model here calls tools"),
            ("functions", is_filled(&self.functions), "no model here calls functions"),
            (
                "response_format",
                !self.response_format.as_ref().is_none_or(is_text),
                "answers are text, and cannot be held to another form",
            ),
            ("logprobs", self.logprobs == Some(true), "they are not told"),
            ("top_logprobs", self.top_logprobs.is_some_and(|n| n > 0), "they are not told"),
            ("logit_bias", is_filled(&self.logit_bias), "it is not applied"),
            ("frequency_penalty", is_set(self.frequency_penalty), "it is not applied"),
            ("presence_penalty", is_set(self.presence_penalty), "it is not applied"),
            (
                "modalities",
                self.modalities.iter().flatten().any(|kind| kind != "text"),
                "answers are text alone",
            ),
        ];
        question::refuse_first(&cannot)
    }
}

fn out_of(param: &str, value: &dyn std::fmt::Display, range: &str) -> Refusal {
    Refusal::parameter(param, format!("{value} is not in {range}"), "choose another value")
}

fn turn((i, message): (usize, Message)) -> Result<AskedTurn, Refusal> {
    let at = format!("messages[{i}]");
    let role = match message.role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        role => {
            let reason = format!("the role {role:?} is not known");
            let hint = "use system, developer, user or assistant";
            return Err(Refusal::parameter(format!("{at}.role"), reason, hint));
        }
    };
    if matches!(&message.tool_calls, Value::Array(calls) if !calls.is_empty()) {
        let param = format!("{at}.tool_calls");
        return Err(Refusal::parameter(param, "no model here calls tools", "leave it out"));
    }
    let at = format!("{at}.content");
    let parts = match message.content {
        Value::Null => Vec::new(),
        Value::String(text) => vec![AskedPart::Text(text)],
        Value::Array(parts) => {
            let part = |(k, value)| part(&format!("{at}[{k}]"), value);
            parts.into_iter().enumerate().map(part).collect::<Result<_, _>>()?
        }
        _ => {
            let hint = "send a text, or a list of parts";
            return Err(Refusal::parameter(at, "it is neither text nor a list", hint));
        }
    };
    Ok(AskedTurn { role, parts })
}

/// A part of a message: a text or a picture.
fn part(at: &str, mut value: Value) -> Result<AskedPart, Refusal> {
    match value["type"].as_str() {
        Some("text") => match value["text"].take() {
            Value::String(text) => Ok(AskedPart::Text(text)),
            _ => Err(Refusal::parameter(format!("{at}.text"), "it is no text", "send a string")),
        },
        Some("image_url") => {
            let mut picture = value["image_url"].take();
            // Mistral's clients send the URL alone.
            let (param, url, detail) = match &mut picture {
                Value::String(_) => (format!("{at}.image_url"), picture, Value::Null),
                _ => {
                    (format!("{at}.image_url.url"), picture["url"].take(), picture["detail"].take())
                }
            };
            let Value::String(url) = url else {
                let hint = "send the picture itself, as data:image/png;base64,…";
                return Err(Refusal::parameter(param, "it is no text", hint));
            };
            let max_side = max_side(at, &detail)?;
            let bytes = picture::of_data_uri(&param, &url)?;
            Ok(AskedPart::Picture(AskedPicture { name: at.to_owned(), bytes, max_side }))
        }
        kind => {
            let reason = match kind {
                Some(kind) => format!("parts of the type {kind} cannot be taken"),
                None => "it has no type".into(),
            };
            let hint = "send parts of the types text and image_url";
            Err(Refusal::parameter(format!("{at}.type"), reason, hint))
        }
    }
}

/// How large a picture is looked at: what is not `low` is as large as the model takes it.
fn max_side(at: &str, detail: &Value) -> Result<Option<u32>, Refusal> {
    match detail {
        Value::Null => Ok(None),
        Value::String(detail) if detail == "low" => Ok(Some(LOW_DETAIL_SIDE)),
        Value::String(detail) if detail == "high" || detail == "auto" => Ok(None),
        _ => Err(Refusal::parameter(
            format!("{at}.image_url.detail"),
            "it is neither low nor high nor auto",
            "leave it out for all detail",
        )),
    }
}

#[cfg(test)]
mod tests;
