//! Servers that drop, stall, flood, redirect and lie. Each time, the next question is answered.

use lorgnette_engine::StopReason;
use lorgnette_loopback::LoopbackHub;
use lorgnette_loopback::chat::{ANSWER, ChatServer, Reply};
use lorgnette_remote::{RemoteError, RemoteModel};

use crate::{ask, impatience, open, question, stored, try_open};

/// What a bad reply becomes, where nothing came before; then a good one is heard.
#[track_caller]
fn check_error(model: &RemoteModel, server: &ChatServer, reply: Reply, expected: &str) {
    let shown = format!("{reply:?}");
    server.answer(reply);
    let (told, answer) = ask(model, &question("What?"));
    let error = answer.unwrap_err();
    let said = format!("{error}; {}", error.hint());
    assert!(said.contains(expected) && said.len() < 600, "{shown}: {said}");
    assert!(said.contains(&server.host()), "it says whose fault it is: {said}");
    assert_eq!(told, "");
    check_next(model, server);
}

/// What a reply becomes that breaks after the first words: these stand.
#[track_caller]
fn check_cut(model: &RemoteModel, server: &ChatServer, reply: Reply, expected: &str) {
    let shown = format!("{reply:?}");
    server.answer(reply);
    let (told, answer) = ask(model, &question("What?"));
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), told.as_str()), ("It is", "It is"), "{shown}");
    let StopReason::Disconnected(reason) = &answer.stop else {
        panic!("{shown}: {:?}", answer.stop)
    };
    assert!(reason.contains(expected) && reason.contains(&server.host()), "{shown}: {reason}");
    check_next(model, server);
}

#[track_caller]
fn check_next(model: &RemoteModel, server: &ChatServer) {
    server.answer(Reply::Well);
    assert_eq!(ask(model, &question("And now?")).1.unwrap().text, ANSWER.concat());
}

fn it_is() -> Vec<String> {
    vec!["It ".into(), "is".into()]
}

