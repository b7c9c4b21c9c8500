//! Commands for models and their memory.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use lorgnette_app::coordinator::App;
use lorgnette_app::models::ModelsError;
use lorgnette_app::{AppError, bench, doctor};
use tauri::{AppHandle, Manager as _};

use super::{AppState, Outcome, apart};
use crate::dialogs;
use crate::ipc::{AddedModelDto, MemoryDto, ModelDto};

/// A model without a vision part, where the person pointed and has yet to say whether they want it. The
/// page names no file, so its place stays here.
#[derive(Default)]
pub struct TextModel(Mutex<Option<PathBuf>>);

impl TextModel {
    fn set(&self, path: PathBuf) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
    }

    fn take(&self) -> Option<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

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

/// Uses a model that lies elsewhere, where the person points; gives nothing when they do not. One
/// without a vision part is used only when [`add_text_model`] is called then.
#[tauri::command]
#[specta::specta]
pub async fn add_model(
    handle: AppHandle,
    app: AppState<'_>,
    folder: bool,
) -> Outcome<Option<AddedModelDto>> {
    let app = app.inner().clone();
    let Some(path) = dialogs::pick_model(&handle, folder).await else { return Ok(None) };
    apart(move || match app.use_model_at(&path, false) {
        Ok(()) => Ok(Some(AddedModelDto::Used { models: list(&app) })),
        Err(AppError::Models(ModelsError::TextOnly { name })) => {
            handle.state::<TextModel>().set(path);
            Ok(Some(AddedModelDto::TextOnly { name }))
        }
        Err(error) => Err(error.into()),
    })
    .await
}

/// Uses the model without a vision part that the person pointed at last.
#[tauri::command]
#[specta::specta]
pub async fn add_text_model(handle: AppHandle, app: AppState<'_>) -> Outcome<Vec<ModelDto>> {
    let app = app.inner().clone();
    apart(move || {
        let path = handle.state::<TextModel>().take();
        let path = path.ok_or(AppError::NotFound { what: "that model" })?;
        app.use_model_at(&path, true)?;
        Ok(list(&app))
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
