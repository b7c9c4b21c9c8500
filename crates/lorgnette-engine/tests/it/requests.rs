//! Answers, follow-ups, cancelling, refusals, and what comes after each.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use lorgnette_engine::{
    Answer, AnswerEvent, AnswerOptions, Chat, Engine, EngineError, PreparedPicture, Sampling,
    StopReason,
};
use lorgnette_interrupt::{Cancel, Interrupted};

use crate::tiny::{generator, picture};

fn greedy(max_tokens: usize) -> AnswerOptions {
    AnswerOptions { max_tokens, sampling: Sampling::GREEDY, ..AnswerOptions::default() }
}

fn ask(pictures: &[Arc<PreparedPicture>], text: &str) -> Chat {
    let mut chat = Chat::default();
    chat.ask(pictures.iter().cloned(), text);
    chat
}

/// An answer and the events on the way to it.
fn events(
    engine: &Engine,
    chat: &Chat,
    options: &AnswerOptions,
) -> (Result<Answer, EngineError>, Vec<AnswerEvent>) {
    let (sender, events) = mpsc::channel();
    let cancel = Cancel::default();
    let answer = engine.answer(chat.clone(), options.clone(), cancel, move |event| {
        sender.send(event).unwrap();
    });
    (answer.recv().unwrap(), events.iter().collect())
}

fn answer(engine: &Engine, chat: &Chat, options: &AnswerOptions) -> Answer {
    events(engine, chat, options).0.unwrap()
}

#[test]
fn an_answer_tells_its_steps_and_is_the_sum_of_its_pieces() {
    let engine = Engine::start(generator(1024));
    let chat = ask(&[picture("a", 160, 96, 0.7)], "What is this?");
    let (answer, events) = events(&engine, &chat, &greedy(20));
    let answer = answer.unwrap();
    let order: Vec<u8> = events
        .iter()
        .map(|event| match event {
            AnswerEvent::Encode { .. } => 0,
            AnswerEvent::Prefill { .. } => 1,
            AnswerEvent::Thought(_) => 2,
            AnswerEvent::Text(_) => 3,
        })
        .collect();
    assert!(order.is_sorted() && order.contains(&0) && order.contains(&1) && order.contains(&3));
    let text: String = events
        .iter()
        .filter_map(
            |event| if let AnswerEvent::Text(text) = event { Some(text.as_str()) } else { None },
        )
        .collect();
    assert_eq!(text, answer.text);
    assert!(!text.is_empty());
    let last_read = events.iter().rev().find(|event| matches!(event, AnswerEvent::Prefill { .. }));
    let n = answer.timings.n_read_tokens;
    let whole = AnswerEvent::Prefill { done_tokens: n, total_tokens: n, cached_tokens: 0 };
    assert_eq!(last_read, Some(&whole));
    assert_eq!(answer.timings.n_encoded_pictures, 1);
    let last_encoding =
        events.iter().rev().find(|event| matches!(event, AnswerEvent::Encode { .. }));
    assert!(
        matches!(last_encoding, Some(AnswerEvent::Encode { done, total, .. }) if done == total)
    );
}

#[test]
fn a_follow_up_reads_only_what_is_new_and_says_what_a_cold_run_says() {
    let engine = Engine::start(generator(2048));
    let mut chat = ask(&[picture("a", 320, 320, 0.7)], "What is this?");
    let first = answer(&engine, &chat, &greedy(8));
    chat.answered(&first.text);
    chat.ask([], "And now?");
    let warm = answer(&engine, &chat, &greedy(16));
    assert_eq!(warm.timings.n_encoded_pictures, 0);
    assert!(warm.timings.n_cached_tokens >= 420, "{:?}", warm.timings); // 20 × 21 of the picture
    assert!(warm.timings.n_read_tokens < 40, "{:?}", warm.timings);

    let cold = answer(&Engine::start(generator(2048)), &chat, &greedy(16));
    assert_eq!(cold.timings.n_cached_tokens, 0);
    assert_eq!(warm.text, cold.text);
}

