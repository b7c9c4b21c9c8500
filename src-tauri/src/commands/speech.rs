//! Reading aloud, checking, and words for a screen reader.

use tauri::AppHandle;

use super::{AppState, Outcome, apart};
use crate::announce;
use crate::ipc::{AloudDoDto, VoiceDto};

/// Reads an answer aloud.
#[tauri::command]
#[specta::specta]
pub async fn read_aloud(app: AppState<'_>, answer_id: i64) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || Ok(app.read_aloud(answer_id)?)).await
}

/// Changes what is read aloud.
#[tauri::command]
#[specta::specta]
pub async fn aloud(app: AppState<'_>, what: AloudDoDto) -> Outcome<()> {
    app.aloud(what.into());
    Ok(())
}

/// The voices of this system.
#[tauri::command]
#[specta::specta]
pub async fn voices(app: AppState<'_>) -> Outcome<Vec<VoiceDto>> {
    let app = app.inner().clone();
    apart(move || Ok(app.voices()?.into_iter().map(Into::into).collect())).await
}

/// Answers again, some times, and tells what varies.
#[tauri::command]
#[specta::specta]
pub async fn check_answer(app: AppState<'_>, answer_id: i64) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || Ok(app.check(answer_id)?)).await
}

/// Stops that.
#[tauri::command]
#[specta::specta]
pub async fn stop_check(app: AppState<'_>) -> Outcome<()> {
    app.stop_check();
    Ok(())
}

/// Words for a screen reader, where the page's own do not reach it.
#[tauri::command]
#[specta::specta]
pub async fn announce(handle: AppHandle, text: String) -> Outcome<()> {
    announce::say(&handle, &text);
    Ok(())
}
