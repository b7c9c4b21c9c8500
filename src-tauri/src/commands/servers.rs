//! Commands for servers that answer instead of a model of this machine, and for the program as the server
//! of others.

use std::sync::{Mutex, PoisonError};

use lorgnette_app::Cancel;
use tauri::State;

use super::{AppState, Outcome, apart};
use crate::ipc::{ConnectedDto, NewServerDto, ServedDto};
use crate::served::{self, Served};

/// What cancels asking a server for its models.
#[derive(Default)]
pub struct Connecting(Mutex<Cancel>);

impl Connecting {
    /// Cancels what is asked, in favour of what is asked next.
    fn next(&self) -> Cancel {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.cancel();
        held.clone_from(&Cancel::default());
        held.clone()
    }
}

/// Asks a server for its models and remembers it. It is not chosen by that. `null`: it was cancelled.
#[tauri::command]
#[specta::specta]
pub async fn connect_server(
    app: AppState<'_>,
    connecting: State<'_, Connecting>,
    server: NewServerDto,
) -> Outcome<Option<ConnectedDto>> {
    let (app, cancel) = (app.inner().clone(), connecting.next());
    apart(move || Ok(app.connect_server(&server.into(), &cancel)?.map(Into::into))).await
}

/// Asks that server no longer.
#[tauri::command]
#[specta::specta]
pub async fn cancel_connect(connecting: State<'_, Connecting>) -> Outcome<()> {
    connecting.next();
    Ok(())
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
