//! The page's contract: the commands and all types that cross, for Tauri's handler and for
//! `ui/src/contract.ts`, which is the page's only declaration of them.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use lorgnette_app::FaultId;
use lorgnette_app::settings::Settings;
use specta_typescript::{Typescript, semantic};
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands};

use crate::ipc::{AnswerEvent, AppEvent, PanelEvent, SettingsDto};

/// Makes the handler and its types of `commands/list.rs`.
macro_rules! commands {
    ($($($window:ident)&+ { $($module:ident::$name:ident),+ $(,)? })+) => {
        collect_commands![$($(crate::commands::$module::$name),+),+]
    };
}

/// All that the pages of the program may ask for, and what they are told.
pub fn builder() -> Builder<tauri::Wry> {
    let gaps: BTreeMap<FaultId, &[&str]> = FaultId::GAPS.iter().copied().collect();
    Builder::new()
        .commands(include!("commands/list.rs"))
        .typ::<AnswerEvent>()
        .typ::<AppEvent>()
        .typ::<PanelEvent>()
        .constant("faultGaps", gaps)
        .constant("defaultSettings", SettingsDto::from(Settings::default()))
        .error_handling(ErrorHandlingMode::Throw)
        // The page gives every field, as Rust does: one form of each type, not one to read and one to write.
        .disable_serde_phases()
        // Ids, bytes and times stay far below 2^53, and no number that crosses is infinite or none.
        .dangerously_cast_bigints_to_number()
        .semantic_types(semantic::Configuration::empty().enable_lossless_floats())
}

/// Writes `ui/src/contract.ts`, or what it should say to somewhere else.
///
/// # Errors
/// A type that TypeScript has no form for, or a file that cannot be written.
pub fn write(path: &Path) -> Result<(), Box<dyn Error>> {
    let header = "// Made from src-tauri by `cargo xtask bindings`. Do not edit.";
    Ok(builder().export(Typescript::default().header(header), path)?)
}
