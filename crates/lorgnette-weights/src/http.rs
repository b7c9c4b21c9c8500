//! Requests: redirects, the token, the meaning of an answer, the next try.
//!
//! Nothing that a server says is believed: lengths, ranges and content types are compared with what
//! was asked for before a byte is used.

use std::hash::{BuildHasher as _, Hasher as _};
use std::ops::Range;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use lorgnette_interrupt::{Cancel, Interrupted};
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, LOCATION, RANGE,
    RETRY_AFTER,
};
use reqwest::{Client, Response, StatusCode, Url};

use crate::error::WeightsError;
use crate::failure::{Failure, Remedy};
use crate::report::{InstallEvent, Report};

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

    /// Sends one request, for a range of a file of `total` bytes or for all of it, and checks the
    /// answer's headers. Redirects are followed; the token is sent to the hub alone, and never again
    /// once another host was asked.
    pub(crate) async fn get(
        &self,
        url: &Url,
        file: &str,
        range: Option<(Range<u64>, u64)>,
    ) -> Result<Answer, Interrupted<Failure>> {
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
            if let Some((range, _)) = &range {
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
            return Ok(check_answer(response, host, file, range.as_ref())?);
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

/// Counts the tries without progress, and waits between them.
pub(crate) struct Tries<'a> {
    http: &'a Http,
    n_failed: u32,
    at_most: u32,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(http: &'a Http) -> Self {
        Self { http, n_failed: 0, at_most: http.options.patience.max_tries }
    }

    /// Begins to count anew: a byte came.
    pub(crate) fn progress(&mut self) {
        self.n_failed = 0;
    }

    /// Waits until a failed request may be tried again.
    ///
    /// # Errors
    /// The failure itself when another try does not help, or there were enough.
    pub(crate) async fn after(
        &mut self,
        end: Interrupted<Failure>,
    ) -> Result<(), Interrupted<Failure>> {
        let (error, after) = match end {
            Interrupted::Failed(Failure { error, remedy: Remedy::Retry { after } }) => {
                (error, after)
            }
            end => return Err(end),
        };
        let patience = &self.http.options.patience;
        self.n_failed += 1;
        if self.n_failed >= self.at_most || after.is_some_and(|t| t > patience.longest_pause) {
            return Err(error.into());
        }
        let doubled = patience.first_pause * 2_u32.saturating_pow(self.n_failed - 1);
        // Up to half more, so that many who were cut off together do not come back together.
        let jitter = doubled.mul_f64(0.5 * random());
        let pause = after.unwrap_or((doubled + jitter).min(patience.longest_pause));
        self.http.report.send(InstallEvent::Waiting { reason: error.to_string(), pause });
        tokio::select! {
            () = self.http.cancel.cancelled() => Err(Interrupted::Cancelled),
            () = tokio::time::sleep(pause) => Ok(()),
        }
    }
}

/// A random number from 0 to 1, by the standard library's random keys.
fn random() -> f64 {
    let bits = std::hash::RandomState::new().build_hasher().finish();
    bits as f64 / u64::MAX as f64
}

/// Spreads the bytes of all requests over time.
#[derive(Debug)]
struct Limit {
    bytes_per_s: Option<u64>,
    next: Mutex<Instant>,
}

impl Limit {
    fn new(bytes_per_s: Option<u64>) -> Self {
        Self { bytes_per_s: bytes_per_s.filter(|n| *n > 0), next: Mutex::new(Instant::now()) }
    }

    async fn wait(&self, n_bytes: usize) {
        let Some(bytes_per_s) = self.bytes_per_s else { return };
        let until = {
            let mut next = self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *next = (*next).max(Instant::now());
            let until = *next;
            *next += Duration::from_secs_f64(n_bytes as f64 / bytes_per_s as f64);
            until
        };
        tokio::time::sleep_until(until.into()).await;
    }
}

/// Compares the headers with the request.
fn check_answer(
    response: Response,
    host: String,
    file: &str,
    range: Option<&(Range<u64>, u64)>,
) -> Result<Answer, Failure> {
    let headers = response.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let etag = text(ETAG).filter(|etag| !etag.starts_with("W/")).map(ToOwned::to_owned);
    let is_page = text(CONTENT_TYPE).is_some_and(|kind| kind.trim().starts_with("text/html"));
    if is_page {
        return Err(WeightsError::WebPage { host, file: file.to_owned() }.into());
    }
    let n_bytes: Option<u64> = text(CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let wrong = |reason: String| {
        Err(Failure::retry(WeightsError::Answer { host: host.clone(), file: file.into(), reason }))
    };
    let is_whole = response.status() != StatusCode::PARTIAL_CONTENT;
    match range {
        None if is_whole => {}
        None => return wrong("a part, where all was asked for".into()),
        Some((_, total)) if is_whole => {
            if let Some(n_bytes) = n_bytes.filter(|n_bytes| n_bytes != total) {
                let file = file.to_owned();
                let (found_bytes, expected_bytes) = (n_bytes, *total);
                return Err(WeightsError::WrongSize { file, found_bytes, expected_bytes }.into());
            }
        }
        Some((range, total)) => {
            let said = text(CONTENT_RANGE).unwrap_or_default();
            match content_range(said) {
                Some((_, found)) if found.is_some_and(|found| found != *total) => {
                    let file = file.to_owned();
                    let (found_bytes, expected_bytes) = (found.unwrap_or(0), *total);
                    let error = WeightsError::WrongSize { file, found_bytes, expected_bytes };
                    return Err(error.into());
                }
                Some((sent, _)) if sent.start == range.start && sent.end <= range.end => {}
                _ => return wrong(format!("bytes {range:?} were asked for, {said:?} is sent")),
            }
        }
    }
    Ok(Answer { response, host, is_whole, etag })
}

/// Reads `Content-Range`: `bytes 0-99/1000`, or `bytes 0-99/*`.
fn content_range(text: &str) -> Option<(Range<u64>, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let total = match total.trim() {
        "*" => None,
        total => Some(total.parse().ok()?),
    };
    let end = last.checked_add(1)?;
    (first < end && total.is_none_or(|total| end <= total)).then_some((first..end, total))
}

/// Reads `Retry-After`: seconds, or a date.
fn retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = http_date(text.trim())?;
    date.duration_since(SystemTime::now()).ok()
}

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the form that servers must use. Source: RFC 9110, 5.6.7.
fn http_date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let day: u64 = words.next()?.parse().ok()?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let year: u64 = words.next()?.parse().ok()?;
    let mut time = words.next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    if !(1970..=9999).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    // Days from civil, Howard Hinnant; years begin in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (y / 400, y % 400);
    let day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * m + 2) / 5 + day - 1;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn redirect(from: &Url, host: &str, headers: &HeaderMap) -> Result<Url, WeightsError> {
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
    let error = |target: &str, reason| WeightsError::Redirect {
        host: host.to_owned(),
        target: short_text(target.as_bytes()),
        reason,
    };
    let target = location.ok_or_else(|| error("nowhere", "it names no target"))?;
    let url = from.join(target).map_err(|_| error(target, "it is no address"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if from.scheme() == "http" => Ok(url),
        "http" => Err(error(target, "it is not encrypted")),
        _ => Err(error(target, "it leads out of the web")),
    }
}

fn same_origin(a: &Url, b: &Url) -> bool {
    a.origin() == b.origin()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges() {
        assert_eq!(content_range("bytes 0-99/1000"), Some((0..100, Some(1000))));
        assert_eq!(content_range("bytes 5-5/*"), Some((5..6, None)));
        for lie in ["", "bytes */1000", "bytes 9-3/10", "bytes 0-10/10", "items 0-1/2"] {
            assert_eq!(content_range(lie), None, "{lie}");
        }
        assert_eq!(content_range(&format!("bytes 0-{}/*", u64::MAX)), None);
    }

    #[test]
    fn dates_of_retry_after() {
        let date = http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        let since = date.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        assert_eq!(since.as_secs(), 784_111_777);
        assert_eq!(http_date("tomorrow"), None);
        assert_eq!(retry_after("7"), Some(Duration::from_secs(7)));
    }

    #[test]
    fn redirects_stay_encrypted() {
        let go = |from: &str, to: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(LOCATION, to.parse().expect("header"));
            redirect(&from.parse().expect("address"), "hub", &headers)
        };
        assert!(go("https://hub/a", "https://cdn/b").is_ok());
        assert_eq!(go("https://hub/a", "/b").expect("relative").as_str(), "https://hub/b");
        assert!(go("https://hub/a", "http://cdn/b").is_err());
        assert!(go("https://hub/a", "file:///etc/passwd").is_err());
    }
}
