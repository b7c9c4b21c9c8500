//! A server with OpenAI's interface on loopback, for tests: it answers as badly as it is told.
//!
//! ```
//! use lorgnette_loopback::chat::{ChatServer, Reply};
//!
//! let server = ChatServer::start();
//! // The connection breaks after the first words.
//! server.behave(|request| match request.path.as_str() {
//!     "/v1/chat/completions" => Reply::DropAfter(vec!["It is".into()]),
//!     _ => Reply::Well,
//! });
//! ```

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

/// The model that the server has.
pub const MODEL: &str = "tiny-1b";
/// What it answers when nobody says otherwise.
pub const ANSWER: [&str; 3] = ["It is ", "a", " test."];
/// A line of so many bytes is sent by [`Reply::Flood`], unless the client has had enough of it.
const FLOOD_BYTES: u64 = 1 << 30;
/// Bytes that it is sent in.
const PIECE_BYTES: usize = 1 << 16;

/// The way in which a request is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// As it should: a list of models, or [`ANSWER`].
    Well,
    /// The same after this time.
    After(Duration),
    /// An answer of these pieces, with what it took and an end.
    Says(Vec<String>),
    /// These pieces, and the connection breaks.
    DropAfter(Vec<String>),
    /// These pieces, and then nothing while the client waits.
    StallAfter(Vec<String>),
    /// The data of these events as they are, in a stream that ends.
    Events(Vec<String>),
    /// One line without an end.
    Flood,
    /// A status with this text as its body.
    Status(u16, String),
    /// A body of that type, with status 200.
    Body(&'static str, String),
    /// To another address.
    Redirect(String),
    /// These bytes instead of HTTP.
    Raw(Vec<u8>),
    /// The connection is closed without a word.
    Hangup,
}

/// A request as the server received it.
#[derive(Debug, Clone)]
pub struct ChatRequest {
    /// Path and query.
    pub path: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The body; null where there is none.
    pub body: Value,
    /// Requests for the same path that came before.
    pub n_before: usize,
}

impl ChatRequest {
    /// The words of the last question.
    pub fn question(&self) -> String {
        let content = &self.body["messages"]
            .as_array()
            .and_then(|all| all.last())
            .map(|last| last["content"].clone())
            .unwrap_or_default();
        match content {
            Value::Array(parts) => {
                parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join(" ")
            }
            content => content.as_str().unwrap_or_default().to_owned(),
        }
    }
}

type Script = Arc<dyn Fn(&ChatRequest) -> Reply + Send + Sync>;

struct Shared {
    script: Mutex<Script>,
    requests: Mutex<Vec<ChatRequest>>,
    n_in_hand: AtomicUsize,
    most_in_hand: AtomicUsize,
    n_flooded_bytes: AtomicU64,
    /// Connections that the client closed while it was waiting.
    n_left: Mutex<usize>,
    left: Condvar,
    stop: AtomicBool,
}

/// A running server; it stops when it is dropped.
pub struct ChatServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// `None` only while it is dropped.
    listener: Option<JoinHandle<()>>,
}

