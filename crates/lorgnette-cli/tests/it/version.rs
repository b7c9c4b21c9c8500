//! Whether there is a newer version: a real server is asked, and only when it is wanted.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use super::command;

/// Runs `doctor --check-version` with the source at this address; its exit code, output and messages.
fn check(address: &str) -> (Option<i32>, String, String) {
    let home = tempfile::TempDir::new().unwrap();
    let mut asking = command(home.path(), &["doctor", "--check-version"]);
    let output = asking.env("LORGNETTE_RELEASES", address).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A server that answers once; its address.
fn answers(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/latest", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    });
    address
}

#[test]
fn a_newer_version_is_told_with_its_page() {
    let newer = answers(r#"{"tag_name":"v99.1.0","html_url":"https://example.org/99"}"#);
    let (code, told, said) = check(&newer);
    assert_eq!((code, said.as_str()), (Some(0), "asking 127.0.0.1\n"), "{told}");
    assert!(told.starts_with("99.1.0 is there; this is "), "{told}");
    assert!(told.ends_with("https://example.org/99\n"), "{told}");
    let (code, told, _) = check(&answers(r#"{"tag_name":"v0.0.1","html_url":"https://a.org"}"#));
    assert_eq!(code, Some(0));
    assert!(told.ends_with("is the newest version\n"), "{told}");
}

#[test]
fn what_cannot_be_asked_says_why() {
    let (code, told, said) = check("");
    assert_eq!((code, told.as_str()), (Some(1), ""));
    assert!(said.contains("was not told where it is published"), "{said}");
    let (code, _, said) = check("http://example.org/latest");
    assert_eq!(code, Some(1));
    assert!(said.contains("which is no https address"), "{said}");
    let (code, _, said) = check(&answers("<!doctype html>"));
    assert_eq!(code, Some(1));
    assert!(said.contains("127.0.0.1 answered with something that is no release"), "{said}");
    assert!(said.contains("look at the project's page"), "{said}");
}
