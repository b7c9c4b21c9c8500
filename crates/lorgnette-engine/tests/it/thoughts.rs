//! Answers of models that think first.

use std::sync::mpsc;

use lorgnette_engine::{
    Answer, AnswerEvent, AnswerOptions, Chat, Engine, Sampling, StopReason, Timings,
};
use lorgnette_interrupt::Cancel;

use crate::thinker::{BEGIN_THINK, END_THINK, generator, ids, named, saying, tokenizer};

const THOUGHTS: &str = "Hm,éx?(w)";
const ANSWER: &str = "Yes: 🙂!";

fn greedy() -> AnswerOptions {
    AnswerOptions { sampling: Sampling::GREEDY, ..AnswerOptions::default() }
}

fn ask(text: &str) -> Chat {
    let mut chat = Chat::default();
    chat.ask([], text);
    chat
}

fn answer(engine: &Engine, chat: &Chat, options: &AnswerOptions) -> Answer {
    engine.answer(chat.clone(), options.clone(), Cancel::default(), |_| {}).recv().unwrap().unwrap()
}

fn said(answer: &Answer) -> (&str, &str, &StopReason) {
    (&answer.thoughts, &answer.text, &answer.stop)
}

#[test]
fn thoughts_come_before_the_answer_and_are_no_part_of_it() {
    let engine = Engine::start(generator(THOUGHTS, ANSWER));
    let (sender, events) = mpsc::channel();
    // What a person types begins no thoughts and ends none.
    let chat = ask("[THINK] no [/THINK]");
    let whole = engine.answer(chat, greedy(), Cancel::default(), move |event| {
        sender.send(event).unwrap();
    });
    let whole = whole.recv().unwrap().unwrap();
    assert_eq!(said(&whole), (THOUGHTS, ANSWER, &StopReason::EndOfText));
    let Timings { n_answer_tokens, n_thought_tokens, thought_s, .. } = whole.timings;
    let n = |text: &str| ids(text).len();
    assert_eq!(n_thought_tokens, n(THOUGHTS) + 2);
    assert_eq!(n_answer_tokens, n(THOUGHTS) + 2 + n(ANSWER));
    assert!(thought_s > 0.0);
    let (mut thoughts, mut text) = (String::new(), String::new());
    for event in events {
        match event {
            AnswerEvent::Thought(piece) => {
                assert_eq!(text, "", "thoughts come first");
                thoughts += &piece;
            }
            AnswerEvent::Text(piece) => text += &piece,
            AnswerEvent::Encode { .. } | AnswerEvent::Prefill { .. } => assert_eq!(thoughts, ""),
        }
    }
    assert_eq!((thoughts.as_str(), text.as_str()), (THOUGHTS, ANSWER));
}

#[test]
fn a_follow_up_does_not_read_what_was_thought_and_says_what_a_cold_run_says() {
    let engine = Engine::start(generator(THOUGHTS, ANSWER));
    let mut chat = ask("What?");
    let first = answer(&engine, &chat, &greedy());
    chat.answered(&first.text);
    chat.ask([], "And now?");
    let warm = answer(&engine, &chat, &greedy());
    let cold = answer(&Engine::start(generator(THOUGHTS, ANSWER)), &chat, &greedy());
    assert_eq!(said(&warm), said(&cold));
    // All before the thoughts is known: `<s>[INST]What?[/INST]`.
    assert_eq!(warm.timings.n_cached_tokens, ids("What?").len() + 3);
    let n_new = ids(ANSWER).len() + ids("And now?").len() + 3;
    assert_eq!(warm.timings.n_read_tokens, n_new);
    assert_eq!(cold.timings.n_read_tokens, n_new + warm.timings.n_cached_tokens);
}

#[test]
fn an_answer_that_ends_inside_its_thoughts_goes_on_with_them_or_answers_at_once() {
    let engine = Engine::start(generator(THOUGHTS, ANSWER));
    let chat = ask("What?");
    let all_counted = |max_tokens| AnswerOptions { max_tokens, room_to_think: 0, ..greedy() };
    let cut = answer(&engine, &chat, &all_counted(4));
    let (begun, text, stop) = said(&cut);
    assert!(THOUGHTS.starts_with(begun) && !begun.is_empty(), "{begun:?}");
    assert_eq!((text, stop), ("", &StopReason::Length));

    let mut on = chat.clone();
    on.begun(begun, false, "");
    let rest = answer(&engine, &on, &greedy());
    assert_eq!(format!("{begun}{}", rest.thoughts), THOUGHTS);
    assert_eq!((rest.text.as_str(), &rest.stop), (ANSWER, &StopReason::EndOfText));
    // What was thought was read already.
    assert_eq!(rest.timings.n_read_tokens, 1);

    let mut at_once = chat.clone();
    at_once.begun(begun, true, "");
    let told = answer(&engine, &at_once, &AnswerOptions { may_think: false, ..greedy() });
    assert_eq!(said(&told), ("", ANSWER, &StopReason::EndOfText));

    // One that was cut in its text goes on with the text.
    let cut = answer(&engine, &chat, &all_counted(ids(THOUGHTS).len() + 5));
    let (thoughts, begun, _) = said(&cut);
    assert_eq!(thoughts, THOUGHTS);
    assert!(ANSWER.starts_with(begun) && !begun.is_empty(), "{begun:?}");
    let mut on = chat.clone();
    on.begun(thoughts, false, begun);
    let rest = answer(&engine, &on, &greedy());
    assert_eq!((rest.thoughts.as_str(), format!("{begun}{}", rest.text)), ("", ANSWER.into()));
    // Nothing was begun: then there is nothing to go on with.
    let mut nothing = chat.clone();
    nothing.begun("", true, "");
    assert_eq!(nothing.turns.len(), chat.turns.len());
}

