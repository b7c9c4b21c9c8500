//! What the person chose, kept in one file that they may also write by hand.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use lorgnette_speech::VoiceSettings;
use serde::{Deserialize, Serialize};

use lorgnette_chats::clock::{now_ms, stamp};
use lorgnette_engine::{AnswerOptions, Sampling};
use lorgnette_models::open::{DEFAULT_CONTEXT, KvChoice, ModelChoice, OpenOptions};
use lorgnette_models::whole_file;
use lorgnette_pixtral::{DeviceChoice, KvFormat};

/// Why settings cannot be had or kept.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("the settings in {} cannot be read: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// A file that cannot be written; the source names it.
    #[error(transparent)]
    Write(io::Error),
}

/// Declares the settings: what is kept, its defaults, and what crosses to the page.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr,)+) => {
        /// Settings. What a file does not say has its default; what is not known here is kept as it is.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default, rename_all = "kebab-case")]
        pub struct Settings {
            $($(#[$doc])* pub $name: $type,)+
            /// What another version knows.
            #[serde(flatten)]
            pub other: toml::Table,
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($name: $default,)+ other: toml::Table::new() }
            }
        }

        /// The settings as they cross to the page and back. What another version knows stays here.
        #[cfg(feature = "ipc")]
        #[derive(Debug, Clone, Serialize, Deserialize, specta::Type)]
        #[serde(rename = "Settings", rename_all = "camelCase")]
        pub struct PageSettings {
            $($(#[$doc])* $name: $type,)+
        }

        #[cfg(feature = "ipc")]
        impl From<Settings> for PageSettings {
            fn from(settings: Settings) -> Self {
                Self { $($name: settings.$name),+ }
            }
        }

        #[cfg(feature = "ipc")]
        impl From<PageSettings> for Settings {
            fn from(settings: PageSettings) -> Self {
                Self { $($name: settings.$name,)+ other: toml::Table::new() }
            }
        }
    };
}

settings! {
    /// A model's path, `pocket`, or `server:` and the name of a server; `None`: the largest installed.
    model: Option<String> = None,
    /// The device that computes.
    device: Device = Device::Auto,
    /// Threads that compute; `None`: one for each core. Takes effect at the next start.
    threads: Option<usize> = None,
    /// Tokens of a chat.
    context: usize = DEFAULT_CONTEXT,
    /// The number format of keys and values.
    kv: Kv = Kv::Auto,
    /// Tokens of an answer at most.
    max_tokens: usize = AnswerOptions::default().max_tokens,
    /// 0: always the likeliest token.
    temperature: f64 = AnswerOptions::default().sampling.temperature,
    /// Only this many of the likeliest; `None`: all.
    top_k: Option<usize> = AnswerOptions::default().sampling.top_k,
    /// Only the likeliest that together have this probability; 1: all.
    top_p: f64 = AnswerOptions::default().sampling.top_p,
    /// Only those at least this part as likely as the likeliest; 0: all.
    min_p: f64 = f64::from(AnswerOptions::default().sampling.min_p),
    /// Same seed, same answer; `None`: another one each time.
    seed: Option<u32> = None,
    /// What the model is told before each chat.
    instructions: String = String::new(),
    /// Longest side of new pictures, in pixels; `None`: all that the model takes.
    max_side: Option<u32> = None,
    /// Pictures are looked at while the question is still written.
    prepare_while_typing: bool = true,
    /// When a short answer about small pictures comes before one that takes long to begin.
    first_look: FirstLook = FirstLook::Keys,
    /// Answers are read aloud while they are written, unless a screen reader runs.
    read_aloud: bool = false,
    /// The text in pictures is read: shown on them, searched, and held against answers.
    read_text: bool = true,
    /// How fast, -100 to 100.
    speech_rate: i32 = 0,
    /// How high, -100 to 100.
    speech_pitch: i32 = 0,
    /// How loud, -100 to 100; 0 is as loud as the system's other voices.
    speech_volume: i32 = 0,
    /// A voice's name; `None`: the system's choice.
    voice: Option<String> = None,
    /// The colours of the window.
    theme: Theme = Theme::System,
    /// Size of text, in percent of the usual.
    text_percent: u32 = 100,
    /// Language of the window.
    language: Language = Language::System,
    /// Part of the window that the picture takes, 0 to 1.
    split: f64 = 0.5,
    /// Whether the list of chats is shown.
    show_chats: bool = true,
    /// The window opens with the chat that was used last, not with a new one.
    reopen_last_chat: bool = false,
    /// Closing the window leaves the program in the tray.
    keep_in_tray: bool = false,
    /// Other programs of this machine may ask the model.
    serve: bool = false,
    /// The port at which they do.
    serve_port: u16 = SERVE_PORT,
    /// Keys of the whole system bring descriptions anywhere on the desktop.
    anywhere: bool = false,
    /// Keys of quick actions that the person changed, by
    /// `QuickAction::name`; empty: none.
    anywhere_keys: BTreeMap<String, String> = BTreeMap::new(),
    /// What their descriptions are for, where the person changed it, by the same names.
    anywhere_purposes: BTreeMap<String, String> = BTreeMap::new(),
    /// Side of the square around the pointer that is described, in pixels.
    region_side: u32 = 512,
    /// Keys that the person changed, by action.
    keys: BTreeMap<String, String> = BTreeMap::new(),
}

