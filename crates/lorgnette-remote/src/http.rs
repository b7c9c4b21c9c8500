//! Requests that can be cancelled, and what their failures mean.

use std::error::Error as _;
use std::time::Duration;

use lorgnette_interrupt::{Cancel, Interrupted};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use url::Url;

use crate::address::Address;
use crate::error::RemoteError;
use crate::key::Key;
use crate::sse::beginning;
use crate::wire::message_of;

/// A request that was cancelled or failed.
pub(crate) type Stopped = Interrupted<RemoteError>;

/// The longest list of models, or text of an error.
const MAX_BODY_BYTES: usize = 4 << 20;

/// The waits after which a server is given up.
#[derive(Debug, Clone)]
pub struct Patience {
    /// The longest wait for a connection.
    pub connect: Duration,
    /// The longest wait for a list of models, or for the next piece of one.
    pub list: Duration,
    /// The longest wait for the first word: a processor may read a large picture for minutes, and a
    /// queue may be long.
    pub first: Duration,
    /// The longest wait between two pieces of an answer.
    pub next: Duration,
    /// The longest wait for what an answer took, after its last word.
    pub end: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            list: Duration::from_secs(30),
            first: Duration::from_mins(10),
            next: Duration::from_mins(2),
            end: Duration::from_secs(5),
        }
    }
}

/// A client of one server.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    pub(crate) address: Address,
    key: Option<Key>,
    pub(crate) patience: Patience,
}

impl Http {
    pub(crate) fn new(
        address: Address,
        key: Option<Key>,
        patience: Patience,
    ) -> Result<Self, RemoteError> {
        // The program's one TLS provider; an error means that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder();
        if address.is_loopback() {
            builder = builder.no_proxy(); // no proxy can reach this machine
        }
        let client = builder
            .user_agent(concat!("lorgnette/", env!("CARGO_PKG_VERSION")))
            // Key and pictures are for this host alone.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(patience.connect)
            .tcp_keepalive(Duration::from_secs(30))
            .build()
            .map_err(|error| RemoteError::Client { reason: innermost(&error) })?;
        Ok(Self { client, address, key, patience })
    }

    /// Fetches a short JSON text.
    pub(crate) async fn get(&self, url: Url, cancel: &Cancel) -> Result<Value, Stopped> {
        let patience = self.patience.list;
        let request = self.client.get(url).header(ACCEPT, "application/json");
        let mut response = self.send(request, patience, cancel).await?;
        let bytes = self.body(&mut response, patience, cancel).await?;
        let value = serde_json::from_slice(&bytes).map_err(|_| {
            let reason = match bytes.first() {
                Some(b'<') => "it sent a web page".to_owned(),
                _ => format!("it sent no JSON: {}", beginning(&String::from_utf8_lossy(&bytes))),
            };
            self.not_openai(reason)
        })?;
        Ok(value)
    }

    /// Sends a request for an answer, and returns its stream when the server has accepted it.
    pub(crate) async fn post(
        &self,
        url: Url,
        json: Vec<u8>,
        cancel: &Cancel,
    ) -> Result<Response, Stopped> {
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream")
            .body(json);
        let response = self.send(request, self.patience.first, cancel).await?;
        let kind = response.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.trim_start().starts_with("text/event-stream") {
            let reason = format!("it sent {kind:?}, where a stream of events was asked for");
            return Err(self.not_openai(beginning(&reason)).into());
        }
        Ok(response)
    }

    /// Sends a request, and returns the response if it is one of success.
    async fn send(
        &self,
        request: RequestBuilder,
        patience: Duration,
        cancel: &Cancel,
    ) -> Result<Response, Stopped> {
        // Bytes as they are: a small reply cannot become a large one.
        let mut request = request.header(ACCEPT_ENCODING, "identity");
        if let Some(key) = &self.key {
            let header = HeaderValue::from_str(&key.header()).map_err(|_| RemoteError::Key {
                from: self.address.host(),
                reason: "there are characters in it that no key has".into(),
            })?;
            request = request.header(AUTHORIZATION, header);
        }
        let sent = tokio::time::timeout(patience, request.send());
        let response = tokio::select! {
            () = cancel.cancelled() => return Err(Interrupted::Cancelled),
            sent = sent => match sent {
                Ok(Ok(response)) => response,
                Ok(Err(error)) => return Err(self.not_sent(&error).into()),
                Err(_) => return Err(self.silent(patience).into()),
            },
        };
        let status = response.status();
        if status.is_redirection() {
            let target = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let target = beginning(target.unwrap_or("nowhere"));
            return Err(RemoteError::Elsewhere { host: self.address.host(), target }.into());
        }
        if status.is_success() { Ok(response) } else { Err(self.refused(response, cancel).await) }
    }

