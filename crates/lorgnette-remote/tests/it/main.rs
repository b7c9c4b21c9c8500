//! Servers that answer, and servers that do all else, over real sockets.

mod answers;
mod hostile;
mod servers;

use std::sync::mpsc;
use std::time::Duration;

use lorgnette_engine::{Answer, AnswerEvent, AnswerOptions, Chat};
use lorgnette_interrupt::Cancel;
use lorgnette_loopback::chat::ChatServer;
use lorgnette_remote::{Address, KeySource, Patience, RemoteError, RemoteModel, Server, Servers};

/// Waits that no test reaches, but those for servers that say nothing.
fn patience() -> Patience {
    let long = Duration::from_mins(2);
    Patience { connect: long, list: long, first: long, next: long, end: long }
}

/// The same for servers that say nothing: the shorter, the sooner the test ends.
fn impatience() -> Patience {
    let short = Duration::from_millis(200);
    Patience { list: short, first: short, next: short, end: short, ..patience() }
}

/// The server as it is remembered.
fn stored(server: &ChatServer) -> Server {
    Server {
        name: "test".into(),
        address: Address::new(&server.url(), false).unwrap(),
        model: lorgnette_loopback::chat::MODEL.into(),
        key: KeySource::None,
    }
}

/// Opens the model of a server.
fn try_open(server: Server, patience: &Patience) -> Result<RemoteModel, RemoteError> {
    let folder = tempfile::tempdir().unwrap();
    let opened =
        RemoteModel::open(server, &Servers::at(folder.path()), patience, &Cancel::default())?;
    Ok(opened.expect("nobody cancels it"))
}

fn open(server: &ChatServer) -> RemoteModel {
    try_open(stored(server), &patience()).unwrap()
}

/// A question without pictures.
fn question(words: &str) -> Chat {
    let mut chat = Chat::default();
    chat.ask([], words);
    chat
}

/// Asks, and returns the answer with the text that was told while it came.
fn ask(model: &RemoteModel, chat: &Chat) -> (String, Result<Answer, RemoteError>) {
    let (sender, told) = mpsc::channel();
    let emit = move |event| {
        if let AnswerEvent::Text(text) = event {
            sender.send(text).unwrap();
        }
    };
    let answer = model.answer(chat, &AnswerOptions::default(), Cancel::default(), emit);
    let answer = answer.recv().unwrap();
    (told.iter().collect(), answer)
}
