//! What the panel is told.

use lorgnette_app::quick_action::QuickAction;
use serde::Serialize;
use specta::Type;

use super::{AnswerEvent, SettingsDto, UiError};

/// What the panel is told.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PanelEvent {
    /// A quick action begins; the settings say how the panel looks and speaks.
    Begun { action: QuickAction, settings: Box<SettingsDto> },
    /// Something of its answer.
    Answer { event: Box<AnswerEvent> },
    /// The quick action failed.
    Failed { error: UiError },
}
