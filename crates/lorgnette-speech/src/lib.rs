//! Reads answers aloud while they are still written.
//!
//! In reading order:
//! - [`Reader`]: takes Markdown or its sentences as they come, speaks them, tells what is spoken
//! - [`text`]: Markdown as a person would say it, in sentences, each as soon as it is finished
//! - [`language`]: the language of a sentence
//! - `queue`: what is spoken next, as one pure step
//! - [`run_loop`]: what a program without a window does so that voices can tell it something
//! - [`Voice`]: the system's voice; `speechd` on Linux, `system` on macOS and Windows

mod error;
pub mod language;
mod queue;
mod reader;
pub mod run_loop;
#[cfg(all(unix, not(target_os = "macos")))]
mod speechd;
#[cfg(any(windows, target_os = "macos"))]
mod system;
pub mod text;
mod voice;

pub use error::SpeechError;
pub use reader::{Reader, Told};
pub use text::{Phrases, Script, Sentence};
pub use voice::{Utterance, Voice, VoiceEvent, VoiceInfo, VoiceSettings, open};
