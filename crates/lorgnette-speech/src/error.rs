//! What can go wrong with a voice.

use std::io;

/// Speech that was not heard. What was to be read is still there to be read again.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// Nothing on this system speaks.
    #[error("nothing speaks here: {reason}")]
    NoVoice {
        /// Why.
        reason: String,
    },
    /// The voice was there and is not any more.
    #[error("the voice fell silent")]
    Lost(#[source] io::Error),
    /// The voice does not do what it was asked.
    #[error("the voice refused {what}: {reason}")]
    Refused {
        /// What was asked of it.
        what: String,
        /// What it said.
        reason: String,
    },
}

impl SpeechError {
    /// What to do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoVoice { .. } if cfg!(target_os = "linux") => {
                "install speech-dispatcher and espeak-ng, and hear `spd-say hello`"
            }
            Self::NoVoice { .. } => "add a voice in the system's settings",
            Self::Lost(_) => "try again: the system's speech service is started anew",
            Self::Refused { .. } => "choose another voice or rate",
        }
    }
}
