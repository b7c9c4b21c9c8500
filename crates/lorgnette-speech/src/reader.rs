//! Reads one text at a time, on a thread of its own.

use std::ops::Range;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crate::error::SpeechError;
use crate::language;
use crate::queue::{Effect, Event, Queue};
use crate::text::{Phrases, Script, Sentence};
use crate::voice::{self, Utterance, Voice, VoiceEvent, VoiceInfo, VoiceSettings};

/// What a reader tells its listener, on the reader's thread.
#[derive(Debug)]
pub enum Told {
    /// This sentence is spoken now.
    Sentence {
        /// Its number in the text, from 0.
        index: usize,
        /// Its words for the screen.
        shown: String,
        /// The bytes of the text that it was made of.
        source: Range<usize>,
    },
    /// The voice waits for [`Reader::resume`].
    Paused,
    /// The voice goes on.
    Resumed,
    /// The text was said to its end, was stopped, or gave way to another.
    Ended {
        /// It was said to its end.
        is_whole: bool,
    },
    /// The text cannot be spoken.
    Failed(SpeechError),
}

/// A listener for one text.
type Listener = Box<dyn FnMut(Told) + Send>;

enum Message {
    Begin(Phrases, Listener),
    Markdown(String),
    Sentences(Vec<Sentence>),
    Say(String),
    Language(&'static str),
    Finish,
    Queue(Event),
    Settings(VoiceSettings),
    Voices(Sender<Result<Vec<VoiceInfo>, SpeechError>>),
    Voice(VoiceEvent),
}

/// How long a voice may say nothing of a text that it has taken. Each word that it tells begins the
/// time anew; a voice that tells of no words has to be done by then.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// For the way to the voice, and for another program's words before ours.
    at_least: Duration,
    /// The slowest voices take 0.15 seconds for a letter.
    for_each_letter: Duration,
}

impl Patience {
    const USUAL: Self =
        Self { at_least: Duration::from_secs(10), for_each_letter: Duration::from_millis(200) };

    fn with(self, utterance: &Utterance) -> Duration {
        let text = utterance.text.get(utterance.from..).unwrap_or_default();
        let n_letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        self.at_least + self.for_each_letter.saturating_mul(n_letters)
    }
}

/// Reads texts aloud, one at a time. The system's voice is opened when it is first needed, and again
/// when it was lost. A reader that is dropped falls silent.
pub struct Reader {
    to_thread: Sender<Message>,
}

impl Reader {
    /// Starts the thread.
    ///
    /// # Panics
    /// When the system has no thread to give.
    pub fn start() -> Self {
        Self::with(Box::new(voice::open), Patience::USUAL)
    }

    fn with(open: Open, patience: Patience) -> Self {
        let (to_thread, inbox) = mpsc::channel();
        let (events, of_voice) = mpsc::channel();
        let forward = to_thread.clone();
        let thread = std::thread::Builder::new().name("speech".into());
        let thread = thread.spawn(move || {
            let reading = Reading {
                open,
                patience,
                silence: None,
                events,
                voice: None,
                settings: VoiceSettings::default(),
                script: Script::new(Phrases::of("en")),
                queue: Queue::default(),
                listener: None,
                spoken: String::new(),
                language: None,
                known_language: None,
            };
            run(reading, &inbox);
        });
        drop(thread.expect("a thread for speech"));
        let thread = std::thread::Builder::new().name("speech forward".into());
        let thread = thread.spawn(move || {
            // Ends with the voice.
            for event in of_voice {
                if forward.send(Message::Voice(event)).is_err() {
                    return;
                }
            }
        });
        drop(thread.expect("a thread for speech"));
        Self { to_thread }
    }

    /// Begins another text, and ends the one before.
    pub fn begin(&self, phrases: Phrases, told: impl FnMut(Told) + Send + 'static) {
        self.send(Message::Begin(phrases, Box::new(told)));
    }

    /// Adds Markdown to the text; the reader cuts it into sentences.
    pub fn push(&self, piece: &str) {
        self.send(Message::Markdown(piece.to_owned()));
    }

    /// Adds sentences to the text, for callers who need them themselves and have cut them with a
    /// [`Script`] of their own. A text comes either way, not both.
    pub fn push_sentences(&self, sentences: Vec<Sentence>) {
        if !sentences.is_empty() {
            self.send(Message::Sentences(sentences));
        }
    }