    /// Waits for the next piece of a body; `None` at its end.
    pub(crate) async fn piece(
        &self,
        response: &mut Response,
        patience: Duration,
        cancel: &Cancel,
    ) -> Result<Option<impl AsRef<[u8]> + use<>>, Stopped> {
        let piece = tokio::select! {
            () = cancel.cancelled() => return Err(Interrupted::Cancelled),
            piece = tokio::time::timeout(patience, response.chunk()) => piece,
        };
        match piece {
            Err(_) => Err(self.silent(patience).into()),
            Ok(Err(_)) => Err(RemoteError::Dropped { host: self.address.host() }.into()),
            Ok(Ok(piece)) => Ok(piece),
        }
    }

    async fn body(
        &self,
        response: &mut Response,
        patience: Duration,
        cancel: &Cancel,
    ) -> Result<Vec<u8>, Stopped> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece(response, patience, cancel).await? {
            let piece = piece.as_ref();
            if bytes.len() + piece.len() > MAX_BODY_BYTES {
                let reason = format!("it sent more than {MAX_BODY_BYTES} bytes");
                return Err(self.not_openai(reason).into());
            }
            bytes.extend_from_slice(piece);
        }
        Ok(bytes)
    }

    /// What a status of failure means.
    async fn refused(&self, mut response: Response, cancel: &Cancel) -> Stopped {
        let (host, status) = (self.address.host(), response.status());
        let bytes = match self.body(&mut response, self.patience.end, cancel).await {
            Ok(bytes) => bytes,
            Err(Interrupted::Cancelled) => return Interrupted::Cancelled,
            // What it says matters less than that it refuses.
            Err(Interrupted::Failed(_)) => Vec::new(),
        };
        let error: Option<Value> = serde_json::from_slice(&bytes).ok();
        let said = match &error {
            Some(error) => message_of(error),
            None if bytes.first() == Some(&b'<') => "a web page".to_owned(),
            None => String::from_utf8_lossy(&bytes).into_owned(),
        };
        let detail = if said.trim().is_empty() { "nothing" } else { &said };
        let detail = beginning(detail);
        let is_about = |words: &[&str]| {
            let said = String::from_utf8_lossy(&bytes).to_lowercase();
            words.iter().any(|word| said.contains(word))
        };
        let error = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                RemoteError::WrongKey { host, had_key: self.key.is_some() }
            }
            StatusCode::PAYLOAD_TOO_LARGE => RemoteError::TooLarge { host },
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                RemoteError::Busy { host, detail }
            }
            // vLLM and OpenAI; llama.cpp; Lorgnette.
            _ if is_about(&[
                "context_length",
                "exceed_context",
                "maximum context",
                "context size",
            ]) =>
            {
                RemoteError::ContextFull { host, detail }
            }
            StatusCode::NOT_FOUND if error.is_some() && is_about(&["model"]) => {
                RemoteError::WrongModel { host, model: String::new(), there: Vec::new() }
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                let reason = format!("{} is not there", response.url().path());
                RemoteError::NotOpenAi { host, reason: beginning(&reason) }
            }
            // llama.cpp; vLLM; Lorgnette; Ollama.
            _ if is_about(&[
                "image input is not supported",
                "not a multimodal",
                "at most 0 image",
                "reads no pictures",
                "does not support image",
                "missing data required for image input",
            ]) =>
            {
                RemoteError::NoPictures { host, model: String::new() }
            }
            status => RemoteError::Refused { host, status: status.as_u16(), detail },
        };
        error.into()
    }

    /// What it means that a request could not be sent.
    fn not_sent(&self, error: &reqwest::Error) -> RemoteError {
        let host = self.address.host();
        if error.is_connect() || error.is_timeout() {
            RemoteError::NotThere { host, reason: innermost(error) }
        } else if error.is_builder() {
            RemoteError::Client { reason: innermost(error) }
        } else {
            let mut cause = error.source();
            while let Some(source) = cause {
                // An answer that is no HTTP is no failure of the way there.
                if source.to_string().contains("invalid HTTP") {
                    let reason = "it sent no HTTP".to_owned();
                    return self.not_openai(reason);
                }
                cause = source.source();
            }
            RemoteError::Dropped { host }
        }
    }

    fn silent(&self, patience: Duration) -> RemoteError {
        RemoteError::Silent { host: self.address.host(), seconds: patience.as_secs() }
    }

    pub(crate) fn not_openai(&self, reason: String) -> RemoteError {
        RemoteError::NotOpenAi { host: self.address.host(), reason }
    }
}

/// The innermost cause, which says most.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    beginning(&cause.to_string())
}
