//! What the interfaces share: from a request to a place in the queue, and replies whole or as they come.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::Value;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::answering::{self, Told};
use crate::body::Room;
use crate::options::Limits;
use crate::question::Question;
use crate::queue::{Place, Ticket};
use crate::refusal::Refusal;
use crate::server::Shared;

/// The number of a request, as OpenAI's replies have it.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How many requests were before this one when it came.
const QUEUE: HeaderName = HeaderName::from_static("x-lorgnette-queue");
/// A client that waits for the next word hears that often that somebody is there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Whose forms a reply has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    OpenAi,
    Ollama,
}

impl Style {
    /// By the path of the request.
    pub(crate) fn of(path: &str) -> Self {
        if path.starts_with("/api/") { Self::Ollama } else { Self::OpenAi }
    }
}

/// A reply that says why there is no other.
pub(crate) fn refuse(refusal: &Refusal, style: Style) -> Response {
    let value = match style {
        Style::OpenAi => refusal.openai(),
        Style::Ollama => refusal.ollama(),
    };
    let mut response = json(&value);
    *response.status_mut() = refusal.status();
    let headers = response.headers_mut();
    if let Some(after_s) = refusal.retry_after_s() {
        headers.insert(header::RETRY_AFTER, after_s.into());
    }
    if refusal.status() == hyper::StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if matches!(refusal, Refusal::Slow { .. } | Refusal::TooLarge { .. }) {
        // What is still sent is not the next request.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A reply in JSON.
pub(crate) fn json(value: &Value) -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], value.to_string()).into_response()
}

/// Does work that reads files, where it holds up nobody.
///
/// # Errors
/// [`Refusal::Bug`] if it panicked.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::Bug)
}

/// A request that has come, and its place. Dropping it stops what is done for it.
pub(crate) struct Arrived<T> {
    parsed: T,
    place: Place,
    /// The room of its body, which its pictures take over.
    room: Room,
}

/// A request with its place, and what it is told.
pub(crate) struct Asked<T> {
    told: UnboundedReceiver<T>,
    place: Place,
    shared: Arc<Shared>,
}

/// Reads a request, gives it its place, and looks through it.
///
/// # Errors
/// Those of [`crate::body::Bodies::read`], of the queue, and of `parse`.
pub(crate) async fn arrive<T: Send + 'static>(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    body: Body,
    parse: impl FnOnce(&[u8], &Limits) -> Result<T, Refusal> + Send + 'static,
) -> Result<Arrived<T>, Refusal> {
    let received = shared.bodies.read(headers, body).await?;
    let place = shared.queue.enter()?;
    let of_thread = Arc::clone(shared);
    let bytes = received.bytes;
    let parsed = off_thread(move || parse(&bytes, &of_thread.limits)).await??;
    Ok(Arrived { parsed, place, room: received.room })
}

/// Parts what is to be answered from how it is to be replied to.
pub(crate) fn split<Q, F>(arrived: Arrived<(Q, F)>) -> (Arrived<Q>, F) {
    let Arrived { parsed: (parsed, form), place, room } = arrived;
    (Arrived { parsed, place, room }, form)
}

/// Has a question answered when its turn comes.
pub(crate) fn ask(shared: &Arc<Shared>, arrived: Arrived<Question>) -> Asked<Told> {
    let Arrived { parsed: question, place, room } = arrived;
    let (tell, told) = mpsc::unbounded_channel();
    let (cancel, of_job) = (place.cancel().clone(), Arc::clone(shared));
    place.submit(Box::new(move || {
        let limit = of_job.limits.answer_time;
        answering::answer(&*of_job.models, question, &cancel, limit, &tell);
        drop(room);
    }));
    Asked { told, place, shared: Arc::clone(shared) }
}

/// Has other work done when its turn comes, and waits for it.
///
/// # Errors
/// Those of the work.
pub(crate) async fn have_done<Q: Send + 'static, T: Send + 'static>(
    shared: &Arc<Shared>,
    arrived: Arrived<Q>,
    work: impl FnOnce(Q, &lorgnette_app::Cancel) -> Result<T, Refusal> + Send + 'static,
) -> Result<(T, Head), Refusal> {
    let Arrived { parsed, place, room } = arrived;
    let (tell, told) = mpsc::unbounded_channel();
    let cancel = place.cancel().clone();
    place.submit(Box::new(move || {
        // Who has gone does not want to know.
        let _ = tell.send(work(parsed, &cancel));
        drop(room);
    }));
    let mut asked = Asked { told, place, shared: Arc::clone(shared) };
    let done = asked.told.recv().await.unwrap_or_else(|| Err(asked.gone()))?;
    Ok((done, asked.head()))
}

/// What the head of a reply says of its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) ticket: Ticket,
    n_before: usize,
}

impl Head {
    /// Puts it into a reply.
    pub(crate) fn put_in(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, self.ticket.into());
        headers.insert(QUEUE, self.n_before.into());
        response
    }
}

impl<T> Asked<T> {
    pub(crate) fn head(&self) -> Head {
        Head { ticket: self.place.ticket(), n_before: self.place.n_before() }
    }

    /// Why nothing more is told.
    fn gone(&self) -> Refusal {
        if self.shared.queue.is_closed() { Refusal::Stopping } else { Refusal::Bug }
    }
}

impl Asked<Told> {
    /// What is told next.
    pub(crate) async fn next(&mut self) -> Told {
        self.told.recv().await.unwrap_or_else(|| Told::Failed(self.gone()))
    }

    /// Waits for its turn. Returns which model answers.
    ///
    /// # Errors
    /// What went wrong before the first word.
    pub(crate) async fn begun(&mut self) -> Result<String, Refusal> {
        match self.next().await {
            Told::Begun { model } => Ok(model),
            Told::Failed(refusal) => Err(refusal),
            Told::Thought { .. } | Told::Text { .. } | Told::Ended { .. } | Told::Done(_) => {
                Err(Refusal::Bug)
            }
        }
    }

    /// A reply that comes as the answer does. `write` makes of what is told what is sent; `pause` is
    /// sent when nothing is told for a while.
    pub(crate) fn reply(
        self,
        kind: &'static str,
        pause: Option<&'static str>,
        write: impl FnMut(Told) -> String + Send + 'static,
    ) -> Response {
        let head = self.head();
        let pieces = stream::unfold(Some((self, write)), move |state| async move {
            let (mut asked, mut write) = state?;
            let told = match pause {
                None => asked.next().await,
                Some(pause) => match tokio::time::timeout(KEEP_ALIVE, asked.next()).await {
                    Ok(told) => told,
                    Err(_) => {
                        return Some((
                            Ok::<_, std::convert::Infallible>(pause.to_owned()),
                            Some((asked, write)),
                        ));
                    }
                },
            };
            let is_last = matches!(told, Told::Done(_) | Told::Failed(_));
            let piece = write(told);
            Some((Ok(piece), (!is_last).then_some((asked, write))))
        });
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        head.put_in((headers, Body::from_stream(pieces)).into_response())
    }
}
