//! Answers, in the forms of both interfaces.

use std::path::Path;
use std::sync::Arc;

use lorgnette_app::models::ModelChoice;
use lorgnette_serve::Limits;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Client, ask, base64, picture};
use super::{Running, files, models, sample};

const COMPLETIONS: &str = "/v1/chat/completions";
const BUTTON: &str = "What does the button say?";

fn running() -> Running {
    Running::new(Limits::default())
}

#[test]
fn a_question_about_a_picture_is_answered_whole() {
    let running = running();
    let reply = running.client().post(COMPLETIONS, &ask(&sample("dialog.png"), BUTTON));
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("x-lorgnette-queue"), Some("0"));
    assert_eq!(reply.header("access-control-allow-origin"), None);
    let json = reply.json();
    assert_eq!((&json["object"], &json["model"]), (&"chat.completion".into(), &"pocket".into()));
    let choice = &json["choices"][0];
    assert_eq!(choice["message"]["role"], "assistant");
    assert_eq!(choice["message"]["content"], "Install later");
    assert_eq!(choice["finish_reason"], "stop");
    let usage = &json["usage"];
    let tokens = |name: &str| usage[name].as_u64().unwrap();
    assert!(tokens("prompt_tokens") > 10 && tokens("completion_tokens") > 0, "{usage}");
    assert_eq!(
        tokens("total_tokens"),
        tokens("prompt_tokens") + tokens("completion_tokens"),
        "{usage}"
    );
    let last = running.server.status().last_use.unwrap();
    assert_eq!((last.path.as_str(), last.client.as_str()), (COMPLETIONS, ""));
}

