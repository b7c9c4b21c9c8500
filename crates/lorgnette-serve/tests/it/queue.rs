//! Many clients at once: none is lost, and who came first is answered first.

use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use lorgnette_app::Cancel;
use lorgnette_serve::{InstalledModels, LendError, Limits, LoadedModel, ModelSource, ServedModel};
use tempfile::TempDir;

use super::client::{reply, short};
use super::{Running, built_in, wait_until};

const COMPLETIONS: &str = "/v1/chat/completions";
const N_CLIENTS: usize = 20;
const N_EACH: usize = 10;

/// The built-in model, which answers to every name and remembers them; nobody is answered until the
/// door is opened.
pub struct Watched {
    models: InstalledModels,
    is_open: Mutex<bool>,
    opened: Condvar,
    /// The names in the order in which they were answered, and whether the answer was stopped.
    answered: Mutex<Vec<(String, bool)>>,
}

impl Watched {
    pub fn new(home: &TempDir) -> Arc<Self> {
        Arc::new(Self {
            models: built_in(home.path()),
            is_open: Mutex::new(false),
            opened: Condvar::new(),
            answered: Mutex::default(),
        })
    }

    pub fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    pub fn answered(&self) -> Vec<(String, bool)> {
        self.answered.lock().unwrap().clone()
    }
}

impl ModelSource for Watched {
    fn list(&self) -> Vec<ServedModel> {
        self.models.list()
    }

    fn loaded(&self) -> Option<LoadedModel> {
        self.models.loaded()
    }

    fn lend(
        &self,
        name: Option<&str>,
        cancel: &Cancel,
        work: lorgnette_serve::Lent<'_>,
    ) -> Result<(), LendError> {
        let mut is_open = self.is_open.lock().unwrap();
        while !*is_open {
            is_open = self.opened.wait(is_open).unwrap();
        }
        drop(is_open);
        let lent = self.models.lend(None, cancel, work);
        let name = name.unwrap_or_default().to_owned();
        self.answered.lock().unwrap().push((name, cancel.is_cancelled()));
        lent
    }
}

#[test]
fn two_hundred_requests_of_twenty_clients_are_answered_in_order_of_arrival() {
    let home = TempDir::new().unwrap();
    let models = Watched::new(&home);
    let running = Running::with(Limits::default(), home, Arc::clone(&models) as _);
    // Each client has ten requests on their way at once.
    let replies: Vec<(u64, String)> = thread::scope(|scope| {
        let clients: Vec<_> = (0..N_CLIENTS)
            .map(|i| {
                let client = running.client();
                scope.spawn(move || {
                    let names: Vec<String> = (0..N_EACH).map(|k| format!("{i}-{k}")).collect();
                    let sent: Vec<_> = names
                        .into_iter()
                        .map(|name| (client.send(COMPLETIONS, &short(&name)), name))
                        .collect();
                    let told = |(mut stream, name)| {
                        let reply = reply(&mut stream);
                        assert_eq!(reply.status, 200, "{}", reply.body);
                        assert_eq!(reply.json()["usage"]["completion_tokens"], 1);
                        (reply.header("x-request-id").unwrap().parse().unwrap(), name)
                    };
                    sent.into_iter().map(told).collect::<Vec<(u64, String)>>()
                })
            })
            .collect();
        wait_until(|| running.server.status().n_waiting == N_CLIENTS * N_EACH - 1);
        models.open();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    running.wait_until_idle();
    let mut arrived = replies;
    arrived.sort();
    assert_eq!(arrived.len(), N_CLIENTS * N_EACH);
    assert!(arrived.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "{arrived:?}");
    let arrived: Vec<String> = arrived.into_iter().map(|(_, name)| name).collect();
    let answered = models.answered();
    assert!(answered.iter().all(|(_, was_stopped)| !was_stopped));
    let answered: Vec<String> = answered.into_iter().map(|(name, _)| name).collect();
    assert_eq!(answered, arrived);
}

#[test]
fn who_comes_to_a_full_queue_is_told_when_to_come_back() {
    let home = TempDir::new().unwrap();
    let models = Watched::new(&home);
    let limits = Limits { n_waiting: 2, ..Limits::default() };
    let running = Running::with(limits, home, Arc::clone(&models) as _);
    let client = running.client();
    let mut waiting = Vec::new();
    for n in 0..3 {
        waiting.push(client.send(COMPLETIONS, &short("any")));
        wait_until(|| {
            let status = running.server.status();
            status.n_waiting + usize::from(status.is_answering) == n + 1 && status.is_answering
        });
    }
    for path in [COMPLETIONS, "/api/chat"] {
        let told = client.post(path, &short("any"));
        assert_eq!(told.status, 503, "{}", told.body);
        assert!(told.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
        assert!(told.body.contains("2 requests wait already"), "{}", told.body);
    }
    models.open();
    for (n, mut stream) in waiting.into_iter().enumerate() {
        let told = reply(&mut stream);
        assert_eq!((told.status, told.header("x-lorgnette-queue")), (200, Some(&*n.to_string())));
    }
    running.wait_until_idle();
    assert_eq!(client.post(COMPLETIONS, &short("any")).status, 200);
}
