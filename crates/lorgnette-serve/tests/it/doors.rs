//! Who may not ask, and what is not taken from those who may.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use lorgnette_serve::{Access, Limits, ServeError, ServeOptions, Server, TokenFile};
use serde_json::{Value, json};

use super::client::{Client, ask, reply, short};
use super::{ALLOWED_PAGE, Running, built_in, sample};

const COMPLETIONS: &str = "/v1/chat/completions";

fn running() -> Running {
    Running::new(Limits::default())
}

/// Whatever came before, the next request is answered.
#[track_caller]
fn check_next_is_answered(running: &Running) {
    let asked = ask(&sample("scene.png"), "How many shapes are there?");
    let reply = running.client().post(COMPLETIONS, &asked);
    assert_eq!(reply.json()["choices"][0]["message"]["content"], "Three.");
    running.wait_until_idle();
}

/// Every way of asking that there is.
fn everything() -> [(&'static str, &'static str); 10] {
    [
        ("GET", "/"),
        ("GET", "/v1/models"),
        ("GET", "/v1/models/pocket"),
        ("GET", "/api/version"),
        ("GET", "/api/tags"),
        ("GET", "/api/ps"),
        ("POST", COMPLETIONS),
        ("POST", "/v1/ocr"),
        ("POST", "/api/chat"),
        ("POST", "/api/generate"),
    ]
}

/// The status of each way of asking, with nothing in it.
fn statuses(client: &Client) -> Vec<u16> {
    let json = "content-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n";
    let ask = |(method, path)| {
        let head = client.head(method, path);
        client.say(&format!("{head}{json}\r\n{{}}")).status
    };
    everything().into_iter().map(ask).collect()
}

#[test]
fn nothing_is_told_without_the_token() {
    let running = running();
    let address = running.server.address();
    let (none, wrong) = (Client::new(address, None), Client::new(address, Some("wrong")));
    assert_eq!(statuses(&none), [401; 10]);
    assert_eq!(statuses(&wrong), [401; 10]);
    assert!(statuses(&running.client()).iter().all(|status| matches!(status, 200 | 400)));
    let reply = none.post(COMPLETIONS, &short("pocket"));
    assert_eq!(reply.json()["error"]["code"], "invalid_api_key");
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    let reply = none.post("/api/chat", &short("pocket"));
    assert!(reply.json()["error"].as_str().unwrap().contains("--show-token"), "{}", reply.body);
    // A path that is not there is not told either.
    assert_eq!(none.get("/no/such").status, 401);
    assert_eq!(running.client().get("/no/such").status, 404);
    assert_eq!(running.client().get(COMPLETIONS).status, 405);
}

#[test]
fn a_new_token_holds_at_once() {
    let running = running();
    assert_eq!(running.client().get("/v1/models").status, 200);
    let data = running.home.path().join("data");
    let renewed = TokenFile::in_folder(&data).renew().unwrap();
    assert_eq!(running.client().get("/v1/models").status, 401);
    let client = Client::new(running.server.address(), Some(&renewed));
    assert_eq!(client.get("/v1/models").status, 200);
}

#[test]
fn a_foreign_host_is_not_answered_for_whatever_token_it_shows() {
    let running = running();
    let port = running.server.address().port();
    for host in [format!("evil.example:{port}"), "evil.example".into(), "127.0.0.1".into()] {
        let client = running.client().with("host", &host);
        assert_eq!(statuses(&client), [421; 10], "{host}");
    }
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}")] {
        assert_eq!(running.client().with("host", &host).get("/v1/models").status, 200, "{host}");
    }
    let absolute = format!("http://evil.example:{port}/v1/models");
    assert_eq!(running.client().get(&absolute).status, 421);
}

#[test]
fn pages_are_not_answered_unless_they_were_named() {
    let running = running();
    for origin in ["http://evil.example", "null", "http://localhost", "http://127.0.0.1:3000"] {
        let client = running.client().with("origin", origin);
        assert_eq!(statuses(&client), [403; 10], "{origin}");
        let reply = client.get("/v1/models");
        assert_eq!(reply.header("access-control-allow-origin"), None);
        let asks_first =
            format!("{}connection: close\r\n\r\n", client.head("OPTIONS", COMPLETIONS));
        let reply = client.say(&asks_first);
        assert_eq!((reply.status, reply.header("access-control-allow-methods")), (403, None));
    }
    let page = running.client().with("origin", ALLOWED_PAGE);
    let reply = page.get("/v1/models");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), Some(ALLOWED_PAGE));
    assert_eq!(reply.header("vary"), Some("origin"));
    // It asks first without the token, and has to show it then.
    let bare = Client::new(running.server.address(), None).with("origin", ALLOWED_PAGE);
    let reply =
        bare.say(&format!("{}connection: close\r\n\r\n", bare.head("OPTIONS", COMPLETIONS)));
    assert_eq!(reply.status, 204);
    assert_eq!(reply.header("access-control-allow-origin"), Some(ALLOWED_PAGE));
    assert_eq!(bare.get("/v1/models").status, 401);
}

