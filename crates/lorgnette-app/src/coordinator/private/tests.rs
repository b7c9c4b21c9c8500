use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use super::*;
use crate::chats::{AnswerBy, Draft, Filter};
use crate::coordinator::{Ask, Listener, Progress};
use crate::folders::Folders;
use crate::samples::SAMPLES;

const PATIENCE: Duration = Duration::from_mins(2);

fn open(home: &Path) -> App {
    let folders = Folders::below(home);
    fs_err::create_dir_all(&folders.config).unwrap();
    let settings = "model = \"pocket\"\ntemperature = 0.0\n";
    fs_err::write(folders.config.join("settings.toml"), settings).unwrap();
    App::open(folders, |_| {}).unwrap()
}

pub(in crate::coordinator) fn asked_about(picture: &PictureInfo) -> Attachment {
    Attachment {
        picture: picture.id.clone(),
        name: picture.name.clone(),
        region: None,
        turn: 0,
        max_side: None,
    }
}

/// Asks, and waits for the answer.
fn answer(app: &App, chat: Option<ChatId>, text: &str, pictures: &[Attachment]) -> String {
    let (ended, end) = mpsc::channel();
    let listener = |_: &_| -> Listener {
        Box::new(move |progress| {
            if let Progress::Ended(message) = progress {
                ended.send(message).unwrap();
            }
        })
    };
    let by = AnswerBy::Model;
    let ask = Ask::New { chat, leaf: None, text: text.into(), pictures: pictures.to_vec(), by };
    app.ask(ask, listener).unwrap();
    let message = end.recv_timeout(PATIENCE).unwrap();
    assert!(!message.text.is_empty(), "{message:?}");
    message.text
}

/// Files below a folder that have these bytes in them.
pub(in crate::coordinator) fn with_bytes(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(with_bytes(&path, bytes));
        } else if fs_err::read(&path).unwrap().windows(bytes.len()).any(|part| part == bytes) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn nothing_of_a_private_chat_is_on_the_disk() {
    let home = tempfile::tempdir().unwrap();
    let app = open(home.path());
    let chat = app.begin_private().unwrap();
    let png = SAMPLES[0].png;
    let picture = app.add_bytes("secret.png", png).unwrap();
    app.pictures_with(&picture.id).full(&picture.id).unwrap();
    let attachment = asked_about(&picture);
    let question = "What does the sesquipedalian button say?";
    let said = answer(&app, Some(chat.id), question, std::slice::from_ref(&attachment));
    app.chats()
        .set_draft(Some(chat.id), &Draft { text: "zyzzyva".into(), pictures: vec![] })
        .unwrap();
    let shown = app.chats_of(chat.id).unwrap().chat(chat.id).unwrap();
    assert_eq!(shown.messages.len(), 2);
    assert!(app.chats().list(&Filter { limit: 9, ..Filter::default() }).unwrap().is_empty());

    // The middle of the picture, since every PNG begins alike.
    let pixels = &png[png.len() / 2..][..64];
    for bytes in [pixels, b"sesquipedalian", b"zyzzyva", b"secret.png", picture.id.as_bytes()] {
        let found = with_bytes(home.path(), bytes);
        assert!(found.is_empty(), "{}: {found:?}", String::from_utf8_lossy(bytes));
    }
    assert!(!home.path().join("cache/encoded-pictures").exists(), "the encoder keeps nothing");
    assert!(
        !home.path().join("cache/pictures").exists() && !home.path().join("data/pictures").exists()
    );

    assert!(app.end_private() && !app.end_private());
    assert!(matches!(app.chats_of(chat.id), Err(AppError::NotFound { .. })));
    assert!(matches!(app.picture(&picture.id), Err(AppError::NotFound { .. })));
    // Another chat keeps what it is asked, as ever, and finds the same answer by itself.
    let stored = app.add_bytes("secret.png", png).unwrap();
    let again = answer(&app, None, question, &[asked_about(&stored)]);
    assert_eq!(again, said);
    assert!(!with_bytes(home.path(), b"sesquipedalian").is_empty());
    assert!(home.path().join("cache/encoded-pictures").exists());
}

#[test]
fn a_private_picture_comes_into_no_other_chat() {
    let home = tempfile::tempdir().unwrap();
    let app = open(home.path());
    let before = app.add_bytes("before.png", SAMPLES[1].png).unwrap();
    let chat = app.begin_private().unwrap();
    let private = app.add_bytes("private.png", SAMPLES[0].png).unwrap();
    let listener = |_: &_| -> Listener { Box::new(|_| {}) };
    let ask = |chat, picture| Ask::New {
        chat,
        leaf: None,
        text: "?".into(),
        pictures: vec![asked_about(picture)],
        by: AnswerBy::Model,
    };
    assert!(matches!(app.ask(ask(None, &private), listener), Err(AppError::NotFound { .. })));
    assert!(app.chats().list(&Filter { limit: 9, ..Filter::default() }).unwrap().is_empty());
    // A picture that was there before can be asked about privately.
    let said = answer(&app, Some(chat.id), "What is this?", &[asked_about(&before)]);
    assert!(!said.is_empty());
    // What is imported, and the desktop's pictures, are kept, whatever the window shows.
    let stored = app.keep_bytes("stored.png", SAMPLES[2].png).unwrap();
    assert!(app.chats().picture(&stored.id).is_ok());
    app.close();
}
