//! Settings, the keys of quick actions, folders.

use lorgnette_app::purpose::Purpose;
use lorgnette_app::quick_action::{KeyBinding, QuickAction};
pub use lorgnette_app::settings::PageSettings as SettingsDto;
use serde::Serialize;
use specta::Type;

/// A quick action with its keys, as the settings page shows it.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "KeyBinding")]
pub struct KeyBindingDto {
    action: QuickAction,
    /// Empty where the person wants none.
    keys: String,
    /// Its keys until the person chooses others.
    usual_keys: String,
    /// What its description is for; null for an action that describes nothing.
    purpose: Option<Purpose>,
    /// Why the system did not give it its keys.
    fault: Option<String>,
}

/// Where the files of the person lie.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "Folders")]
pub struct FoldersDto {
    pub(crate) data: String,
    pub(crate) config: String,
    pub(crate) models: String,
}

impl KeyBindingDto {
    /// Adds what is known of keys that could not be had.
    pub fn new(binding: KeyBinding, faults: &[(QuickAction, String)]) -> Self {
        let fault = faults.iter().find(|(action, _)| *action == binding.action);
        Self {
            action: binding.action,
            keys: binding.keys,
            usual_keys: binding.action.usual_keys().into(),
            purpose: binding.purpose,
            fault: fault.map(|(_, reason)| reason.clone()),
        }
    }
}