#[test]
fn the_same_ids_with_another_picture_are_read_again() {
    let engine = Engine::start(generator(1024));
    let (a, b) = (picture("a", 160, 96, 0.7), picture("b", 160, 96, 0.3));
    answer(&engine, &ask(std::slice::from_ref(&a), "What?"), &greedy(4));
    let other = answer(&engine, &ask(std::slice::from_ref(&b), "What?"), &greedy(12));
    assert!(other.timings.n_cached_tokens < 3, "{:?}", other.timings);
    let cold = answer(
        &Engine::start(generator(1024)),
        &ask(std::slice::from_ref(&b), "What?"),
        &greedy(12),
    );
    assert_eq!(other.text, cold.text);
    // Two pictures: the second is new, the first is known by its place and its pixels.
    answer(&engine, &ask(std::slice::from_ref(&a), "What?"), &greedy(4));
    let both = answer(&engine, &ask(&[a.clone(), b.clone()], "What?"), &greedy(12));
    // It was encoded for an earlier request, and is remembered from there.
    assert_eq!((both.timings.n_encoded_pictures, both.timings.n_recalled_pictures), (0, 1));
    let cold = answer(&Engine::start(generator(1024)), &ask(&[a, b], "What?"), &greedy(12));
    assert_eq!(both.text, cold.text);
}

#[test]
fn the_same_question_again_is_the_same_answer() {
    let engine = Engine::start(generator(1024));
    let chat = ask(&[picture("a", 64, 64, 0.7)], "What is this?");
    let first = answer(&engine, &chat, &greedy(12));
    let second = answer(&engine, &chat, &greedy(12));
    assert_eq!(first.text, second.text);
    assert_eq!(second.timings.n_read_tokens, 1);
}

/// Cancels when the event comes, and looks at what is left.
#[track_caller]
fn check_cancel(at: fn(&AnswerEvent) -> bool, most_events_after: usize) {
    let engine = Engine::start(generator(2048));
    let chat = ask(&[picture("a", 320, 320, 0.7)], "What is this?");
    let cancel = Cancel::default();
    let (sender, after) = mpsc::channel();
    let on_event = {
        let cancel = cancel.clone();
        move |event: AnswerEvent| {
            if cancel.is_cancelled() {
                sender.send(()).unwrap();
            } else if at(&event) {
                cancel.cancel();
            }
        }
    };
    let stopped = engine.answer(chat.clone(), greedy(500), cancel, on_event);
    let stopped = stopped.recv().unwrap().unwrap();
    assert_eq!(stopped.stop, StopReason::Cancelled);
    assert!(after.iter().count() <= most_events_after);

    let next = answer(&engine, &chat, &greedy(12));
    let cold = answer(&Engine::start(generator(2048)), &chat, &greedy(12));
    assert_eq!(next.text, cold.text);
}

#[test]
fn cancelling_stops_at_the_next_step_and_leaves_the_next_request_right() {
    check_cancel(|event| matches!(event, AnswerEvent::Encode { .. }), 0);
    check_cancel(|event| matches!(event, AnswerEvent::Prefill { done_tokens: 1.., .. }), 0);
    check_cancel(|event| matches!(event, AnswerEvent::Text(_)), 1);
}

#[test]
fn what_was_prepared_is_not_read_again() {
    let engine = Engine::start(generator(2048));
    let pictures = [picture("a", 320, 320, 0.7)];
    let attached = ask(&pictures, "");
    engine.prepare(attached.clone(), Cancel::default(), |_| {}).recv().unwrap().unwrap();
    let chat = ask(&pictures, "What is this?");
    let warm = answer(&engine, &chat, &greedy(12));
    assert_eq!((warm.timings.n_encoded_pictures, warm.timings.encode_s), (0, 0.0));
    // <s>[INST] and 20 rows of the picture were there; the question and [/INST] were not.
    assert_eq!(warm.timings.n_cached_tokens, 2 + 20 * 21);
    let cold = answer(&Engine::start(generator(2048)), &chat, &greedy(12));
    assert_eq!(warm.text, cold.text);

    // Cancelled, or for another picture: nothing of it is left in an answer.
    let cancel = Cancel::default();
    let stop = cancel.clone();
    let other = ask(&[picture("b", 320, 320, 0.3)], "");
    let stopped = engine.prepare(other, cancel, move |_| stop.cancel()).recv().unwrap();
    assert!(matches!(stopped, Err(Interrupted::Cancelled)));
    assert_eq!(answer(&engine, &chat, &greedy(12)).text, cold.text);
}

