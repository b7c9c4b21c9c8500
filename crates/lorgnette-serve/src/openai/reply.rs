//! What a chat completion replies, whole or in chunks.

use std::time::{SystemTime, UNIX_EPOCH};

use lorgnette_app::StopReason;
use serde_json::{Value, json};

use crate::answering::{Told, Work};
use crate::queue::Ticket;
use crate::refusal::Refusal;

/// What ends a stream of events.
const DONE: &str = "data: [DONE]\n\n";

/// What each object of a reply has.
#[derive(Debug, Clone)]
pub(super) struct Completion {
    id: String,
    created_s: u64,
    model: String,
}

impl Completion {
    /// The reply to that request, which that model makes.
    pub(super) fn new(ticket: Ticket, model: String) -> Self {
        let created = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { id: format!("chatcmpl-{ticket}"), created_s: created.as_secs(), model }
    }

    fn object(&self, kind: &str, choices: &Value) -> Value {
        json!({
            "id": self.id,
            "object": kind,
            "created": self.created_s,
            "model": self.model,
            "system_fingerprint": concat!("lorgnette-", env!("CARGO_PKG_VERSION")),
            "choices": choices,
        })
    }

    /// All of it.
    pub(super) fn whole(&self, collected: &Collected, work: &Work) -> Value {
        let choice = |(index, choice): (usize, &Choice)| {
            let mut message = json!({
                "role": "assistant", "content": choice.text, "refusal": null,
            });
            if !choice.thoughts.is_empty() {
                message["reasoning_content"] = choice.thoughts.clone().into();
            }
            json!({
                "index": index,
                "message": message,
                "logprobs": null,
                "finish_reason": choice.finish,
            })
        };
        let choices: Value = collected.choices.iter().enumerate().map(choice).collect();
        let mut reply = self.object("chat.completion", &choices);
        reply["usage"] = usage(work);
        reply
    }

    /// It in chunks, the last with what it took if that is wanted.
    pub(super) fn chunks(self, includes_usage: bool) -> Chunks {
        Chunks { completion: self, includes_usage, n_begun: 0 }
    }
}

/// Answers that come in chunks.
pub(super) struct Chunks {
    completion: Completion,
    includes_usage: bool,
    /// Answers whose first chunk was sent.
    n_begun: usize,
}

impl Chunks {
    /// The events that say what was told.
    pub(super) fn of(&mut self, told: Told) -> String {
        match told {
            Told::Begun { .. } => String::new(),
            Told::Thought { index, piece } => {
                self.delta(index, &json!({ "reasoning_content": piece }), None)
            }
            Told::Text { index, piece } => self.delta(index, &json!({ "content": piece }), None),
            Told::Ended { index, stop } => self.delta(index, &json!({}), Some(finish(&stop))),
            Told::Done(work) if self.includes_usage => {
                let mut chunk = self.completion.object("chat.completion.chunk", &json!([]));
                chunk["usage"] = usage(&work);
                event(&chunk) + DONE
            }
            Told::Done(_) => DONE.to_owned(),
            Told::Failed(refusal) => event(&refusal.openai()),
        }
    }

    fn delta(&mut self, index: usize, delta: &Value, finish: Option<&str>) -> String {
        let mut events = String::new();
        if index >= self.n_begun {
            self.n_begun = index + 1;
            let first = json!({ "role": "assistant", "content": "" });
            events += &self.chunk(index, &first, None);
        }
        events + &self.chunk(index, delta, finish)
    }

    fn chunk(&self, index: usize, delta: &Value, finish: Option<&str>) -> String {
        let choice =
            json!({ "index": index, "delta": delta, "logprobs": null, "finish_reason": finish });
        let mut chunk = self.completion.object("chat.completion.chunk", &json!([choice]));
        if self.includes_usage {
            chunk["usage"] = Value::Null;
        }
        event(&chunk)
    }
}

/// JSON of `serde_json` has no line ends in it.
fn event(value: &Value) -> String {
    format!("data: {value}\n\n")
}

/// Answers as far as they came.
#[derive(Debug, Default)]
pub(super) struct Collected {
    choices: Vec<Choice>,
}

#[derive(Debug, Clone, Default)]
struct Choice {
    thoughts: String,
    text: String,
    finish: Option<&'static str>,
}

impl Collected {
    /// Adds what was told. Returns what it all took, at the end.
    ///
    /// # Errors
    /// What it failed with.
    pub(super) fn push(&mut self, told: Told) -> Result<Option<Work>, Refusal> {
        match told {
            Told::Begun { .. } => {}
            Told::Thought { index, piece } => self.choice(index).thoughts += &piece,
            Told::Text { index, piece } => self.choice(index).text += &piece,
            Told::Ended { index, stop } => self.choice(index).finish = Some(finish(&stop)),
            Told::Done(work) => return Ok(Some(work)),
            Told::Failed(refusal) => return Err(refusal),
        }
        Ok(None)
    }

    fn choice(&mut self, index: usize) -> &mut Choice {
        if self.choices.len() <= index {
            self.choices.resize(index + 1, Choice::default());
        }
        &mut self.choices[index]
    }
}

/// Why it ended, in OpenAI's words.
fn finish(stop: &StopReason) -> &'static str {
    match stop {
        StopReason::EndOfText | StopReason::StopString(_) => "stop",
        StopReason::Length
        | StopReason::ContextFull
        | StopReason::Cancelled
        | StopReason::Disconnected(_) => "length",
    }
}

fn usage(work: &Work) -> Value {
    json!({
        "prompt_tokens": work.n_prompt_tokens,
        "completion_tokens": work.n_answer_tokens,
        "total_tokens": work.n_prompt_tokens + work.n_answer_tokens,
        "prompt_tokens_details": { "cached_tokens": work.n_cached_tokens },
        "completion_tokens_details": { "reasoning_tokens": work.n_thought_tokens },
    })
}
