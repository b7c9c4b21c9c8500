//! Ollama's interface: `/api/version`, `/api/tags`, `/api/ps`, `/api/show`, `/api/chat` and
//! `/api/generate`. Source: docs/api.md of ollama/ollama.

mod reply;
mod request;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use self::reply::{Form, Made};
use crate::models::{LoadedModel, ServedModel};
use crate::refusal::Refusal;
use crate::server::Shared;
use crate::wire::{self, Style};

/// Answers `GET /api/version` with the version of this program.
pub(crate) async fn version() -> Response {
    wire::json(&json!({ "version": env!("CARGO_PKG_VERSION") }))
}

/// Answers `GET /api/tags`: the models that can be asked.
pub(crate) async fn tags(State(shared): State<Arc<Shared>>) -> Response {
    let listed = wire::off_thread(move || shared.models.list()).await;
    reply(listed.map(|models| {
        let models: Vec<Value> = models.iter().map(reply::tag).collect();
        json!({ "models": models })
    }))
}

/// Answers `GET /api/ps`: the model that is in memory.
pub(crate) async fn ps(State(shared): State<Arc<Shared>>) -> Response {
    let loaded = wire::off_thread(move || {
        let loaded = shared.models.loaded();
        loaded.map(|loaded| with_served(loaded, shared.models.list()))
    });
    reply(loaded.await.map(|loaded| {
        let models: Vec<Value> =
            loaded.iter().map(|(loaded, served)| reply::process(loaded, served.as_ref())).collect();
        json!({ "models": models })
    }))
}

/// Answers `POST /api/show`: what is known of a model.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let shown = async {
        let received = shared.bodies.read(&headers, body).await?;
        let asked = request::show(&received.bytes)?;
        wire::off_thread(move || {
            let models = shared.models.list();
            let found = match &asked {
                None => models.into_iter().next(),
                Some(name) => models.into_iter().find(|model| is_called(model, name)),
            };
            let unknown = || Refusal::UnknownModel { name: asked.unwrap_or_default() };
            let model = found.ok_or_else(unknown)?;
            let loaded = shared.models.loaded().filter(|loaded| loaded.name == model.name);
            Ok(reply::show(&model, loaded.as_ref()))
        })
        .await?
    };
    reply(shown.await)
}

/// Answers `POST /api/chat`: the last message of a chat.
pub(crate) async fn chat(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answered = answer(&shared, &headers, body, Form::Chat).await;
    answered.unwrap_or_else(|refusal| wire::refuse(&refusal, Style::Ollama))
}

/// Answers `POST /api/generate`: one question.
pub(crate) async fn generate(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answered = answer(&shared, &headers, body, Form::Generate).await;
    answered.unwrap_or_else(|refusal| wire::refuse(&refusal, Style::Ollama))
}

async fn answer(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    body: Body,
    form: Form,
) -> Result<Response, Refusal> {
    let arrived =
        wire::arrive(shared, headers, body, move |body, limits| request::parse(body, form, limits));
    let (question, is_streamed) = wire::split(arrived.await?);
    let mut asked = wire::ask(shared, question);
    let model = asked.begun().await?;
    let mut made = Made::new(form, model);
    if is_streamed {
        return Ok(asked.reply("application/x-ndjson", None, move |told| made.line(told)));
    }
    let whole = loop {
        if let Some(whole) = made.push(asked.next().await)? {
            break whole;
        }
    };
    Ok(asked.head().put_in(wire::json(&whole)))
}

fn reply(value: Result<Value, Refusal>) -> Response {
    match value {
        Ok(value) => wire::json(&value),
        Err(refusal) => wire::refuse(&refusal, Style::Ollama),
    }
}

/// Whether a model is meant by that name: Ollama's clients say which one of a name is meant.
fn is_called(model: &ServedModel, name: &str) -> bool {
    model.name == name.strip_suffix(":latest").unwrap_or(name)
}

fn with_served(
    loaded: LoadedModel,
    models: Vec<ServedModel>,
) -> (LoadedModel, Option<ServedModel>) {
    let served = models.into_iter().find(|model| model.name == loaded.name);
    (loaded, served)
}