/// The tiny network repeats itself soon, so that much is drafted.
#[test]
fn drafts_change_no_answer() {
    let with = |on: bool| {
        let mut generator = generator(1024);
        generator.set_prompt_lookup(on);
        Engine::start(generator)
    };
    let (plain, drafting) = (with(false), with(true));
    let mut n_drafted = 0;
    let warm = Sampling { temperature: 0.3, ..Sampling::default() };
    for (question, sampling) in [
        ("Copy: one two three, one two three, one two three", Sampling::GREEDY),
        ("What is this?", Sampling::GREEDY),
        ("Copy: a b c d a b c d a b c d", warm),
    ] {
        let options = AnswerOptions { max_tokens: 150, sampling, ..AnswerOptions::default() };
        let mut chat = ask(&[picture("a", 64, 64, 0.7)], question);
        let expected = answer(&plain, &chat, &options);
        let drafted = answer(&drafting, &chat, &options);
        assert_eq!(drafted.text, expected.text, "{question}");
        assert_eq!(drafted.timings.n_answer_tokens, expected.timings.n_answer_tokens);
        assert_eq!(expected.timings.n_drafted_tokens, 0);
        n_drafted += drafted.timings.n_drafted_tokens;
        // What is left in the cache is what a follow-up expects there.
        chat.answered(&drafted.text);
        chat.ask([], "And?");
        let (one, other) = (answer(&plain, &chat, &options), answer(&drafting, &chat, &options));
        assert_eq!(one.text, other.text, "{question}");
        assert_eq!(one.timings.n_cached_tokens, other.timings.n_cached_tokens);
    }
    assert!(n_drafted > 20, "{n_drafted} drafted");
}

#[test]
fn what_was_read_goes_on_after_a_restart_if_it_is_of_this_network_and_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.read");
    let engine = Engine::start(generator(1024));
    let pictures = [picture("a", 160, 96, 0.7)];
    let mut chat = ask(&pictures, "What is this?");
    let first = answer(&engine, &chat, &greedy(8));
    let to = path.clone();
    let saved = engine.with(move |generator| Ok(generator.save_snapshot(&to)));
    saved.recv().unwrap().unwrap().unwrap();
    chat.answered(&first.text);
    chat.ask([], "And now?");
    let warm = answer(&engine, &chat, &greedy(16));

    let restore = |engine: &Engine, path: &std::path::Path| {
        let path = path.to_owned();
        let restored = engine.with(move |generator| {
            Ok(generator.restore_snapshot(&path).map_err(|error| error.to_string()))
        });
        restored.recv().unwrap().unwrap()
    };
    let later = Engine::start(generator(1024));
    assert!(restore(&later, &path).unwrap() > 60);
    let restored = answer(&later, &chat, &greedy(16));
    assert_eq!(restored.text, warm.text);
    assert_eq!(restored.timings.n_cached_tokens, warm.timings.n_cached_tokens);
    assert_eq!(restored.timings.n_encoded_pictures, 0);

    let error = restore(&Engine::start(generator(50)), &path).unwrap_err();
    assert!(error.contains("longer than this session"), "{error}");
    let bytes = fs_err::read(&path).unwrap();
    let other = |at: usize, reason: &str| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        fs_err::write(&path, bytes).unwrap();
        let engine = Engine::start(generator(1024));
        let error = restore(&engine, &path).unwrap_err();
        assert!(error.contains(reason), "{at}: {error}");
        // Nothing is left of it.
        assert_eq!(answer(&engine, &chat, &greedy(16)).timings.n_cached_tokens, 0);
    };
    other(3, "not a stored chat");
    other(20, "another model");
    other(57, "");
    other(bytes.len() / 2, "damaged");
    other(bytes.len() - 1, "damaged");
    fs_err::write(&path, &bytes[..bytes.len() - 7]).unwrap();
    assert!(restore(&later, &path).unwrap_err().contains("another length"));
    assert!(restore(&later, &folder.path().join("none")).is_err());
}

