//! Commands for documents: their pages, their passwords, what is on which page.

use super::{AppState, Outcome, apart};
use crate::ipc::PictureDto;

/// Chooses pages of a document, from 1, each as a picture of its own. None of them is drawn for it.
#[tauri::command]
#[specta::specta]
pub async fn choose_pages(
    app: AppState<'_>,
    id: String,
    pages: Vec<u32>,
) -> Outcome<Vec<PictureDto>> {
    let app = app.inner().clone();
    apart(move || Ok(app.choose_pages(&id, &pages)?.into_iter().map(Into::into).collect())).await
}

/// Opens a document with its password: one that could not be added, or one of a chat.
#[tauri::command]
#[specta::specta]
pub async fn unlock(app: AppState<'_>, id: String, password: String) -> Outcome<PictureDto> {
    let app = app.inner().clone();
    apart(move || Ok(app.unlock(&id, &password)?.into())).await
}

/// Gives the pages of a picture's document on which the words are.
#[tauri::command]
#[specta::specta]
pub async fn find_pages(app: AppState<'_>, id: String, text: String) -> Outcome<Vec<u32>> {
    let app = app.inner().clone();
    apart(move || Ok(app.pages_with(&id, &text)?)).await
}
