use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::refusal::check_parameter;

fn read(body: &Value) -> Result<(Question, Form), Refusal> {
    parse(body.to_string().as_bytes(), &Limits::default())
}

/// A body that asks, with what else it says.
fn asking(more: &Value) -> Value {
    let mut body = json!({ "messages": [{ "role": "user", "content": "What is it?" }] });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

#[track_caller]
fn check_refused(body: &Value, param: &str, reason: &str) {
    check_parameter(read(body), param, reason);
}

#[test]
fn what_is_left_out_is_as_everywhere_in_the_program() {
    let (question, form) = read(&asking(&json!({}))).unwrap();
    let (options, usual) = (question.options, AnswerOptions::default());
    assert_eq!((question.model, question.n_answers), (None, 1));
    assert_eq!(options.max_tokens, usual.max_tokens);
    assert_eq!(options.room_to_think, usual.room_to_think);
    assert_eq!(options.sampling, usual.sampling);
    assert!(options.may_think && options.stop.is_empty());
    assert_eq!(form, Form { is_streamed: false, includes_usage: false });
    let nulls = json!({
        "model": null, "stream": null, "stream_options": null, "max_tokens": null, "stop": null,
        "temperature": null, "n": null, "tools": null, "response_format": null, "logprobs": null,
    });
    assert!(read(&asking(&nulls)).is_ok());
}

#[test]
fn what_is_said_is_done() {
    let (question, form) = read(&asking(&json!({
        "model": "pocket", "n": 3, "stream": true, "stream_options": { "include_usage": true },
        "max_tokens": 5, "max_completion_tokens": 7, "temperature": 0, "top_p": 0.5, "seed": -1,
        "stop": ["a", "b"], "reasoning_effort": "none",
        "user": "somebody", "store": false, "tools": [], "response_format": { "type": "text" },
        "frequency_penalty": 0, "logit_bias": {},
    })))
    .unwrap();
    assert_eq!((question.model.as_deref(), question.n_answers), (Some("pocket"), 3));
    assert_eq!(form, Form { is_streamed: true, includes_usage: true });
    let options = question.options;
    assert_eq!((options.max_tokens, options.room_to_think, options.may_think), (7, 0, false));
    assert_eq!((options.sampling.temperature, options.sampling.top_p), (0.0, 0.5));
    assert_eq!((options.sampling.seed, options.stop.len()), (u64::MAX, 2));
    assert_eq!(read(&asking(&json!({ "stop": "a" }))).unwrap().0.options.stop, ["a"]);
}

#[test]
fn numbers_out_of_range_and_what_cannot_be_done_are_refused_by_name() {
    for (param, value, reason) in [
        ("n", json!(0), "0 is not in 1 to 16"),
        ("n", json!(17), "17"),
        ("max_tokens", json!(0), "1 and more"),
        ("max_completion_tokens", json!(-1), "-1"),
        ("temperature", json!(2.1), "0 to 2"),
        ("temperature", json!(-0.1), "0 to 2"),
        ("top_p", json!(1.5), "0 to 1"),
        ("stop", json!(vec!["a"; 17]), "at most 16"),
        ("tools", json!([{ "type": "function" }]), "tools"),
        ("functions", json!([{}]), "functions"),
        ("response_format", json!({ "type": "json_object" }), "another form"),
        ("logprobs", json!(true), "not told"),
        ("top_logprobs", json!(2), "not told"),
        ("logit_bias", json!({ "1": 2 }), "not applied"),
        ("frequency_penalty", json!(0.5), "not applied"),
        ("presence_penalty", json!(-1), "not applied"),
        ("modalities", json!(["text", "audio"]), "text alone"),
    ] {
        check_refused(&asking(&json!({ param: value })), param, reason);
    }
}

#[test]
fn parts_are_texts_and_pictures_by_data() {
    let picture = |detail: Value| {
        let url = "data:image/png;base64,aGk=";
        json!({ "type": "image_url", "image_url": { "url": url, "detail": detail } })
    };
    let with = |parts: Value| json!({ "messages": [{ "role": "user", "content": parts }] });
    let body = with(json!([
        { "type": "text", "text": "What?" },
        picture(json!("low")),
        picture(json!("high")),
        picture(json!(null)),
        { "type": "image_url", "image_url": "data:;base64,aGk=" },
    ]));
    let parts = &read(&body).unwrap().0.turns[0].parts;
    let AskedPart::Picture(first) = &parts[1] else { panic!("{parts:?}") };
    assert_eq!((&first.bytes[..], first.max_side), (&b"hi"[..], Some(512)));
    assert_eq!(first.name, "messages[0].content[1]");
    let sides = parts[2..].iter().map(|part| match part {
        AskedPart::Picture(picture) => picture.max_side,
        AskedPart::Text(_) => panic!("a picture"),
    });
    assert_eq!(sides.collect::<Vec<_>>(), [None; 3]);

    let url = "messages[0].content[0].image_url.url";
    for (address, reason) in [
        ("https://example.org/a.png", "fetches nothing"),
        ("file:///etc/passwd", "path of a file"),
        ("/etc/passwd", "opens no file"),
    ] {
        let part = json!([{ "type": "image_url", "image_url": { "url": address } }]);
        check_refused(&with(part), url, reason);
    }
    let detail = "messages[0].content[0].image_url.detail";
    check_refused(&with(json!([picture(json!("more"))])), detail, "neither low");
    let kind = "messages[0].content[0].type";
    check_refused(&with(json!([{ "type": "input_audio" }])), kind, "input_audio");
    check_refused(&with(json!([{}])), kind, "no type");
    check_refused(&with(json!(["text"])), kind, "no type");
    check_refused(&with(json!(5)), "messages[0].content", "neither text nor a list");
    check_refused(&with(json!([])), "messages", "nobody asks");
}

#[test]
fn roles_are_those_of_chats() {
    let body = json!({ "messages": [
        { "role": "developer", "content": "Be brief." },
        { "role": "user", "content": "Hello" },
        { "role": "assistant", "content": null, "tool_calls": [] },
        { "role": "user", "content": "And?" },
    ] });
    let roles: Vec<Role> = read(&body).unwrap().0.turns.iter().map(|turn| turn.role).collect();
    assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::User]);
    let tool = json!({ "messages": [{ "role": "tool", "content": "5" }] });
    check_refused(&tool, "messages[0].role", "tool");
    let calls = json!({ "messages": [{ "role": "assistant", "tool_calls": [{}] }] });
    check_refused(&calls, "messages[0].tool_calls", "calls tools");
}

