//! Commands for servers that answer instead of a model of this machine, and for the program as the server
//! of others.

use lorgnette_app::AppError;
use tauri::State;

use super::{AppState, Outcome, apart};
use crate::ipc::{ConnectedDto, NewServerDto, ServedDto};
use crate::served::{self, Served};

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

/// Says what the server for other programs is doing.
#[tauri::command]
#[specta::specta]
pub async fn served(served: State<'_, Served>) -> Outcome<ServedDto> {
    Ok(served.status())
}

/// The token that other programs show; with `anew` another one, and the one before holds no longer.
#[tauri::command]
#[specta::specta]
pub async fn server_token(app: AppState<'_>, anew: bool) -> Outcome<String> {
    let token = served::token(app.inner());
    apart(move || Ok(if anew { token.renew() } else { token.open() }?)).await
}
