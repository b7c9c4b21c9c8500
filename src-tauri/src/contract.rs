//! The commands with their types, for Tauri and for `ui/src/backend/bindings.ts`.

use std::error::Error;
use std::path::Path;

use specta_typescript::Typescript;
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands};

use crate::commands::{answers, chats, models, panel, pictures, rest, speech};
use crate::ipc::{AnswerEvent, AppEvent, PanelEvent};

/// All that the page may ask for.
pub fn commands() -> Builder<tauri::Wry> {
    Builder::new()
        .commands(collect_commands![
            answers::ask,
            answers::stop,
            chats::chat_delete,
            chats::chat_export,
            chats::chat_open,
            chats::chat_pin,
            chats::chat_rename,
            chats::chat_restore,
            chats::chats,
            chats::chats_import,
            chats::chats_purge,
            chats::choose_branch,
            chats::draft,
            chats::set_draft,
            models::add_model,
            models::cancel_fetch,
            models::choose_model,
            models::fetch_model,
            models::load_model,
            models::memory,
            models::models,
            models::pause_fetch,
            models::release_model,
            models::remove_model,
            models::verify_model,
            panel::panel_close,
            panel::panel_open,
            panel::panel_say,
            panel::panel_watch,
            panel::wishes,
            pictures::add_sample,
            pictures::copy_picture,
            pictures::estimate,
            pictures::paste,
            pictures::pick_pictures,
            pictures::prepare,
            rest::boot,
            rest::check_link,
            rest::copy_text,
            rest::doctor,
            rest::folders,
            rest::full_screen,
            rest::network,
            rest::open_folder,
            rest::open_link,
            rest::quit,
            rest::set_menu,
            rest::set_settings,
            rest::set_title,
            rest::settings,
            rest::ui_ready,
            rest::watch,
            speech::aloud,
            speech::announce,
            speech::check_answer,
            speech::read_aloud,
            speech::stop_check,
            speech::voices,
        ])
        .typ::<AnswerEvent>()
        .typ::<AppEvent>()
        .typ::<PanelEvent>()
        .error_handling(ErrorHandlingMode::Throw)
        // The page gives every field, as Rust does: one form of each type, not one to read and one to write.
        .disable_serde_phases()
        // Ids, bytes and times stay far below 2^53.
        .dangerously_cast_bigints_to_number()
}

/// Writes `ui/src/backend/bindings.ts`, or what it should say to somewhere else.
///
/// # Errors
/// A type that TypeScript has no form for, or a file that cannot be written.
pub fn write(path: &Path) -> Result<(), Box<dyn Error>> {
    let header = "// Made from src-tauri by `cargo xtask bindings`. Do not edit.";
    Ok(commands().export(Typescript::default().header(header), path)?)
}
