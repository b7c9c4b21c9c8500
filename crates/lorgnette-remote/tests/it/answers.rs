//! Answers of a server that does as it should, and how they are stopped.

use std::sync::{Barrier, mpsc};

use lorgnette_engine::{
    AnswerEvent, AnswerOptions, AnswersEvent, Chat, PreparedPicture, Sampling, StopReason,
};
use lorgnette_image::Picture;
use lorgnette_interrupt::Cancel;
use lorgnette_loopback::chat::{ANSWER, ChatServer, MODEL, Reply};
use lorgnette_remote::{RemoteModel, Software};
use serde_json::json;

use crate::{ask, open, patience, question, stored, try_open};

#[test]
fn an_answer_comes_in_pieces_and_says_what_it_took() {
    let server = ChatServer::start();
    let model = open(&server);
    assert_eq!((model.host(), model.context()), (server.host(), None));
    let (told, answer) = ask(&model, &question("What is it?"));
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), told), (ANSWER.concat().as_str(), ANSWER.concat()));
    assert_eq!(answer.stop, StopReason::EndOfText);
    assert_eq!((answer.timings.n_read_tokens, answer.timings.n_answer_tokens), (42, 3));
    let requests = server.requests();
    let asked = &requests.last().unwrap().body;
    assert_eq!(asked["model"], MODEL);
    assert_eq!(asked["messages"], json!([{ "role": "user", "content": "What is it?" }]));
    assert_eq!((&asked["stream"], &asked["max_tokens"]), (&json!(true), &json!(1024)));
    assert!(asked.get("top_k").is_none(), "only what OpenAI's interface has: {asked}");
    assert_eq!(requests.last().unwrap().authorization, None);
}

#[test]
fn a_picture_is_sent_with_its_question() {
    let server = ChatServer::start();
    let model = open(&server);
    let picture = Picture::from_rgb(50, 20, vec![9; 3 * 50 * 20]).unwrap();
    let pixels = picture.prepare(&RemoteModel::pixel_config(None)).unwrap();
    let mut chat = Chat::default();
    chat.ask([PreparedPicture::new("a", pixels)], "What is it?");
    ask(&model, &chat).1.unwrap();
    let request = server.requests().pop().unwrap();
    assert_eq!(request.question(), "What is it?");
    let url = request.body["messages"][0]["content"][0]["image_url"]["url"].clone();
    assert!(url.as_str().unwrap().starts_with("data:image/png;base64,iVBOR"), "{url}");
    // A side that is too long becomes shorter, and nothing else changes.
    let config = RemoteModel::pixel_config(None);
    let large = Picture::from_rgb(5000, 20, vec![9; 3 * 5000 * 20]).unwrap();
    assert_eq!(large.prepare(&config).unwrap().width(), config.max_side);
    let small = RemoteModel::pixel_config(Some(10));
    assert_eq!(picture.prepare(&small).unwrap().width(), 10);
}

#[test]
fn cancelling_closes_the_connection_and_keeps_what_came() {
    let server = ChatServer::start();
    server.answer(Reply::StallAfter(vec!["It is".into()]));
    let model = open(&server);
    let cancel = Cancel::default();
    let (sender, told) = mpsc::channel();
    let answer =
        model.answer(&question("What?"), &AnswerOptions::default(), cancel.clone(), move |event| {
            drop(sender.send(event));
        });
    assert_eq!(told.recv().unwrap(), AnswerEvent::Text("It is".into()));
    cancel.cancel();
    let answer = answer.recv().unwrap().unwrap();
    assert_eq!((answer.text.as_str(), &answer.stop), ("It is", &StopReason::Cancelled));
    server.until_left(1);
    // The next question is answered.
    server.answer(Reply::Well);
    assert_eq!(ask(&model, &question("What?")).0, ANSWER.concat());
}

#[test]
fn several_answers_are_asked_for_at_the_same_time() {
    let server = ChatServer::start();
    server.behave(|request| match request.path.as_str() {
        "/v1/chat/completions" => {
            // The first comes last.
            for _ in 0..10_000 - request.body["seed"].as_u64().unwrap() * 1_000 {
                std::thread::yield_now();
            }
            Reply::Says(vec!["seed ".into(), request.body["seed"].to_string()])
        }
        _ => Reply::Well,
    });
    let model = open(&server);
    let options: Vec<_> = (0..9)
        .map(|seed| AnswerOptions {
            sampling: Sampling { seed, ..Sampling::default() },
            ..AnswerOptions::default()
        })
        .collect();
    let (sender, told) = mpsc::channel();
    let emit = move |event| {
        drop(sender.send(event));
    };
    let answers = model.answers(&question("What?"), &options, Cancel::default(), emit);
    let texts: Vec<_> = answers.recv().unwrap().unwrap().into_iter().map(|one| one.text).collect();
    assert_eq!(texts, (0..9).map(|seed| format!("seed {seed}")).collect::<Vec<_>>());
    assert!(server.most_in_hand() <= 4);
    let mut said = vec![String::new(); 9];
    for event in told {
        match event {
            AnswersEvent::Writing { index, event: AnswerEvent::Text(text) } => said[index] += &text,
            AnswersEvent::Ended { index, answer } => assert_eq!(said[index], answer.text),
            event => panic!("{event:?}"),
        }
    }
    assert_eq!(said, texts);
}

