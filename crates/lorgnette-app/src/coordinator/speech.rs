//! Answers read aloud, also while they are written.

use std::sync::{Arc, Mutex, Weak};

use lorgnette_image::Note;
use lorgnette_speech::{Phrases, Reader, Script, Told, VoiceInfo, VoiceSettings, text};

use super::notice::{Aloud, AloudDo, Notice};
use super::{App, Inner, lock};
use crate::chats::MessageId;
use crate::error::AppError;
use crate::notes;
use crate::settings::{Language, Settings};

/// A wait of more seconds than these is said before it begins.
pub const LONG_WAIT_S: f64 = 4.0;

/// The voice, and what it reads.
pub(super) struct Speech(Mutex<State>);

struct State {
    reader: Reader,
    now: Aloud,
    /// The answer that is read.
    reading: Option<MessageId>,
    /// The answer that is written, in sentences.
    writing: Option<(MessageId, Script)>,
    /// A screen reader speaks: answers are not read aloud by themselves.
    has_screen_reader: bool,
}

impl Speech {
    pub fn new(settings: &Settings) -> Self {
        let reader = Reader::start();
        reader.set_voice_settings(settings.voice_settings());
        Self(Mutex::new(State {
            reader,
            now: Aloud::Silent,
            reading: None,
            writing: None,
            has_screen_reader: false,
        }))
    }

    pub fn set_voice(&self, settings: VoiceSettings) {
        lock(&self.0).reader.set_voice_settings(settings);
    }
}

impl App {
    /// Reads an answer aloud from its beginning; one that is still written is read as it comes.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an answer that is gone.
    pub fn read_aloud(&self, answer: MessageId) -> Result<(), AppError> {
        let message = self.0.chats_of(answer)?.message(answer)?;
        let checked = self.0.checks.of(answer);
        let phrases = self.0.phrases();
        let mut state = lock(&self.0.speech.0);
        state.begin(&self.0, answer, phrases);
        match &state.writing {
            Some((writing, script)) if *writing == answer => {
                // The sentences that are finished; the script gives out those that come.
                let finished = Script::new(phrases).push(script.markdown());
                state.reader.push_sentences(finished);
            }
            _ => {
                let mut sentences = text::sentences(&message.text, phrases);
                for sentence in &mut sentences {
                    if checked.iter().any(|one| one.is_uncertain() && one.source == sentence.source)
                    {
                        sentence.spoken = format!("{}: {}", phrases.uncertain, sentence.spoken);
                    }
                }
                state.reader.push_sentences(sentences);
                state.reader.finish();
            }
        }
        Ok(())
    }

    /// Says words of the program's own.
    pub fn say(&self, words: &str) {
        let phrases = self.0.phrases();
        let mut state = lock(&self.0.speech.0);
        state.reading = None;
        state.reader.begin(phrases, |_| {});
        state.reader.say(words);
        state.reader.finish();
    }

    /// Changes what is read aloud.
    pub fn aloud(&self, what: AloudDo) {
        let state = lock(&self.0.speech.0);
        match what {
            AloudDo::Pause => state.reader.pause(),
            AloudDo::Resume => state.reader.resume(),
            AloudDo::Stop => state.reader.stop(),
            AloudDo::Next => state.reader.skip(1),
            AloudDo::Previous => state.reader.skip(-1),
        }
    }

    /// The voices of this system.
    ///
    /// # Errors
    /// [`AppError::Speech`]: there is none.
    pub fn voices(&self) -> Result<Vec<VoiceInfo>, AppError> {
        // Asked without the lock: the service may take its time.
        let asked = lock(&self.0.speech.0).reader.ask_voices();
        Ok(asked.recv().unwrap_or_else(|_| Ok(Vec::new()))?)
    }

    /// Whether a screen reader runs: where one does, answers are not read aloud by themselves.
    pub fn set_screen_reader(&self, runs: bool) {
        lock(&self.0.speech.0).has_screen_reader = runs;
    }
}

impl State {
    fn begin(&mut self, inner: &Arc<Inner>, answer: MessageId, phrases: Phrases) {
        self.reading = Some(answer);
        let weak = Arc::downgrade(inner);
        self.reader.begin(phrases, move |told| {
            if let Some(inner) = Weak::upgrade(&weak) {
                inner.heard(answer, told);
            }
        });
    }
}

impl Inner {
    /// Whether such an answer is read aloud, or is being written to be.
    pub(super) fn reads(&self, which: impl Fn(MessageId) -> bool) -> bool {
        lock(&self.speech.0).reading.is_some_and(which)
    }

