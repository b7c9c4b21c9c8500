//! Commands for models and their memory.

use lorgnette_app::coordinator::App;
use lorgnette_app::{bench, doctor, open};
use tauri::AppHandle;

use super::{AppState, Outcome, apart};
use crate::dialogs;
use crate::ipc::{MemoryDto, ModelDto};

/// All models that are here or can be had.
pub fn list(app: &App) -> Vec<ModelDto> {
    app.models().into_iter().map(Into::into).collect()
}

/// Lists all models that are here or can be had.
#[tauri::command]
#[specta::specta]
pub async fn models(app: AppState<'_>) -> Outcome<Vec<ModelDto>> {
    let app = app.inner().clone();
    apart(move || Ok(list(&app))).await
}

/// Loads the model that is chosen.
#[tauri::command]
#[specta::specta]
pub async fn load_model(app: AppState<'_>) -> Outcome<()> {
    app.load();
    Ok(())
}

/// Gives the model's memory back.
#[tauri::command]
#[specta::specta]
pub async fn release_model(app: AppState<'_>) -> Outcome<()> {
    app.release();
    Ok(())
}

/// Chooses a model and loads it.
#[tauri::command]
#[specta::specta]
pub async fn choose_model(app: AppState<'_>, id: String) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || {
        let mut settings = app.settings();
        let is_new = settings.model.as_deref() != Some(id.as_str());
        settings.model = Some(id);
        app.set_settings(settings)?;
        if !is_new {
            app.load();
        }
        Ok(())
    })
    .await
}

/// Uses a model that lies elsewhere, where the person points; gives nothing when they do not.
#[tauri::command]
#[specta::specta]
pub async fn add_model(
    handle: AppHandle,
    app: AppState<'_>,
    folder: bool,
) -> Outcome<Option<Vec<ModelDto>>> {
    let app = app.inner().clone();
    let Some(path) = dialogs::pick_model(&handle, folder).await else { return Ok(None) };
    apart(move || {
        // Only a model that can be opened takes the place of the one that works.
        open::probe(&path).map_err(lorgnette_app::AppError::from)?;
        let mut settings = app.settings();
        settings.model = Some(path.display().to_string());
        app.set_settings(settings)?;
        Ok(Some(list(&app)))
    })
    .await
}

/// Says how the memory is used now.
#[tauri::command]
#[specta::specta]
pub async fn memory(app: AppState<'_>) -> Outcome<MemoryDto> {
    let memory = doctor::memory();
    Ok(MemoryDto {
        model: app.status().model.map(Into::into),
        process_bytes: bench::memory_bytes(),
        peak_bytes: bench::peak_memory_bytes(),
        total_bytes: memory.map(|memory| memory.total_bytes),
        available_bytes: memory.map(|memory| memory.available_bytes),
    })
}

/// Fetches a model, or goes on with it.
#[tauri::command]
#[specta::specta]
pub async fn fetch_model(app: AppState<'_>, id: String) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || Ok(app.fetch(&id)?)).await
}

/// Stops fetching for now.
#[tauri::command]
#[specta::specta]
pub async fn pause_fetch(app: AppState<'_>, id: String) -> Outcome<()> {
    app.pause_fetch(&id);
    Ok(())
}

/// Stops fetching and removes what is there.
#[tauri::command]
#[specta::specta]
pub async fn cancel_fetch(app: AppState<'_>, id: String) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || Ok(app.cancel_fetch(&id)?)).await
}

/// Reads a model and compares it with what was made.
#[tauri::command]
#[specta::specta]
pub async fn verify_model(app: AppState<'_>, id: String) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || Ok(app.verify_model(&id)?)).await
}

/// Removes a model that was fetched.
#[tauri::command]
#[specta::specta]
pub async fn remove_model(app: AppState<'_>, id: String) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || Ok(app.remove_model(&id)?)).await
}