#[test]
fn one_of_several_that_fails_ends_the_others() {
    let server = ChatServer::start();
    // All three are in hand before one fails.
    let barrier = Barrier::new(3);
    server.behave(move |request| match request.body["seed"].as_u64() {
        None => Reply::Well,
        Some(seed) => {
            barrier.wait();
            match seed {
                2 => Reply::Status(500, r#"{"error":{"message":"out of memory"}}"#.into()),
                _ => Reply::StallAfter(vec!["It".into()]),
            }
        }
    });
    let model = open(&server);
    let options: Vec<_> = (0..3)
        .map(|seed| AnswerOptions {
            sampling: Sampling { seed, ..Sampling::default() },
            ..AnswerOptions::default()
        })
        .collect();
    let answers = model.answers(&question("What?"), &options, Cancel::default(), |_| {});
    let error = answers.recv().unwrap().unwrap_err();
    assert!(error.to_string().contains("out of memory"), "{error}");
    server.until_left(2);
}

#[test]
fn llama_cpp_and_vllm_say_more_of_themselves() {
    let server = ChatServer::start();
    let list = |software: &str, more: &str| {
        let model = format!(r#"{{"id":"{MODEL}","owned_by":"{software}"{more}}}"#);
        Reply::Body("application/json", format!(r#"{{"data":[{model}]}}"#))
    };
    let vllm = list("vllm", r#","max_model_len":4096"#);
    server.behave(move |request| match request.path.as_str() {
        "/v1/models" => vllm.clone(),
        _ => Reply::Well,
    });
    let model = open(&server);
    assert_eq!((model.software(), model.context()), (Software::Vllm, Some(4096)));
    let llama = list("llamacpp", "");
    let progress = r#"{"choices":[],"prompt_progress":{"total":100,"cache":10,"processed":55}}"#;
    let end = r#"{"choices":[{"delta":{"content":"It"},"finish_reason":"stop"}]}"#;
    server.behave(move |request| match request.path.as_str() {
        "/v1/models" => llama.clone(),
        "/props" => Reply::Body(
            "application/json",
            r#"{"default_generation_settings":{"n_ctx":2048},"modalities":{"vision":false}}"#
                .into(),
        ),
        _ => Reply::Events(vec![progress.into(), end.into(), "[DONE]".into()]),
    });
    let model = open(&server);
    assert_eq!((model.software(), model.context()), (Software::LlamaCpp, Some(2048)));
    let error = model.image_config(None).unwrap_err().to_string();
    assert!(error.contains(MODEL) && error.contains("reads no pictures"), "{error}");
    let (sender, told) = mpsc::channel();
    let emit = move |event| {
        drop(sender.send(event));
    };
    let chat = question("What?");
    let answer = model.answer(&chat, &AnswerOptions::default(), Cancel::default(), emit);
    answer.recv().unwrap().unwrap();
    let prefill = AnswerEvent::Prefill { done_tokens: 45, total_tokens: 90, cached_tokens: 10 };
    assert_eq!(told.iter().next(), Some(prefill));
    let asked = server.requests().pop().unwrap().body;
    assert_eq!((&asked["return_progress"], &asked["top_k"]), (&json!(true), &json!(64)));
}

#[test]
fn only_servers_that_can_go_on_with_an_answer_are_asked_to() {
    let server = ChatServer::start();
    let model = open(&server);
    let mut chat = question("What?");
    chat.begun("", false, "It is");
    let n_before = server.requests().len();
    let error = ask(&model, &chat).1.unwrap_err();
    assert!(error.to_string().contains("cannot go on"), "{error}");
    assert_eq!(server.requests().len(), n_before);
    let ours = format!(r#"{{"data":[{{"id":"{MODEL}","owned_by":"lorgnette"}}]}}"#);
    server.behave(move |request| match request.path.as_str() {
        "/v1/models" => Reply::Body("application/json", ours.clone()),
        _ => Reply::Well,
    });
    let model = try_open(stored(&server), &patience()).unwrap();
    ask(&model, &chat).1.unwrap();
    let asked = server.requests().pop().unwrap().body;
    assert_eq!(asked["messages"][1], json!({ "role": "assistant", "content": "It is" }));
}
