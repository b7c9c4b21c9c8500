//! `lorgnette serve` as a program that somebody starts.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
#[cfg(target_os = "linux")]
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::{check_failure, command, lorgnette};

/// A server that runs until it is dropped.
struct Running {
    child: Child,
    address: SocketAddr,
    home: TempDir,
}

impl Running {
    fn new(more: &[&str]) -> Self {
        let home = TempDir::new().unwrap();
        let arguments = [&["serve", "--model", "pocket", "--port", "0"], more].concat();
        let mut child = command(home.path(), &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").expect("an address").parse().unwrap();
        Self { child, address, home }
    }

    fn token(&self, option: &str) -> String {
        let output = command(self.home.path(), &["serve", option]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The status line that a request gets.
    fn status(&self, token: Option<&str>) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let token =
            token.map_or(String::new(), |token| format!("authorization: Bearer {token}\r\n"));
        let host = self.address;
        let request =
            format!("GET /v1/models HTTP/1.1\r\nhost: {host}\r\n{token}connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply.lines().next().unwrap().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_token_is_shown_and_renewed_by_word() {
    let running = Running::new(&[]);
    let token = running.token("--show-token");
    assert_eq!(running.token("--show-token"), token);
    assert_eq!(running.status(Some(&token)), "HTTP/1.1 200 OK");
    assert_eq!(running.status(None), "HTTP/1.1 401 Unauthorized");
    let renewed = running.token("--new-token");
    assert_eq!(running.status(Some(&token)), "HTTP/1.1 401 Unauthorized");
    assert_eq!(running.status(Some(&renewed)), "HTTP/1.1 200 OK");
}

#[test]
fn without_a_token_only_by_word() {
    let mut running = Running::new(&["--no-token"]);
    assert_eq!(running.status(None), "HTTP/1.1 200 OK");
    running.child.kill().unwrap();
    let mut said = String::new();
    running.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("every program of every person on this machine may ask"), "{said}");
}

#[test]
fn what_cannot_be_served_is_said_at_once() {
    for arguments in [
        &["serve", "--allow-origin", "*"][..],
        &["serve", "--port", "65536"],
        &["serve", "--queue", "0"],
        &["serve", "--show-token", "--new-token"],
        &["serve", "--show-token", "--no-token"],
    ] {
        assert_eq!(lorgnette(arguments, b"").status.code(), Some(2), "{arguments:?}");
    }
    check_failure(&["serve", "--address", "0.0.0.0"], b"", "0.0.0.0 is not a loopback address");
    check_failure(&["serve", "--model", "no/such", "--port", "0"], b"", "no model at no/such");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    check_failure(&["serve", "--port", &port], b"", "cannot listen at 127.0.0.1");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it() {
    let mut running = Running::new(&[]);
    let id = running.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    assert!(TcpStream::connect(running.address).is_err());
}

#[cfg(target_os = "linux")]
#[test]
fn only_loopback_listens_and_connections_leave_nothing_behind() {
    let running = Running::new(&[]);
    let process = Path::new("/proc").join(running.child.id().to_string());
    let port = format!(":{:04X}", running.address.port());
    let listening: Vec<String> = ["tcp", "tcp6"]
        .iter()
        .flat_map(|table| {
            let text = fs_err::read_to_string(process.join("net").join(table)).unwrap_or_default();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|line| is_of(&process, line) && line.split_whitespace().nth(3) == Some("0A"))
        .map(|line| line.split_whitespace().nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(listening, [format!("0100007F{port}")]);

    let token = running.token("--show-token");
    assert_eq!(running.status(Some(&token)), "HTTP/1.1 200 OK");
    let n_files = || fs_err::read_dir(process.join("fd")).unwrap().count();
    let before = n_files();
    for _ in 0..20 {
        let held: Vec<TcpStream> =
            (0..50).map(|_| TcpStream::connect(running.address).unwrap()).collect();
        drop(held);
    }
    assert_eq!(running.status(Some(&token)), "HTTP/1.1 200 OK");
    // It notices after a moment that they have ended.
    for _ in 0..6000 {
        if n_files() <= before {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{} files are open, and {before} were", n_files());
}

/// Whether a line of a table of sockets is of that process: the table is of all of them.
#[cfg(target_os = "linux")]
fn is_of(process: &Path, line: &str) -> bool {
    let Some(inode) = line.split_whitespace().nth(9) else { return false };
    let socket = format!("socket:[{inode}]");
    fs_err::read_dir(process.join("fd"))
        .unwrap()
        .flatten()
        .any(|entry| fs_err::read_link(entry.path()).is_ok_and(|to| to.to_string_lossy() == socket))
}
