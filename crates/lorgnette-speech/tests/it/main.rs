//! Reading aloud with the real service: what is said, in which order, and when it is silent.
#![cfg(target_os = "linux")]

mod ears;

use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use lorgnette_speech::{Phrases, Reader, Told, VoiceSettings};

use crate::ears::Ears;

const PATIENCE: Duration = Duration::from_mins(1);

/// Begins a text; what is told of it.
fn begin(reader: &Reader) -> Receiver<Told> {
    let (told, hear) = mpsc::channel();
    reader.begin(Phrases::of("en"), move |what| drop(told.send(what)));
    hear
}

/// Waits for a sentence to begin.
#[track_caller]
fn sentence(hear: &Receiver<Told>, expected: &str) {
    match hear.recv_timeout(PATIENCE) {
        Ok(Told::Sentence { shown, .. }) => assert_eq!(shown, expected),
        other => panic!("{other:?}, not {expected}"),
    }
}

#[track_caller]
fn ended(hear: &Receiver<Told>, whole: bool) {
    match hear.recv_timeout(PATIENCE) {
        Ok(Told::Ended { is_whole }) => assert_eq!(is_whole, whole),
        other => panic!("{other:?}, not an end"),
    }
}

/// One test, since the service is found by the environment of the process.
#[test]
fn reading_aloud() {
    let ears = Ears::open();
    let reader = Reader::start();
    an_answer_is_spoken_while_it_streams(&reader, &ears);
    a_pause_goes_on_in_place(&reader, &ears);
    a_stop_is_heard_at_once(&reader, &ears);
    sentences_are_skipped_and_said_again(&reader, &ears);
    each_sentence_has_its_language(&reader, &ears);
    voices_can_be_chosen(&reader);
    a_service_that_dies_is_told(&reader, ears);
}

fn an_answer_is_spoken_while_it_streams(reader: &Reader, ears: &Ears) {
    let hear = begin(reader);
    reader.push("The sign says **stop**.");
    reader.push(" Behind it ");
    sentence(&hear, "The sign says stop.");
    ears.wait_for_sound();
    // The first sentence is in the air; only now the rest is written.
    reader.push("stands a tree.\n\n| Item | Price |\n|---|---|\n| Tea | 1.90 |\n");
    sentence(&hear, "Behind it stands a tree.");
    reader.finish();
    sentence(&hear, "Item Price");
    sentence(&hear, "Tea 1.90");
    ended(&hear, true);
    assert_eq!(
        ears.said(),
        [
            "The sign says stop.",
            "Behind it stands a tree.",
            "table: Item, Price",
            "Item: Tea; Price: 1.90"
        ]
    );
    // Four sentences take some five seconds to say; the service says them in real time.
    let seconds = ears.sound_s();
    assert!((2.0..20.0).contains(&seconds), "{seconds} s of sound");
}

const LONG: &str =
    "One two three four five six seven eight nine ten eleven twelve thirteen fourteen.";

fn a_pause_goes_on_in_place(reader: &Reader, ears: &Ears) {
    ears.forget();
    let hear = begin(reader);
    reader.push(LONG);
    reader.finish();
    sentence(&hear, LONG);
    ears.wait_for_word("five");
    reader.pause();
    assert!(matches!(hear.recv_timeout(PATIENCE), Ok(Told::Paused)));
    ears.wait_for_silence();
    reader.resume();
    assert!(matches!(hear.recv_timeout(PATIENCE), Ok(Told::Resumed)));
    sentence(&hear, LONG);
    ended(&hear, true);
    let said = ears.said();
    assert_eq!(said[0], LONG);
    assert_eq!(said.len(), 2, "{said:?}");
    // It goes on with the word that was cut, not from the beginning.
    assert!(LONG.ends_with(&said[1]) && said[1].len() < LONG.len() - 8, "{said:?}");
}

fn a_stop_is_heard_at_once(reader: &Reader, ears: &Ears) {
    ears.forget();
    let hear = begin(reader);
    reader.push(LONG);
    reader.push("\n\nThis is not said.");
    reader.finish();
    sentence(&hear, LONG);
    ears.wait_for_word("three");
    let asked = Instant::now();
    reader.stop();
    ended(&hear, false);
    let silent_s = ears.wait_for_silence();
    println!(
        "silent {silent_s:.3} s after a stop ({:.3} s on this side)",
        asked.elapsed().as_secs_f64()
    );
    assert_eq!(ears.said(), [LONG]);
}

fn sentences_are_skipped_and_said_again(reader: &Reader, ears: &Ears) {
    ears.forget();
    let hear = begin(reader);
    reader.push("The first one. The second one. The third one.");
    reader.finish();
    sentence(&hear, "The first one.");
    reader.skip(1);
    sentence(&hear, "The second one.");
    reader.skip(-1);
    sentence(&hear, "The first one.");
    reader.skip(5);
    sentence(&hear, "The third one.");
    // Another text takes its place.
    let other = begin(reader);
    ended(&hear, false);
    reader.push("Another text.");
    reader.finish();
    sentence(&other, "Another text.");
    ended(&other, true);
    assert_eq!(ears.said().last().map(String::as_str), Some("Another text."));
}

fn each_sentence_has_its_language(reader: &Reader, ears: &Ears) {
    let hear = begin(reader);
    reader.push("Le panneau indique que le bac part à neuf heures.\n\nThe ferry leaves at nine in the morning, says the sign.");
    reader.finish();
    while !matches!(hear.recv_timeout(PATIENCE), Ok(Told::Ended { is_whole: true })) {}
    let commands = ears.commands("SET SELF LANGUAGE");
    assert_eq!(commands[commands.len() - 2..], ["SET SELF LANGUAGE fr", "SET SELF LANGUAGE en"]);
}

fn voices_can_be_chosen(reader: &Reader) {
    let voices = reader.voices().unwrap();
    assert!(voices.len() > 20, "{}", voices.len());
    let french = voices.iter().find(|voice| voice.language == "fr").unwrap();
    reader.set_voice_settings(VoiceSettings {
        rate: 1000,
        voice: Some(french.name.clone()),
        ..VoiceSettings::default()
    });
    let hear = begin(reader);
    reader.push("Short.");
    reader.finish();
    sentence(&hear, "Short.");
    ended(&hear, true);
}

fn a_service_that_dies_is_told(reader: &Reader, ears: Ears) {
    let hear = begin(reader);
    reader.push(LONG);
    reader.finish();
    sentence(&hear, LONG);
    drop(ears);
    assert!(matches!(hear.recv_timeout(PATIENCE), Ok(Told::Failed(_))));
    let hear = begin(reader);
    reader.push("Anybody here?");
    reader.finish();
    loop {
        match hear.recv_timeout(PATIENCE) {
            Ok(Told::Sentence { .. }) => {}
            Ok(Told::Failed(error)) => {
                assert!(error.to_string().contains("no speech service at"), "{error}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
}
