//! Commands to read aloud, to check an answer, and to speak to a screen reader.

use lorgnette_app::coordinator::AloudDo;
use lorgnette_app::speech::VoiceInfo;
use tauri::AppHandle;

use super::{AppState, Outcome, apart};
use crate::announce;

/// Reads an answer aloud.
#[tauri::command]
#[specta::specta]
pub async fn read_aloud(app: AppState<'_>, answer_id: i64) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || Ok(app.read_aloud(answer_id)?)).await
}

/// Pauses, resumes, stops or skips in what is read aloud.
#[tauri::command]
#[specta::specta]
pub async fn aloud(app: AppState<'_>, what: AloudDo) -> Outcome<()> {
    app.aloud(what);
    Ok(())
}

/// Lists the system's voices.
#[tauri::command]
#[specta::specta]
pub async fn voices(app: AppState<'_>) -> Outcome<Vec<VoiceInfo>> {
    let app = app.inner().clone();
    apart(move || Ok(app.voices()?)).await
}

/// Answers the question of an answer several times more, and tells what varies.
#[tauri::command]
#[specta::specta]
pub async fn check_answer(app: AppState<'_>, answer_id: i64) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || Ok(app.check(answer_id)?)).await
}

/// Stops the check that runs.
#[tauri::command]
#[specta::specta]
pub async fn stop_check(app: AppState<'_>) -> Outcome<()> {
    app.stop_check();
    Ok(())
}

/// Tells a screen reader words that the page's live regions do not bring to it.
#[tauri::command]
#[specta::specta]
pub async fn announce(handle: AppHandle, text: String) -> Outcome<()> {
    announce::say(&handle, &text);
    Ok(())
}
