//! Answers read aloud, also while they are written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use lorgnette_image::Note;
use lorgnette_speech::{Phrases, Reader, Script, Told, VoiceInfo, VoiceSettings, text};

use super::notice::{Aloud, AloudDo, Notice};
use super::{App, Inner, lock};
use crate::chats::{AnswerBy, MessageId};
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
    /// The answers that are written, in sentences: one by the model, and any by the reader.
    writing: HashMap<MessageId, Script>,
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
            writing: HashMap::new(),
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
        let (checked, missing) = self.0.checks.of(answer);
        let phrases = self.0.phrases();
        let mut state = lock(&self.0.speech.0);
        state.begin(&self.0, answer, phrases);
        match state.writing.get(&answer) {
            Some(script) => {
                // The sentences that are finished; the script gives out those that come.
                let finished = script_of(message.by, phrases).push(script.markdown());
                state.reader.push_sentences(finished);
            }
            None if message.by == AnswerBy::Reader => {
                state.reader.push_sentences(text::lines(&message.text));
                state.reader.finish();
            }
            None => {
                let mut sentences = text::sentences(&message.text, phrases);
                for sentence in &mut sentences {
                    let claims =
                        missing.iter().filter(|one| sentence.source.contains(&one.source.start));
                    let claims: Vec<&str> = claims.map(|one| one.text.as_str()).collect();
                    if !claims.is_empty() {
                        let (not_found, claims) = (phrases.not_found, claims.join(", "));
                        sentence.spoken = format!("{not_found}: {claims}. {}", sentence.spoken);
                    }
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
    pub(super) fn phrases(&self) -> Phrases {
        Phrases::of(&self.language())
    }

    /// The window's language, ISO 639-1.
    pub(super) fn language(&self) -> String {
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
                Aloud::Speaking { answer, index, shown, source, .. } => {
                    Aloud::Speaking { answer, index, shown, source, is_paused }
                }
                other => other,
            };
            state.now = match told {
                Told::Sentence { index, shown, source } => {
                    let is_paused = matches!(state.now, Aloud::Speaking { is_paused: true, .. });
                    Aloud::Speaking { answer, index, shown, source, is_paused }
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
    pub(super) fn answer_begins(
        self: &Arc<Self>,
        answer: MessageId,
        text: &str,
        is_wanted: bool,
        by: AnswerBy,
    ) {
        let phrases = self.phrases();
        let reads_itself = is_wanted || lock(&self.settings).read_aloud;
        let mut state = lock(&self.speech.0);
        let mut script = script_of(by, phrases);
        // What was there before was told before.
        script.push(text);
        script.finish();
        state.writing.insert(answer, script);
        if reads_itself && !state.has_screen_reader {
            state.begin(self, answer, phrases);
        }
    }

    /// Says how long an answer will take, if that is long and somebody listens.
    pub(super) fn say_wait(&self, answer: MessageId, wait_s: Option<f64>) {
        let Some(seconds) = wait_s.filter(|seconds| *seconds > LONG_WAIT_S) else { return };
        let (about, unit) = self.phrases().about_seconds;
        self.say_before(answer, format!("{about} {seconds:.0} {unit}"));
    }

    /// Says what a person should know about the pictures of a question, if somebody listens.
    pub(super) fn say_notes(&self, answer: MessageId, notes: &[Note]) {
        let language = self.language();
        for note in notes {
            self.say_before(answer, notes::spoken(note, &language));
        }
    }

    /// Says something before the answer that is about to be written.
    pub(super) fn say_before(&self, answer: MessageId, words: String) {
        let state = lock(&self.speech.0);
        if state.reading == Some(answer) {
            state.reader.say(&words);
        }
        drop(state);
        (self.notify)(Notice::Sentence { answer: None, text: words });
    }

    /// More of the answer is there.
    pub(super) fn answer_grows(&self, answer: MessageId, piece: &str) {
        let mut state = lock(&self.speech.0);
        let Some(script) = state.writing.get_mut(&answer) else { return };
        let (finished, are_lines) = (script.push(piece), script.is_plain());
        self.tell_sentences(state, answer, finished, are_lines, false);
    }

    /// As [`Self::answer_grows`]; and what there is of a plain text is said at once, its last line too: how
    /// the next one begins is not waited for.
    pub(super) fn answer_says(&self, answer: MessageId, lines: &str) {
        let mut state = lock(&self.speech.0);
        let Some(script) = state.writing.get_mut(&answer) else { return };
        let mut finished = script.push(lines);
        finished.extend(script.finish());
        let are_lines = script.is_plain();
        self.tell_sentences(state, answer, finished, are_lines, false);
    }

    /// The answer has ended.
    pub(super) fn answer_is_whole(&self, answer: MessageId) {
        let mut state = lock(&self.speech.0);
        let script = state.writing.remove(&answer);
        let are_lines = script.as_ref().is_some_and(Script::is_plain);
        let finished = script.map(|mut script| script.finish()).unwrap_or_default();
        self.tell_sentences(state, answer, finished, are_lines, true);
    }

    fn tell_sentences(
        &self,
        state: std::sync::MutexGuard<'_, State>,
        answer: MessageId,
        sentences: Vec<text::Sentence>,
        are_lines: bool,
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
        let tell = |text| (self.notify)(Notice::Sentence { answer: Some(answer), text });
        if are_lines {
            // All at once: a screen reader takes dozens of announcements for dozens of events.
            let text = in_one(&sentences);
            if !text.is_empty() {
                tell(text);
            }
        } else {
            for sentence in sentences {
                tell(sentence.spoken);
            }
        }
    }
}

/// Lines as one text that is heard as lines.
fn in_one(lines: &[text::Sentence]) -> String {
    let mut text = String::new();
    for line in lines {
        text += &line.spoken;
        let ends = line.spoken.ends_with(|c: char| c.is_ascii_punctuation());
        text += if line.goes_on || ends { " " } else { ". " };
    }
    text.trim_end().to_owned()
}

/// An empty text of who answers: exact text is no Markdown.
fn script_of(by: AnswerBy, phrases: Phrases) -> Script {
    match by {
        AnswerBy::Model | AnswerBy::Pages | AnswerBy::Summary => Script::new(phrases),
        AnswerBy::Reader => Script::plain(phrases),
    }
}

/// The person's language as the system has it, ISO 639-1.
pub fn system_language() -> String {
    let locale = sys_locale::get_locale().unwrap_or_default();
    locale.split(['-', '_', '.']).next().unwrap_or_default().to_lowercase()
}
