//! What the person chose.

use std::collections::BTreeMap;

use lorgnette_app::settings::{Device, Language, Settings, Theme};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

/// Settings.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Settings")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that people see")]
pub struct SettingsDto {
    model: Option<String>,
    device: DeviceDto,
    threads: Option<usize>,
    context: usize,
    max_tokens: usize,
    #[specta(type = Number)]
    temperature: f64,
    top_k: Option<usize>,
    #[specta(type = Number)]
    top_p: f64,
    #[specta(type = Number)]
    min_p: f64,
    seed: Option<u32>,
    instructions: String,
    max_side: Option<u32>,
    prepare_while_typing: bool,
    read_aloud: bool,
    speech_rate: i32,
    speech_pitch: i32,
    speech_volume: i32,
    voice: Option<String>,
    theme: ThemeDto,
    text_percent: u32,
    language: LanguageDto,
    anywhere: bool,
    anywhere_keys: BTreeMap<String, String>,
    anywhere_purposes: BTreeMap<String, String>,
    region_side: u32,
    keys: BTreeMap<String, String>,
    #[specta(type = Number)]
    split: f64,
    show_chats: bool,
    keep_in_tray: bool,
}

/// An enum of the app under the same names, both ways.
macro_rules! same {
    ($dto:ident as $name:literal = $app:ident { $($variant:ident),+ }) => {
        #[derive(Debug, Clone, Copy, Serialize, Deserialize, Type)]
        #[serde(rename_all = "camelCase")]
        #[serde(rename = $name)]
        enum $dto { $($variant),+ }

        impl From<$app> for $dto {
            fn from(value: $app) -> Self {
                match value { $($app::$variant => Self::$variant),+ }
            }
        }

        impl From<$dto> for $app {
            fn from(value: $dto) -> Self {
                match value { $($dto::$variant => Self::$variant),+ }
            }
        }
    };
}

same!(DeviceDto as "Device" = Device { Auto, Cpu, Cuda, Metal });
same!(ThemeDto as "Theme" = Theme { System, Light, Dark, Contrast });
same!(LanguageDto as "Language" = Language { System, En, Fr });

impl From<Settings> for SettingsDto {
    fn from(settings: Settings) -> Self {
        Self {
            model: settings.model,
            device: settings.device.into(),
            threads: settings.threads,
            context: settings.context,
            max_tokens: settings.max_tokens,
            temperature: settings.temperature,
            top_k: settings.top_k,
            top_p: settings.top_p,
            min_p: settings.min_p,
            seed: settings.seed,
            instructions: settings.instructions,
            max_side: settings.max_side,
            prepare_while_typing: settings.prepare_while_typing,
            read_aloud: settings.read_aloud,
            speech_rate: settings.speech_rate,
            speech_pitch: settings.speech_pitch,
            speech_volume: settings.speech_volume,
            voice: settings.voice,
            theme: settings.theme.into(),
            text_percent: settings.text_percent,
            language: settings.language.into(),
            anywhere: settings.anywhere,
            anywhere_keys: settings.anywhere_keys,
            anywhere_purposes: settings.anywhere_purposes,
            region_side: settings.region_side,
            keys: settings.keys,
            split: settings.split,
            show_chats: settings.show_chats,
            keep_in_tray: settings.keep_in_tray,
        }
    }
}

impl From<SettingsDto> for Settings {
    fn from(settings: SettingsDto) -> Self {
        Self {
            model: settings.model,
            device: settings.device.into(),
            threads: settings.threads,
            context: settings.context,
            max_tokens: settings.max_tokens,
            temperature: settings.temperature,
            top_k: settings.top_k,
            top_p: settings.top_p,
            min_p: settings.min_p,
            seed: settings.seed,
            instructions: settings.instructions,
            max_side: settings.max_side,
            prepare_while_typing: settings.prepare_while_typing,
            read_aloud: settings.read_aloud,
            speech_rate: settings.speech_rate,
            speech_pitch: settings.speech_pitch,
            speech_volume: settings.speech_volume,
            voice: settings.voice,
            theme: settings.theme.into(),
            text_percent: settings.text_percent,
            language: settings.language.into(),
            anywhere: settings.anywhere,
            anywhere_keys: settings.anywhere_keys,
            anywhere_purposes: settings.anywhere_purposes,
            region_side: settings.region_side,
            keys: settings.keys,
            split: settings.split,
            show_chats: settings.show_chats,
            keep_in_tray: settings.keep_in_tray,
            // The app keeps what it has of other versions.
            other: toml::Table::default(),
        }
    }
}
