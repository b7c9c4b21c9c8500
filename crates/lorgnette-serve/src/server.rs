//! The server: starting it, what it is doing, stopping it.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::SystemTime;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Router, http};
use lorgnette_app::Cancel;
use tokio::net::TcpListener;

use crate::access::{self, Access, Origin, Policy};
use crate::body::Bodies;
use crate::error::ServeError;
use crate::models::ModelSource;
use crate::ocr::SharedReader;
use crate::options::{Limits, ServeOptions};
use crate::queue::Queue;
use crate::refusal::Refusal;
use crate::wire::{self, Style};
use crate::{answering, connections, ocr, ollama, openai};

/// A longer name of a client is cut.
const MAX_CLIENT_CHARS: usize = 100;

/// A server that runs until it is dropped.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Cancel,
    threads: Vec<JoinHandle<()>>,
}

/// What a server does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Requests that wait for their turn.
    pub n_waiting: usize,
    /// Whether one is being answered.
    pub is_answering: bool,
    /// Who asked last; `None`: nobody yet.
    pub last_use: Option<LastUse>,
}

/// Who asked, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// When the request came.
    pub at: SystemTime,
    /// What the client calls itself (`User-Agent`), which anybody can claim; empty if it does not.
    pub client: String,
    /// What it asked for.
    pub path: String,
}

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) models: Arc<dyn ModelSource>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) bodies: Bodies,
    pub(crate) limits: Limits,
    pub(crate) reader: SharedReader,
    policy: Policy,
    last_use: Mutex<Option<LastUse>>,
}

/// A server that listens and answers nobody yet: who connects waits.
pub struct Listening {
    listener: StdListener,
    address: SocketAddr,
    access: Access,
    allowed_origins: Vec<Origin>,
    limits: Limits,
}

impl Listening {
    /// Takes the address, before a model is loaded for nothing. The token is made if there is none.
    ///
    /// # Errors
    /// [`ServeError`]: it does not listen.
    pub fn new(options: ServeOptions) -> Result<Self, ServeError> {
        let ServeOptions { address, access, allowed_origins, limits } = options;
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback { address: address.ip() });
        }
        if let Access::Token(file) = &access {
            file.open()?;
        }
        let listen = || {
            let listener = StdListener::bind(address)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) =
            listen().map_err(|source| ServeError::Listen { address, source })?;
        Ok(Self { listener, address, access, allowed_origins, limits })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to answer, on threads of its own.
    ///
    /// # Errors
    /// [`ServeError::Start`] if the system has no thread to give.
    pub fn start(self, models: Arc<dyn ModelSource>) -> Result<Server, ServeError> {
        let Self { listener, address, access, allowed_origins, limits } = self;
        let shared = Arc::new(Shared {
            models,
            queue: Arc::new(Queue::new(limits.n_waiting)),
            bodies: Bodies::new(&limits),
            policy: Policy::new(address, access, allowed_origins),
            last_use: Mutex::default(),
            reader: SharedReader::new(),
            limits,
        });
        let mut server =
            Server { shared, address, stop: Cancel::default(), threads: Vec::with_capacity(2) };
        server.start_threads(listener).map_err(ServeError::Start)?;
        Ok(server)
    }
}

impl Server {
    /// Listens and begins to answer.
    ///
    /// # Errors
    /// [`ServeError`]: it does not run.
    pub fn start(options: ServeOptions, models: Arc<dyn ModelSource>) -> Result<Self, ServeError> {
        Listening::new(options)?.start(models)
    }

    fn start_threads(&mut self, listener: StdListener) -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (shared, stop) = (Arc::clone(&self.shared), self.stop.clone());
        let connections = move || {
            runtime.block_on(async {
                match TcpListener::from_std(listener) {
                    Ok(listener) => {
                        let router = router(&shared);
                        connections::serve(listener, router, &shared.limits, &stop).await;
                    }
                    Err(error) => tracing::error!("the server does not listen: {error}"),
                }
            });
            runtime.shutdown_background();
        };
        let queue = Arc::clone(&self.shared.queue);
        let thread = |name: &str| std::thread::Builder::new().name(name.into());
        self.threads.push(thread("answers").spawn(move || answering::work(&queue))?);
        self.threads.push(thread("server").spawn(connections)?);
        Ok(())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it does now.
    pub fn status(&self) -> Status {
        let (n_waiting, is_answering) = self.shared.queue.load();
        Status { n_waiting, is_answering, last_use: lock(&self.shared.last_use).clone() }
    }
}

impl Drop for Server {
    /// Stops what is being answered, tells those who wait, and ends the connections.
    fn drop(&mut self) {
        self.shared.queue.close();
        self.stop.cancel();
        for thread in self.threads.drain(..) {
            // One that panicked has ended, too.
            let _ = thread.join();
        }
    }
}

fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        // Ollama's clients ask it whether anybody is there.
        .route("/", get(async || "Lorgnette is running\n"))
        .route("/v1/models", get(openai::models))
        .route("/v1/models/{name}", get(openai::model))
        .route("/v1/chat/completions", post(openai::chat))
        .route("/v1/ocr", post(ocr::read))
        .route("/api/version", get(ollama::version))
        .route("/api/tags", get(ollama::tags))
        .route("/api/ps", get(ollama::ps))
        .route("/api/show", post(ollama::show))
        .route("/api/chat", post(ollama::chat))
        .route("/api/generate", post(ollama::generate))
        .method_not_allowed_fallback(wrong_method)
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(Arc::clone(shared), admit))
        .with_state(Arc::clone(shared))
}

/// Lets requests in that may ask, and says to pages that were allowed that they were.
async fn admit(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (uri, headers) = (request.uri(), request.headers());
    let admitted = match shared.policy.admit(request.method(), uri, headers) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            let style = Style::of(uri.path());
            let (parts, body) = request.into_parts();
            shared.bodies.drop(&parts.headers, body).await;
            return wire::refuse(&refusal, style);
        }
    };
    let mut response = if admitted.is_preflight {
        let mut response = StatusCode::NO_CONTENT.into_response();
        access::allow_preflight(response.headers_mut());
        response
    } else {
        shared.used(uri, headers.get(header::USER_AGENT));
        next.run(request).await
    };
    if let Some(origin) = admitted.origin {
        access::allow(origin, response.headers_mut());
    }
    response
}

impl Shared {
    fn used(&self, uri: &http::Uri, client: Option<&HeaderValue>) {
        let client = client.map(|client| String::from_utf8_lossy(client.as_bytes()));
        let client = client.unwrap_or_default().chars().take(MAX_CLIENT_CHARS).collect();
        let path = uri.path().chars().take(MAX_CLIENT_CHARS).collect();
        *lock(&self.last_use) = Some(LastUse { at: SystemTime::now(), client, path });
    }
}

async fn not_found(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let style = Style::of(&path);
    refuse(&shared, request, &Refusal::NotFound { path }, style).await
}

async fn wrong_method(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let style = Style::of(&path);
    let method = request.method().to_string();
    refuse(&shared, request, &Refusal::Method { path, method }, style).await
}

async fn refuse(shared: &Shared, request: Request, refusal: &Refusal, style: Style) -> Response {
    let (parts, body) = request.into_parts();
    shared.bodies.drop(&parts.headers, body).await;
    wire::refuse(refusal, style)
}

/// A thread that panicked leaves whole values behind: every change under a lock is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
