//! Requests: redirects, the token, the meaning of an answer, the next try.
//!
//! Nothing that a server says is believed: lengths, ranges and content types are compared with what
//! was asked for before a byte is used.

mod headers;
mod pace;

use std::ops::Range;
use std::time::Duration;

use lorgnette_interrupt::{Cancel, Interrupted};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, RANGE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};

use self::headers::{check_answer, check_kind, content_range, redirect, retry_after, same_origin};
use self::pace::Limit;
pub(crate) use self::pace::Tries;
use crate::error::WeightsError;
use crate::failure::{Failure, Remedy};
use crate::report::Report;

const MAX_REDIRECTS: usize = 10;
/// The most tries of a short request: nobody waits minutes to hear that there is no network.
const MAX_SHORT_TRIES: u32 = 4;
/// The longest answer to a short request.
const MAX_ANSWER_BYTES: usize = 32 << 20;

/// The waits and tries after which a server is given up.
#[derive(Debug, Clone)]
pub struct Patience {
    /// The longest wait for a connection.
    pub connect: Duration,
    /// The longest wait for the next piece of data.
    pub stall: Duration,
    /// Tries without a new byte after which the error is final.
    pub max_tries: u32,
    /// The pause after the first failed try; it doubles with each.
    pub first_pause: Duration,
    /// The longest pause, and the longest `Retry-After` that is obeyed.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            stall: Duration::from_secs(30),
            max_tries: 8,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_mins(2),
        }
    }
}

/// The way in which files are fetched.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// The waits and tries after which a server is given up.
    pub patience: Patience,
    /// Size of the range that one request asks for, in bytes.
    pub part_bytes: u64,
    /// Requests for one file at the same time. So many parts and one more are in memory.
    pub n_parts: usize,
    /// The most bytes a second, over all requests.
    pub max_bytes_per_s: Option<u64>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            patience: Patience::default(),
            part_bytes: 8 << 20,
            n_parts: 4,
            max_bytes_per_s: None,
        }
    }
}

/// A client of one hub.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    /// The hub, whose origin alone is sent the token.
    hub: Url,
    token: Option<String>,
    pub(crate) options: FetchOptions,
    pub(crate) cancel: Cancel,
    pub(crate) report: Report,
    limit: Limit,
}

/// An answer whose headers were checked.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) host: String,
    /// Whether the server sends the whole file, whatever was asked for.
    pub(crate) is_whole: bool,
    /// The `ETag`, if it is a strong one.
    pub(crate) etag: Option<String>,
}

