//! What speaks, behind one trait.

use std::sync::mpsc::Sender;

use crate::error::SpeechError;

/// How it speaks. Of the numbers 0 is usual, -100 the least and 100 the most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VoiceSettings {
    /// How fast.
    pub rate: i32,
    /// How high.
    pub pitch: i32,
    /// How loud; 0 is as loud as the system's other voices.
    pub volume: i32,
    /// A voice's name, for what is in its language; `None`: the system's choice.
    pub voice: Option<String>,
}

impl VoiceSettings {
    /// The same with each number in its bounds.
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
    /// What it is called, and chosen by.
    pub name: String,
    /// ISO 639-1, in small letters.
    pub language: String,
}

/// What is to be said in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// Words, without markup.
    pub text: String,
    /// Where to begin, in bytes: what stands before was said already.
    pub from: usize,
    /// ISO 639-1; `None`: the system's own.
    pub language: Option<&'static str>,
}

/// What a voice tells, with the number that [`Voice::speak`] gave. What was silenced ends without
/// being told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoiceEvent {
    /// The first sound.
    Began(u64),
    /// It comes to the word at this byte of the text. Not every voice tells.
    Word(u64, usize),
    /// It was said to its end.
    Ended(u64),
    /// It cannot go on; the reason.
    Lost(String),
}

/// A voice of the system. One utterance at a time.
pub trait Voice: Send {
    /// Begins to speak and returns at once; the number that its events carry.
    ///
    /// # Errors
    /// [`SpeechError::Lost`], [`SpeechError::Refused`].
    fn speak(&mut self, utterance: &Utterance) -> Result<u64, SpeechError>;

    /// Is silent from now on.
    ///
    /// # Errors
    /// [`SpeechError::Lost`].
    fn silence(&mut self) -> Result<(), SpeechError>;

    /// How it speaks from the next utterance on.
    ///
    /// # Errors
    /// [`SpeechError::Lost`], [`SpeechError::Refused`].
    fn set_settings(&mut self, settings: &VoiceSettings) -> Result<(), SpeechError>;

    /// The voices that can be chosen.
    ///
    /// # Errors
    /// [`SpeechError::Lost`].
    fn voices(&mut self) -> Result<Vec<VoiceInfo>, SpeechError>;
}

/// The voice of this system.
///
/// # Errors
/// [`SpeechError::NoVoice`].
pub fn open(events: Sender<VoiceEvent>) -> Result<Box<dyn Voice>, SpeechError> {
    #[cfg(any(windows, target_os = "macos"))]
    return Ok(Box::new(crate::system::SystemVoice::open(events)?));
    #[cfg(all(unix, not(target_os = "macos")))]
    return Ok(Box::new(crate::speechd::SpeechDispatcher::open(events)?));
}
