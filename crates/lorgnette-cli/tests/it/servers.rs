//! A server as a model: connected, asked, lost, and several pictures at the same time.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use lorgnette_loopback::chat::{ChatServer, MODEL, Reply};
use serde_json::Value;

use super::{ASK, command, sample};

/// Runs the command with its folders below `home`; its exit code, and what it said to both.
fn run(home: &Path, arguments: &[&str]) -> (i32, String, String) {
    said(command(home, arguments).stdin(Stdio::null()).output().unwrap())
}

fn said(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// A home with this server connected as `lan`.
fn connected(server: &ChatServer) -> tempfile::TempDir {
    let home = tempfile::TempDir::new().unwrap();
    let (code, out, err) = run(home.path(), &["models", "connect", "lan", &server.url()]);
    assert_eq!((code, out.as_str()), (0, "lan\n"), "{err}");
    assert!(err.contains(MODEL) && err.contains(&server.host()), "{err}");
    home
}

fn describe(home: &Path, more: &[&str]) -> (i32, String, String) {
    let picture = sample("scene.png");
    run(home, &[&["describe", &picture, "--model", "lan"], more].concat())
}

/// What the server was asked, without its list of models.
fn questions(server: &ChatServer) -> Vec<String> {
    let requests = server.requests();
    let asked = requests.iter().filter(|request| request.path.ends_with("/completions"));
    asked.map(lorgnette_loopback::chat::ChatRequest::question).collect()
}

#[test]
fn a_server_is_connected_listed_asked_and_forgotten() {
    let server = ChatServer::start();
    let home = connected(&server);
    let (_, list, _) = run(home.path(), &["models", "list"]);
    let line = format!("{MODEL} at {0}, remote: pictures go to {0}", server.host());
    assert!(list.contains(&line), "{list}");
    let (_, list, _) = run(home.path(), &["models", "list", "--json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    let listed = list.as_array().unwrap().last().unwrap().clone();
    assert_eq!(listed["pictures_go_to"], server.host());
    assert_eq!(questions(&server), [""; 0], "nothing was sent yet");

    let (code, out, err) = describe(home.path(), &[]);
    assert_eq!((code, out.as_str()), (0, "It is a test.\n"), "{err}");
    assert_eq!(err, format!("note: pictures go to {}\n", server.host()));
    let (_, out, _) = describe(home.path(), &["--json", "--ask", "What?"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["answer"], &json["stop"]), (&"It is a test.".into(), &"end_of_text".into()));
    assert_eq!(json["pictures_go_to"], server.host());
    assert_eq!(json["pictures"][0]["tokens"], Value::Null);
    assert_eq!(questions(&server), ["Describe this picture.", "What?"]);

    // Another model is asked, and nothing goes to the server.
    let n_before = server.requests().len();
    let picture = sample("scene.png");
    let pocket = [&["describe", &picture, "--model", "pocket"], &ASK[..]].concat();
    assert_eq!(run(home.path(), &pocket).1, "Three.\n");
    assert_eq!(run(home.path(), &[&["describe", &picture], &ASK[..]].concat()).1, "Three.\n");
    assert_eq!(server.requests().len(), n_before);

    let (code, _, err) = run(home.path(), &["models", "remove", "lan", "--yes"]);
    assert_eq!((code, err.as_str()), (0, "lan is no longer connected\n"));
    assert!(!run(home.path(), &["models", "list"]).1.contains("remote"));
}

#[test]
fn what_cannot_be_connected_is_said_and_not_remembered() {
    let server = ChatServer::start();
    let home = tempfile::TempDir::new().unwrap();
    let connect = |more: &[&str]| run(home.path(), &[&["models", "connect"], more].concat());
    let url = server.url();
    for (arguments, expected) in [
        (&["lan", "http://example.org"][..], "--allow-http"),
        (&["lan", "example.org"], "is no address"),
        (&["pocket", &url], "the name of a model on this machine"),
        (&["pixtral-12b", &url], "the name of a model on this machine"),
        (&["../lan", &url], "cannot be called"),
        (&["lan", &url, "--model", "other"], "it has tiny-1b"),
        (&["lan", &url, "--key-from", "env:NO_SUCH_KEY"], "NO_SUCH_KEY"),
        (&["lan", &format!("{url}/v2")], "does not speak OpenAI's interface"),
        (&["lan", "http://127.0.0.1:1"], "cannot be reached"),
    ] {
        let (code, out, err) = connect(arguments);
        assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}: {err}");
        assert!(err.starts_with("error: ") && err.contains("\nhint: "), "{err}");
        assert!(err.contains(expected), "{arguments:?}: {err}");
    }
    // A key on the command line would be seen by everybody, so it is not repeated either.
    let (code, _, err) = connect(&["lan", &url, "--key-from", "sk-secret"]);
    assert_eq!(code, 2);
    assert!(err.contains("env:VARIABLE"), "{err}");
    assert!(!home.path().join("config/servers.json").exists());
}

#[test]
fn a_key_comes_from_where_it_was_said_to_be_and_is_in_no_file_of_servers() {
    let server = ChatServer::start();
    server.behave(|request| match request.authorization.as_deref() {
        Some("Bearer sk-secret") => Reply::Well,
        _ => Reply::Status(401, "{}".into()),
    });
    let home = tempfile::TempDir::new().unwrap();
    let url = server.url();
    let connect = ["models", "connect", "lan", &url, "--key-from", "env:LAN_KEY"];
    let with = |arguments: &[&str], key: &str| {
        said(command(home.path(), arguments).env("LAN_KEY", key).output().unwrap())
    };
    let (code, _, err) = with(&connect, "sk-wrong");
    assert_eq!(code, 1);
    assert!(err.contains("refuses the key") && !err.contains("sk-wrong"), "{err}");
    assert_eq!(with(&connect, "sk-secret").0, 0);
    let file = fs_err::read_to_string(home.path().join("config/servers.json")).unwrap();
    assert!(file.contains("LAN_KEY") && !file.contains("sk-secret"), "{file}");
    let picture = sample("scene.png");
    let ask = ["describe", &picture, "--model", "lan"];
    assert_eq!(with(&ask, "sk-secret").1, "It is a test.\n");
    let (code, _, err) = with(&ask, "sk-wrong");
    assert_eq!(code, 1);
    assert!(err.contains("refuses the key") && !err.contains("sk-wrong"), "{err}");
}

#[test]
fn what_came_of_a_broken_answer_is_kept_and_said_to_be_cut() {
    let server = ChatServer::start();
    let home = connected(&server);
    server.answer(Reply::DropAfter(vec!["It is ".into(), "half".into()]));
    let (code, out, err) = describe(home.path(), &[]);
    assert_eq!((code, out.as_str()), (3, "It is half\n"), "{err}");
    assert!(err.contains("the answer is cut") && err.contains(&server.host()), "{err}");
    let (code, out, _) = describe(home.path(), &["--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &json["cut"], &json["answer"]),
        (3, &"disconnected".into(), &"It is half".into())
    );
    server.answer(Reply::Status(503, r#"{"error":{"message":"Loading model"}}"#.into()));
    let (code, out, err) = describe(home.path(), &[]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("cannot answer now: Loading model"), "{err}");
    drop(server);
    let (code, _, err) = describe(home.path(), &[]);
    assert_eq!(code, 1);
    assert!(err.contains("cannot be reached") && err.contains("hint: start the server"), "{err}");
}

#[test]
fn what_a_server_cannot_do_is_refused() {
    let server = ChatServer::start();
    let home = connected(&server);
    for (more, expected) in [
        (&["--top-k", "5"][..], "cannot be told to choose among"),
        (&["--repetition-penalty", "1.2"], "cannot be told a penalty"),
    ] {
        let (code, _, err) = describe(home.path(), more);
        assert!(code == 1 && err.contains(expected), "{err}");
    }
    assert_eq!(questions(&server), [""; 0]);
    for command in [&["bench", "lan"][..], &["serve", "--model", "lan"]] {
        let (code, _, err) = run(home.path(), command);
        assert!(code == 1 && err.contains("answers on a server"), "{err}");
    }
}

#[test]
fn an_answer_is_checked_by_asking_again() {
    let server = ChatServer::start();
    let home = connected(&server);
    server.behave(|request| match request.body["temperature"].as_f64() {
        Some(temperature) if temperature > 0.5 => {
            Reply::Says(vec!["Two red squares lie on a table.".into()])
        }
        Some(_) => Reply::Says(vec!["A woman reads a newspaper.".into()]),
        None => Reply::Well,
    });
    let (code, out, err) = describe(home.path(), &["--check=3"]);
    assert_eq!((code, out.as_str()), (0, "A woman reads a newspaper.\n"));
    assert!(err.contains("uncertain, 0 of 3 agree: A woman reads a newspaper."), "{err}");
    assert_eq!(questions(&server).len(), 4);
}

/// A folder of so many pictures, no two alike.
fn pictures(n: usize) -> tempfile::TempDir {
    let folder = tempfile::TempDir::new().unwrap();
    for i in 0..n {
        // A picture of 2 x 1 points in a form that needs no library.
        let bytes =
            [&b"P6 2 1 255\n"[..], &[(i % 256) as u8, (i / 256) as u8, 7, 8, 9, 10]].concat();
        fs_err::write(folder.path().join(format!("{i:03}.ppm")), bytes).unwrap();
    }
    folder
}

fn rows(csv: &Path) -> Vec<String> {
    let table = fs_err::read_to_string(csv).unwrap_or_default();
    table.lines().skip(1).map(ToOwned::to_owned).collect()
}

/// The row of each picture, in order.
fn expected(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("{i:03}.ppm,It is a test.,,")).collect()
}

fn alt(home: &Path, pictures: &Path, csv: &Path, n_jobs: &str) -> std::process::Command {
    let (pictures, csv) = (pictures.to_str().unwrap(), csv.to_str().unwrap());
    command(home, &["alt", pictures, "--csv", csv, "--model", "lan", "--jobs", n_jobs])
}

#[test]
fn several_pictures_are_asked_about_at_the_same_time_and_come_in_order() {
    let server = ChatServer::start();
    let home = connected(&server);
    // The even ones take longer.
    server.behave(|request| {
        if request.body["messages"].is_array() && request.n_before % 2 == 0 {
            return Reply::After(Duration::from_millis(20));
        }
        Reply::Well
    });
    let pictures = pictures(60);
    let csv = home.path().join("alt.csv");
    let (code, _, err) = said(alt(home.path(), pictures.path(), &csv, "8").output().unwrap());
    assert_eq!(code, 0, "{err}");
    assert_eq!(rows(&csv), expected(60));
    assert_eq!(err.matches("pictures go to").count(), 1, "it is said once");
    assert!((2..=8).contains(&server.most_in_hand()), "{}", server.most_in_hand());
    assert_eq!(questions(&server).len(), 60);
    // A model of this machine takes one at a time.
    let csv = csv.with_file_name("local.csv");
    let (folder, csv) = (pictures.path().to_str().unwrap(), csv.to_str().unwrap());
    let local = ["alt", folder, "--csv", csv, "--model", "pocket", "--jobs", "2"];
    let (code, _, err) = run(home.path(), &local);
    assert!(code == 1 && err.contains("one question at a time"), "{err}");
}

/// Waits until the table has so many rows.
fn until_rows(csv: &Path, n: usize, running: &mut Child) {
    while rows(csv).len() < n {
        assert!(running.try_wait().unwrap().is_none(), "it ended early");
        std::thread::yield_now();
    }
}

#[test]
fn one_that_is_killed_goes_on_where_it_was() {
    let server = ChatServer::start();
    let home = connected(&server);
    server.answer(Reply::After(Duration::from_millis(5)));
    let pictures = pictures(80);
    let csv = home.path().join("alt.csv");
    for n in [10, 40] {
        let mut running = alt(home.path(), pictures.path(), &csv, "4");
        let mut running = running.stderr(Stdio::null()).spawn().unwrap();
        until_rows(&csv, n, &mut running);
        // On Unix, what no program can catch.
        running.kill().unwrap();
        running.wait().unwrap();
    }
    let n_before = rows(&csv).len();
    assert!((40..80).contains(&n_before), "{n_before}");
    let (code, _, err) = said(alt(home.path(), pictures.path(), &csv, "4").output().unwrap());
    assert_eq!(code, 0, "{err}");
    assert_eq!(rows(&csv), expected(80));
}

#[test]
fn a_server_that_goes_away_ends_the_run_and_the_next_goes_on() {
    let server = ChatServer::start();
    let home = connected(&server);
    let refuse = Reply::Status(401, "{}".into());
    server.behave(move |request| match request.n_before {
        n if request.path.ends_with("/completions") && n >= 20 => refuse.clone(),
        _ => Reply::Well,
    });
    let pictures = pictures(50);
    let csv = home.path().join("alt.csv");
    let (code, _, err) = said(alt(home.path(), pictures.path(), &csv, "4").output().unwrap());
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("the same command goes on from there"), "{err}");
    let n_before = rows(&csv).len();
    assert!((16..=20).contains(&n_before), "{n_before}: what was answered is there, in order");
    assert_eq!(rows(&csv), expected(n_before));
    server.behave(|_| Reply::Well);
    assert_eq!(
        alt(home.path(), pictures.path(), &csv, "4").output().unwrap().status.code(),
        Some(0)
    );
    assert_eq!(rows(&csv), expected(50));
}

/// Our own server, on a free port.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(home: &Path) -> Self {
        let mut child = command(home, &["serve", "--model", "pocket", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        Self { child, url }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn another_lorgnette_answers_as_this_one_does() {
    let home = tempfile::TempDir::new().unwrap();
    let serving = Serving::start(home.path());
    let token = home.path().join("data/server-token");
    let key = format!("file:{}", token.display());
    let connect =
        ["models", "connect", "lan", &serving.url, "--key-from", &key, "--model", "pocket"];
    let (code, _, err) = run(home.path(), &connect);
    assert_eq!(code, 0, "{err}");
    for (name, question) in [
        ("dialog.png", "What does the button say?"),
        ("dialog.png", "Describe this picture."),
        ("scene.png", "How many shapes are there?"),
        ("sign.png", "What does it say?"),
    ] {
        let picture = sample(name);
        let ask = |model| {
            let asked = ["describe", &picture, "--ask", question, "--temperature", "0"];
            run(home.path(), &[&asked[..], &["--model", model]].concat())
        };
        let (local, remote) = (ask("pocket"), ask("lan"));
        assert_eq!((remote.0, &remote.1), (0, &local.1), "{name}: {}", remote.2);
        if (name, question) == ("dialog.png", "What does the button say?") {
            assert_eq!(remote.1, "Install later\n");
        }
    }
    // A wrong token.
    fs_err::write(home.path().join("wrong"), "lorgnette-wrong").unwrap();
    let wrong = format!("file:{}", home.path().join("wrong").display());
    let (code, _, err) =
        run(home.path(), &["models", "connect", "other", &serving.url, "--key-from", &wrong]);
    assert!(code == 1 && err.contains("refuses the key"), "{err}");
}
