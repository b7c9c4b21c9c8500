//! Servers before they answer: what they have, their keys.

use lorgnette_interrupt::Cancel;
use lorgnette_loopback::chat::{ChatServer, MODEL, Reply};
use lorgnette_remote::{KeySource, RemoteError, RemoteModel, Server, Servers};

use crate::{ask, impatience, patience, question, stored, try_open};

fn find(server: Server, model: Option<&str>) -> Result<RemoteModel, RemoteError> {
    let folder = tempfile::tempdir().unwrap();
    let found =
        RemoteModel::find(server, model, None, &Servers::at(folder.path()), &Cancel::default());
    Ok(found?.expect("nobody cancels it"))
}

#[test]
fn the_only_model_is_meant_and_of_several_one_has_to_be_named() {
    let server = ChatServer::start();
    let nameless = Server { model: String::new(), ..stored(&server) };
    assert_eq!(find(nameless.clone(), None).unwrap().server().model, MODEL);
    assert_eq!(find(nameless.clone(), Some(MODEL)).unwrap().server().model, MODEL);
    let error = find(nameless.clone(), Some("other")).err().unwrap();
    assert!(error.to_string().ends_with("it has tiny-1b"), "{error}");
    server.behave(|_| {
        let many: Vec<String> = (0..100).map(|i| format!(r#"{{"id":"m{i}"}}"#)).collect();
        Reply::Body("application/json", format!(r#"{{"data":[{}]}}"#, many.join(",")))
    });
    let error = find(nameless.clone(), None).err().unwrap();
    assert!(matches!(error, RemoteError::SeveralModels { .. }), "{error}");
    assert!(error.to_string().ends_with("m3 and 96 more") && error.hint().contains("--model"));
    assert_eq!(find(nameless.clone(), Some("m7")).unwrap().server().model, "m7");
    server.behave(|_| Reply::Body("application/json", r#"{"data":[]}"#.into()));
    let error = find(nameless, None).err().unwrap();
    assert!(error.to_string().contains("no models"), "{error}");
}

#[test]
fn what_is_no_server_is_not_connected() {
    let server = ChatServer::start();
    for reply in [
        Reply::Body("text/html", "<!doctype html>".into()),
        Reply::Body("application/json", "{}".into()),
        Reply::Body("application/json", r#"{"data":[{"id":7}]}"#.into()),
        Reply::Body("application/json", "x".repeat(100 << 20)),
        Reply::Status(404, "nothing".into()),
        Reply::Raw(b"220 smtp ready\r\n".to_vec()),
        Reply::Hangup,
    ] {
        let shown = format!("{reply:?}").chars().take(80).collect::<String>();
        server.behave(move |_| reply.clone());
        let error = try_open(stored(&server), &patience()).err().expect(&shown);
        assert!(error.to_string().contains(&server.host()), "{shown}: {error}");
        assert!(error.to_string().len() < 500 && !error.hint().is_empty());
    }
    server.answer(Reply::Well);
    server.behave(|_| Reply::StallAfter(Vec::new()));
    let error = try_open(stored(&server), &impatience()).err().unwrap();
    assert!(matches!(error, RemoteError::Silent { .. }), "{error}");
    server.until_left(1);
}

#[test]
fn the_key_is_shown_to_the_server_and_to_nobody_else() {
    let server = ChatServer::start();
    server.behave(|request| match &request.authorization {
        Some(key) if key == "Bearer sk-right" => Reply::Well,
        _ => Reply::Status(401, r#"{"error":{"message":"Incorrect key sk-wrong"}}"#.into()),
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let with = |key: &str| {
        fs_err::write(&path, key).unwrap();
        Server { key: KeySource::File(path.clone()), ..stored(&server) }
    };
    let model = try_open(with("sk-right\n"), &patience()).unwrap();
    ask(&model, &question("What?")).1.unwrap();
    let wrong = try_open(with("sk-wrong"), &patience()).err().unwrap();
    assert!(matches!(wrong, RemoteError::WrongKey { had_key: true, .. }), "{wrong}");
    // What the server says of it may have the key in it.
    assert!(!wrong.to_string().contains("sk-wrong"), "{wrong}");
    let none = try_open(stored(&server), &patience()).err().unwrap();
    assert!(matches!(none, RemoteError::WrongKey { had_key: false, .. }), "{none}");
    let servers = Servers::at(folder.path());
    servers.put(with("sk-right")).unwrap();
    let file = fs_err::read_to_string(folder.path().join("servers.json")).unwrap();
    assert!(!file.contains("sk-right"), "{file}");
}

#[test]
fn a_server_that_waits_for_ever_can_be_left() {
    let server = ChatServer::start();
    server.behave(|_| Reply::StallAfter(Vec::new()));
    let folder = tempfile::tempdir().unwrap();
    let cancel = Cancel::default();
    cancel.cancel();
    let servers = Servers::at(folder.path());
    let opened = RemoteModel::open(stored(&server), &servers, &patience(), &cancel);
    assert!(opened.unwrap().is_none());
}