    /// Adds words of the program's own. Markdown that was pushed is said first, as if the text had
    /// ended there.
    pub fn say(&self, words: &str) {
        self.send(Message::Say(words.to_owned()));
    }

    /// Says which language the text is in, by its ISO 639-1 code, instead of guessing it. It holds until
    /// the next text begins.
    pub fn set_language(&self, language: &'static str) {
        self.send(Message::Language(language));
    }

    /// Ends the text: when all of it was said, the listener is told.
    pub fn finish(&self) {
        self.send(Message::Finish);
    }

    /// Stops speaking and remembers the current word.
    pub fn pause(&self) {
        self.send(Message::Queue(Event::Pause));
    }

    /// Continues at the word where [`Reader::pause`] stopped.
    pub fn resume(&self) {
        self.send(Message::Queue(Event::Resume));
    }

    /// Stops speaking and forgets the text.
    pub fn stop(&self) {
        self.send(Message::Queue(Event::Stop));
    }

    /// Moves by so many sentences, forwards or backwards.
    pub fn skip(&self, by: isize) {
        self.send(Message::Queue(Event::Skip(by)));
    }

    /// Changes how the voice speaks, from the current word on.
    pub fn set_voice_settings(&self, settings: VoiceSettings) {
        self.send(Message::Settings(settings.within_bounds()));
    }

    /// Lists the voices that can be chosen.
    ///
    /// # Errors
    /// [`SpeechError::NoVoice`] if nothing speaks on this machine.
    pub fn voices(&self) -> Result<Vec<VoiceInfo>, SpeechError> {
        let voices = self.ask_voices().recv();
        voices
            .unwrap_or_else(|_| Err(SpeechError::NoVoice { reason: "the reader has ended".into() }))
    }

    /// As [`Reader::voices`], but returns at once: the caller waits where it likes.
    pub fn ask_voices(&self) -> Receiver<Result<Vec<VoiceInfo>, SpeechError>> {
        let (to_asker, voices) = mpsc::channel();
        self.send(Message::Voices(to_asker));
        voices
    }

    fn send(&self, message: Message) {
        // The thread lives as long as this handle.
        let _ = self.to_thread.send(message);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop();
    }
}

type Open = Box<dyn Fn(Sender<VoiceEvent>) -> Result<Box<dyn Voice>, SpeechError> + Send>;

/// The state of the reader's thread.
struct Reading {
    open: Open,
    patience: Patience,
    /// How long the voice may say nothing from now on, and until when that is.
    silence: Option<(Duration, Instant)>,
    events: Sender<VoiceEvent>,
    voice: Option<Box<dyn Voice>>,
    settings: VoiceSettings,
    script: Script,
    queue: Queue,
    listener: Option<Listener>,
    /// The words of the text so far, from which its language is told.
    spoken: String,
    language: Option<&'static str>,
    /// The language that somebody said the text is in.
    known_language: Option<&'static str>,
}

fn run(mut reading: Reading, inbox: &Receiver<Message>) {
    while let Some(message) = reading.next(inbox) {
        match message {
            Message::Begin(phrases, listener) => {
                reading.step(Event::Stop);
                reading.script = Script::new(phrases);
                reading.queue = Queue::default();
                reading.spoken.clear();
                reading.language = None;
                reading.known_language = None;
                reading.listener = Some(listener);
            }
            Message::Markdown(piece) => {
                let sentences = reading.script.push(&piece);
                reading.add(sentences);
            }
            Message::Sentences(sentences) => reading.add(sentences),
            Message::Say(words) => {
                let sentences = reading.script.finish();
                reading.add(sentences);
                let at = reading.script.markdown().len();
                let said = Sentence {
                    spoken: words,
                    shown: String::new(),
                    source: at..at,
                    goes_on: false,
                };
                reading.step(Event::Sentences(vec![said]));
            }
            Message::Language(language) => reading.known_language = Some(language),
            Message::Finish => {
                let sentences = reading.script.finish();
                reading.add(sentences);
                reading.step(Event::Whole);
            }
            Message::Queue(event) => reading.step(event),
            Message::Settings(settings) => reading.set_settings(settings),
            Message::Voices(to_asker) => {
                let voices = reading.voice().and_then(Voice::voices);
                let _ = to_asker.send(voices);
            }
            Message::Voice(VoiceEvent::Begun(id)) => reading.hears(id),
            Message::Voice(VoiceEvent::Word(id, at)) => {
                reading.hears(id);
                reading.step(Event::Word(id, at));
            }
            Message::Voice(VoiceEvent::Ended(id)) => reading.step(Event::Said(id)),
            Message::Voice(VoiceEvent::Lost(reason)) => {
                if reading.voice.take().is_some() && reading.listener.is_some() {
                    reading.failed(SpeechError::Lost(std::io::Error::other(reason)));
                }
            }
        }
    }
}

