use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::refusal::check_parameter;

fn chat(body: &Value) -> Result<(Question, bool), Refusal> {
    parse(body.to_string().as_bytes(), Form::Chat, &Limits::default())
}

fn generate(body: &Value) -> Result<(Question, bool), Refusal> {
    parse(body.to_string().as_bytes(), Form::Generate, &Limits::default())
}

#[test]
fn replies_are_streamed_unless_it_is_said() {
    let body = json!({ "messages": [{ "role": "user", "content": "What is it?" }] });
    let (question, is_streamed) = chat(&body).unwrap();
    assert!(is_streamed);
    assert_eq!((question.model, question.n_answers), (None, 1));
    assert_eq!(question.options.sampling, Sampling::default());
    let (question, is_streamed) =
        generate(&json!({ "model": "pocket:latest", "prompt": "What?", "stream": false })).unwrap();
    assert!(!is_streamed);
    assert_eq!(question.model.as_deref(), Some("pocket:latest"));
}

#[test]
fn pictures_come_before_the_words() {
    let message = json!({ "role": "user", "content": "What is it?", "images": ["aGk=", "aG8"] });
    let question = chat(&json!({ "messages": [message] })).unwrap().0;
    let [AskedPart::Picture(first), AskedPart::Picture(_), AskedPart::Text(_)] =
        &question.turns[0].parts[..]
    else {
        panic!("{question:?}")
    };
    assert_eq!((first.name.as_str(), &first.bytes[..]), ("messages[0].images[0]", &b"hi"[..]));
    let body = json!({ "system": "Be brief.", "prompt": "What?", "images": ["aGk="] });
    let turns = generate(&body).unwrap().0.turns;
    assert_eq!((turns.len(), turns[0].role, turns[1].parts.len()), (2, Role::System, 2));
    let url = json!({ "prompt": "What?", "images": ["http://127.0.0.1/a.png"] });
    check_parameter(generate(&url), "images[0]", "fetches nothing");
    check_parameter(generate(&json!({ "images": ["./a.png"] })), "images[0]", "opens no file");
}

#[test]
fn options_are_those_of_the_answer() {
    let options = |options: Value| {
        generate(&json!({ "prompt": "What?", "options": options, "think": false }))
            .map(|(question, _)| question.options)
    };
    let set = options(json!({
        "num_predict": 7, "temperature": 0, "top_k": 5, "top_p": 0.5, "min_p": 0.25,
        "repeat_penalty": 1.5, "seed": 3, "stop": ["a"], "num_ctx": 4096, "num_gpu": 1,
    }))
    .unwrap();
    assert_eq!((set.max_tokens, set.room_to_think, set.may_think), (7, 0, false));
    let sampling = Sampling {
        temperature: 0.0,
        top_k: Some(5),
        top_p: 0.5,
        min_p: 0.25,
        repetition_penalty: 1.5,
        seed: 3,
    };
    assert_eq!((set.sampling, set.stop), (sampling, vec!["a".to_owned()]));
    assert_eq!(options(json!({ "num_predict": -1 })).unwrap().max_tokens, UNLIMITED_TOKENS);
    assert_eq!(options(json!({ "top_k": 0 })).unwrap().sampling.top_k, None);
    for (name, value) in [("num_predict", 0.0), ("num_predict", -3.0)] {
        let refused = options(json!({ name: value as i64 }));
        assert!(matches!(refused, Err(Refusal::Parameter { .. })), "{name}");
    }
    for (name, value) in
        [("temperature", 3.0), ("top_p", -1.0), ("min_p", 1.5), ("repeat_penalty", 11.0)]
    {
        assert!(
            matches!(options(json!({ name: value })), Err(Refusal::Parameter { .. })),
            "{name}"
        );
    }
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    for (param, value) in [
        ("format", json!("json")),
        ("format", json!({ "type": "object" })),
        ("tools", json!([{}])),
        ("logprobs", json!(true)),
        ("suffix", json!("end")),
        ("template", json!("{{ .Prompt }}")),
        ("raw", json!(true)),
        ("context", json!([1, 2])),
    ] {
        check_parameter(generate(&json!({ "prompt": "What?", param: value })), param, "");
    }
    let nothing = json!({ "format": "", "tools": [], "suffix": "", "context": [], "raw": false });
    let mut body = nothing;
    body["prompt"] = "What?".into();
    assert!(generate(&body).is_ok());
    check_parameter(chat(&json!({ "messages": [] })), "messages", "nobody asks");
    check_parameter(generate(&json!({ "model": "pocket" })), "messages", "nobody asks");
    let tool = json!({ "messages": [{ "role": "tool", "content": "5" }] });
    check_parameter(chat(&tool), "messages[0].role", "tool");
}

#[test]
fn a_model_is_shown_by_either_of_its_names() {
    let named = |body: &Value| show(body.to_string().as_bytes()).unwrap();
    assert_eq!(named(&json!({ "model": "a" })).as_deref(), Some("a"));
    assert_eq!(named(&json!({ "name": "b" })).as_deref(), Some("b"));
    assert_eq!(named(&json!({})), None);
    assert!(matches!(show(b"[]"), Err(Refusal::Malformed { .. })));
}

proptest! {
    /// Whatever stands where, it is a request or is refused: nothing panics.
    #[test]
    fn any_body_is_a_request_or_refused(
        at in 0..1000_usize,
        piece in prop_oneof!["[\\[\\]{},:\"a-z0-9.e+-]{1,3}", "null", "-1", "1e400", "\\PC{1,3}"],
        n_cut in 0..8_usize,
    ) {
        let options = json!({ "num_predict": 7, "top_k": 5, "min_p": 0.25, "seed": 3, "stop": ["a"] });
        let message = json!({ "role": "user", "content": "b", "images": ["aGk="] });
        let body = json!({
            "model": "c", "messages": [message], "prompt": "d", "system": "e", "images": ["aG8="],
            "stream": false, "think": true, "options": options,
        });
        let mut bytes = body.to_string().into_bytes();
        let at = at % bytes.len();
        let end = (at + n_cut).min(bytes.len());
        bytes.splice(at..end, piece.bytes());
        for form in [Form::Chat, Form::Generate] {
            if let Ok((question, _)) = parse(&bytes, form, &Limits::default()) {
                prop_assert!(question.options.max_tokens > 0);
            }
        }
        let _ = show(&bytes);
    }
}
