//! A hub of models on loopback, for tests: a real HTTP server that behaves as badly as it is told.
//!
//! ```
//! use lorgnette_loopback::{Behaviour, LoopbackHub};
//!
//! let hub = LoopbackHub::start();
//! hub.publish("owner/model", &[("config.json", b"{}".to_vec())]);
//! // The first request for the file meets a broken connection.
//! hub.behave(|request| match (request.file(), request.n_before) {
//!     (Some("config.json"), 0) => Behaviour::DropAt(0.5),
//!     _ => Behaviour::Well,
//! });
//! ```

pub mod chat;
pub mod gguf;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The commit that every repository is at.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The way in which a request is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Behaviour {
    /// The server answers as it should.
    Well,
    /// The server sends the whole file, whatever range was asked for.
    IgnoreRange,
    /// The server sends the right bytes with this `Content-Range`.
    ContentRange(String),
    /// The server sends a web page instead, with status 200.
    Html,
    /// The server sends a status and headers, and no file.
    Status(u16, Vec<(&'static str, String)>),
    /// The connection breaks after this part of the body.
    DropAt(f64),
    /// The connection stays after this part of the body, and nothing more comes.
    StallAt(f64),
    /// The server redirects to this address.
    Redirect(String),
    /// The server sends the right bytes with this `ETag`.
    Etag(String),
    /// The server sends as many bytes, one bit of which is wrong.
    WrongByte,
}

/// A request as the server received it.
#[derive(Debug, Clone)]
pub struct Request {
    /// Path and query.
    pub path: String,
    /// The range that was asked for.
    pub range: Option<Range<u64>>,
    /// The header `Host`.
    pub host: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// Requests for the same path that came before.
    pub n_before: usize,
}

impl Request {
    /// The name of the file that was asked for.
    pub fn file(&self) -> Option<&str> {
        self.path.split_once("/resolve/")?.1.split_once('/').map(|(_, file)| file)
    }
}

type Script = Arc<dyn Fn(&Request) -> Behaviour + Send + Sync>;

/// The content of a file: bytes, or a way to make them.
pub trait Content: Send + Sync {
    /// Size in bytes.
    fn n_bytes(&self) -> u64;
    /// The bytes of a range inside it.
    fn read(&self, range: Range<u64>) -> Vec<u8>;
    /// SHA-256 of the whole content, in hexadecimal.
    fn sha256(&self) -> String;
}

impl Content for Vec<u8> {
    fn n_bytes(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, range: Range<u64>) -> Vec<u8> {
        self[range.start as usize..range.end as usize].to_vec()
    }

    fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.as_slice()))
    }
}

/// Files by name.
type Files = BTreeMap<String, Arc<dyn Content>>;

struct Hub {
    /// Repositories by `owner/name`.
    repositories: Mutex<BTreeMap<String, Files>>,
    /// Names of files whose published hash is wrong.
    wrong_hashes: Mutex<Vec<String>>,
    /// Lists have names alone, without sizes and hashes.
    lists_names_alone: AtomicBool,
    /// What model cards have as their licence.
    licence: Mutex<Value>,
    script: Mutex<Script>,
    requests: Mutex<Vec<Request>>,
    line: Mutex<Line>,
    stop: AtomicBool,
}

/// The line that all connections share.
#[derive(Default)]
struct Line {
    bytes_per_s: Option<f64>,
    /// The moment at which it has carried all that was given to it.
    free_at: Option<Instant>,
}

/// A running server; it stops when it is dropped.
pub struct LoopbackHub {
    address: SocketAddr,
    hub: Arc<Hub>,
}

