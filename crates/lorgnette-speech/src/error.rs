//! Why a voice is not heard.

use std::io;

/// Speech that was not heard. The text can be read again.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// The system has no voice, or its speech service cannot be reached.
    #[error("this system has no voice that can be used: {reason}")]
    NoVoice {
        /// The fault, as the second half of the message.
        reason: String,
    },
    /// The speech service ended, or stopped answering.
    #[error("the speech service stopped")]
    Lost(#[source] io::Error),
    /// The speech service took a text and never told that it says it, as it does without sound.
    #[error("the speech service took a text and said nothing for {seconds} seconds")]
    Silent {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The speech service refused a command.
    #[error("the voice refused {what}: {reason}")]
    Refused {
        /// The command, or a setting in words.
        what: String,
        /// The service's own words.
        reason: String,
    },
}

impl SpeechError {
    /// Says what a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoVoice { .. } if cfg!(target_os = "linux") => {
                "install speech-dispatcher and espeak-ng, and hear `spd-say hello`"
            }
            Self::NoVoice { .. } if cfg!(windows) => {
                "add a voice: Settings, Time & language, Speech, Manage voices"
            }
            Self::NoVoice { .. } => {
                "add a voice: System Settings, Accessibility, Spoken Content, System voice"
            }
            Self::Lost(_) => "try again: the system's speech service is started anew",
            Self::Silent { .. } if cfg!(target_os = "linux") => {
                "hear `spd-say --wait hello`: if that ends in silence, this machine has no sound \
                 that speech-dispatcher can use; connect one, or set AudioOutputMethod in its \
                 speechd.conf"
            }
            Self::Silent { .. } => "check the sound of this machine, then try again",
            Self::Refused { .. } => "choose another voice or rate",
        }
    }
}
