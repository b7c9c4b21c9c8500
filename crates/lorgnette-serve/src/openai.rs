//! OpenAI's interface: `GET /v1/models` and `POST /v1/chat/completions`. Source: the API reference at
//! platform.openai.com, "Chat Completions".

mod reply;
mod request;

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use self::reply::{Collected, Completion};
use crate::models::ServedModel;
use crate::refusal::Refusal;
use crate::server::Shared;
use crate::wire::{self, Style};

/// What is sent while there is nothing to say: a comment, which clients skip.
const PAUSE: &str = ": still at work\n\n";

/// Answers `GET /v1/models` with those that can be asked.
pub(crate) async fn models(State(shared): State<Arc<Shared>>) -> Response {
    let listed = wire::off_thread(move || shared.models.list()).await;
    match listed {
        Ok(models) => {
            let data: Vec<Value> = models.iter().map(listed_model).collect();
            wire::json(&json!({ "object": "list", "data": data }))
        }
        Err(refusal) => wire::refuse(&refusal, Style::OpenAi),
    }
}

/// Answers `GET /v1/models/{name}` with the one of that name.
pub(crate) async fn model(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    let listed = wire::off_thread(move || shared.models.list()).await;
    let found = listed.and_then(|models| {
        let found = models.into_iter().find(|model| model.name == name);
        found.ok_or(Refusal::UnknownModel { name })
    });
    match found {
        Ok(model) => wire::json(&listed_model(&model)),
        Err(refusal) => wire::refuse(&refusal, Style::OpenAi),
    }
}

fn listed_model(model: &ServedModel) -> Value {
    let made = model.made.and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    json!({
        "id": model.name,
        "object": "model",
        "created": made.map_or(0, |made| made.as_secs()),
        "owned_by": "lorgnette",
    })
}

/// Answers `POST /v1/chat/completions`: the last message of a chat.
pub(crate) async fn chat(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answered = answer(&shared, &headers, body).await;
    answered.unwrap_or_else(|refusal| wire::refuse(&refusal, Style::OpenAi))
}

async fn answer(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let arrived = wire::arrive(shared, headers, body, request::parse).await?;
    let (question, form) = wire::split(arrived);
    let mut asked = wire::ask(shared, question);
    let model = asked.begun().await?;
    let completion = Completion::new(asked.head().ticket, model);
    if form.is_streamed {
        let mut chunks = completion.chunks(form.includes_usage);
        return Ok(asked.reply("text/event-stream", Some(PAUSE), move |told| chunks.of(told)));
    }
    let mut collected = Collected::default();
    let work = loop {
        if let Some(work) = collected.push(asked.next().await)? {
            break work;
        }
    };
    Ok(asked.head().put_in(wire::json(&completion.whole(&collected, &work))))
}