impl LoopbackHub {
    /// Listens on a free port.
    ///
    /// # Panics
    /// When the system gives no port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let script: Script = Arc::new(|_| Behaviour::Well);
        let hub = Arc::new(Hub {
            repositories: Mutex::default(),
            wrong_hashes: Mutex::default(),
            lists_names_alone: AtomicBool::new(false),
            licence: Mutex::new("apache-2.0".into()),
            script: Mutex::new(script),
            requests: Mutex::default(),
            line: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let server = Arc::clone(&hub);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if server.stop.load(Ordering::Relaxed) {
                    return;
                }
                let server = Arc::clone(&server);
                // A client that goes away is no matter.
                std::thread::spawn(move || drop(server.serve(stream)));
            }
        });
        Self { address, hub }
    }

    /// The server's address, for `HF_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same server under the name of another host.
    pub fn other_host(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// Adds or replaces a repository.
    pub fn publish(&self, repository: &str, files: &[(&str, Vec<u8>)]) {
        let files = files.iter().map(|(name, content)| {
            let content: Arc<dyn Content> = Arc::new(content.clone());
            ((*name).to_owned(), content)
        });
        self.publish_contents(repository, files);
    }

    /// As [`Self::publish`], with contents that need not be in memory.
    pub fn publish_contents(
        &self,
        repository: &str,
        files: impl IntoIterator<Item = (String, Arc<dyn Content>)>,
    ) {
        lock(&self.hub.repositories).insert(repository.to_owned(), files.into_iter().collect());
    }

    /// Limits the bytes a second, over all connections together.
    pub fn limit(&self, bytes_per_s: f64) {
        lock(&self.hub.line).bytes_per_s = Some(bytes_per_s);
    }

    /// Publishes a hash for this file that does not match it.
    pub fn publish_wrong_hash(&self, file: &str) {
        lock(&self.hub.wrong_hashes).push(file.to_owned());
    }

    /// Lists names alone from now on, without sizes and hashes, as some mirrors do.
    pub fn list_names_alone(&self) {
        self.hub.lists_names_alone.store(true, Ordering::Relaxed);
    }

    /// Changes what model cards have as their licence.
    pub fn publish_licence(&self, licence: Value) {
        *lock(&self.hub.licence) = licence;
    }

    /// Sets the way in which each request is answered.
    pub fn behave(&self, script: impl Fn(&Request) -> Behaviour + Send + Sync + 'static) {
        *lock(&self.hub.script) = Arc::new(script);
    }

    /// The requests so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.hub.requests).clone()
    }
}