    /// The reader's own words in the window's language.
    fn phrases(&self) -> Phrases {
        Phrases::of(&self.language())
    }

    /// The window's language, ISO 639-1.
    fn language(&self) -> String {
        match lock(&self.settings).language {
            Language::En => "en".into(),
            Language::Fr => "fr".into(),
            Language::System => system_language(),
        }
    }

    fn heard(&self, answer: MessageId, told: Told) {
        let now = {
            let mut state = lock(&self.speech.0);
            let paused = |now: &Aloud, is_paused: bool| match now.clone() {
                Aloud::Speaking { answer, index, shown, .. } => {
                    Aloud::Speaking { answer, index, shown, is_paused }
                }
                other => other,
            };
            state.now = match told {
                Told::Sentence { index, shown, .. } => {
                    let is_paused = matches!(state.now, Aloud::Speaking { is_paused: true, .. });
                    Aloud::Speaking { answer, index, shown, is_paused }
                }
                Told::Paused => paused(&state.now, true),
                Told::Resumed => paused(&state.now, false),
                Told::Ended { .. } => Aloud::Silent,
                Told::Failed(error) => Aloud::Failed(AppError::from(error).into()),
            };
            state.now.clone()
        };
        (self.notify)(Notice::Aloud(now));
    }

    /// An answer begins; `text` is what it had before. One that `is_wanted` aloud is read whatever
    /// the settings say, unless a screen reader does it.
    pub(super) fn answer_begins(self: &Arc<Self>, answer: MessageId, text: &str, is_wanted: bool) {
        let phrases = self.phrases();
        let reads_itself = is_wanted || lock(&self.settings).read_aloud;
        let mut state = lock(&self.speech.0);
        let mut script = Script::new(phrases);
        // What was there before was told before.
        script.push(text);
        script.finish();
        state.writing = Some((answer, script));
        if reads_itself && !state.has_screen_reader {
            state.begin(self, answer, phrases);
        }
    }

    /// Says how long an answer will take, if that is long and somebody listens.
    pub(super) fn say_wait(&self, wait_s: Option<f64>) {
        let Some(seconds) = wait_s.filter(|seconds| *seconds > LONG_WAIT_S) else { return };
        let (about, unit) = self.phrases().about_seconds;
        self.say_before(format!("{about} {seconds:.0} {unit}"));
    }

    /// Says what a person should know about the pictures of a question, if somebody listens.
    pub(super) fn say_notes(&self, notes: &[Note]) {
        let language = self.language();
        for note in notes {
            self.say_before(notes::spoken(note, &language));
        }
    }

    /// Says something before the answer that is about to be written.
    fn say_before(&self, words: String) {
        let state = lock(&self.speech.0);
        if state.reading.is_some() && state.reading == state.writing.as_ref().map(|one| one.0) {
            state.reader.say(&words);
        }
        drop(state);
        (self.notify)(Notice::Sentence { answer: None, text: words });
    }

    /// More of the answer is there.
    pub(super) fn answer_grows(&self, answer: MessageId, piece: &str) {
        let mut state = lock(&self.speech.0);
        let Some((_, script)) = state.writing.as_mut().filter(|(writing, _)| *writing == answer)
        else {
            return;
        };
        let finished = script.push(piece);
        self.tell_sentences(state, answer, finished, false);
    }

    /// The answer has ended.
    pub(super) fn answer_is_whole(&self, answer: MessageId) {
        let mut state = lock(&self.speech.0);
        let script = state.writing.take_if(|(writing, _)| *writing == answer);
        let finished = script.map(|(_, mut script)| script.finish()).unwrap_or_default();
        self.tell_sentences(state, answer, finished, true);
    }

    fn tell_sentences(
        &self,
        state: std::sync::MutexGuard<'_, State>,
        answer: MessageId,
        sentences: Vec<text::Sentence>,
        is_end: bool,
    ) {
        if state.reading == Some(answer) {
            if !sentences.is_empty() {
                state.reader.push_sentences(sentences.clone());
            }
            if is_end {
                state.reader.finish();
            }
        }
        drop(state);
        for sentence in sentences {
            (self.notify)(Notice::Sentence { answer: Some(answer), text: sentence.spoken });
        }
    }
}

/// The person's language as the system has it, ISO 639-1.
pub fn system_language() -> String {
    let locale = sys_locale::get_locale().unwrap_or_default();
    locale.split(['-', '_', '.']).next().unwrap_or_default().to_lowercase()
}