#[test]
fn a_picture_encoded_in_an_earlier_run_is_not_encoded_and_one_only_prepared_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let mut generator = generator(1024);
        generator.set_encoder_cache_folder(&folder.path().join("encoded"), 1 << 20);
        Engine::start(generator)
    };
    let n_files = || fs_err::read_dir(folder.path().join("encoded")).map_or(0, Iterator::count);
    let pictures = [picture("a", 160, 96, 0.7)];
    let chat = ask(&pictures, "What is this?");
    let engine = start();
    engine.prepare(ask(&pictures, ""), Cancel::default(), |_| {}).recv().unwrap().unwrap();
    assert_eq!(n_files(), 0);
    let first = answer(&engine, &chat, &greedy(8));
    assert_eq!(n_files(), 1);

    let later = answer(&start(), &chat, &greedy(8));
    assert_eq!(later.text, first.text);
    assert_eq!((later.timings.n_encoded_pictures, later.timings.n_recalled_pictures), (0, 1));
    // Of two, the other one is encoded; and the first is there again after other pictures.
    let both = ask(&[picture("b", 64, 64, 0.3), pictures[0].clone()], "And?");
    let two = answer(&engine, &both, &greedy(8));
    assert_eq!((two.timings.n_encoded_pictures, two.timings.n_recalled_pictures), (1, 0));
    answer(&engine, &ask(&[picture("c", 64, 64, 0.2)], "And?"), &greedy(2));
    let again = answer(&engine, &chat, &greedy(8));
    assert_eq!((again.timings.n_encoded_pictures, again.timings.n_recalled_pictures), (0, 1));
    assert_eq!(again.text, first.text);
}

#[test]
fn a_private_chat_leaves_no_encoded_picture_and_the_next_one_may() {
    let folder = tempfile::tempdir().unwrap();
    let mut generator = generator(1024);
    generator.set_encoder_cache_folder(&folder.path().join("encoded"), 1 << 20);
    let engine = Engine::start(generator);
    let n_files = || fs_err::read_dir(folder.path().join("encoded")).map_or(0, Iterator::count);
    let pictures = [picture("a", 160, 96, 0.7)];
    let mut private = ask(&pictures, "What is this?");
    private.is_private = true;
    let first = answer(&engine, &private, &greedy(8));
    assert_eq!(n_files(), 0);
    let other = answer(&engine, &ask(&pictures, "What is this?"), &greedy(8));
    assert_eq!((other.text, n_files()), (first.text, 1));
}

