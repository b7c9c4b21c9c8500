//! Several answers from one reading.

use std::sync::{Arc, Mutex, PoisonError};

use lorgnette_engine::{
    Answer, AnswerEvent, AnswerOptions, AnswersEvent, Chat, Generator, Sampling, StopReason,
};
use lorgnette_interrupt::Cancel;
use lorgnette_pixtral::KvFormat;

use crate::tiny::{generator, generator_with, picture};

fn question() -> Chat {
    let mut chat = Chat::default();
    chat.ask([picture("a", 160, 96, 0.7)], "What is this?");
    chat
}

/// Greedy ones and such with chance, of several lengths.
fn options(n: usize) -> Vec<AnswerOptions> {
    let of = |i: usize| {
        let chance = Sampling { temperature: 0.9, seed: i as u64, ..Sampling::default() };
        let sampling = if i.is_multiple_of(4) { Sampling::GREEDY } else { chance };
        let stop = if i == 2 { vec!["a".to_owned(), "e".to_owned()] } else { Vec::new() };
        AnswerOptions { max_tokens: 20 + 7 * i, sampling, stop, ..AnswerOptions::default() }
    };
    (0..n).map(of).collect()
}

fn answers(generator: &mut Generator, options: &[AnswerOptions]) -> Vec<Answer> {
    generator.answers(&question(), options, &Cancel::default(), &mut |_| {}).unwrap()
}

fn answer(generator: &mut Generator, options: &AnswerOptions) -> Answer {
    generator.answer(&question(), options, &Cancel::default(), &mut |_| {}).unwrap()
}

fn said(answer: &Answer) -> (&str, &StopReason, usize) {
    (&answer.text, &answer.stop, answer.timings.n_answer_tokens)
}

#[test]
fn answers_together_are_those_one_by_one() {
    for format in KvFormat::ALL {
        for n in [1, 2, 5, 11] {
            let options = options(n);
            let (mut together, mut alone) =
                (generator_with(1024, format), generator_with(1024, format));
            // The question was read, as for a check: its last token is then read by itself.
            for generator in [&mut together, &mut alone] {
                answer(generator, &options[0]);
            }
            let together = answers(&mut together, &options);
            assert_eq!(together.len(), n);
            for (together, options) in together.iter().zip(&options) {
                let alone = answer(&mut alone, options);
                assert_eq!(said(together), said(&alone), "{format}");
            }
            let texts: std::collections::HashSet<&str> =
                together.iter().map(|answer| answer.text.as_str()).collect();
            assert!(n < 5 || texts.len() > 2, "chance makes them differ: {texts:?}");
        }
    }
}

#[test]
fn the_question_is_read_once_and_each_answer_is_the_sum_of_its_pieces() {
    let mut generator = generator(1024);
    let options = options(5);
    let mut texts = vec![String::new(); 5];
    let mut ended = Vec::new();
    let mut read_after_writing = false;
    let answers =
        generator.answers(&question(), &options, &Cancel::default(), &mut |event| match event {
            AnswersEvent::Reading(event) => {
                assert!(!matches!(event, AnswerEvent::Text(_) | AnswerEvent::Thought(_)));
                read_after_writing |= texts.iter().any(|text| !text.is_empty());
            }
            AnswersEvent::Writing { index, event } => {
                let AnswerEvent::Text(text) = event else { panic!("{event:?}") };
                assert!(ended.iter().all(|(ended, _)| *ended != index));
                texts[index] += &text;
            }
            AnswersEvent::Ended { index, answer } => ended.push((index, answer)),
        });
    let answers = answers.unwrap();
    assert!(!read_after_writing);
    ended.sort_by_key(|(index, _)| *index);
    let ended: Vec<Answer> = ended.into_iter().map(|(_, answer)| answer).collect();
    assert_eq!(ended, answers);
    let expected: Vec<&str> = answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(texts, expected);
    assert!(answers.iter().all(|answer| answer.timings.n_encoded_pictures == 1));
    // What the chat was answered with is no part of the cache, and the question is.
    let next = answer(&mut generator, &options[0]);
    assert_eq!(next.timings.n_read_tokens, 1);
    assert_eq!(next.text, answers[0].text);
}

#[test]
fn answers_that_fill_the_context_end_there() {
    let options: Vec<AnswerOptions> = options(3)
        .into_iter()
        .map(|options| AnswerOptions { max_tokens: 500, stop: Vec::new(), ..options })
        .collect();
    let together = answers(&mut generator(120), &options);
    let mut alone = generator(120);
    for (together, options) in together.iter().zip(&options) {
        assert_eq!(said(together), said(&answer(&mut alone, options)));
    }
    assert!(together.iter().any(|answer| answer.stop == StopReason::ContextFull));
}

#[test]
fn cancelling_ends_all_and_leaves_the_next_request_right() {
    for is_at_reading in [true, false] {
        let mut generator = generator(1024);
        let cancel = Cancel::default();
        let n_pieces = Arc::new(Mutex::new(0));
        let answers = generator.answers(&question(), &options(5), &cancel, &mut |event| {
            if is_at_reading {
                cancel.cancel();
            } else if let AnswersEvent::Writing { .. } = event {
                let mut n_pieces = n_pieces.lock().unwrap_or_else(PoisonError::into_inner);
                *n_pieces += 1;
                if *n_pieces == 10 {
                    cancel.cancel();
                }
            }
        });
        let answers = answers.unwrap();
        assert_eq!(answers.len(), 5);
        assert!(answers.iter().all(|answer| answer.stop == StopReason::Cancelled));
        assert_eq!(answers.iter().all(|answer| answer.text.is_empty()), is_at_reading);
        let options = &options(1)[0];
        let next = answer(&mut generator, options);
        assert_eq!(next.text, answer(&mut self::generator(1024), options).text);
    }
}

#[test]
fn no_answer_is_asked_for() {
    let mut generator = generator(1024);
    assert!(answers(&mut generator, &[]).is_empty());
}