impl Reading {
    /// Waits for the next message; `None` when no more can come. A voice that is silent for too long
    /// meanwhile is given up.
    fn next(&mut self, inbox: &Receiver<Message>) -> Option<Message> {
        loop {
            let Some((patience, until)) = self.silence.filter(|_| self.queue.is_speaking()) else {
                return inbox.recv().ok();
            };
            match inbox.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(message) => return Some(message),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    // Without the connection the service forgets the text: it is not heard later.
                    self.voice = None;
                    self.failed(SpeechError::Silent { seconds: patience.as_secs() });
                }
            }
        }
    }

    /// The voice is at work on this utterance: its time begins anew.
    fn hears(&mut self, utterance: u64) {
        if self.queue.is_saying(utterance)
            && let Some((patience, until)) = &mut self.silence
        {
            *until = Instant::now() + *patience;
        }
    }

    fn add(&mut self, sentences: Vec<Sentence>) {
        if sentences.is_empty() {
            return;
        }
        for sentence in &sentences {
            self.spoken.push_str(&sentence.spoken);
            self.spoken.push(' ');
        }
        self.language = language::of(&self.spoken).or(self.language);
        self.step(Event::Sentences(sentences));
    }

    fn step(&mut self, event: Event) {
        for effect in self.queue.step(event) {
            match effect {
                Effect::Silence => {
                    let outcome = self.voice.as_mut().map_or(Ok(()), |voice| voice.silence());
                    if outcome.is_err() {
                        // Gone, it is silent.
                        self.voice = None;
                    }
                }
                Effect::Speak(from) => {
                    if let Err(error) = self.speak(from) {
                        self.voice = None;
                        return self.failed(error);
                    }
                }
                Effect::Sentence(index) => {
                    if let Some(sentence) = self.queue.sentence(index) {
                        let (shown, source) = (sentence.shown.clone(), sentence.source.clone());
                        self.tell(Told::Sentence { index, shown, source });
                    }
                }
                Effect::Paused => self.tell(Told::Paused),
                Effect::Resumed => self.tell(Told::Resumed),
                Effect::Ended(is_whole) => {
                    self.tell(Told::Ended { is_whole });
                    self.listener = None;
                }
            }
        }
    }

    fn speak(&mut self, from: usize) -> Result<(), SpeechError> {
        let Some(text) = self.queue.breath() else { return Ok(()) };
        let heard = || language::of(&text).or(self.language);
        let language = self.known_language.or_else(heard);
        tracing::info!(language, from, "speaks: {text}");
        let utterance = Utterance { text, from, language };
        let id = self.voice()?.speak(&utterance)?;
        let patience = self.patience.with(&utterance);
        self.silence = Some((patience, Instant::now() + patience));
        self.queue.step(Event::Taken(id));
        Ok(())
    }

    /// The voice, which is opened if it is not open.
    fn voice(&mut self) -> Result<&mut dyn Voice, SpeechError> {
        if self.voice.is_none() {
            let mut voice = (self.open)(self.events.clone())?;
            voice.set_settings(&self.settings)?;
            self.voice = Some(voice);
        }
        match &mut self.voice {
            Some(voice) => Ok(voice.as_mut()),
            None => Err(SpeechError::NoVoice { reason: "the voice was not opened".into() }),
        }
    }

    fn set_settings(&mut self, settings: VoiceSettings) {
        if settings == self.settings {
            return;
        }
        self.settings = settings;
        let outcome =
            self.voice.as_mut().map_or(Ok(()), |voice| voice.set_settings(&self.settings));
        match outcome {
            Ok(()) => self.step(Event::Anew),
            Err(error) => self.failed(error),
        }
    }

    fn failed(&mut self, error: SpeechError) {
        self.tell(Told::Failed(error));
        self.listener = None;
        // What was in the air ended with the voice.
        self.queue.step(Event::Stop);
    }

    fn tell(&mut self, told: Told) {
        if let Some(listener) = &mut self.listener {
            listener(told);
        }
    }
}

#[cfg(test)]
mod tests;