impl Http {
    pub(crate) fn new(
        hub: Url,
        token: Option<String>,
        options: FetchOptions,
        cancel: Cancel,
        report: Report,
    ) -> Result<Self, WeightsError> {
        // The program's one TLS provider; an error means that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let is_loopback = hub.host_str().is_some_and(|host| {
            let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
            host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
        });
        let mut builder = Client::builder();
        if is_loopback {
            builder = builder.no_proxy(); // no proxy can reach a mirror on this machine
        }
        let client = builder
            .user_agent(concat!("lorgnette/", env!("CARGO_PKG_VERSION")))
            // Followed here, so that the token's way can be seen.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.patience.connect)
            .tcp_keepalive(Duration::from_secs(30))
            .build()
            .map_err(|error| WeightsError::Settings { reason: one_line(&error) })?;
        let limit = Limit::new(options.max_bytes_per_s);
        Ok(Self { client, hub, token, options, cancel, report, limit })
    }

    /// Fetches a short answer, over several tries. `file` is its name in messages.
    pub(crate) async fn text(
        &self,
        url: &Url,
        file: &str,
    ) -> Result<Vec<u8>, Interrupted<WeightsError>> {
        let mut tries = Tries::new(self);
        tries.at_most = tries.at_most.min(MAX_SHORT_TRIES);
        loop {
            match self.try_text(url, file).await {
                Ok(text) => return Ok(text),
                Err(end) => tries.after(end).await.map_err(Interrupted::err_into)?,
            }
        }
    }

    async fn try_text(&self, url: &Url, file: &str) -> Result<Vec<u8>, Interrupted<Failure>> {
        let Answer { mut response, host, .. } = self.get(url, file, None).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece(&mut response, &host).await? {
            if bytes.len() + piece.len() > MAX_ANSWER_BYTES {
                let reason = format!("more than {MAX_ANSWER_BYTES} bytes");
                return Err(WeightsError::Answer { host, file: file.into(), reason }.into());
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// Asks for the size of a file that no list has the size of, by its first byte; `None` when it is
    /// not there or has no bytes.
    pub(crate) async fn size(
        &self,
        url: &Url,
        file: &str,
    ) -> Result<Option<u64>, Interrupted<WeightsError>> {
        let mut tries = Tries::new(self);
        tries.at_most = tries.at_most.min(MAX_SHORT_TRIES);
        loop {
            match self.try_size(url, file).await {
                Ok(size) => return Ok(size),
                Err(Interrupted::Failed(Failure {
                    error: WeightsError::NotFound { .. } | WeightsError::Answer { .. },
                    remedy: Remedy::None,
                })) => return Ok(None),
                Err(end) => tries.after(end).await.map_err(Interrupted::err_into)?,
            }
        }
    }

    async fn try_size(&self, url: &Url, file: &str) -> Result<Option<u64>, Interrupted<Failure>> {
        let (response, host) = self.send(url, file, Some(&(0..1))).await?;
        let headers = response.headers();
        check_kind(headers, &host, file)?;
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        // The whole file is sent where ranges are not known; its body is dropped.
        let n_bytes = match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                text(CONTENT_RANGE).and_then(content_range).and_then(|(_, total)| total)
            }
            _ => text(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
        };
        Ok(n_bytes.filter(|n_bytes| *n_bytes > 0))
    }

    /// Sends one request, for a range of a file of `total` bytes or for all of it, and checks the
    /// answer's headers.
    pub(crate) async fn get(
        &self,
        url: &Url,
        file: &str,
        range: Option<(Range<u64>, u64)>,
    ) -> Result<Answer, Interrupted<Failure>> {
        let asked = range.as_ref().map(|(range, _)| range);
        let (response, host) = self.send(url, file, asked).await?;
        Ok(check_answer(response, host, file, range.as_ref())?)
    }

    /// Sends one request until it is answered with success, and returns the answer and its host.
    /// Redirects are followed; the token is sent to the hub alone, and never again once another host
    /// was asked.
    async fn send(
        &self,
        url: &Url,
        file: &str,
        range: Option<&Range<u64>>,
    ) -> Result<(Response, String), Interrupted<Failure>> {
        let mut url = url.clone();
        let mut may_have_token = true;
        for _ in 0..=MAX_REDIRECTS {
            may_have_token &= same_origin(&url, &self.hub);
            let host = host_of(&url);
            // Bytes as they are: the range is of the file, not of its compression.
            let mut request = self.client.get(url.clone()).header(ACCEPT_ENCODING, "identity");
            if let (Some(token), true) = (&self.token, may_have_token) {
                request = request.bearer_auth(token);
            }
            if let Some(range) = range {
                request = request.header(RANGE, format!("bytes={}-{}", range.start, range.end - 1));
            }
            let sent = tokio::time::timeout(self.options.patience.stall, request.send());
            let response = tokio::select! {
                () = self.cancel.cancelled() => return Err(Interrupted::Cancelled),
                sent = sent => match sent {
                    Ok(Ok(response)) => response,
                    Ok(Err(error)) => return Err(not_connected(&host, &error).into()),
                    Err(_) => return Err(self.stalled(&host).into()),
                },
            };
            let status = response.status();
            if status.is_redirection() {
                url = redirect(&url, &host, response.headers())?;
                continue;
            }
            if !status.is_success() {
                return Err(self.refused(response, host, file).await.into());
            }
            return Ok((response, host));
        }
        let (host, target) = (host_of(&self.hub), url.to_string());
        let reason = "there are too many redirects";
        Err(WeightsError::Redirect { host, target, reason }.into())
    }

    /// Waits for the next piece of the body; `None` at its end.
    pub(crate) async fn piece(
        &self,
        response: &mut Response,
        host: &str,
    ) -> Result<
        Option<impl AsRef<[u8]> + std::ops::Deref<Target = [u8]> + use<>>,
        Interrupted<Failure>,
    > {
        let piece = tokio::select! {
            () = self.cancel.cancelled() => return Err(Interrupted::Cancelled),
            piece = tokio::time::timeout(self.options.patience.stall, response.chunk()) => piece,
        };
        let piece = match piece {
            Err(_) => return Err(self.stalled(host).into()),
            Ok(Err(error)) => {
                let reason = format!("the connection broke ({})", one_line(&error));
                let host = host.to_owned();
                return Err(Failure::retry(WeightsError::Connect { host, reason }).into());
            }
            Ok(Ok(piece)) => piece,
        };
        if let Some(piece) = &piece {
            self.limit.wait(piece.len()).await;
        }
        self.cancel.until_resumed().await;
        Ok(piece)
    }

    fn stalled(&self, host: &str) -> Failure {
        let seconds = self.options.patience.stall.as_secs_f32();
        let reason = format!("nothing came for {seconds:.0} s");
        Failure::retry(WeightsError::Connect { host: host.to_owned(), reason })
    }

    /// Tells what a status of failure means.
    async fn refused(&self, mut response: Response, host: String, file: &str) -> Failure {
        let status = response.status();
        let headers = response.headers();
        let code = headers.get("x-error-code").and_then(|code| code.to_str().ok());
        let code = code.unwrap_or_default().to_owned();
        let after = headers.get(RETRY_AFTER).and_then(|after| retry_after(after.to_str().ok()?));
        let later = Remedy::Retry { after };
        let is_hub = same_origin(response.url(), &self.hub);
        // The beginning of what it says, and only if it says it at once.
        let detail = match tokio::time::timeout(Duration::from_secs(2), response.chunk()).await {
            Ok(Ok(Some(piece))) => short_text(&piece),
            _ => String::new(),
        };
        let failed =
            || WeightsError::Status { host: host.clone(), status: status.as_u16(), detail };
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
                if is_hub && code != "RepoNotFound" && code != "EntryNotFound" =>
            {
                let repo = file.split(": ").next().unwrap_or(file).to_owned();
                let page = self.page(&repo);
                let with_token = self.token.is_some();
                WeightsError::Gated { repo, page, with_token }.into()
            }
            // The hub answers 401 for repositories that do not exist, not to tell which do.
            StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::GONE => {
                WeightsError::NotFound { host, what: file.to_owned() }.into()
            }
            StatusCode::RANGE_NOT_SATISFIABLE => {
                let reason = "it has fewer bytes than are published".to_owned();
                WeightsError::Answer { host, file: file.to_owned(), reason }.into()
            }
            // A link to another host is signed for a while; the next try gets a new one.
            StatusCode::FORBIDDEN | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Failure { error: failed(), remedy: later }
            }
            status if status.is_server_error() => Failure { error: failed(), remedy: later },
            _ => failed().into(),
        }
    }

    /// The address of a repository's page in a browser.
    fn page(&self, repo: &str) -> String {
        self.hub.join(repo).map_or_else(|_| self.hub.to_string(), |page| page.to_string())
    }
}

pub(crate) fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or("the hub").to_owned()
}

fn not_connected(host: &str, error: &reqwest::Error) -> Failure {
    let reason = one_line(error);
    Failure::retry(WeightsError::Connect { host: host.to_owned(), reason })
}

/// The innermost cause, which says most; addresses in the outer ones may hold signatures.
fn one_line(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    short_text(cause.to_string().as_bytes())
}

/// The beginning of a text from the network, fit for one line of a terminal.
fn short_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.split(['\r', '\n']).next().unwrap_or_default().trim();
    line.chars().filter(|c| !c.is_control()).take(160).collect()
}
