//! The voices of Windows and macOS: written, but not run yet.

use std::sync::mpsc::Sender;

use tts::{Tts, UtteranceId};

use crate::error::SpeechError;
use crate::voice::{Utterance, Voice, VoiceEvent, VoiceInfo, VoiceSettings};

/// `WinRT`'s or `AVFoundation`'s voice.
pub(crate) struct SystemVoice {
    tts: Tts,
    settings: VoiceSettings,
    voices: Vec<tts::Voice>,
    language: Option<&'static str>,
}

impl SystemVoice {
    pub(crate) fn open(events: Sender<VoiceEvent>) -> Result<Self, SpeechError> {
        let none = |error: tts::Error| SpeechError::NoVoice { reason: reason(&error) };
        let tts = Tts::default().map_err(none)?;
        let heard = tts.on_utterance_end(Some(Box::new(move |id| {
            let _ = events.send(VoiceEvent::Ended(number(&id)));
        })));
        heard.map_err(none)?;
        let voices = tts.voices().unwrap_or_default();
        Ok(Self { tts, settings: VoiceSettings::default(), voices, language: None })
    }

    /// The chosen voice where it speaks the language, else the first that does.
    fn choose(&mut self, language: Option<&'static str>) -> Result<(), SpeechError> {
        if language.is_none() || language == self.language {
            return Ok(());
        }
        let speaks = |voice: &&tts::Voice| Some(voice.language().primary_language()) == language;
        let chosen = self.settings.voice.as_ref();
        let mut able = self.voices.iter().filter(speaks);
        let voice =
            able.clone().find(|voice| Some(&voice.name()) == chosen).or_else(|| able.next());
        if let Some(voice) = voice.cloned() {
            self.tts.set_voice(&voice).map_err(|error| refused("a voice", &error))?;
        }
        self.language = language;
        Ok(())
    }
}

/// An utterance's own name, as a number.
fn number(id: &UtteranceId) -> u64 {
    match id {
        // The object's address, which is its own while it is spoken.
        #[cfg(target_os = "macos")]
        UtteranceId::AvFoundation(utterance) => *utterance as usize as u64,
        #[cfg(windows)]
        UtteranceId::WinRt(number) => *number,
    }
}

fn refused(what: &str, error: &tts::Error) -> SpeechError {
    SpeechError::Refused { what: what.to_owned(), reason: reason(error) }
}

/// The system's own words, which the text of the error leaves out on Windows.
fn reason(error: &tts::Error) -> String {
    match error {
        #[cfg(windows)]
        tts::Error::WinRt(error) => format!("{error}").trim().to_owned(),
        error => error.to_string(),
    }
}

/// Maps -100 to 100 onto what the system has, from `least` over `usual` to `most`.
fn scaled(value: i32, least: f32, usual: f32, most: f32) -> f32 {
    let share = value.clamp(-100, 100) as f32 / 100.0;
    if share < 0.0 { usual + share * (usual - least) } else { usual + share * (most - usual) }
}

impl Voice for SystemVoice {
    fn speak(&mut self, utterance: &Utterance) -> Result<u64, SpeechError> {
        self.choose(utterance.language)?;
        let text = utterance.text.get(utterance.from..).unwrap_or_default();
        let id = self.tts.speak(text, false).map_err(|error| refused("to speak", &error))?;
        Ok(id.as_ref().map_or(0, number))
    }

    fn silence(&mut self) -> Result<(), SpeechError> {
        self.tts.stop().map(drop).map_err(|error| refused("to be silent", &error))
    }

    fn set_settings(&mut self, settings: &VoiceSettings) -> Result<(), SpeechError> {
        let tts = &mut self.tts;
        let rate = scaled(settings.rate, tts.min_rate(), tts.normal_rate(), tts.max_rate());
        let pitch = scaled(settings.pitch, tts.min_pitch(), tts.normal_pitch(), tts.max_pitch());
        let volume =
            scaled(settings.volume, tts.min_volume(), tts.normal_volume(), tts.max_volume());
        tts.set_rate(rate).map_err(|error| refused("this rate", &error))?;
        tts.set_pitch(pitch).map_err(|error| refused("this pitch", &error))?;
        tts.set_volume(volume).map_err(|error| refused("this volume", &error))?;
        self.language = None;
        self.settings.clone_from(settings);
        Ok(())
    }

    fn voices(&mut self) -> Result<Vec<VoiceInfo>, SpeechError> {
        let info = |voice: &tts::Voice| VoiceInfo {
            name: voice.name(),
            language: voice.language().primary_language().to_owned(),
        };
        Ok(self.voices.iter().map(info).collect())
    }
}
