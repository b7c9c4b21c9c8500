//! A window's model, which answers the window and other programs in turns.

use std::sync::{Arc, mpsc};
use std::thread;

use lorgnette_app::chats::{AnswerBy, Filter};
use lorgnette_app::coordinator::{App, Ask, Listener, Progress, State};
use lorgnette_app::folders::Folders;
use lorgnette_app::{Cancel, Interrupted};
use lorgnette_serve::{AppModel, Limits};
use tempfile::TempDir;

use super::client::ask;
use super::{Running, sample, wait_until};

const COMPLETIONS: &str = "/v1/chat/completions";
const BUTTON: &str = "What does the button say?";

/// An app that answers with that model.
fn app(model: &str) -> (App, TempDir) {
    let home = TempDir::new().unwrap();
    let folders = Folders::below(home.path());
    fs_err::create_dir_all(&folders.config).unwrap();
    let settings = format!("model = \"{model}\"\ntemperature = 0.0\n");
    fs_err::write(folders.config.join("settings.toml"), settings).unwrap();
    (App::open(folders, |_| {}).unwrap(), home)
}

fn served(model: &str) -> (App, Running) {
    let (app, home) = app(model);
    let running = Running::with(Limits::default(), home, Arc::new(AppModel::new(app.clone())));
    (app, running)
}

/// Asks in a chat; what the answer tells comes out of the receiver.
fn ask_in_chat(app: &App) -> mpsc::Receiver<Progress> {
    let (tell, told) = mpsc::channel();
    let listener = |_: &_| -> Listener { Box::new(move |progress| drop(tell.send(progress))) };
    let (text, pictures) = ("How many shapes are there?".into(), vec![]);
    let by = AnswerBy::Model;
    app.ask(Ask::New { chat: None, leaf: None, text, pictures, by }, listener).unwrap();
    told
}

#[test]
fn other_programs_are_answered_by_the_model_of_the_window_and_nothing_is_kept() {
    let (app, running) = served("pocket");
    assert!(app.status().model.is_none(), "it is loaded when it is wanted");
    let client = running.client();
    assert_eq!(client.get("/v1/models").json()["data"][0]["id"], "pocket");
    let reply = client.post(COMPLETIONS, &ask(&sample("dialog.png"), BUTTON));
    assert_eq!(reply.json()["choices"][0]["message"]["content"], "Install later", "{}", reply.body);
    assert_eq!(app.status().model.unwrap().id, "pocket");
    assert_eq!(client.get("/api/ps").json()["models"][0]["name"], "pocket");
    let listed = app.chats().list(&Filter { limit: 9, ..Filter::default() }).unwrap();
    assert!(listed.is_empty(), "there is no chat of it");
    assert!(!running.home.path().join("cache/encoded-pictures").exists());
}

#[test]
fn a_model_that_the_window_does_not_answer_with_is_not_there() {
    let (_app, running) = served("pocket");
    let mut other = ask(&sample("dialog.png"), BUTTON);
    other["model"] = "pixtral-12b-q4_k_m".into();
    assert_eq!(running.client().post(COMPLETIONS, &other).status, 404);
    other["model"] = "pocket:latest".into();
    assert_eq!(running.client().post(COMPLETIONS, &other).status, 200);
}

#[test]
fn a_model_that_cannot_be_loaded_is_said_and_the_next_one_is_asked() {
    let (app, running) = served("/no/such/model.gguf");
    let client = running.client();
    let reply = client.post(COMPLETIONS, &ask(&sample("dialog.png"), BUTTON));
    assert_eq!(reply.status, 500);
    assert!(reply.body.contains("/no/such/model.gguf"), "{}", reply.body);
    app.set_settings(lorgnette_app::settings::Settings {
        model: Some("pocket".into()),
        ..app.settings()
    })
    .unwrap();
    let reply = client.post(COMPLETIONS, &ask(&sample("dialog.png"), BUTTON));
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[test]
fn the_window_and_other_programs_wait_for_one_another() {
    let (app, _home) = app("pocket");
    let (enter, entered) = mpsc::channel();
    let (leave, left) = mpsc::channel::<()>();
    let borrower = app.clone();
    let borrowed = thread::spawn(move || {
        borrower.lend(&Cancel::default(), |_| {
            enter.send(()).unwrap();
            left.recv().unwrap();
        })
    });
    entered.recv().unwrap();
    wait_until(|| app.status().state == State::Lent);
    let told = ask_in_chat(&app);
    assert!(matches!(told.recv().unwrap(), Progress::Queued { n_before: 1 }));

    // Who is no longer wanted does not wait.
    let cancel = Cancel::default();
    cancel.cancel();
    let lent = app.lend(&cancel, |_| panic!("it was not wanted"));
    assert!(matches!(lent, Err(Interrupted::Cancelled)));

    leave.send(()).unwrap();
    assert!(borrowed.join().unwrap().is_ok());
    let answer = told.iter().find_map(|progress| match progress {
        Progress::Ended(message) => Some(message),
        _ => None,
    });
    assert!(!answer.unwrap().text.is_empty());
    wait_until(|| app.status().state == State::Ready);
}

#[test]
fn work_that_panics_gives_the_model_back() {
    let (app, _home) = app("pocket");
    let borrower = app.clone();
    let work = move || borrower.lend(&Cancel::default(), |_| panic!("a bug"));
    assert!(thread::spawn(work).join().is_err());
    let mut was_lent = false;
    app.lend(&Cancel::default(), |_| was_lent = true).unwrap();
    assert!(was_lent);
}