/// Where other programs ask, unless somebody says otherwise; no program that is known to us listens there.
pub const SERVE_PORT: u16 = 11_535;
/// Lower ones are the system's.
const LOWEST_PORT: u16 = 1024;

/// The device that computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// The fastest there is.
    #[default]
    Auto,
    Cpu,
    Cuda,
    Metal,
}

/// The number format of keys and values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "kebab-case")]
pub enum Kv {
    /// F16 where it fits into the memory that is free, else 8 bits.
    #[default]
    Auto,
    F16,
    #[serde(rename = "q8_0")]
    Q8_0,
}

/// When a question about pictures that take long is answered briefly first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "kebab-case")]
pub enum FirstLook {
    Never,
    /// When it was asked by a key of the desktop, and somebody listens.
    #[default]
    Keys,
    Always,
}

/// The colours of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    Light,
    Dark,
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
    En,
    Fr,
}

pub use lorgnette_models::BUILT_IN;

impl Settings {
    /// Reads them; the defaults when there is no file yet.
    ///
    /// # Errors
    /// [`SettingsError::Unreadable`] for a file that is not readable as settings; it is left as it is.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let wrong = |reason: String| SettingsError::Unreadable { path: path.to_owned(), reason };
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
    /// [`SettingsError::Write`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), SettingsError> {
        let text = toml::to_string_pretty(self)
            .map_err(|error| SettingsError::Write(io::Error::other(error)))?;
        whole_file::write(path, text.as_bytes()).map_err(SettingsError::Write)
    }

    /// Moves a file that cannot be read aside, under a name with the moment. Returns where it is now.
    ///
    /// # Errors
    /// Those of renaming.
    pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
        let aside = path.with_file_name(format!("settings-{}.toml", stamp(now_ms())));
        whole_file::rename(path, &aside)?;
        Ok(aside)
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
        self.serve_port = self.serve_port.max(LOWEST_PORT);
        self.split = between(self.split, 0.15, 0.85, usual.split);
        self
    }

    /// Which model, and how it is loaded.
    pub fn open_options(&self) -> OpenOptions {
        OpenOptions {
            model: self.model.as_deref().map_or(ModelChoice::Best, ModelChoice::of_id),
            device: match self.device {
                Device::Auto => DeviceChoice::Auto,
                Device::Cpu => DeviceChoice::Cpu,
                Device::Cuda => DeviceChoice::Cuda(0),
                Device::Metal => DeviceChoice::Metal,
            },
            context: self.context,
            kv: match self.kv {
                Kv::Auto => KvChoice::Auto,
                Kv::F16 => KvChoice::Format(KvFormat::F16),
                Kv::Q8_0 => KvChoice::Format(KvFormat::Q8_0),
            },
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
                seed: self.seed.map_or_else(now_ms, i64::from).unsigned_abs(),
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
        (&self.model, self.device, self.context, self.kv, self.threads)
            == (&other.model, other.device, other.context, other.kv, other.threads)
    }
}

#[cfg(test)]
mod tests;
