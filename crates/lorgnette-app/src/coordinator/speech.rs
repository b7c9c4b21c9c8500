//! Answers read aloud, also while they are written.

use std::sync::{Arc, Weak};

use lorgnette_speech::{Phrases, Reader, Script, Told, VoiceInfo, VoiceSettings, text};

use super::{App, Inner, Notice, lock};
use crate::chats::{Message, MessageId};
use crate::error::{AppError, Fault};
use crate::settings::{Language, Settings};

/// A wait of more seconds than these is said before it begins.
pub const LONG_WAIT_S: f64 = 4.0;

/// What is read aloud.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Aloud {
    /// Nothing.
    #[default]
    Silent,
    /// A sentence of an answer.
    Speaking {
        /// Which answer.
        answer: MessageId,
        /// Which sentence, from 0.
        index: usize,
        /// The sentence as it is shown, without markup.
        shown: String,
        /// It waits in the middle of it.
        is_paused: bool,
    },
    /// It could not be spoken.
    Failed(Fault),
}

/// What can be done while something is read aloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Deserialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename_all = "camelCase"))]
pub enum AloudDo {
    /// Be silent, and remember the word.
    Pause,
    /// Go on at that word.
    Resume,
    /// Be silent.
    Stop,
    /// The next sentence.
    Next,
    /// The sentence before.
    Previous,
}

/// The voice, and what it reads.
pub(super) struct Voice {
    reader: Reader,
    now: Aloud,
    /// The answer that is read.
    reading: Option<MessageId>,
    /// The answer that is written: its text, and its sentences for who cannot see it.
    writing: Option<(MessageId, String, Script)>,
    /// A screen reader speaks: answers are not read aloud by themselves.
    has_screen_reader: bool,
}

impl Voice {
    pub(super) fn new(settings: &Settings) -> Self {
        let reader = Reader::start();
        reader.set_voice_settings(settings.voice_settings());
        Self { reader, now: Aloud::Silent, reading: None, writing: None, has_screen_reader: false }
    }

    pub(super) fn set_voice_settings(&self, settings: VoiceSettings) {
        self.reader.set_voice_settings(settings);
    }
}

impl App {
    /// Reads an answer aloud from its beginning; one that is still written is read as it comes.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an answer that is gone.
    pub fn read_aloud(&self, answer: MessageId) -> Result<(), AppError> {
        let kept = self.0.chats.message(answer)?;
        let checked = self.0.checked(answer);
        let phrases = self.0.phrases();
        let mut voice = lock(&self.0.voice);
        voice.begin(&self.0, answer, phrases);
        match &voice.writing {
            Some((writing, text, _)) if *writing == answer => voice.reader.push(text),
            _ => {
                let mut sentences = text::sentences(&kept.text, phrases);
                for sentence in &mut sentences {
                    if checked.iter().any(|one| one.is_uncertain() && one.source == sentence.source)
                    {
                        sentence.spoken = format!("{}: {}", phrases.uncertain, sentence.spoken);
                    }
                }
                voice.reader.push_sentences(sentences);
                voice.reader.finish();
            }
        }
        Ok(())
    }

    /// Says words of the program's own.
    pub fn say(&self, words: &str) {
        let phrases = self.0.phrases();
        let mut voice = lock(&self.0.voice);
        voice.reading = None;
        voice.reader.begin(phrases, |_| {});
        voice.reader.say(words);
        voice.reader.finish();
    }

    /// Changes what is read aloud.
    pub fn aloud(&self, what: AloudDo) {
        let voice = lock(&self.0.voice);
        match what {
            AloudDo::Pause => voice.reader.pause(),
            AloudDo::Resume => voice.reader.resume(),
            AloudDo::Stop => voice.reader.stop(),
            AloudDo::Next => voice.reader.skip(1),
            AloudDo::Previous => voice.reader.skip(-1),
        }
    }

    /// The voices of this system.
    ///
    /// # Errors
    /// [`AppError::Speech`]: there is none.
    pub fn voices(&self) -> Result<Vec<VoiceInfo>, AppError> {
        // Asked without the lock: the service may take its time.
        let asked = lock(&self.0.voice).reader.ask_voices();
        Ok(asked.recv().unwrap_or_else(|_| Ok(Vec::new()))?)
    }

