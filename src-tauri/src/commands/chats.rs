//! The chats that are kept.

use lorgnette_app::chats::Filter;
use lorgnette_app::export::{self, ExportFormat};
use tauri::AppHandle;

use super::{AppState, Outcome, apart};
use crate::dialogs;
use crate::ipc::{ChatDto, ChatSummaryDto, DraftDto, FaultDto, ImportedDto, OpenDraftDto};

/// Chats of a page of the list.
pub const PAGE: usize = 100;

/// A page of the list.
#[tauri::command]
#[specta::specta]
pub async fn chats(
    app: AppState<'_>,
    search: String,
    deleted: bool,
    offset: usize,
) -> Outcome<Vec<ChatSummaryDto>> {
    let app = app.inner().clone();
    apart(move || {
        let filter = Filter { search, deleted, offset, limit: PAGE };
        Ok(app.chats().list(&filter)?.into_iter().map(Into::into).collect())
    })
    .await
}

/// A chat with the branch that was shown last.
#[tauri::command]
#[specta::specta]
pub async fn chat_open(app: AppState<'_>, id: i64) -> Outcome<ChatDto> {
    let app = app.inner().clone();
    apart(move || Ok(app.chats().chat(id)?.into())).await
}

/// Calls a chat otherwise.
#[tauri::command]
#[specta::specta]
pub async fn chat_rename(app: AppState<'_>, id: i64, title: String) -> Outcome<()> {
    Ok(app.chats().rename(id, &title)?)
}

/// Puts a chat first, or no longer.
#[tauri::command]
#[specta::specta]
pub async fn chat_pin(app: AppState<'_>, id: i64, pinned: bool) -> Outcome<()> {
    Ok(app.chats().pin(id, pinned)?)
}

/// Deletes a chat, which can be taken back.
#[tauri::command]
#[specta::specta]
pub async fn chat_delete(app: AppState<'_>, id: i64) -> Outcome<()> {
    Ok(app.chats().delete(id)?)
}

/// Takes it back.
#[tauri::command]
#[specta::specta]
pub async fn chat_restore(app: AppState<'_>, id: i64) -> Outcome<()> {
    Ok(app.chats().restore(id)?)
}

/// Really removes what was deleted.
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
    Ok(app.chats().choose_branch(message)?.into())
}

/// Keeps what is written and not yet sent.
#[tauri::command]
#[specta::specta]
pub async fn set_draft(app: AppState<'_>, chat_id: Option<i64>, draft: DraftDto) -> Outcome<()> {
    Ok(app.chats().set_draft(chat_id, &draft.into())?)
}

/// What was written and not sent.
#[tauri::command]
#[specta::specta]
pub async fn draft(app: AppState<'_>, chat_id: Option<i64>) -> Outcome<OpenDraftDto> {
    Ok(app.chats().draft(chat_id)?.into())
}

/// Writes a chat where the person chooses; nowhere when they do not.
#[tauri::command]
#[specta::specta]
pub async fn chat_export(
    handle: AppHandle,
    app: AppState<'_>,
    id: i64,
    format: ExportFormatDto,
) -> Outcome<Option<String>> {
    let app = app.inner().clone();
    let format = ExportFormat::from(format);
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

/// Makes chats of files that were exported, which the person chooses.
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
                    imported.faults.push(FaultDto { name: name.into_owned(), error: error.into() });
                }
            }
        }
        Ok(Some(imported))
    })
    .await
}

/// As what a chat is written.
#[derive(Debug, Clone, Copy, serde::Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "ExportFormat")]
pub enum ExportFormatDto {
    /// A folder with a file of text and one of each picture.
    Markdown,
    /// One page with everything in it.
    Html,
}

impl From<ExportFormatDto> for ExportFormat {
    fn from(format: ExportFormatDto) -> Self {
        match format {
            ExportFormatDto::Markdown => Self::Markdown,
            ExportFormatDto::Html => Self::Html,
        }
    }
}
