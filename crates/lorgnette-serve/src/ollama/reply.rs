//! What Ollama's clients are told.

use std::time::{SystemTime, UNIX_EPOCH};

use lorgnette_app::StopReason;
use lorgnette_app::chats::clock::{now_ms, rfc_3339};
use serde_json::{Value, json};

use crate::answering::{Told, Work};
use crate::models::{LoadedModel, ServedModel};
use crate::refusal::Refusal;

/// Which of the two ways of asking it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Chat,
    Generate,
}

/// An answer as far as it came.
#[derive(Debug)]
pub(super) struct Made {
    form: Form,
    model: String,
    thoughts: String,
    text: String,
    reason: &'static str,
}

impl Made {
    /// Nothing yet, of the answer that this model makes.
    pub(super) fn new(form: Form, model: String) -> Self {
        Self { form, model, thoughts: String::new(), text: String::new(), reason: "stop" }
    }

    /// The line that says what was told; nothing where there is none to say.
    pub(super) fn line(&mut self, told: Told) -> String {
        let value = match told {
            Told::Begun { .. } => return String::new(),
            Told::Ended { stop, .. } => {
                self.reason = reason(&stop);
                return String::new();
            }
            Told::Thought { piece, .. } => self.object(&piece, ""),
            Told::Text { piece, .. } => self.object("", &piece),
            Told::Done(work) => self.last(&work),
            Told::Failed(refusal) => refusal.ollama(),
        };
        format!("{value}\n")
    }

    /// Adds what was told. Returns all of it, at the end.
    ///
    /// # Errors
    /// What it failed with.
    pub(super) fn push(&mut self, told: Told) -> Result<Option<Value>, Refusal> {
        match told {
            Told::Begun { .. } => {}
            Told::Thought { piece, .. } => self.thoughts += &piece,
            Told::Text { piece, .. } => self.text += &piece,
            Told::Ended { stop, .. } => self.reason = reason(&stop),
            Told::Done(work) => return Ok(Some(self.last(&work))),
            Told::Failed(refusal) => return Err(refusal),
        }
        Ok(None)
    }

    fn object(&self, thoughts: &str, text: &str) -> Value {
        let mut object = json!({
            "model": self.model,
            "created_at": rfc_3339(now_ms()),
            "done": false,
        });
        let mut put = |name: &str, thoughts: &str, text: &str| match self.form {
            Form::Chat => {
                object["message"] = json!({ "role": "assistant", name: text });
                if !thoughts.is_empty() {
                    object["message"]["thinking"] = thoughts.into();
                }
            }
            Form::Generate => {
                object[name] = text.into();
                if !thoughts.is_empty() {
                    object["thinking"] = thoughts.into();
                }
            }
        };
        put(if self.form == Form::Chat { "content" } else { "response" }, thoughts, text);
        object
    }

    /// The last object: what was collected, nothing where it was streamed, and what it took.
    fn last(&self, work: &Work) -> Value {
        let mut last = self.object(&self.thoughts, &self.text);
        last["done"] = true.into();
        last["done_reason"] = self.reason.into();
        last["prompt_eval_count"] = work.n_prompt_tokens.into();
        last["eval_count"] = work.n_answer_tokens.into();
        for (name, seconds) in [
            ("total_duration", work.total_s),
            ("load_duration", work.load_s),
            ("prompt_eval_duration", work.read_s),
            ("eval_duration", work.write_s),
        ] {
            last[name] = ((seconds * 1e9) as u64).into();
        }
        last
    }
}

/// Why it ended, in Ollama's words.
fn reason(stop: &StopReason) -> &'static str {
    match stop {
        StopReason::EndOfText | StopReason::StopString(_) => "stop",
        StopReason::Length
        | StopReason::ContextFull
        | StopReason::Cancelled
        | StopReason::Disconnected(_) => "length",
    }
}

/// A model that can be asked. Nobody has worked out a digest of it.
pub(super) fn tag(model: &ServedModel) -> Value {
    json!({
        "name": model.name,
        "model": model.name,
        "modified_at": moment(model.made),
        "size": model.n_bytes.unwrap_or(0),
        "digest": "",
        "details": details(Some(model)),
    })
}

/// The model that is in memory, where it stays.
pub(super) fn process(loaded: &LoadedModel, served: Option<&ServedModel>) -> Value {
    json!({
        "name": loaded.name,
        "model": loaded.name,
        "size": loaded.n_bytes,
        "size_vram": if loaded.is_on_gpu { loaded.n_bytes } else { 0 },
        "digest": "",
        "details": details(served),
        "expires_at": null,
        "context_length": loaded.context,
    })
}

/// What is known of a model.
pub(super) fn show(model: &ServedModel, loaded: Option<&LoadedModel>) -> Value {
    let mut capabilities = vec!["completion"];
    if model.reads_pictures {
        capabilities.push("vision");
    }
    let mut info = json!({ "general.architecture": FAMILY, "general.name": model.title });
    if let Some(loaded) = loaded {
        info[format!("{FAMILY}.context_length")] = loaded.context.into();
    }
    json!({
        "modelfile": "",
        "parameters": "",
        "template": "",
        "license": model.licence.as_deref().unwrap_or(""),
        "modified_at": moment(model.made),
        "details": details(Some(model)),
        "model_info": info,
        "capabilities": capabilities,
    })
}

/// The family of all models that run here.
const FAMILY: &str = "mistral3";

fn details(model: Option<&ServedModel>) -> Value {
    let quantisation = model.and_then(|model| model.quantisation.as_deref());
    json!({
        "parent_model": "",
        "format": "gguf",
        "family": FAMILY,
        "families": [FAMILY],
        "parameter_size": "",
        "quantization_level": quantisation.unwrap_or("").to_uppercase(),
    })
}

/// A moment as JSON has it; the beginning of time where it is not known.
fn moment(at: Option<SystemTime>) -> String {
    let since = at.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    rfc_3339(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
