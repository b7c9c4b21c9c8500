//! Voices behind one trait.

use std::sync::mpsc::Sender;

use crate::error::SpeechError;

/// How a voice speaks. Each number is from -100 to 100, and 0 is what the system has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VoiceSettings {
    /// From slow to fast.
    pub rate: i32,
    /// From low to high.
    pub pitch: i32,
    /// At 0 it is as loud as the system's other voices.
    pub volume: i32,
    /// Name of the voice for text in its language; the system chooses for other text, and for
    /// `None`.
    pub voice: Option<String>,
}

impl VoiceSettings {
    /// The same settings with each number clamped to its bounds.
    #[must_use]
    pub fn within_bounds(mut self) -> Self {
        for number in [&mut self.rate, &mut self.pitch, &mut self.volume] {
            *number = (*number).clamp(-100, 100);
        }
        self
    }
}

/// A voice that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type), serde(rename = "Voice"))]
pub struct VoiceInfo {
    /// The system's name for it, by which it is chosen.
    pub name: String,
    /// Its language, ISO 639-1 in small letters.
    pub language: String,
}

/// A text that a voice says in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// The words, without markup.
    pub text: String,
    /// Byte of the text at which the voice begins; what stands before was said already.
    pub from: usize,
    /// Language of the text, ISO 639-1; `None` for the system's own.
    pub language: Option<&'static str>,
}

/// What a voice tells, with the number that [`Voice::speak`] gave. An utterance that was silenced
/// ends without an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoiceEvent {
    /// The voice begins to say the utterance. Not every voice tells.
    Begun(u64),
    /// The voice comes to the word at this byte of the text. Not every voice tells.
    Word(u64, usize),
    /// The utterance was said to its end.
    Ended(u64),
    /// The voice cannot go on, for this reason.
    Lost(String),
}

/// A voice of the system, which says one utterance at a time.
pub trait Voice: Send {
    /// Begins to speak, and returns at once with the number that the utterance's events carry.
    ///
    /// # Errors
    /// [`SpeechError::Lost`] if the service is gone, [`SpeechError::Refused`] if it refuses.
    fn speak(&mut self, utterance: &Utterance) -> Result<u64, SpeechError>;

    /// Cuts the utterance short, if there is one.
    ///
    /// # Errors
    /// [`SpeechError::Lost`] if the service is gone.
    fn silence(&mut self) -> Result<(), SpeechError>;

    /// Applies settings from the next utterance on.
    ///
    /// # Errors
    /// [`SpeechError::Lost`] if the service is gone, [`SpeechError::Refused`] if it refuses.
    fn set_settings(&mut self, settings: &VoiceSettings) -> Result<(), SpeechError>;

    /// The voices that can be chosen.
    ///
    /// # Errors
    /// [`SpeechError::Lost`] if the service is gone.
    fn voices(&mut self) -> Result<Vec<VoiceInfo>, SpeechError>;
}

/// Opens the voice of this system.
///
/// # Errors
/// [`SpeechError::NoVoice`] if nothing speaks on this machine.
pub fn open(events: Sender<VoiceEvent>) -> Result<Box<dyn Voice>, SpeechError> {
    #[cfg(any(windows, target_os = "macos"))]
    return Ok(Box::new(crate::system::SystemVoice::open(events)?));
    #[cfg(all(unix, not(target_os = "macos")))]
    return Ok(Box::new(crate::speechd::SpeechDispatcher::open(events)?));
}