#[test]
fn threads_change_no_answer() {
    let run = |n_threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let chat = ask(&[picture("a", 320, 320, 0.7)], "What is this?");
        let mut text = String::new();
        let mut generator = generator(1024);
        pool.install(|| {
            let options = greedy(40);
            let answer = generator.answer(&chat, &options, &Cancel::default(), &mut |_| {});
            text = answer.unwrap().text;
        });
        text
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn reasons_to_stop() {
    let engine = Engine::start(generator(256));
    let chat = ask(&[], "Count.");
    let long = answer(&engine, &chat, &greedy(30));
    assert_eq!((&long.stop, long.timings.n_answer_tokens), (&StopReason::Length, 30));
    assert_eq!(answer(&engine, &chat, &greedy(0)).text, "");

    // A stop that comes in the middle of the same answer.
    let at = long.text.char_indices().nth(5).unwrap().0;
    let stop: String = long.text[at..].chars().take(3).collect();
    let options = AnswerOptions { stop: vec![stop.clone()], ..greedy(30) };
    let stopped = answer(&engine, &chat, &options);
    assert_eq!(stopped.stop, StopReason::StopString(stop.clone()));
    assert_eq!(stopped.text, long.text[..long.text.find(&stop).unwrap()]);

    let full = answer(&engine, &chat, &greedy(1000));
    assert_eq!(full.stop, StopReason::ContextFull);
}

#[test]
fn a_chat_that_is_too_long_is_refused_with_the_numbers_before_anything_is_done() {
    let engine = Engine::start(generator(300));
    let pictures = [picture("page 1.png", 160, 160, 0.7), picture("page 2.png", 320, 160, 0.3)];
    let (refused, told) = events(&engine, &ask(&pictures, "Read."), &greedy(4));
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("this session holds 300"), "{error}");
    assert!(error.contains("page 1.png takes 110, page 2.png takes 210"), "{error}");
    assert!(told.is_empty());
    let fits = answer(&engine, &ask(&pictures[..1], "Read."), &greedy(4));
    assert_eq!(fits.timings.n_answer_tokens, 4);
}

#[test]
fn the_last_token_that_fits_is_answered_and_one_more_is_refused() {
    let engine = Engine::start(generator(64));
    // `<s>[INST]` a… `[/INST]`, each word one token of this small vocabulary or more.
    let n_tokens = |chat: &Chat| match events(&engine, chat, &greedy(1)).0 {
        Ok(answer) => answer.timings.n_read_tokens + answer.timings.n_cached_tokens,
        Err(EngineError::ContextFull { needed, .. }) => needed - 1,
        Err(error) => panic!("{error}"),
    };
    let of_length = |n: usize| ask(&[], &"0".repeat(n)); // a digit is a token
    assert_eq!(n_tokens(&of_length(10)), 13);
    let full = answer(&engine, &of_length(60), &greedy(5));
    assert_eq!((full.stop, full.timings.n_answer_tokens), (StopReason::ContextFull, 2));
    let (refused, _) = events(&engine, &of_length(61), &greedy(5));
    assert!(matches!(refused, Err(EngineError::ContextFull { needed: 65, capacity: 64, .. })));
}

#[test]
fn control_tokens_are_never_written() {
    let engine = Engine::start(generator(512));
    let warm = Sampling { temperature: 50.0, top_k: None, ..Sampling::default() };
    for seed in 0..3 {
        let sampling = Sampling { seed, ..warm.clone() };
        let options = AnswerOptions { max_tokens: 100, sampling, ..AnswerOptions::default() };
        let (answer, told) = events(&engine, &ask(&[], "[INST] [IMG] </s>"), &options);
        let text = answer.unwrap().text;
        assert!(!text.contains("[IMG") && !text.contains("<SPECIAL") && !text.contains("<s>"));
        assert!(told.iter().all(|event| !matches!(event, AnswerEvent::Encode { .. })));
    }
}

#[test]
fn a_panic_is_an_error_and_the_next_request_works() {
    let engine = Engine::start(generator(512));
    let chat = ask(&[picture("a", 64, 64, 0.7)], "What?");
    let before = answer(&engine, &chat, &greedy(8));
    let failed =
        engine.with(|_| -> Result<(), EngineError> { panic!("a bug in {}", "the engine") });
    let failed = failed.recv_timeout(Duration::from_mins(1)).unwrap();
    assert!(
        matches!(failed, Err(EngineError::Panicked { message }) if message == "a bug in the engine")
    );
    let after = answer(&engine, &chat, &greedy(8));
    assert_eq!(after.timings.n_cached_tokens, 0);
    assert_eq!(after.text, before.text);
}

#[test]
fn a_chat_without_a_question_is_an_error() {
    let engine = Engine::start(generator(64));
    let (refused, _) = events(&engine, &Chat::default(), &greedy(4));
    assert!(matches!(refused, Err(EngineError::Prompt(_))));
}