#[test]
fn thoughts_leave_the_answer_its_length_as_far_as_they_have_room() {
    let engine = Engine::start(generator(THOUGHTS, ANSWER));
    let chat = ask("What?");
    let with = |max_tokens, room_to_think| {
        answer(&engine, &chat, &AnswerOptions { max_tokens, room_to_think, ..greedy() })
    };
    let short = with(2, 1000);
    assert_eq!((short.thoughts.as_str(), &short.stop), (THOUGHTS, &StopReason::Length));
    let n_thought_tokens = ids(THOUGHTS).len() + 2;
    assert_eq!(short.timings.n_answer_tokens, n_thought_tokens + 2);
    // Beyond the room they count.
    assert_eq!(with(2, 3).timings.n_answer_tokens, 5);
    assert_eq!(with(2, 3).text, "");
    assert_eq!(with(0, 1000).timings.n_answer_tokens, 0);
}

#[test]
fn who_wants_no_thoughts_gets_none() {
    let engine = Engine::start(generator(THOUGHTS, ANSWER));
    let options = AnswerOptions { may_think: false, ..greedy() };
    let told = answer(&engine, &ask("What?"), &options);
    assert_eq!(said(&told), ("", ANSWER, &StopReason::EndOfText));
    assert_eq!((told.timings.n_thought_tokens, told.timings.thought_s), (0, 0.0));
}

#[test]
fn a_stop_in_the_thoughts_stops_nothing() {
    let engine = Engine::start(generator(THOUGHTS, ANSWER));
    let stop_at = |stop: &str| AnswerOptions { stop: vec![stop.into()], ..greedy() };
    let chat = ask("What?");
    let whole = answer(&engine, &chat, &stop_at("x?"));
    assert_eq!(said(&whole), (THOUGHTS, ANSWER, &StopReason::EndOfText));
    let stopped = answer(&engine, &chat, &stop_at("es"));
    assert_eq!(said(&stopped), (THOUGHTS, "Y", &StopReason::StopString("es".into())));
}

#[test]
fn a_cancelled_thought_is_an_answer_without_text() {
    let engine = Engine::start(generator(THOUGHTS, ANSWER));
    let cancel = Cancel::default();
    let stop = cancel.clone();
    let stopped = engine.answer(ask("What?"), greedy(), cancel, move |event| {
        if matches!(event, AnswerEvent::Thought(_)) {
            stop.cancel();
        }
    });
    let stopped = stopped.recv().unwrap().unwrap();
    assert!(THOUGHTS.starts_with(&stopped.thoughts) && !stopped.thoughts.is_empty());
    assert_eq!((stopped.text.as_str(), &stopped.stop), ("", &StopReason::Cancelled));
    assert_eq!(answer(&engine, &ask("What?"), &greedy()).text, ANSWER);
}

/// In a GGUF file nothing else may say that a model thinks.
#[test]
fn a_template_says_that_there_are_thoughts_where_the_names_do_not() {
    let tokens = [&[BEGIN_THINK][..], &*ids("a"), &[END_THINK], &ids("b")].concat();
    let unnamed = || named("<SPECIAL_34>", "<SPECIAL_35>");
    assert_eq!(unnamed().control().thinking(), None);
    let with = |template: &str| unnamed().with_chat_template(template).control().thinking();
    assert_eq!(with("{{ '[SYSTEM_PROMPT]' }} [THINK]"), Some((34, 35)));
    assert_eq!(with("{{ '[SYSTEM_PROMPT]' }}"), None);
    let others = named("[ELSE]", "<SPECIAL_35>").with_chat_template("[THINK]");
    assert_eq!(others.control().thinking(), None);
    let moved = named("[/THINK]", "[THINK]");
    assert_eq!(moved.with_chat_template("[THINK]").control().thinking(), Some((35, 34)));

    // Without any of it they are never written.
    let plain = Engine::start(saying(&tokens, &unnamed()));
    let told = answer(&plain, &ask("What?"), &AnswerOptions { max_tokens: 3, ..greedy() });
    assert_eq!(told.thoughts, "");
    // Nor is such a model told what another one thought.
    let mut chat = ask("What?");
    chat.begun("a thought", true, "");
    let told = answer(&plain, &chat, &AnswerOptions { max_tokens: 1, ..greedy() });
    assert_eq!(told.timings.n_cached_tokens + told.timings.n_read_tokens, ids("What?").len() + 3);
    assert!(tokenizer().control().thinking().is_some());
}

/// A draft may hold the tokens around thoughts, too.
#[test]
fn drafts_change_no_thoughts() {
    let with = |on: bool| {
        let mut generator = generator(THOUGHTS, ANSWER);
        generator.set_prompt_lookup(on);
        Engine::start(generator)
    };
    let (plain, drafting) = (with(false), with(true));
    let mut chat = ask("What?");
    for turn in 0..3 {
        let (expected, drafted) =
            (answer(&plain, &chat, &greedy()), answer(&drafting, &chat, &greedy()));
        assert_eq!(said(&drafted), said(&expected), "turn {turn}");
        chat.begun(&expected.thoughts, true, &expected.text);
        chat.ask([], "And?");
    }
}
