//! What Ollama's clients ask for.

use lorgnette_app::{AnswerOptions, Role, Sampling};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::reply::Form;
use crate::options::Limits;
use crate::picture;
use crate::question::{self, AskedPart, AskedPicture, AskedTurn, Question, Stops};
use crate::refusal::Refusal;

/// More than any chat holds.
const UNLIMITED_TOKENS: usize = 1 << 30;

/// What `chat` and `generate` share. What is not named here changes no answer, such as `keep_alive`:
/// the model stays in memory.
#[derive(Deserialize)]
struct Shared {
    model: Option<String>,
    stream: Option<bool>,
    options: Option<Options>,
    think: Option<Value>,
    // What would change an answer and cannot be done.
    format: Option<Value>,
    tools: Option<Value>,
    logprobs: Option<bool>,
}

#[derive(Deserialize)]
struct ChatBody {
    #[serde(flatten)]
    shared: Shared,
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct GenerateBody {
    #[serde(flatten)]
    shared: Shared,
    prompt: Option<String>,
    system: Option<String>,
    images: Option<Vec<String>>,
    // What would change an answer and cannot be done.
    suffix: Option<String>,
    template: Option<String>,
    raw: Option<bool>,
    context: Option<Vec<i64>>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    images: Option<Vec<String>>,
}

/// Those options that are about the answer. Others are about how it is computed, which is chosen when
/// the server is started.
#[derive(Default, Deserialize)]
struct Options {
    num_predict: Option<i64>,
    temperature: Option<f64>,
    top_k: Option<i64>,
    top_p: Option<f64>,
    min_p: Option<f64>,
    repeat_penalty: Option<f64>,
    seed: Option<i64>,
    stop: Option<Stops>,
}

#[derive(Deserialize)]
struct ShowBody {
    model: Option<String>,
    /// What it was called before.
    name: Option<String>,
}

/// Reads what a chat or a generation asks, and whether the reply is to be streamed.
///
/// # Errors
/// [`Refusal::Malformed`], [`Refusal::Parameter`]: it is no request, or one that cannot be done.
pub(super) fn parse(body: &[u8], form: Form, limits: &Limits) -> Result<(Question, bool), Refusal> {
    let (shared, turns) = match form {
        Form::Chat => {
            let body: ChatBody = read(body)?;
            let turns =
                body.messages.into_iter().enumerate().map(turn).collect::<Result<_, _>>()?;
            (body.shared, turns)
        }
        Form::Generate => {
            let body: GenerateBody = read(body)?;
            body.check_what_cannot_be_done()?;
            let turns = turns_of(body.system, body.prompt, body.images.unwrap_or_default())?;
            (body.shared, turns)
        }
    };
    shared.check_what_cannot_be_done()?;
    question::check_turns(&turns, limits.n_pictures)?;
    let mut options = shared.options.unwrap_or_default().answer_options()?;
    options.may_think = !matches!(shared.think, Some(Value::Bool(false)));
    let model = shared.model.filter(|model| !model.is_empty());
    Ok((Question { model, turns, options, n_answers: 1 }, shared.stream.unwrap_or(true)))
}

/// Reads which model is to be shown; `None`: the usual one.
///
/// # Errors
/// [`Refusal::Malformed`] for what is no request.
pub(super) fn show(body: &[u8]) -> Result<Option<String>, Refusal> {
    let body: ShowBody = read(body)?;
    Ok(body.model.or(body.name).filter(|name| !name.is_empty()))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Malformed { reason: error.to_string() })
}

impl Shared {
    fn check_what_cannot_be_done(&self) -> Result<(), Refusal> {
        let is_filled = |value: &Option<Value>| match value {
            None | Some(Value::Null) => false,
            Some(Value::Array(array)) => !array.is_empty(),
            Some(Value::String(text)) => !text.is_empty(),
            Some(_) => true,
        };
        question::refuse_first(&[
            ("format", is_filled(&self.format), "answers cannot be held to a form"),
            ("tools", is_filled(&self.tools), "no model here calls tools"),
            ("logprobs", self.logprobs == Some(true), "they are not told"),
        ])
    }
}