    /// A screen reader runs, or does not: where one does, answers are not read aloud by themselves.
    pub fn set_screen_reader(&self, runs: bool) {
        lock(&self.0.voice).has_screen_reader = runs;
    }
}

impl Voice {
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
    /// The reader's own words in the window's language.
    fn phrases(&self) -> Phrases {
        Phrases::of(match lock(&self.settings).language {
            Language::En => "en",
            Language::Fr => "fr",
            Language::System => return Phrases::of(&system_language()),
        })
    }

    fn heard(&self, answer: MessageId, told: Told) {
        let now = {
            let mut voice = lock(&self.voice);
            let paused = |now: &Aloud, wanted: bool| match now.clone() {
                Aloud::Speaking { answer, index, shown, .. } => {
                    Aloud::Speaking { answer, index, shown, is_paused: wanted }
                }
                other => other,
            };
            voice.now = match told {
                Told::Sentence { index, shown, .. } => {
                    let is_paused = matches!(voice.now, Aloud::Speaking { is_paused: true, .. });
                    Aloud::Speaking { answer, index, shown, is_paused }
                }
                Told::Paused => paused(&voice.now, true),
                Told::Resumed => paused(&voice.now, false),
                Told::Ended { .. } => Aloud::Silent,
                Told::Failed(error) => Aloud::Failed(AppError::from(error).into()),
            };
            voice.now.clone()
        };
        (self.notify)(Notice::Aloud(now));
    }

    /// An answer begins; `text` is what it had before. One that `is_wanted` aloud is read whatever the
    /// settings say, unless a screen reader does it.
    pub(super) fn aloud_begins(self: &Arc<Self>, answer: MessageId, text: &str, is_wanted: bool) {
        let phrases = self.phrases();
        let reads_itself = is_wanted || lock(&self.settings).read_aloud;
        let mut voice = lock(&self.voice);
        let mut script = Script::new(phrases);
        // What was there before was told before.
        script.push(text);
        script.finish();
        voice.writing = Some((answer, text.to_owned(), script));
        if reads_itself && !voice.has_screen_reader {
            voice.begin(self, answer, phrases);
        }
    }

    /// Says how long an answer will take, if that is long and somebody listens.
    pub(super) fn aloud_wait(self: &Arc<Self>, question: &Message) {
        let estimate = App(Arc::clone(self)).estimate(None, &question.pictures, &question.text);
        let wait_s = estimate.ok().and_then(|estimate| estimate.wait_s);
        let Some(seconds) = wait_s.filter(|seconds| *seconds > LONG_WAIT_S) else { return };
        let (about, unit) = self.phrases().about_seconds;
        let words = format!("{about} {seconds:.0} {unit}");
        let voice = lock(&self.voice);
        if voice.reading.is_some() && voice.reading == voice.writing.as_ref().map(|one| one.0) {
            voice.reader.say(&words);
        }
        drop(voice);
        (self.notify)(Notice::Sentence { answer: None, text: words });
    }

    /// More of it is there.
    pub(super) fn aloud_text(&self, answer: MessageId, piece: &str) {
        let mut voice = lock(&self.voice);
        let mut finished = Vec::new();
        if let Some((writing, text, script)) = &mut voice.writing
            && *writing == answer
        {
            text.push_str(piece);
            finished = script.push(piece);
        }
        if voice.reading == Some(answer) {
            voice.reader.push(piece);
        }
        drop(voice);
        self.tell_sentences(answer, finished);
    }

    /// It has ended.
    pub(super) fn aloud_ended(&self, answer: MessageId) {
        let mut voice = lock(&self.voice);
        let mut finished = Vec::new();
        if voice.writing.as_ref().is_some_and(|(writing, ..)| *writing == answer)
            && let Some((_, _, mut script)) = voice.writing.take()
        {
            finished = script.finish();
        }
        if voice.reading == Some(answer) {
            voice.reader.finish();
        }
        drop(voice);
        self.tell_sentences(answer, finished);
    }

    fn tell_sentences(&self, answer: MessageId, sentences: Vec<text::Sentence>) {
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
