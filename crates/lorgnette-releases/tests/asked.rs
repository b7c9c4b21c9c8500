//! What servers answer, and what is made of it: a real server on loopback.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use lorgnette_releases::{Release, ReleasesError, Source};

/// Answers one request with these bytes; what was asked comes back.
fn asked(answer: Vec<u8>) -> (Result<Release, ReleasesError>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/repos/a/b/releases/latest", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut piece = [0; 1024];
        while !request.ends_with(b"\r\n\r\n") {
            let n = stream.read(&mut piece).unwrap();
            request.extend_from_slice(&piece[..n]);
        }
        // A client that has had enough closes the connection.
        let _ = stream.write_all(&answer);
        String::from_utf8(request).unwrap()
    });
    let release = Source::new(&address).unwrap().newest();
    (release, server.join().unwrap())
}

fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn a_newer_release_is_told_from_an_older_one() {
    let told = |tag: &str| {
        let page = format!("https://example.org/releases/{tag}");
        let body = format!(r#"{{"tag_name":"{tag}","html_url":"{page}","assets":[]}}"#);
        let (release, _) = asked(ok(&body));
        let release = release.unwrap();
        assert_eq!(release.page, page);
        release.is_newer()
    };
    assert!(told("v999.0.0") && told("999.0.1"));
    assert!(!told("v0.0.1") && !told(concat!("v", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn nothing_is_told_about_who_asks() {
    let (_, request) = asked(ok("{}"));
    let request = request.to_ascii_lowercase();
    assert!(request.starts_with("get /repos/a/b/releases/latest http/1.1\r\n"), "{request}");
    let names: Vec<&str> =
        request.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0)).collect();
    for name in names {
        assert!(["user-agent", "accept", "host"].contains(&name), "{request}");
    }
    assert!(request.contains("user-agent: lorgnette\r\n"), "{request}");
}

#[test]
fn what_is_no_release_says_so() {
    let error = |answer: Vec<u8>| asked(answer).0.unwrap_err().to_string();
    let moved = "HTTP/1.1 302 Found\r\nLocation: https://example.org/\r\nContent-Length: 0\r\n\r\n";
    assert!(error(moved.into()).contains("status 302"));
    let missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    assert!(error(missing.into()).contains("status 404"));
    for body in [
        "<!doctype html>",
        "{}",
        r#"{"tag_name":"latest","html_url":"https://example.org"}"#,
        r#"{"tag_name":"v2.0.0","html_url":"javascript:alert(1)"}"#,
        r#"{"tag_name":"v2.0.0","html_url":"http://example.org"}"#,
    ] {
        let told = error(ok(body));
        assert!(told.contains("127.0.0.1 answered with something that is no release"), "{told}");
    }
    assert!(error(ok(&" ".repeat(3 << 20))).contains("too long"));
    assert!(
        error(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec())
            .contains("cannot be reached")
    );
    assert!(error(Vec::new()).contains("cannot be reached"));
}

#[test]
fn only_encrypted_addresses_are_asked() {
    for address in [
        "http://example.org/latest",
        "ftp://example.org",
        "https://",
        "latest",
        "file:///etc/passwd",
    ] {
        let told = Source::new(address).unwrap_err().to_string();
        assert!(told.contains("no https address"), "{told}");
    }
    let source = Source::new("https://api.github.com/repos/a/b/releases/latest").unwrap();
    assert_eq!(source.host(), "api.github.com");
}