fn chunk(content: &str) -> String {
    format!(r#"{{"choices":[{{"delta":{{"content":{content}}},"finish_reason":null}}]}}"#)
}

#[test]
fn a_connection_that_breaks_leaves_what_came() {
    let server = ChatServer::start();
    let model = open(&server);
    check_cut(&model, &server, Reply::DropAfter(it_is()), "ended the connection");
    check_error(&model, &server, Reply::DropAfter(Vec::new()), "ended the connection");
    check_error(&model, &server, Reply::Hangup, "ended the connection");
}

#[test]
fn one_that_says_nothing_is_given_up() {
    let server = ChatServer::start();
    let model = try_open(stored(&server), &impatience()).unwrap();
    check_cut(&model, &server, Reply::StallAfter(it_is()), "said nothing");
    check_error(&model, &server, Reply::StallAfter(Vec::new()), "said nothing");
    server.until_left(2);
}

#[test]
fn a_line_without_an_end_takes_no_memory() {
    let server = ChatServer::start();
    let model = open(&server);
    check_error(&model, &server, Reply::Flood, "a line of more than");
    // What was taken of a gigabyte is what lines may have, and what sockets hold.
    assert!(server.n_flooded_bytes() < 64 << 20, "{}", server.n_flooded_bytes());
}

#[test]
fn nothing_is_sent_to_another_host() {
    let server = ChatServer::start();
    let model = open(&server);
    let elsewhere = LoopbackHub::start();
    let target = format!("{}/v1/chat/completions", elsewhere.endpoint());
    check_error(&model, &server, Reply::Redirect(target), "sends elsewhere");
    check_error(&model, &server, Reply::Redirect("/v1/other".into()), "sends elsewhere");
    server.behave({
        let target = format!("{}/v1/models", elsewhere.endpoint());
        move |_| Reply::Redirect(target.clone())
    });
    let error = try_open(stored(&server), &impatience()).err().unwrap();
    assert!(matches!(error, RemoteError::Elsewhere { .. }), "{error}");
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
fn lies_in_the_stream_are_found_out() {
    let server = ChatServer::start();
    let model = open(&server);
    let lies = |events: &[&str]| Reply::Events(events.iter().map(|one| (*one).into()).collect());
    for event in ["{", "[]", "7", r#"{"choices":7}"#, &chunk("7"), r#"{"choices":[{}]}"#, "nothing"]
    {
        check_error(&model, &server, lies(&[event]), "does not speak OpenAI's interface");
        let (first, second) = (chunk("\"It \""), chunk("\"is\""));
        let behind = lies(&[&first, &second, event]);
        check_cut(&model, &server, behind, "does not speak OpenAI's interface");
    }
    // The end is missing, or the reason for it.
    let it_is = chunk("\"It is\"");
    check_cut(&model, &server, lies(&[&it_is]), "did not say that it is whole");
    check_cut(&model, &server, lies(&[&it_is, "[DONE]"]), "did not say that it is whole");
    check_error(&model, &server, lies(&[]), "ended before it began");
    let failed = r#"{"error":{"message":"CUDA out of memory","code":500}}"#;
    check_cut(&model, &server, lies(&[&it_is, failed]), "CUDA out of memory");
    check_error(&model, &server, lies(&[failed]), "CUDA out of memory");
    let filtered = r#"{"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#;
    check_cut(&model, &server, lies(&[&it_is, filtered]), "content_filter");
    // What is behind the end does not count.
    server.answer(lies(&[
        &it_is,
        r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
        "[DONE]",
        "{",
    ]));
    let answer = ask(&model, &question("What?")).1.unwrap();
    assert_eq!((answer.text.as_str(), answer.stop), ("It is", StopReason::EndOfText));
}

#[test]
fn what_is_no_stream_of_events_is_said() {
    let server = ChatServer::start();
    let model = open(&server);
    let page = "<!doctype html><title>Sign in</title>";
    let strange = "does not speak OpenAI's interface";
    check_error(&model, &server, Reply::Body("text/html", page.into()), strange);
    check_error(&model, &server, Reply::Body("application/json", "{}".into()), strange);
    check_error(&model, &server, Reply::Body("text/event-stream", page.into()), strange);
    check_error(&model, &server, Reply::Raw(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()), "");
    check_error(&model, &server, Reply::Body("text/event-stream", "\u{0}\n".into()), strange);
}

#[test]
fn each_refusal_says_what_to_do() {
    let server = ChatServer::start();
    let model = open(&server);
    let said = |status, message: &str| {
        Reply::Status(status, format!(r#"{{"error":{{"message":"{message}"}}}}"#))
    };
    check_error(&model, &server, said(401, "no"), "--key-from");
    check_error(&model, &server, said(403, "no"), "--key-from");
    check_error(&model, &server, said(404, "The model `x` does not exist"), "no model tiny-1b");
    check_error(&model, &server, Reply::Status(404, String::new()), "usually ends in /v1");
    check_error(&model, &server, said(413, "too large"), "--max-side");
    check_error(&model, &server, said(429, "slow down"), "slow down");
    check_error(&model, &server, said(503, "Loading model"), "Loading model");
    let context = "This model's maximum context length is 4096 tokens";
    check_error(&model, &server, said(400, context), "is longer than");
    let pictures = "image input is not supported - hint: provide the mmproj";
    check_error(&model, &server, said(500, pictures), "tiny-1b at");
    check_error(&model, &server, said(500, "boom \\u001b[2J"), "status 500: boom");
    let page = Reply::Status(502, "<html>Bad gateway</html>".into());
    check_error(&model, &server, page, "a web page");
    check_error(&model, &server, Reply::Status(500, "x".repeat(100 << 20)), "status 500");
}

#[test]
fn a_server_that_is_gone_is_said() {
    let server = ChatServer::start();
    let model = open(&server);
    let host = server.host();
    drop(server);
    // One connection was open, and ends with this.
    drop(ask(&model, &question("What?")));
    let error = ask(&model, &question("What?")).1.unwrap_err();
    assert!(matches!(&error, RemoteError::NotThere { host: said, .. } if *said == host), "{error}");
}
