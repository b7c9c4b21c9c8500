//! `--speak` reads the answer aloud while it is written.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use lorgnette_app::Cancel;
use lorgnette_app::conversation::check::Checked;
use lorgnette_app::coordinator::{LONG_WAIT_S, system_language};
use lorgnette_app::speech::{
    Phrases, Reader, Sentence, SpeechError, Told, VoiceSettings, run_loop,
};

use crate::args::Speech;

/// The time between two checks for Ctrl+C while it speaks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// An answer that is read aloud.
pub struct Speaking {
    reader: Reader,
    phrases: Phrases,
    ended: Receiver<Option<SpeechError>>,
}

impl Speaking {
    /// Begins to speak, or returns `None` without `--speak`.
    pub fn begin(args: &Speech) -> Option<Self> {
        if !args.speak {
            return None;
        }
        let phrases = Phrases::of(&system_language());
        let reader = Reader::start();
        let (rate, pitch) = (args.rate, args.pitch);
        reader.set_voice_settings(VoiceSettings {
            rate,
            pitch,
            volume: 0,
            voice: args.voice.clone(),
        });
        let (told, ended) = mpsc::channel();
        reader.begin(phrases, move |what| match what {
            Told::Ended { .. } => drop(told.send(None)),
            Told::Failed(error) => drop(told.send(Some(error))),
            Told::Sentence { .. } | Told::Paused | Told::Resumed => {}
        });
        Some(Self { reader, phrases, ended })
    }

    /// Takes more of the answer.
    pub fn push(&self, piece: &str) {
        run_loop::run_once();
        self.reader.push(piece);
    }

    /// Takes a paragraph that is no Markdown.
    pub fn push_plain(&self, paragraph: &str) {
        let words = paragraph.to_owned();
        let sentence =
            Sentence { spoken: words.clone(), shown: words, source: 0..0, goes_on: false };
        self.reader.push_sentences(vec![sentence]);
    }

    /// Says which language the text is in, by its ISO 639-1 code, instead of guessing it.
    pub fn set_language(&self, language: &'static str) {
        self.reader.set_language(language);
    }

    /// Says words of the program's own before the answer.
    pub fn say(&self, words: &str) {
        self.reader.say(words);
    }

    /// Says how long the answer will take, if that is long.
    pub fn say_wait(&self, seconds: Option<f64>) {
        if let Some(seconds) = seconds.filter(|seconds| *seconds > LONG_WAIT_S) {
            let (about, unit) = self.phrases.about_seconds;
            self.reader.say(&format!("{about} {seconds:.0} {unit}"));
        }
    }

    /// Says that the model thinks, for what it thinks is not spoken.
    pub fn say_thinking(&self) {
        self.reader.say(self.phrases.thinking);
    }

    /// Says that it was still thinking when it ended.
    pub fn say_only_thoughts(&self) {
        self.reader.say(self.phrases.only_thoughts);
    }

    /// Says a claim of the answer that the text of no picture has.
    pub fn say_not_found(&self, claim: &str) {
        self.reader.say(&format!("{}: {claim}", self.phrases.not_found));
    }

    /// Says again the sentences that other answers did not agree with.
    pub fn say_doubts(&self, checked: &[Checked]) {
        for doubt in checked.iter().filter(|one| one.is_uncertain()) {
            self.reader.say(&format!("{}: {}", self.phrases.uncertain, doubt.shown));
        }
    }

    /// Waits until everything was spoken. It is silent at once if it is cancelled.
    pub fn finish(self, cancel: &Cancel) -> Result<(), SpeechError> {
        self.reader.finish();
        loop {
            match run_loop::wait(&self.ended, BETWEEN_LOOKS) {
                Ok(None) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Ok(Some(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => self.reader.stop(),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}
