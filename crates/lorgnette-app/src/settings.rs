//! What the person chose, kept in one file that they may also write by hand.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use lorgnette_speech::VoiceSettings;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::files;
use crate::open::{DEFAULT_CONTEXT, ModelChoice, OpenOptions};
use crate::{AnswerOptions, DeviceChoice, Sampling};

/// Settings. What a file does not say has its default; what is not known here is kept as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that people see")]
pub struct Settings {
    /// A model's path, or `pocket`; `None`: the largest installed.
    pub model: Option<String>,
    /// What computes.
    pub device: Device,
    /// Threads that compute; `None`: one for each core. Takes effect at the next start.
    pub threads: Option<usize>,
    /// Tokens of a chat.
    pub context: usize,
    /// Tokens of an answer at most.
    pub max_tokens: usize,
    /// 0: always the likeliest token.
    pub temperature: f64,
    /// Only this many of the likeliest; `None`: all.
    pub top_k: Option<usize>,
    /// Only the likeliest that together have this probability; 1: all.
    pub top_p: f64,
    /// Only those at least this part as likely as the likeliest; 0: all.
    pub min_p: f64,
    /// Same seed, same answer; `None`: another one each time.
    pub seed: Option<u32>,
    /// What the model is told before each chat.
    pub instructions: String,
    /// Longest side of new pictures, in pixels; `None`: all that the model takes.
    pub max_side: Option<u32>,
    /// Pictures are looked at while the question is still written.
    pub prepare_while_typing: bool,
    /// Answers are read aloud while they are written, unless a screen reader runs.
    pub read_aloud: bool,
    /// How fast, -100 to 100.
    pub speech_rate: i32,
    /// How high, -100 to 100.
    pub speech_pitch: i32,
    /// How loud, -100 to 100; 0 is as loud as the system's other voices.
    pub speech_volume: i32,
    /// A voice's name; `None`: the system's choice.
    pub voice: Option<String>,
    /// Colours.
    pub theme: Theme,
    /// Size of text, in percent of the usual.
    pub text_percent: u32,
    /// Language of the window.
    pub language: Language,
    /// Part of the window that the picture takes, 0 to 1.
    pub split: f64,
    /// Whether the list of chats is shown.
    pub show_chats: bool,
    /// Closing the window leaves the program in the tray.
    pub keep_in_tray: bool,
    /// Keys of the whole system bring descriptions anywhere on the desktop.
    pub anywhere: bool,
    /// Those that the person changed, by [`Errand::name`](crate::errand::Errand::name); empty: none.
    pub anywhere_keys: BTreeMap<String, String>,
    /// What their descriptions are for, where the person changed it, by the same names.
    pub anywhere_purposes: BTreeMap<String, String>,
    /// Side of the square around the pointer that is described, in pixels.
    pub region_side: u32,
    /// Keys that the person changed, by action.
    pub keys: BTreeMap<String, String>,
    /// What another version knows.
    #[serde(flatten)]
    pub other: toml::Table,
}

/// What computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// The fastest there is.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA card.
    Cuda,
    /// An Apple card.
    Metal,
}

/// Colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
    /// High contrast.
    Contrast,
}

/// Language of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// As the system has it.
    #[default]
    System,
    /// English.
    En,
    /// French.
    Fr,
}

impl Default for Settings {
    fn default() -> Self {
        let answer = AnswerOptions::default();
        Self {
            model: None,
            device: Device::Auto,
            threads: None,
            context: DEFAULT_CONTEXT,
            max_tokens: answer.max_tokens,
            temperature: answer.sampling.temperature,
            top_k: answer.sampling.top_k,
            top_p: answer.sampling.top_p,
            min_p: f64::from(answer.sampling.min_p),
            seed: None,
            instructions: String::new(),
            max_side: None,
            prepare_while_typing: true,
            read_aloud: false,
            speech_rate: 0,
            speech_pitch: 0,
            speech_volume: 0,
            voice: None,
            theme: Theme::System,
            text_percent: 100,
            language: Language::System,
            split: 0.5,
            show_chats: true,
            keep_in_tray: false,
            anywhere: false,
            anywhere_keys: BTreeMap::new(),
            anywhere_purposes: BTreeMap::new(),
            region_side: 512,
            keys: BTreeMap::new(),
            other: toml::Table::new(),
        }
    }
}

