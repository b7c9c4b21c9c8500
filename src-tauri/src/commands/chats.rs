//! Commands for the chats that are kept.

use lorgnette_app::chats::{ChatsCopy, Filter, Summary};
use lorgnette_export::{self as export, ExportFormat};
use tauri::AppHandle;

use super::{AppState, Outcome, apart};
use crate::dialogs;
use crate::ipc::{ChatDto, DraftDto, ImportedDto, OpenDraftDto, RefusedFileDto};

/// How many chats are on a page of the list.
pub const PAGE: usize = 100;

/// Gives a page of the list of chats.
#[tauri::command]
#[specta::specta]
pub async fn chats(
    app: AppState<'_>,
    search: String,
    deleted: bool,
    offset: usize,
) -> Outcome<Vec<Summary>> {
    let app = app.inner().clone();
    apart(move || {
        let without_pictures = !app.settings().read_text;
        let filter = Filter { search, without_pictures, deleted, offset, limit: PAGE };
        Ok(app.chats().list(&filter)?)
    })
    .await
}

/// Opens a chat with the branch that was shown last.
#[tauri::command]
#[specta::specta]
pub async fn chat_open(app: AppState<'_>, id: i64) -> Outcome<ChatDto> {
    let app = app.inner().clone();
    apart(move || Ok(app.chats_of(id)?.chat(id)?.into())).await
}

/// Gives a chat another title.
#[tauri::command]
#[specta::specta]
pub async fn chat_rename(app: AppState<'_>, id: i64, title: String) -> Outcome<()> {
    Ok(app.chats().rename(id, &title)?)
}

/// Pins a chat to the top of the list, or unpins it.
#[tauri::command]
#[specta::specta]
pub async fn chat_pin(app: AppState<'_>, id: i64, pinned: bool) -> Outcome<()> {
    Ok(app.chats().pin(id, pinned)?)
}

/// Deletes a chat; [`chat_restore`] brings it back.
#[tauri::command]
#[specta::specta]
pub async fn chat_delete(app: AppState<'_>, id: i64) -> Outcome<()> {
    Ok(app.chats().delete(id)?)
}

/// Brings a deleted chat back.
#[tauri::command]
#[specta::specta]
pub async fn chat_restore(app: AppState<'_>, id: i64) -> Outcome<()> {
    Ok(app.chats().restore(id)?)
}

/// Removes deleted chats for good, and says how many.
#[tauri::command]
#[specta::specta]
pub async fn chats_purge(app: AppState<'_>) -> Outcome<usize> {
    let app = app.inner().clone();
    apart(move || Ok(app.purge()?)).await
}

/// Shows the branch that goes through a message.
#[tauri::command]
#[specta::specta]
pub async fn choose_branch(app: AppState<'_>, message: i64) -> Outcome<ChatDto> {
    Ok(app.chats_of(message)?.choose_branch(message)?.into())
}

/// Begins a private chat. Pictures that are added from now on are its own.
#[tauri::command]
#[specta::specta]
pub async fn private_begin(app: AppState<'_>) -> Outcome<ChatDto> {
    Ok(app.begin_private()?.into())
}

/// Ends the private chat, of which nothing is left then.
#[tauri::command]
#[specta::specta]
pub async fn private_end(app: AppState<'_>) -> Outcome<()> {
    app.end_private();
    Ok(())
}

/// Lists the copies of the chats that are kept, the newest first.
#[tauri::command]
#[specta::specta]
pub async fn copies(app: AppState<'_>) -> Outcome<Vec<ChatsCopy>> {
    Ok(app.copies())
}

/// Goes on with the chats of a copy; those of now stay beside.
#[tauri::command]
#[specta::specta]
pub async fn restore_copy(app: AppState<'_>, name: String) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || Ok(app.restore_copy(&name)?)).await
}

/// Keeps what is written and not yet sent.
#[tauri::command]
#[specta::specta]
pub async fn set_draft(app: AppState<'_>, chat_id: Option<i64>, draft: DraftDto) -> Outcome<()> {
    Ok(app.chats().set_draft(chat_id, &draft.into())?)
}

/// Gives what was written and not sent.
#[tauri::command]
#[specta::specta]
pub async fn draft(app: AppState<'_>, chat_id: Option<i64>) -> Outcome<OpenDraftDto> {
    Ok(app.chats().draft(chat_id)?.into())
}

/// Writes a chat where the person chooses; gives the path, or nothing when they choose none.
#[tauri::command]
#[specta::specta]
pub async fn chat_export(
    handle: AppHandle,
    app: AppState<'_>,
    id: i64,
    format: ExportFormat,
) -> Outcome<Option<String>> {
    let app = app.inner().clone();
    let title = app.chats().chat(id)?.title;
    let Some(path) = dialogs::save(&handle, &export::file_name(&title, format)).await else {
        return Ok(None);
    };
    apart(move || {
        export::write(&app, id, format, &path)?;
        Ok(Some(path.display().to_string()))
    })
    .await
}

/// Makes chats of exported files that the person chooses.
#[tauri::command]
#[specta::specta]
pub async fn chats_import(handle: AppHandle, app: AppState<'_>) -> Outcome<Option<ImportedDto>> {
    let app = app.inner().clone();
    let Some(paths) = dialogs::pick_exports(&handle).await else { return Ok(None) };
    apart(move || {
        let mut imported = ImportedDto { chats: Vec::new(), faults: Vec::new() };
        for path in paths {
            match export::import(&app, &path) {
                Ok(chat) => imported.chats.push(chat),
                Err(error) => {
                    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                    let (name, error) = (name.into_owned(), error.into());
                    imported.faults.push(RefusedFileDto { name, error, locked: None });
                }
            }
        }
        Ok(Some(imported))
    })
    .await
}
