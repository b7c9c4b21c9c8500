//! Commands for servers that answer instead of a model of this machine.

use lorgnette_app::AppError;

use super::{AppState, Outcome, apart};
use crate::ipc::{ConnectedDto, NewServerDto};

/// Asks a server for its models and remembers it. It is not chosen by that.
#[tauri::command]
#[specta::specta]
pub async fn connect_server(app: AppState<'_>, server: NewServerDto) -> Outcome<ConnectedDto> {
    let app = app.inner().clone();
    apart(move || {
        let connected = app.connect_server(&server.into())?;
        // Nobody can cancel it.
        let gone = AppError::NotFound { what: "that server" };
        Ok(connected.ok_or(gone)?.into())
    })
    .await
}

/// Forgets a server, and its key if that is ours.
#[tauri::command]
#[specta::specta]
pub async fn forget_server(app: AppState<'_>, name: String) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || Ok(app.forget_server(&name)?)).await
}
