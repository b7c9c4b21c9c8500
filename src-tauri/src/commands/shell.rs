//! Commands for the window itself, from its start to its end, and for what it shows of the machine.

use lorgnette_app::chats::Filter;
use lorgnette_app::desktop::sockets;
use lorgnette_app::releases::{self, Source};
use lorgnette_app::samples::SAMPLES;
use lorgnette_app::{AppError, doctor as machine};
use tauri::ipc::Channel;
use tauri::{State, WebviewWindow};

use super::chats::PAGE;
use super::{AppState, Outcome, apart, models};
use crate::ipc::{
    AppEvent, AppEvents, BootDto, DoctorDto, NetworkDto, NewestVersionDto, PlatformDto, UiError,
};
use crate::{clipboard, window};

/// Gives the page everything for its first paint.
#[tauri::command]
#[specta::specta]
pub async fn boot(app: AppState<'_>) -> Outcome<BootDto> {
    let app = app.inner().clone();
    apart(move || {
        let filter = Filter { limit: PAGE, ..Filter::default() };
        // A page that begins anew does not know of it any more.
        app.end_private();
        Ok(BootDto {
            version: env!("CARGO_PKG_VERSION").into(),
            releases_host: Source::here().ok().flatten().map(|source| source.host().into()),
            platform: PlatformDto::here(),
            locale: sys_locale::get_locale().unwrap_or_else(|| "en".into()),
            settings: app.settings().into(),
            status: app.status().into(),
            chats: app.chats().list(&filter)?,
            models: models::list(&app),
            samples: SAMPLES.to_vec(),
        })
    })
    .await
}

/// Tells this page from now on what happens.
#[tauri::command]
#[specta::specta]
pub async fn watch(events: State<'_, AppEvents>, to_ui: Channel<AppEvent>) -> Outcome<()> {
    events.watch(to_ui);
    Ok(())
}

/// Shows the window, because its page can be seen now.
#[tauri::command]
#[specta::specta]
pub async fn ui_ready(window: WebviewWindow) -> Outcome<()> {
    window::show(&window);
    Ok(())
}

/// Sets what stands in the window's title bar.
#[tauri::command]
#[specta::specta]
pub async fn set_title(window: WebviewWindow, title: String) -> Outcome<()> {
    let title: String = title.chars().filter(|c| !c.is_control()).take(200).collect();
    // A window without a title bar has nothing to refuse.
    let _ = window.set_title(&title);
    Ok(())
}

/// Gives the window all of the screen, or takes it back.
#[tauri::command]
#[specta::specta]
pub async fn full_screen(window: WebviewWindow, on: bool) -> Outcome<()> {
    let _ = window.set_fullscreen(on);
    Ok(())
}

/// Ends the program.
#[tauri::command]
#[specta::specta]
pub async fn quit(window: WebviewWindow) -> Outcome<()> {
    window::close(&window);
    Ok(())
}

/// Puts a text into the clipboard.
#[tauri::command]
#[specta::specta]
pub async fn copy_text(text: String) -> Outcome<()> {
    apart(move || clipboard::copy_text(text)).await
}

/// Lists the connections that the program has open.
#[tauri::command]
#[specta::specta]
pub async fn network(app: AppState<'_>) -> Outcome<NetworkDto> {
    let n_downloads = app.n_fetches();
    apart(move || Ok(NetworkDto::new(sockets::open_now(), n_downloads))).await
}

/// Reports what this machine has, as text.
#[tauri::command]
#[specta::specta]
pub async fn doctor() -> Outcome<DoctorDto> {
    apart(|| {
        let report = machine::examine().map_err(AppError::from)?;
        Ok(DoctorDto { text: report.to_string() })
    })
    .await
}

/// Asks where the program is published which version is the newest, because the person wants to know.
#[tauri::command]
#[specta::specta]
pub async fn newest_version() -> Outcome<NewestVersionDto> {
    apart(|| {
        let source = Source::here().map_err(AppError::from)?;
        let source = source.ok_or_else(|| {
            UiError::unavailable(
                format!("This build was not told where it is published ({}).", releases::VARIABLE),
                "Look at the project's page in a browser.",
            )
        })?;
        let newest = source.newest().map_err(AppError::from)?;
        let is_newer = newest.is_newer();
        Ok(NewestVersionDto { version: newest.version.to_string(), page: newest.page, is_newer })
    })
    .await
}
