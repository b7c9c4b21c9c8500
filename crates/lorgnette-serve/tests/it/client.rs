//! A client that says exactly what it is told to say, on a socket of its own.

use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What a reply took longer than is one that does not come.
const PATIENCE: Duration = Duration::from_mins(2);

pub struct Client {
    address: SocketAddr,
    headers: Vec<(String, String)>,
}

/// A reply that has come.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Client {
    pub fn new(address: SocketAddr, token: Option<&str>) -> Self {
        let mut headers = vec![("host".to_owned(), address.to_string())];
        if let Some(token) = token {
            headers.push(("authorization".into(), format!("Bearer {token}")));
        }
        Self { address, headers }
    }

    /// With another header, in place of the one of that name.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The head of a request, without its end.
    pub fn head(&self, method: &str, path: &str) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        for (name, value) in &self.headers {
            head.push_str(name);
            head.push_str(": ");
            head.push_str(value);
            head.push_str("\r\n");
        }
        head
    }

    pub fn get(&self, path: &str) -> Reply {
        self.say(&format!("{}connection: close\r\n\r\n", self.head("GET", path)))
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        reply(&mut self.send(path, body))
    }

    /// Sends a request, and returns the connection on which its reply will come.
    pub fn send(&self, path: &str, body: &Value) -> TcpStream {
        let mut stream = self.connect();
        stream.write_all(self.request(path, body).as_bytes()).unwrap();
        stream
    }

    /// All of a request.
    pub fn request(&self, path: &str, body: &Value) -> String {
        let (head, body) = (self.head("POST", path), body.to_string());
        let length = body.len();
        let json = "content-type: application/json\r\nconnection: close\r\n";
        format!("{head}{json}content-length: {length}\r\n\r\n{body}")
    }

    /// Says something, and returns what is replied.
    pub fn say(&self, text: &str) -> Reply {
        let mut stream = self.connect();
        stream.write_all(text.as_bytes()).unwrap();
        reply(&mut stream)
    }
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (other, value) = line.split_once(':')?;
            other.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The events of a stream, without its end.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        let (events, end) = self.body.rsplit_once("data: [DONE]\n\n").expect("an end");
        assert_eq!(end, "");
        let data = events.split_terminator("\n\n").map(|event| event.strip_prefix("data: "));
        data.map(|data| serde_json::from_str(data.expect("data")).unwrap()).collect()
    }

    /// The lines of a stream.
    pub fn lines(&self) -> Vec<Value> {
        self.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Reads a reply up to the end of its connection.
#[track_caller]
pub fn reply(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let is_chunked = head.to_lowercase().contains("transfer-encoding: chunked");
    let body = if is_chunked { whole(body) } else { body.to_owned() };
    Reply { status, head: head.to_owned(), body }
}

/// The body that was sent in chunks.
fn whole(mut chunks: &str) -> String {
    let mut body = String::new();
    loop {
        let (size, rest) = chunks.split_once("\r\n").expect("the size of a chunk");
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body += &rest[..size];
        chunks = rest[size..].strip_prefix("\r\n").expect("the end of a chunk");
    }
}

/// A picture as OpenAI's clients send it.
pub fn picture(bytes: &[u8]) -> Value {
    let url = format!("data:image/png;base64,{}", STANDARD.encode(bytes));
    json!({ "type": "image_url", "image_url": { "url": url } })
}

/// A picture as Ollama's clients send it.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A question about a picture, for OpenAI's interface.
pub fn ask(bytes: &[u8], question: &str) -> Value {
    let content = json!([{ "type": "text", "text": question }, picture(bytes)]);
    json!({ "temperature": 0, "messages": [{ "role": "user", "content": content }] })
}

/// A question that is answered at once, by the model of that name.
pub fn short(model: &str) -> Value {
    let messages = json!([{ "role": "user", "content": "Hello" }]);
    json!({ "model": model, "max_tokens": 1, "messages": messages })
}