impl GenerateBody {
    fn check_what_cannot_be_done(&self) -> Result<(), Refusal> {
        let is_filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        question::refuse_first(&[
            ("suffix", is_filled(&self.suffix), "no model here fills gaps"),
            ("template", is_filled(&self.template), "a model is asked in its own format alone"),
            ("raw", self.raw == Some(true), "a model is asked in its own format alone"),
            (
                "context",
                self.context.as_ref().is_some_and(|ids| !ids.is_empty()),
                "a chat that goes on is sent to /api/chat",
            ),
        ])
    }
}

impl Options {
    fn answer_options(self) -> Result<AnswerOptions, Refusal> {
        let (usual, sampling) = (AnswerOptions::default(), Sampling::default());
        let max_tokens = match self.num_predict {
            None => usual.max_tokens,
            // As many as there is room for.
            Some(-2 | -1) => UNLIMITED_TOKENS,
            Some(n) => usize::try_from(n).ok().filter(|n| *n > 0).ok_or_else(|| {
                let reason = format!("{n} is neither -1 nor 1 and more");
                Refusal::parameter("options.num_predict", reason, "choose another value")
            })?,
        };
        let within = |name: &str, value: Option<f64>, usual: f64, most: f64| match value {
            Some(value) if !(0.0..=most).contains(&value) => Err(Refusal::parameter(
                format!("options.{name}"),
                format!("{value} is not in 0 to {most}"),
                "choose another value",
            )),
            value => Ok(value.unwrap_or(usual)),
        };
        Ok(AnswerOptions {
            max_tokens,
            // A limit that is set holds for all that is written.
            room_to_think: if self.num_predict.is_some() { 0 } else { usual.room_to_think },
            may_think: true,
            sampling: Sampling {
                temperature: within("temperature", self.temperature, sampling.temperature, 2.0)?,
                top_k: match self.top_k {
                    None => sampling.top_k,
                    // Ollama's word for all of them.
                    Some(k) => usize::try_from(k).ok().filter(|k| *k > 0),
                },
                top_p: within("top_p", self.top_p, sampling.top_p, 1.0)?,
                min_p: within("min_p", self.min_p, sampling.min_p.into(), 1.0)? as f32,
                repetition_penalty: within(
                    "repeat_penalty",
                    self.repeat_penalty,
                    sampling.repetition_penalty.into(),
                    10.0,
                )? as f32,
                seed: self.seed.unwrap_or_default().cast_unsigned(),
            },
            stop: self.stop.unwrap_or_default().0,
        })
    }
}

fn turn((i, message): (usize, Message)) -> Result<AskedTurn, Refusal> {
    let at = format!("messages[{i}]");
    let role = match message.role.as_str() {
        "system" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        role => {
            let reason = format!("the role {role:?} is not known");
            let hint = "use system, user or assistant";
            return Err(Refusal::parameter(format!("{at}.role"), reason, hint));
        }
    };
    let images = message.images.unwrap_or_default();
    let parts = parts(&format!("{at}.images"), message.content.unwrap_or_default(), images)?;
    Ok(AskedTurn { role, parts })
}

fn turns_of(
    system: Option<String>,
    prompt: Option<String>,
    images: Vec<String>,
) -> Result<Vec<AskedTurn>, Refusal> {
    let mut turns = Vec::new();
    if let Some(system) = system.filter(|system| !system.is_empty()) {
        turns.push(AskedTurn { role: Role::System, parts: vec![AskedPart::Text(system)] });
    }
    let parts = parts("images", prompt.unwrap_or_default(), images)?;
    turns.push(AskedTurn { role: Role::User, parts });
    Ok(turns)
}

/// Pictures, then words.
fn parts(at: &str, text: String, images: Vec<String>) -> Result<Vec<AskedPart>, Refusal> {
    let picture = |(k, text): (usize, String)| -> Result<AskedPart, Refusal> {
        let name = format!("{at}[{k}]");
        let bytes = picture::of_base64(&name, &text)?;
        Ok(AskedPart::Picture(AskedPicture { name, bytes, max_side: None }))
    };
    let mut parts = images.into_iter().enumerate().map(picture).collect::<Result<Vec<_>, _>>()?;
    if !text.is_empty() {
        parts.push(AskedPart::Text(text));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests;