#[test]
fn it_is_streamed_when_that_is_wanted() {
    let running = running();
    let mut asked = ask(&sample("dialog.png"), BUTTON);
    asked["stream"] = true.into();
    let plain = running.client().post(COMPLETIONS, &asked);
    assert_eq!(plain.header("content-type"), Some("text/event-stream"));
    asked["stream_options"] = json!({ "include_usage": true });
    let reply = running.client().post(COMPLETIONS, &asked);
    for (reply, has_usage) in [(plain, false), (reply, true)] {
        let mut events = reply.events();
        if has_usage {
            let last = events.pop().unwrap();
            assert_eq!(last["choices"], json!([]));
            assert!(last["usage"]["completion_tokens"].as_u64().unwrap() > 0, "{last}");
            assert!(events.iter().all(|event| event["usage"] == Value::Null));
        }
        assert!(events.iter().all(|event| event["object"] == "chat.completion.chunk"));
        assert!(events.iter().all(|event| event["id"] == events[0]["id"]));
        let delta = |event: &Value| event["choices"][0]["delta"].clone();
        assert_eq!(delta(&events[0])["role"], "assistant");
        let text: String = events
            .iter()
            .filter_map(|event| delta(event)["content"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(text, "Install later");
        let finished: Vec<&Value> =
            events.iter().map(|event| &event["choices"][0]["finish_reason"]).collect();
        let (last, before) = finished.split_last().unwrap();
        assert_eq!(**last, "stop");
        assert!(before.iter().all(|reason| **reason == Value::Null));
    }
}

#[test]
fn several_answers_come_of_one_reading() {
    let running = running();
    let mut asked = ask(&sample("scene.png"), "How many shapes are there?");
    asked["n"] = 3.into();
    let json = running.client().post(COMPLETIONS, &asked).json();
    let choices = json["choices"].as_array().unwrap();
    let texts: Vec<&Value> = choices.iter().map(|choice| &choice["message"]["content"]).collect();
    assert_eq!(texts, [&json!("Three."); 3]);
    assert_eq!(choices.iter().map(|choice| &choice["index"]).collect::<Vec<_>>(), [0, 1, 2]);
    asked["n"] = 1.into();
    let one = running.client().post(COMPLETIONS, &asked).json();
    let tokens = |json: &Value, name: &str| json["usage"][name].as_u64().unwrap();
    assert_eq!(tokens(&json, "completion_tokens"), 3 * tokens(&one, "completion_tokens"));
    assert_eq!(tokens(&json, "prompt_tokens"), tokens(&one, "prompt_tokens"));
    let cached = one["usage"]["prompt_tokens_details"]["cached_tokens"].as_u64().unwrap();
    assert!(cached > 0, "it was read before");

    asked["n"] = 2.into();
    asked["stream"] = true.into();
    let events = running.client().post(COMPLETIONS, &asked).events();
    let text_of = |index: u64| -> String {
        let choices = events.iter().map(|event| &event["choices"][0]);
        let of_one = choices.filter(|choice| choice["index"] == index);
        of_one.filter_map(|choice| choice["delta"]["content"].as_str()).collect()
    };
    assert_eq!((text_of(0), text_of(1)), ("Three.".to_owned(), "Three.".to_owned()));
}

#[test]
fn limits_end_an_answer_and_say_so() {
    let running = running();
    let mut asked = ask(&sample("dialog.png"), BUTTON);
    asked["max_tokens"] = 1.into();
    let json = running.client().post(COMPLETIONS, &asked).json();
    assert_eq!(json["choices"][0]["finish_reason"], "length");
    assert_eq!(json["usage"]["completion_tokens"], 1);
    let mut asked = ask(&sample("scene.png"), "How many shapes are there?");
    asked["stop"] = "ree".into();
    let json = running.client().post(COMPLETIONS, &asked).json();
    assert_eq!(json["choices"][0]["message"]["content"], "Th");
    assert_eq!(json["choices"][0]["finish_reason"], "stop");
}

#[test]
fn pictures_are_looked_at_as_large_as_is_wanted_and_all_of_them() {
    let running = running();
    let tokens = |content: &Value| {
        let messages = json!([
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": content },
        ]);
        let body = json!({ "messages": messages, "max_tokens": 1 });
        let reply = running.client().post(COMPLETIONS, &body);
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()["usage"]["prompt_tokens"].as_u64().unwrap()
    };
    // Longer than wide, so that it is looked at in parts unless less detail is wanted.
    let long = picture(&[b"P5 100 2400 255\n".to_vec(), vec![200; 240_000]].concat());
    let with_detail = |detail: &str| {
        let mut long = long.clone();
        long["image_url"]["detail"] = detail.into();
        long
    };
    let text = json!({ "type": "text", "text": "What is it?" });
    let full = tokens(&json!([long, text]));
    assert_eq!(tokens(&json!([text, with_detail("high")])), full);
    assert_eq!(tokens(&json!([text, with_detail("auto")])), full);
    let low = tokens(&json!([text, with_detail("low")]));
    assert!(2 * low < full, "{low} and {full}");
    let both = tokens(&json!([with_detail("low"), text, with_detail("low")]));
    assert!(low < both && both < full, "{both}, {low} and {full}");
}

#[test]
fn what_cannot_be_answered_is_said_in_openais_form() {
    let running = running();
    let check = |body: &Value, status: u16, code: &str, words: &str| {
        let reply = running.client().post(COMPLETIONS, body);
        assert_eq!(reply.status, status, "{}", reply.body);
        let error = &reply.json()["error"];
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
        assert!(error["type"].is_string(), "{error}");
    };
    let mut unknown = ask(&sample("dialog.png"), BUTTON);
    unknown["model"] = "no-such".into();
    check(&unknown, 404, "model_not_found", "there is no model no-such here");
    check(&ask(b"no picture", BUTTON), 400, "invalid_image", "messages[0].content[1]");
    check(&ask(b"\x89PNG\r\n\x1a\n\0\0", BUTTON), 400, "invalid_image", "PNG");
    let long = json!({ "messages": [{ "role": "user", "content": "word ".repeat(20_000) }] });
    check(&long, 400, "context_length_exceeded", "tokens are needed");
    let mut streamed = ask(b"no picture", BUTTON);
    streamed["stream"] = true.into();
    check(&streamed, 400, "invalid_image", "messages[0].content[1]");
    let instructed = json!({ "messages": [
        { "role": "user", "content": "Hello" },
        { "role": "assistant", "content": "Hello." },
        { "role": "system", "content": "Be brief." },
    ] });
    let reply = running.client().post(COMPLETIONS, &instructed);
    assert_eq!(reply.status, 400, "{}", reply.body);
    // And the next one is answered.
    let reply = running.client().post(COMPLETIONS, &ask(&sample("dialog.png"), BUTTON));
    assert_eq!(reply.json()["choices"][0]["message"]["content"], "Install later");
}

#[test]
fn models_are_listed_and_found_by_their_names() {
    let running = running();
    let client = running.client();
    let list = client.get("/v1/models").json();
    let ids: Vec<&Value> =
        list["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
    assert_eq!(ids, ["pocket"]);
    assert_eq!(client.get("/v1/models/pocket").json()["object"], "model");
    assert_eq!(client.get("/v1/models/no-such").status, 404);
    let mut asked = ask(&sample("scene.png"), "How many shapes are there?");
    for name in ["pocket", "pocket:latest", ""] {
        asked["model"] = name.into();
        let json = client.post(COMPLETIONS, &asked).json();
        assert_eq!(json["choices"][0]["message"]["content"], "Three.", "{name}");
    }
}

/// Puts the built-in model into the models folder, under another name.
fn install(running: &Running, name: &str) {
    let folder = running.home.path().join("models").join(name);
    fs_err::create_dir_all(&folder).unwrap();
    let pocket = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/pocket");
    for file in ["pocket-q8_0.gguf", "mmproj-pocket-q8_0.gguf"] {
        fs_err::copy(pocket.join(file), folder.join(file)).unwrap();
    }
}

/// The built-in model's answers are held against the picture one by one; those of any other are
/// written together, and streamed in between each other.
#[test]
fn answers_that_are_written_together_are_those_that_are_written_alone() {
    let running = running();
    install(&running, "other");
    let client = running.client();
    let mut asked = ask(&sample("receipt.png"), "What does it say?");
    asked["model"] = "other".into();
    (asked["temperature"], asked["max_tokens"]) = (json!(1.0), json!(12));
    let texts = |events: &[Value]| -> Vec<String> {
        let text_of = |index: u64| {
            let choices = events.iter().map(|event| &event["choices"][0]);
            let of_one = choices.filter(move |choice| choice["index"] == index);
            of_one.filter_map(|choice| choice["delta"]["content"].as_str()).collect()
        };
        (0..4).map(text_of).collect()
    };
    // Read once before, so that all are read in the same pieces.
    client.post(COMPLETIONS, &asked);
    let mut alone = Vec::new();
    for seed in 7..11 {
        asked["seed"] = seed.into();
        let json = client.post(COMPLETIONS, &asked).json();
        alone.push(json["choices"][0]["message"]["content"].as_str().unwrap().to_owned());
    }
    (asked["seed"], asked["n"], asked["stream"]) = (json!(7), json!(4), json!(true));
    let events = client.post(COMPLETIONS, &asked).events();
    assert_eq!(texts(&events), alone);
    let indices = events.iter().filter_map(|event| event["choices"][0]["index"].as_u64());
    assert!(!indices.is_sorted(), "none waits for another");
    asked["stream"] = false.into();
    let json = client.post(COMPLETIONS, &asked).json();
    let whole = json["choices"].as_array().unwrap().iter();
    let whole = whole.map(|choice| choice["message"]["content"].as_str().unwrap());
    assert_eq!(whole.collect::<Vec<_>>(), alone);
}

#[test]
fn another_model_is_loaded_when_it_is_asked() {
    let running = running();
    install(&running, "other");
    let client = running.client();
    let in_memory = || client.get("/api/ps").json()["models"][0]["name"].clone();
    let list = client.get("/v1/models").json();
    let ids: Vec<&Value> =
        list["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
    assert_eq!(ids, ["pocket", "other"]);
    assert_eq!(in_memory(), "pocket");
    let mut asked = ask(&sample("scene.png"), "How many shapes are there?");
    for (wanted, expected) in [(json!("other"), "other"), (json!(null), "pocket")] {
        asked["model"] = wanted;
        let reply = client.post(COMPLETIONS, &asked);
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.json()["model"], expected);
        assert_eq!(in_memory(), expected);
    }
    // One that cannot be loaded takes nothing with it.
    let text = running.home.path().join("models/other/pocket-q8_0.gguf");
    fs_err::write(text, b"GGUF").unwrap();
    asked["model"] = "other".into();
    let reply = client.post(COMPLETIONS, &asked);
    assert_eq!(reply.status, 500, "{}", reply.body);
    assert!(reply.body.contains("other"), "{}", reply.body);
    assert_eq!(client.get("/api/ps").json()["models"], json!([]));
    asked["model"] = "pocket".into();
    assert_eq!(client.post(COMPLETIONS, &asked).status, 200);
}

#[test]
fn a_model_that_was_named_is_the_only_one() {
    let home = TempDir::new().unwrap();
    let models = Arc::new(models(home.path(), ModelChoice::BuiltIn));
    let running = Running::with(Limits::default(), home, models);
    install(&running, "other");
    let client = running.client();
    assert_eq!(client.get("/v1/models").json()["data"].as_array().unwrap().len(), 1);
    let mut asked = ask(&sample("scene.png"), "How many shapes are there?");
    asked["model"] = "other".into();
    assert_eq!(client.post(COMPLETIONS, &asked).status, 404);
}

#[test]
fn ollamas_clients_are_answered_line_by_line_and_whole() {
    let running = running();
    let client = running.client();
    let image = base64(&sample("dialog.png"));
    let chat = json!({
        "model": "pocket:latest", "options": { "temperature": 0 },
        "messages": [{ "role": "user", "content": BUTTON, "images": [image] }],
    });
    let generate = json!({
        "model": "pocket", "options": { "temperature": 0 }, "prompt": BUTTON, "images": [image],
    });
    for (path, body, field) in
        [("/api/chat", chat, "/message/content"), ("/api/generate", generate, "/response")]
    {
        let reply = client.post(path, &body);
        assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
        let lines = reply.lines();
        let text: String =
            lines.iter().map(|line| line.pointer(field).unwrap().as_str().unwrap()).collect();
        assert_eq!(text, "Install later", "{path}");
        let (last, before) = lines.split_last().unwrap();
        assert!(before.iter().all(|line| line["done"] == false));
        check_last(last);

        let mut body = body;
        body["stream"] = false.into();
        let whole = client.post(path, &body).json();
        assert_eq!(whole.pointer(field).unwrap(), "Install later", "{path}");
        check_last(&whole);
    }
}

#[track_caller]
fn check_last(last: &Value) {
    assert_eq!((&last["done"], &last["done_reason"]), (&true.into(), &"stop".into()), "{last}");
    assert_eq!(last["model"], "pocket");
    assert!(last["created_at"].as_str().unwrap().ends_with('Z'), "{last}");
    for name in ["total_duration", "prompt_eval_count", "eval_count"] {
        assert!(last[name].as_u64().unwrap() > 0, "{name}: {last}");
    }
}

#[test]
fn ollamas_clients_learn_what_there_is() {
    let running = running();
    let client = running.client();
    assert_eq!(client.get("/").body, "Lorgnette is running\n");
    assert_eq!(client.get("/api/version").json()["version"], env!("CARGO_PKG_VERSION"));
    let tags = client.get("/api/tags").json();
    assert_eq!(tags["models"][0]["model"], "pocket");
    let ps = client.get("/api/ps").json();
    assert_eq!(ps["models"][0]["name"], "pocket");
    assert!(ps["models"][0]["context_length"].as_u64().unwrap() > 0, "{ps}");
    let shown = client.post("/api/show", &json!({ "model": "pocket:latest" })).json();
    assert_eq!(shown["capabilities"], json!(["completion", "vision"]));
    let reply = client.post("/api/show", &json!({ "model": "no-such" }));
    assert_eq!(reply.status, 404);
    let words = reply.json()["error"].as_str().unwrap().to_owned();
    assert!(words.contains("there is no model no-such here"), "{words}");
    let reply = client.post("/api/chat", &json!({ "messages": [] }));
    assert_eq!(reply.status, 400);
    assert!(reply.json()["error"].is_string());
}

#[test]
fn the_text_of_a_picture_is_read_exactly() {
    let running = running();
    let document = |bytes: &[u8]| {
        let mut document = picture(bytes);
        document["image_url"] = document["image_url"]["url"].take();
        document
    };
    let reply =
        running.client().post("/v1/ocr", &json!({ "document": document(&sample("dialog.png")) }));
    assert_eq!(reply.status, 200, "{}", reply.body);
    let json = reply.json();
    assert_eq!(json["usage_info"]["pages_processed"], 1);
    let page = &json["pages"][0];
    assert!(page["markdown"].as_str().unwrap().contains("Install later"), "{page}");
    let lines = page["lines"].as_array().unwrap();
    let button = lines.iter().find(|line| line["text"] == "Install later").unwrap();
    assert_eq!(button["box"].as_array().unwrap().len(), 4);
    assert!(button["confidence"].as_f64().unwrap() > 0.5);
    let size = &page["dimensions"];
    assert!(size["width"].as_u64().unwrap() > 0, "{size}");

    let beyond = json!({ "document": document(&sample("dialog.png")), "pages": [1] });
    let reply = running.client().post("/v1/ocr", &beyond);
    assert_eq!(reply.status, 400);
    assert!(reply.body.contains("there is no page 1"), "{}", reply.body);
    let reply = running.client().post("/v1/ocr", &json!({ "document": document(b"text") }));
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &"invalid_image".into()));
}

#[test]
fn nothing_of_it_is_left_on_the_disk() {
    let running = running();
    let before = files(running.home.path());
    assert_eq!(before.len(), 1, "the token: {before:?}");
    let client: Client = running.client();
    client.post(COMPLETIONS, &ask(&sample("dialog.png"), BUTTON));
    let document =
        json!({ "type": "image_url", "image_url": picture(&sample("page.png"))["image_url"] });
    assert_eq!(client.post("/v1/ocr", &json!({ "document": document })).status, 200);
    let home = running.home;
    drop(running.server);
    assert_eq!(files(home.path()), before);
}