#[test]
fn only_loopback_is_listened_at() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let home = tempfile::TempDir::new().unwrap();
        let options =
            ServeOptions { address: address.parse().unwrap(), ..ServeOptions::new(Access::Anyone) };
        let models = std::sync::Arc::new(built_in(home.path()));
        let started = Server::start(options, models).err();
        assert!(matches!(started, Some(ServeError::NotLoopback { .. })), "{address}");
    }
}

#[test]
fn only_json_is_read() {
    let running = running();
    let client = running.client();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let body = short("pocket").to_string();
        let head = client.head("POST", COMPLETIONS);
        let length = body.len();
        let reply = client.say(&format!(
            "{head}content-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ));
        assert_eq!(reply.status, 415, "{kind}");
    }
    check_next_is_answered(&running);
}

#[test]
fn pictures_come_by_data_alone() {
    let running = running();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let elsewhere = format!("http://{}/a.png", listener.local_addr().unwrap());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/samples/dialog.png");
    for address in [&elsewhere, "file:///etc/passwd", path, "\\\\host\\share\\a.png"] {
        let part = json!({ "type": "image_url", "image_url": { "url": address } });
        let messages = json!([{ "role": "user", "content": [part] }]);
        let document = json!({ "type": "image_url", "image_url": address });
        let chat = json!([{ "role": "user", "content": "What?", "images": [address] }]);
        for (place, body) in [
            (COMPLETIONS, json!({ "messages": messages })),
            ("/v1/ocr", json!({ "document": document })),
            ("/api/chat", json!({ "messages": chat })),
            ("/api/generate", json!({ "prompt": "What?", "images": [address] })),
        ] {
            let reply = running.client().post(place, &body);
            assert_eq!(reply.status, 400, "{place} {address}: {}", reply.body);
            let words = ["fetches nothing", "opens no file", "opens none"];
            assert!(words.iter().any(|words| reply.body.contains(words)), "{}", reply.body);
        }
    }
    let asked = listener.accept().map(|_| ());
    assert_eq!(asked.unwrap_err().kind(), ErrorKind::WouldBlock, "nobody came for it");
    check_next_is_answered(&running);
}

#[test]
fn a_body_that_is_too_large_is_refused_and_its_client_told() {
    const N_BYTES: usize = 200 << 20;
    let running = running();
    let client = running.client();
    let head = client.head("POST", COMPLETIONS)
        + "content-type: application/json\r\nconnection: close\r\n";
    let zeros = vec![b' '; 1 << 20];

    let mut promised = client.connect();
    let length = format!("content-length: {N_BYTES}\r\n\r\n");
    promised.write_all((head.clone() + &length).as_bytes()).unwrap();
    for _ in 0..N_BYTES / zeros.len() {
        promised.write_all(&zeros).unwrap();
    }
    let told = reply(&mut promised);
    assert_eq!(told.status, 413);
    assert!(told.body.contains("fewer or smaller pictures"), "{}", told.body);

    let mut chunked = client.connect();
    chunked.write_all((head + "transfer-encoding: chunked\r\n\r\n").as_bytes()).unwrap();
    for _ in 0..N_BYTES / zeros.len() {
        chunked.write_all(format!("{:x}\r\n", zeros.len()).as_bytes()).unwrap();
        chunked.write_all(&zeros).unwrap();
        chunked.write_all(b"\r\n").unwrap();
    }
    chunked.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(reply(&mut chunked).status, 413);
    check_next_is_answered(&running);
}

#[test]
fn who_promises_and_does_not_send_is_not_waited_for() {
    let limits = Limits {
        head_time: Duration::from_secs(2),
        body_time: Duration::from_secs(2),
        ..Limits::default()
    };
    let running = Running::new(limits);
    let client = running.client();
    let head = client.head("POST", COMPLETIONS) + "content-type: application/json\r\n";

    let mut body = client.connect();
    body.write_all((head.clone() + "content-length: 1000\r\n\r\n{\"messages\":").as_bytes())
        .unwrap();
    assert_eq!(reply(&mut body).status, 408);

    // Those who may not ask are not waited for either.
    let stranger = Client::new(running.server.address(), None);
    let mut body = stranger.connect();
    let head_of_stranger = stranger.head("POST", COMPLETIONS);
    body.write_all((head_of_stranger + "content-length: 1000\r\n\r\n").as_bytes()).unwrap();
    assert!(is_ended(&mut body));

    let mut half_a_head = client.connect();
    half_a_head.write_all(head.as_bytes()).unwrap();
    assert!(is_ended(&mut half_a_head));
    let mut silent = client.connect();
    assert!(is_ended(&mut silent));
    check_next_is_answered(&running);
}

/// Whether the server ends a connection, after a reply or without one.
fn is_ended(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[test]
fn more_connections_than_there_is_room_for_are_told_so() {
    let limits =
        Limits { n_connections: 200, head_time: Duration::from_mins(10), ..Limits::default() };
    let running = Running::new(limits);
    let client = running.client();
    let mut held = Vec::new();
    let mut n_refused = 0;
    for _ in 0..1000 {
        let mut stream = client.connect();
        stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        if held.len() < 200 {
            held.push(stream);
            continue;
        }
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        // A reset instead of the words is a refusal, too.
        let mut told = Vec::new();
        if stream.read_to_end(&mut told).is_ok() && told.starts_with(b"HTTP/1.1 503") {
            n_refused += 1;
        }
    }
    assert!(n_refused > 0, "some were told");
    drop(held);
    check_next_is_answered_when_there_is_room(&running);
}

/// The server notices after a moment that connections have ended.
#[track_caller]
fn check_next_is_answered_when_there_is_room(running: &Running) {
    super::wait_until(|| {
        let mut stream = running.client().send(COMPLETIONS, &short("pocket"));
        let mut text = String::new();
        stream.read_to_string(&mut text).is_ok() && text.starts_with("HTTP/1.1 200")
    });
    check_next_is_answered(running);
}

#[test]
fn half_closed_connections_hold_nothing_up() {
    let running = running();
    let client = running.client();
    let request = client.request(COMPLETIONS, &ask(&sample("dialog.png"), "What is it?"));
    for n_bytes in [0, 1, 20, request.len() / 2, request.len()] {
        let mut stream = client.connect();
        stream.write_all(&request.as_bytes()[..n_bytes]).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert!(is_ended(&mut stream), "{n_bytes} of {}", request.len());
    }
    // What is no HTTP at all.
    for noise in
        [&b"\0\0\0\0\r\n\r\n"[..], b"GET\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"]
    {
        let mut stream = client.connect();
        stream.write_all(noise).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert!(is_ended(&mut stream));
    }
    running.wait_until_idle();
    check_next_is_answered(&running);
}

/// A PNG whose header promises a picture of that size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    header.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(&header);
    png.extend(crc_32(&header).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
    png
}

/// Source: ISO 15948, annex D.
fn crc_32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0_u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[test]
fn a_picture_that_would_fill_the_memory_is_refused_by_its_header() {
    let running = running();
    for bomb in [png(100_000, 100_000), png(u32::MAX >> 1, 1), png(20_000, 20_000)] {
        let reply = running.client().post(COMPLETIONS, &ask(&bomb, "What is it?"));
        assert_eq!(reply.status, 400, "{}", reply.body);
        assert_eq!(reply.json()["error"]["code"], "invalid_image");
        let words = reply.json()["error"]["message"].to_string();
        assert!(words.contains("save a smaller copy"), "{words}");
    }
    check_next_is_answered(&running);
}

#[test]
fn bodies_that_are_no_requests_are_refused() {
    let running = running();
    let client = running.client();
    let head = client.head("POST", COMPLETIONS);
    let deep = "[".repeat(1 << 20);
    for body in [
        "",
        "{",
        "[]",
        "\0\0",
        "nul",
        &deep,
        "{\"messages\":[{\"role\":\"user\",\"content\":1e999}]}",
    ] {
        let length = body.len();
        let reply = client.say(&format!(
            "{head}content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ));
        assert_eq!(reply.status, 400, "{}", &body[..body.len().min(20)]);
    }
    let many: Vec<Value> = (0..33).map(|_| super::client::picture(b"x")).collect();
    let body = json!({ "messages": [{ "role": "user", "content": many }] });
    let reply = client.post(COMPLETIONS, &body);
    assert_eq!(reply.status, 400);
    assert!(reply.body.contains("33 pictures"), "{}", reply.body);
    check_next_is_answered(&running);
}
