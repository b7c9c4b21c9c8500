//! Commands for the text of pictures, and for what answers claim of it.

use lorgnette_app::claims::PlacedClaim;
use lorgnette_app::picture_text::PictureText;

use super::{AppState, Outcome, apart};

/// Gives the text of a picture: as it was read before, or read now.
#[tauri::command]
#[specta::specta]
pub async fn picture_text(app: AppState<'_>, picture: String) -> Outcome<PictureText> {
    let app = app.inner().clone();
    apart(move || Ok(app.picture_text(&picture)?)).await
}

/// Looks up what an answer claims in the text of the pictures before it; gives nothing where none of
/// them has text.
#[tauri::command]
#[specta::specta]
pub async fn answer_claims(app: AppState<'_>, message: i64) -> Outcome<Vec<PlacedClaim>> {
    let app = app.inner().clone();
    apart(move || Ok(app.answer_claims(message)?)).await
}

/// Removes the text of all pictures. It is read again when they are shown.
#[tauri::command]
#[specta::specta]
pub async fn forget_texts(app: AppState<'_>) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || Ok(app.forget_texts()?)).await
}
