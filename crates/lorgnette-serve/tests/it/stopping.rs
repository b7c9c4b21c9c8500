//! Clients that go away, and a server that ends: nobody waits for nothing.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use lorgnette_app::Cancel;
use lorgnette_serve::{
    InstalledModels, LendError, Lent, Limits, LoadedModel, ModelSource, ServedModel,
};
use serde_json::Value;
use tempfile::TempDir;

use super::client::{ask, reply, short};
use super::queue::Watched;
use super::{Running, built_in, sample, wait_until};

const COMPLETIONS: &str = "/v1/chat/completions";
/// More answers than are made while a test runs.
const FOR_EVER: usize = 1_000_000;

fn running() -> (Running, Arc<Watched>) {
    let home = TempDir::new().unwrap();
    let models = Watched::new(&home);
    let limits = Limits { n_answers: FOR_EVER, ..Limits::default() };
    (Running::with(limits, home, Arc::clone(&models) as _), models)
}

/// A question that is answered for ever.
fn endless(is_streamed: bool) -> Value {
    let mut body = ask(&sample("scene.png"), "How many shapes are there?");
    body["n"] = FOR_EVER.into();
    body["stream"] = is_streamed.into();
    body
}

#[test]
fn an_answer_ends_when_its_client_goes() {
    let (running, models) = running();
    models.open();
    for is_streamed in [true, false] {
        let mut stream = running.client().send(COMPLETIONS, &endless(is_streamed));
        if is_streamed {
            let mut begun = [0; 512];
            let n = stream.read(&mut begun).unwrap();
            assert!(begun[..n].starts_with(b"HTTP/1.1 200"), "it has begun");
        } else {
            wait_until(|| running.server.status().is_answering);
        }
        drop(stream);
        running.wait_until_idle();
        let answered = models.answered();
        assert!(answered.last().unwrap().1, "it was stopped: {answered:?}");
    }
    let reply = running.client().post(COMPLETIONS, &short("any"));
    assert_eq!(reply.status, 200);
    assert!(!models.answered().last().unwrap().1);
}

#[test]
fn who_goes_before_the_turn_is_not_answered() {
    let (running, models) = running();
    let first = running.client().send(COMPLETIONS, &short("first"));
    wait_until(|| running.server.status().is_answering);
    let second = running.client().send(COMPLETIONS, &endless(false));
    wait_until(|| running.server.status().n_waiting == 1);
    let third = running.client().send(COMPLETIONS, &short("third"));
    wait_until(|| running.server.status().n_waiting == 2);
    drop(second);
    wait_until(|| running.server.status().n_waiting == 1);
    models.open();
    for mut stream in [first, third] {
        assert_eq!(reply(&mut stream).status, 200);
    }
    let names: Vec<String> = models.answered().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["first", "third"]);
}

#[test]
fn an_answer_that_takes_too_long_is_ended() {
    let home = TempDir::new().unwrap();
    let models = Watched::new(&home);
    models.open();
    let limits = Limits {
        n_answers: FOR_EVER,
        answer_time: Duration::from_millis(200),
        ..Limits::default()
    };
    let running = Running::with(limits, home, models as _);
    let told = running.client().post(COMPLETIONS, &endless(false));
    assert_eq!(told.status, 504, "{}", told.body);
    assert!(told.body.contains("longer than 0.2 s"), "{}", told.body);
    let told = running.client().post(COMPLETIONS, &endless(true));
    assert_eq!(told.status, 200, "it had begun");
    let last = told.body.trim_end().lines().last().unwrap();
    assert!(last.starts_with("data: {\"error\":") && last.contains("longer"), "{last}");
}

/// A model that makes a bug of every question but those for one of that name.
struct Buggy(InstalledModels);

impl ModelSource for Buggy {
    fn list(&self) -> Vec<ServedModel> {
        self.0.list()
    }

    fn loaded(&self) -> Option<LoadedModel> {
        self.0.loaded()
    }

    fn lend(&self, name: Option<&str>, cancel: &Cancel, work: Lent<'_>) -> Result<(), LendError> {
        assert_eq!(name, Some("pocket"), "a bug, for this test");
        self.0.lend(name, cancel, work)
    }
}

#[test]
fn a_bug_ends_one_request_and_not_the_server() {
    let home = TempDir::new().unwrap();
    let models = Arc::new(Buggy(built_in(home.path())));
    let running = Running::with(Limits::default(), home, models);
    let client = running.client();
    for path in [COMPLETIONS, "/api/chat"] {
        let told = client.post(path, &short("any"));
        assert_eq!(told.status, 500, "{}", told.body);
        assert!(told.body.contains("the server went wrong"), "{}", told.body);
    }
    assert_eq!(client.post(COMPLETIONS, &short("pocket")).status, 200);
    running.wait_until_idle();
}

#[test]
fn a_server_that_ends_tells_those_who_wait() {
    let (running, models) = running();
    models.open();
    let mut in_hand = running.client().send(COMPLETIONS, &endless(false));
    wait_until(|| running.server.status().is_answering);
    let mut waiting = running.client().send(COMPLETIONS, &short("any"));
    wait_until(|| running.server.status().n_waiting == 1);
    let mut idle = running.client().connect();
    idle.write_all(b"GET ").unwrap();
    let address = running.server.address();
    drop(running);
    for stream in [&mut in_hand, &mut waiting] {
        let told = reply(stream);
        assert_eq!(told.status, 503, "{}", told.body);
        assert!(told.body.contains("is being stopped"), "{}", told.body);
    }
    let mut rest = Vec::new();
    // A reset is an end, too.
    let _ = idle.read_to_end(&mut rest);
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
}