/// The built-in model, in [`Settings::model`].
pub const BUILT_IN: &str = "pocket";

impl Settings {
    /// Reads them; the defaults when there is no file yet.
    ///
    /// # Errors
    /// [`AppError::Settings`] for a file that is not readable as settings; it is left as it is.
    pub fn read(path: &Path) -> Result<Self, AppError> {
        let wrong = |reason: String| AppError::Settings { path: path.to_owned(), reason };
        match fs_err::read_to_string(path) {
            Ok(text) => {
                let settings: Self =
                    toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
                Ok(settings.within_bounds())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(wrong(error.to_string())),
        }
    }

    /// Writes them: all of them or, whatever happens, the old ones.
    ///
    /// # Errors
    /// [`AppError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), AppError> {
        let text = toml::to_string_pretty(self)
            .map_err(|error| AppError::Write(io::Error::other(error)))?;
        files::write_whole(path, text.as_bytes()).map_err(AppError::Write)
    }

    /// The same with each number where it makes sense: a hand-written file may say anything.
    #[must_use]
    pub fn within_bounds(mut self) -> Self {
        let between = |value: f64, low: f64, high: f64, usual: f64| {
            if value.is_finite() { value.clamp(low, high) } else { usual }
        };
        let usual = Self::default();
        self.threads = self.threads.map(|threads| threads.clamp(1, 1024));
        self.context = self.context.clamp(256, 1 << 20);
        self.max_tokens = self.max_tokens.clamp(1, 1 << 20);
        self.temperature = between(self.temperature, 0.0, 2.0, usual.temperature);
        self.top_k = self.top_k.filter(|top_k| *top_k > 0);
        self.top_p = between(self.top_p, 0.0, 1.0, usual.top_p);
        self.min_p = between(self.min_p, 0.0, 1.0, usual.min_p);
        for number in [&mut self.speech_rate, &mut self.speech_pitch, &mut self.speech_volume] {
            *number = (*number).clamp(-100, 100);
        }
        self.text_percent = self.text_percent.clamp(50, 300);
        self.region_side = self.region_side.clamp(64, 4096);
        self.split = between(self.split, 0.15, 0.85, usual.split);
        self
    }

    /// Which model, and how it is loaded.
    pub fn open_options(&self) -> OpenOptions {
        OpenOptions {
            model: match self.model.as_deref() {
                None => ModelChoice::Best,
                Some(BUILT_IN) => ModelChoice::BuiltIn,
                Some(path) => ModelChoice::At(PathBuf::from(path)),
            },
            device: match self.device {
                Device::Auto => DeviceChoice::Auto,
                Device::Cpu => DeviceChoice::Cpu,
                Device::Cuda => DeviceChoice::Cuda(0),
                Device::Metal => DeviceChoice::Metal,
            },
            context: self.context,
            threads: self.threads,
            ..OpenOptions::default()
        }
    }

    /// How answers are made.
    pub fn answer_options(&self) -> AnswerOptions {
        AnswerOptions {
            max_tokens: self.max_tokens,
            sampling: Sampling {
                temperature: self.temperature,
                top_k: self.top_k,
                top_p: self.top_p,
                min_p: self.min_p as f32,
                seed: self.seed.map_or_else(files::now_ms, i64::from).unsigned_abs(),
                ..Sampling::default()
            },
            ..AnswerOptions::default()
        }
    }

    /// How answers are read aloud.
    pub fn voice_settings(&self) -> VoiceSettings {
        VoiceSettings {
            rate: self.speech_rate,
            pitch: self.speech_pitch,
            volume: self.speech_volume,
            voice: self.voice.clone(),
        }
    }

    /// Whether the model has to be loaded again for the other settings to take effect.
    pub fn loads_as(&self, other: &Self) -> bool {
        (&self.model, self.device, self.context, self.threads)
            == (&other.model, other.device, other.context, other.threads)
    }
}

#[cfg(test)]
mod tests;