#[test]
fn what_is_no_request_says_where_it_stops_being_one() {
    for body in ["", "{", "[]", "{\"messages\": 5}", "{\"messages\": [5]}", "\u{feff}{}", "null"] {
        let refused = parse(body.as_bytes(), &Limits::default());
        let Err(Refusal::Malformed { reason }) = refused else { panic!("{body}: {refused:?}") };
        assert!(reason.contains("line 1"), "{reason}");
    }
    let deep = format!("{{\"messages\": [{{\"role\": \"user\", \"content\": {}", "[".repeat(1000));
    assert!(matches!(parse(deep.as_bytes(), &Limits::default()), Err(Refusal::Malformed { .. })));
}

proptest! {
    /// Whatever stands where, it is a request or is refused: nothing panics.
    #[test]
    fn any_body_is_a_request_or_refused(
        at in 0..1000_usize,
        piece in prop_oneof!["[\\[\\]{},:\"a-z0-9.e+-]{1,3}", "null", "-1", "1e400", "\\PC{1,3}"],
        n_cut in 0..8_usize,
    ) {
        let url = "data:image/png;base64,aGk=";
        let part = json!({ "type": "image_url", "image_url": { "url": url, "detail": "low" } });
        let body = json!({
            "model": "a", "n": 2, "stop": ["b"], "seed": 5, "max_tokens": 7, "temperature": 0.5,
            "messages": [
                { "role": "system", "content": "c" },
                { "role": "user", "content": [{ "type": "text", "text": "d" }, part] },
            ],
        });
        let mut bytes = body.to_string().into_bytes();
        let at = at % bytes.len();
        let end = (at + n_cut).min(bytes.len());
        bytes.splice(at..end, piece.bytes());
        if let Ok((question, _)) = parse(&bytes, &Limits::default()) {
            prop_assert!((1..=Limits::default().n_answers).contains(&question.n_answers));
            prop_assert!(question.options.max_tokens > 0);
        }
    }
}