impl Drop for LoopbackHub {
    fn drop(&mut self) {
        self.hub.stop.store(true, Ordering::Relaxed);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// Requests of one connection.
    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        while !self.stop.load(Ordering::Relaxed) {
            let Some(request) = self.read(&mut reader)? else { return Ok(()) };
            let behaviour = (lock(&self.script).clone())(&request);
            if !self.answer(&mut stream, &request, &behaviour)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn read(&self, reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let path = line.split(' ').nth(1).unwrap_or("/").to_owned();
        let (mut range, mut authorization, mut host) = (None, None, String::new());
        loop {
            let mut line = String::new();
            if reader.by_ref().take(1 << 16).read_line(&mut line)? == 0 || line.trim().is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            match name.to_ascii_lowercase().as_str() {
                "range" => range = parse_range(value.trim()),
                "host" => value.trim().clone_into(&mut host),
                "authorization" => authorization = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        let mut requests = lock(&self.requests);
        let n_before = requests.iter().filter(|request| request.path == path).count();
        let request = Request { path, range, host, authorization, n_before };
        requests.push(request.clone());
        Ok(Some(request))
    }

    /// Whether the connection goes on.
    fn answer(
        &self,
        stream: &mut TcpStream,
        request: &Request,
        behaviour: &Behaviour,
    ) -> std::io::Result<bool> {
        let mut say = |status, headers: &[_], body: &[u8]| {
            self.send(stream, status, headers, &body.to_vec(), 0..body.len() as u64, 1.0)
        };
        match behaviour {
            Behaviour::Html => {
                let page = b"<!doctype html><title>Sign in</title>";
                return say(200, &[("Content-Type", "text/html".into())], page);
            }
            Behaviour::Status(status, headers) => return say(*status, headers, b"as told"),
            Behaviour::Redirect(target) => return say(302, &[("Location", target.clone())], b""),
            _ => {}
        }
        let Some(mut content) = self.content(&request.path) else {
            return say(404, &[("X-Error-Code", "EntryNotFound".into())], b"");
        };
        if *behaviour == Behaviour::WrongByte {
            let mut wrong = content.read(0..content.n_bytes());
            let middle = wrong.len() / 2;
            wrong[middle] ^= 1;
            content = Arc::new(wrong);
        }
        let total = content.n_bytes();
        let mut headers = vec![(
            "ETag",
            match behaviour {
                Behaviour::Etag(etag) => etag.clone(),
                _ => format!("\"{total}\""),
            },
        )];
        let range = request.range.clone().filter(|_| *behaviour != Behaviour::IgnoreRange);
        let (status, range) = match range {
            None => (200, 0..total),
            Some(range) if range.start >= total => {
                return say(416, &[("Content-Range", format!("bytes */{total}"))], b"");
            }
            Some(range) => {
                let range = range.start..range.end.min(total);
                headers.push((
                    "Content-Range",
                    match behaviour {
                        Behaviour::ContentRange(lie) => lie.clone(),
                        _ => format!("bytes {}-{}/{total}", range.start, range.end - 1),
                    },
                ));
                (206, range)
            }
        };
        let part = match behaviour {
            Behaviour::DropAt(part) | Behaviour::StallAt(part) => *part,
            _ => 1.0,
        };
        let goes_on = self.send(stream, status, &headers, &*content, range, part)?;
        if matches!(behaviour, Behaviour::StallAt(_)) {
            // Until the client gives up.
            stream.set_read_timeout(Some(Duration::from_secs(30)))?;
            let _ = stream.read(&mut [0]);
        }
        Ok(goes_on)
    }

    /// Finds a file, or makes the list of a repository's files.
    fn content(&self, path: &str) -> Option<Arc<dyn Content>> {
        let repositories = lock(&self.repositories);
        if let Some(rest) = path.strip_prefix("/api/models/") {
            let (repository, _) = rest.split_once("/revision/")?;
            let wrong = lock(&self.wrong_hashes);
            let names_alone = self.lists_names_alone.load(Ordering::Relaxed);
            let files = repositories.get(repository)?.iter().map(|(name, content)| {
                if names_alone {
                    return json!({ "rfilename": name });
                }
                let hash = if wrong.contains(name) { "0".repeat(64) } else { content.sha256() };
                let lfs = json!({ "size": content.n_bytes(), "sha256": hash, "pointerSize": 134 });
                json!({ "rfilename": name, "size": content.n_bytes(), "lfs": lfs })
            });
            let files: Vec<_> = files.collect();
            let info = json!({
                "id": repository, "sha": COMMIT, "siblings": files,
                "cardData": { "license": lock(&self.licence).clone() },
            });
            return Some(Arc::new(info.to_string().into_bytes()));
        }
        let (repository, file) = path.trim_start_matches('/').split_once("/resolve/")?;
        let (_, file) = file.split_once('/')?;
        repositories.get(repository)?.get(file).cloned()
    }

    /// Sends a part of the range, and returns whether it was all of it.
    fn send(
        &self,
        stream: &mut TcpStream,
        status: u16,
        headers: &[(&'static str, String)],
        content: &dyn Content,
        range: Range<u64>,
        part: f64,
    ) -> std::io::Result<bool> {
        let n_bytes = range.end - range.start;
        let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {n_bytes}\r\n");
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n"); // writing to a string does not fail
        }
        stream.write_all(head.as_bytes())?;
        stream.write_all(b"\r\n")?;
        // At least a byte, if anything: who always gets something gets to the end.
        let end = range.start + (n_bytes as f64 * part).ceil() as u64;
        let mut at = range.start;
        while at < end {
            let next = (at + PIECE_BYTES).min(end);
            self.wait_for_line(next - at);
            stream.write_all(&content.read(at..next))?;
            at = next;
        }
        Ok(end == range.end)
    }

    /// Waits until the line has carried so many bytes more.
    fn wait_for_line(&self, n_bytes: u64) {
        let free_at = {
            let mut line = lock(&self.line);
            let Some(bytes_per_s) = line.bytes_per_s else { return };
            let now = Instant::now();
            let begin = line.free_at.map_or(now, |free_at| free_at.max(now));
            let free_at = begin + Duration::from_secs_f64(n_bytes as f64 / bytes_per_s);
            line.free_at = Some(free_at);
            free_at
        };
        std::thread::sleep(free_at.saturating_duration_since(Instant::now()));
    }
}

/// Bytes that are sent at a time.
const PIECE_BYTES: u64 = 1 << 20;

/// Reads `bytes=0-99`, the header `Range`.
fn parse_range(text: &str) -> Option<Range<u64>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let last: u64 = if last.is_empty() { u64::MAX - 1 } else { last.parse().ok()? };
    Some(first.parse().ok()?..last + 1)
}
