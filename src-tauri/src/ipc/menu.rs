//! The menu bar and the tray, as the page says them.

use serde::Deserialize;
use specta::Type;

/// A menu of the menu bar.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename = "Menu")]
pub struct MenuDto {
    pub(crate) label: String,
    pub(crate) items: Vec<MenuItemDto>,
}

/// An entry of a menu.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[serde(rename = "MenuItem")]
pub enum MenuItemDto {
    /// An action of the page.
    Action {
        /// What the page calls it.
        action: String,
        label: String,
        /// Its keys, such as `Ctrl+O`.
        keys: Option<String>,
        enabled: bool,
    },
    /// A line between entries.
    Separator,
    /// Something that the system does with text.
    Edit { edit: EditDto, label: String },
}

/// Something that the system does with text.
#[derive(Debug, Clone, Copy, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Edit")]
pub enum EditDto {
    Undo,
    Redo,
    Cut,
    Copy,
    Paste,
    SelectAll,
}