impl ChatServer {
    /// Listens on a free port.
    ///
    /// # Panics
    /// When the system gives no port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let script: Script = Arc::new(|_| Reply::Well);
        let shared = Arc::new(Shared {
            script: Mutex::new(script),
            requests: Mutex::default(),
            n_in_hand: AtomicUsize::new(0),
            most_in_hand: AtomicUsize::new(0),
            n_flooded_bytes: AtomicU64::new(0),
            n_left: Mutex::default(),
            left: Condvar::new(),
            stop: AtomicBool::new(false),
        });
        let server = Arc::clone(&shared);
        let listener = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if server.stop.load(Ordering::Relaxed) {
                    return;
                }
                let server = Arc::clone(&server);
                // A client that goes away is no matter.
                std::thread::spawn(move || drop(server.serve(stream)));
            }
        });
        Self { address, shared, listener: Some(listener) }
    }

    /// The address of the server.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its host, as messages have it.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Sets the way in which each request is answered.
    pub fn behave(&self, script: impl Fn(&ChatRequest) -> Reply + Send + Sync + 'static) {
        *lock(&self.shared.script) = Arc::new(script);
    }

    /// Sets the way in which questions are answered; the list of models comes well.
    pub fn answer(&self, reply: Reply) {
        self.behave(move |request| match request.path.as_str() {
            "/v1/chat/completions" => reply.clone(),
            _ => Reply::Well,
        });
    }

    /// The requests so far, in order.
    pub fn requests(&self) -> Vec<ChatRequest> {
        lock(&self.shared.requests).clone()
    }

    /// The most requests that waited for their reply at the same time.
    pub fn most_in_hand(&self) -> usize {
        self.shared.most_in_hand.load(Ordering::SeqCst)
    }

    /// Bytes of [`Reply::Flood`] that were taken.
    pub fn n_flooded_bytes(&self) -> u64 {
        self.shared.n_flooded_bytes.load(Ordering::SeqCst)
    }

    /// Waits until clients have closed so many connections that stalled.
    pub fn until_left(&self, n: usize) {
        let left = lock(&self.shared.n_left);
        let waited = self.shared.left.wait_while(left, |n_left| *n_left < n);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for ChatServer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        // Wakes the listener. When it has ended, its port is closed.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Shared {
    /// Requests of one connection.
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        while !self.stop.load(Ordering::Relaxed) {
            let Some(request) = self.read(&mut reader)? else { return Ok(()) };
            let n = self.n_in_hand.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_in_hand.fetch_max(n, Ordering::SeqCst);
            // Requests are answered at the same time, so the lock is given back first.
            let script = lock(&self.script).clone();
            let reply = script(&request);
            if let Reply::After(time) = reply {
                std::thread::sleep(time);
            }
            // Before the reply: who has it may ask again at once.
            self.n_in_hand.fetch_sub(1, Ordering::SeqCst);
            if !self.reply(&mut stream, &request, reply)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn read(&self, reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<ChatRequest>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let path = line.split(' ').nth(1).unwrap_or("/").to_owned();
        let (mut authorization, mut n_bytes) = (None, 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            match name.to_ascii_lowercase().as_str() {
                "authorization" => authorization = Some(value.trim().to_owned()),
                "content-length" => n_bytes = value.trim().parse().unwrap_or(0),
                _ => {}
            }
        }
        let mut body = vec![0; n_bytes];
        reader.read_exact(&mut body)?;
        let body = serde_json::from_slice(&body).unwrap_or_default();
        let mut requests = lock(&self.requests);
        let n_before = requests.iter().filter(|request| request.path == path).count();
        let request = ChatRequest { path, authorization, body, n_before };
        requests.push(request.clone());
        Ok(Some(request))
    }

    /// Whether the connection goes on.
    fn reply(
        &self,
        stream: &mut TcpStream,
        request: &ChatRequest,
        reply: Reply,
    ) -> std::io::Result<bool> {
        match reply {
            Reply::Well | Reply::After(_) => match request.path.as_str() {
                "/v1/models" => {
                    let model = json!({ "id": MODEL, "object": "model", "owned_by": "tests" });
                    let list = json!({ "object": "list", "data": [model] });
                    whole(stream, 200, "application/json", &list.to_string())
                }
                "/v1/chat/completions" => says(stream, &ANSWER.map(ToOwned::to_owned)),
                _ => whole(stream, 404, "text/plain", "nothing is here"),
            },
            Reply::Says(pieces) => says(stream, &pieces),
            Reply::DropAfter(pieces) => {
                begin(stream)?;
                told(stream, &pieces)?;
                Ok(false)
            }
            Reply::StallAfter(pieces) => {
                // Until the client goes, which may be before it was told anything.
                let _ = begin(stream).and_then(|()| told(stream, &pieces));
                let _ = stream.read(&mut [0]);
                *lock(&self.n_left) += 1;
                self.left.notify_all();
                Ok(false)
            }
            Reply::Events(data) => {
                begin(stream)?;
                for data in data {
                    chunk(stream, &format!("data: {data}\n\n"))?;
                }
                chunk(stream, "")?;
                Ok(true)
            }
            Reply::Flood => {
                begin(stream)?;
                let piece = "x".repeat(PIECE_BYTES);
                for _ in 0..FLOOD_BYTES / PIECE_BYTES as u64 {
                    chunk(stream, &piece)?;
                    self.n_flooded_bytes.fetch_add(PIECE_BYTES as u64, Ordering::SeqCst);
                }
                Ok(false)
            }
            Reply::Status(status, text) => whole(stream, status, "application/json", &text),
            Reply::Body(kind, text) => whole(stream, 200, kind, &text),
            Reply::Redirect(target) => {
                let head =
                    format!("HTTP/1.1 307 X\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(head.as_bytes()).map(|()| true)
            }
            Reply::Raw(bytes) => stream.write_all(&bytes).map(|()| false),
            Reply::Hangup => Ok(false),
        }
    }
}

fn whole(stream: &mut TcpStream, status: u16, kind: &str, text: &str) -> std::io::Result<bool> {
    let n_bytes = text.len();
    let head =
        format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {n_bytes}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(text.as_bytes())?;
    Ok(true)
}

/// Begins a stream of events in chunks, so that one that breaks off can be told from one that ends.
fn begin(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
    )
}

/// Sends a piece of the body; an empty one is its end.
fn chunk(stream: &mut TcpStream, text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())
}

/// Sends the events of an answer's pieces.
fn told(stream: &mut TcpStream, pieces: &[String]) -> std::io::Result<()> {
    for piece in pieces {
        let event = json!({ "choices": [{
            "index": 0, "delta": { "content": piece }, "finish_reason": null,
        }]});
        chunk(stream, &format!("data: {event}\n\n"))?;
    }
    Ok(())
}

fn says(stream: &mut TcpStream, pieces: &[String]) -> std::io::Result<bool> {
    begin(stream)?;
    told(stream, pieces)?;
    let end = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let usage = json!({ "choices": [], "usage": {
        "prompt_tokens": 42, "completion_tokens": pieces.len(), "total_tokens": 42 + pieces.len(),
    }});
    chunk(stream, &format!("data: {end}\n\ndata: {usage}\n\ndata: [DONE]\n\n"))?;
    chunk(stream, "")?;
    Ok(true)
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
