use std::sync::Mutex;

use super::*;

const PATIENCE: Patience =
    Patience { at_least: Duration::from_millis(200), for_each_letter: Duration::from_millis(1) };
const LONG: Duration = Duration::from_secs(30);

/// A voice that takes every text and tells only what the test lets it tell.
struct Quiet(Sender<u64>);

impl Voice for Quiet {
    fn speak(&mut self, _: &Utterance) -> Result<u64, SpeechError> {
        let _ = self.0.send(7);
        Ok(7)
    }

    fn silence(&mut self) -> Result<(), SpeechError> {
        Ok(())
    }

    fn set_settings(&mut self, _: &VoiceSettings) -> Result<(), SpeechError> {
        Ok(())
    }

    fn voices(&mut self) -> Result<Vec<VoiceInfo>, SpeechError> {
        Ok(Vec::new())
    }
}

/// A reader with such a voice, what the voice took, and how the voice tells something.
fn quiet() -> (Reader, Receiver<u64>, Receiver<Sender<VoiceEvent>>) {
    let (took, taken) = mpsc::channel();
    let (opened, events) = mpsc::channel();
    let open = Mutex::new((took, opened));
    let open: Open = Box::new(move |events| {
        let (took, opened) = &*open.lock().unwrap();
        opened.send(events).unwrap();
        Ok(Box::new(Quiet(took.clone())) as Box<dyn Voice>)
    });
    (Reader::with(open, PATIENCE), taken, events)
}

fn begin(reader: &Reader) -> Receiver<Told> {
    let (told, hear) = mpsc::channel();
    reader.begin(Phrases::of("en"), move |what| drop(told.send(what)));
    reader.push("Is anybody there? Hello.");
    reader.finish();
    hear
}

#[test]
fn a_voice_that_never_reports_is_given_up_and_tried_again() {
    let (reader, taken, _events) = quiet();
    for _ in 0..2 {
        let hear = begin(&reader);
        assert!(matches!(hear.recv_timeout(LONG), Ok(Told::Sentence { .. })));
        assert!(matches!(hear.recv_timeout(LONG), Ok(Told::Failed(SpeechError::Silent { .. }))));
        assert!(hear.recv_timeout(LONG).is_err(), "nothing more is told of it");
        assert_eq!(taken.try_iter().count(), 1, "the other sentences are not tried");
    }
}

#[test]
fn a_voice_that_reports_has_its_time() {
    let (reader, taken, events) = quiet();
    let hear = begin(&reader);
    taken.recv_timeout(LONG).unwrap();
    let events = events.recv_timeout(LONG).unwrap();
    events.send(VoiceEvent::Begun(7)).unwrap();
    // Longer than its patience in all.
    for at in 0..6 {
        std::thread::sleep(Duration::from_millis(80));
        events.send(VoiceEvent::Word(7, at)).unwrap();
    }
    events.send(VoiceEvent::Ended(7)).unwrap();
    events.send(VoiceEvent::Ended(7)).unwrap();
    let told: Vec<Told> = hear.iter().collect();
    assert!(matches!(told.last(), Some(Told::Ended { is_whole: true })), "{told:?}");
}

#[test]
fn a_pause_may_be_long() {
    let (reader, taken, _events) = quiet();
    let hear = begin(&reader);
    taken.recv_timeout(LONG).unwrap();
    reader.pause();
    std::thread::sleep(2 * PATIENCE.at_least);
    reader.stop();
    let told: Vec<Told> = hear.iter().collect();
    assert!(matches!(told.last(), Some(Told::Ended { is_whole: false })), "{told:?}");
}
