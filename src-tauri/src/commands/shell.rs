//! The start, settings, links, the menu, the window.

use std::time::Duration;

use lorgnette_app::chats::Filter;
use lorgnette_app::samples::SAMPLES;
use lorgnette_app::system::{links, sockets};
use lorgnette_app::{AppError, FaultId, doctor as machine};
use tauri::ipc::Channel;
use tauri::{AppHandle, State, WebviewWindow};

use super::chats::PAGE;
use super::{AppState, Outcome, apart, models};
use crate::ipc::{
    AppEvent, AppEvents, BootDto, DoctorDto, FoldersDto, LinkDto, MenuDto, MenuItemDto, NetworkDto,
    PlatformDto, SampleDto, SettingsDto, UiError,
};
use crate::{clipboard, menu, shortcuts, tray, window};

/// How long a desktop may take to say which keys can be had, while it asks nobody.
const DESKTOP_ANSWERS: Duration = Duration::from_secs(2);

/// Everything for the first paint.
#[tauri::command]
#[specta::specta]
pub async fn boot(app: AppState<'_>) -> Outcome<BootDto> {
    let app = app.inner().clone();
    apart(move || {
        let filter = Filter { limit: PAGE, ..Filter::default() };
        Ok(BootDto {
            version: env!("CARGO_PKG_VERSION").into(),
            platform: PlatformDto::here(),
            locale: sys_locale::get_locale().unwrap_or_else(|| "en".into()),
            settings: app.settings().into(),
            status: app.status().into(),
            chats: app.chats().list(&filter)?.into_iter().map(Into::into).collect(),
            models: models::list(&app),
            samples: SAMPLES
                .iter()
                .map(|sample| SampleDto {
                    name: sample.name.into(),
                    question: sample.question.into(),
                })
                .collect(),
        })
    })
    .await
}

/// From now on, this page hears what happens.
#[tauri::command]
#[specta::specta]
pub async fn watch(events: State<'_, AppEvents>, to_ui: Channel<AppEvent>) -> Outcome<()> {
    events.watch(to_ui);
    Ok(())
}

/// The page can be seen: shows the window.
#[tauri::command]
#[specta::specta]
pub async fn ui_ready(window: WebviewWindow) -> Outcome<()> {
    window::show(&window);
    Ok(())
}

/// The settings.
#[tauri::command]
#[specta::specta]
pub async fn settings(app: AppState<'_>) -> Outcome<SettingsDto> {
    Ok(app.settings().into())
}

/// Keeps settings; what was kept.
#[tauri::command]
#[specta::specta]
pub async fn set_settings(
    window: WebviewWindow,
    app: AppState<'_>,
    settings: SettingsDto,
) -> Outcome<SettingsDto> {
    let app = app.inner().clone();
    apart(move || {
        let settings = app.set_settings(settings.into())?;
        window::apply_theme(&window, settings.theme);
        let (handle, kept) = (tauri::Manager::app_handle(&window).clone(), settings.clone());
        let on_main = handle.clone();
        let (done, applied) = std::sync::mpsc::channel();
        let apply = move || {
            let _ = done.send(shortcuts::apply(&on_main, &kept));
        };
        // Fails when the program ends. Waited for: the page asks next what could be had.
        if handle.run_on_main_thread(apply).is_ok()
            && let Ok(Some(answered)) = applied.recv()
        {
            // Not as long as a person answers the desktop.
            let _ = answered.recv_timeout(DESKTOP_ANSWERS);
        }
        Ok(settings.into())
    })
    .await
}

/// Where things lie.
#[tauri::command]
#[specta::specta]
pub async fn folders(app: AppState<'_>) -> Outcome<FoldersDto> {
    let folders = app.folders();
    let text = |path: &std::path::Path| path.display().to_string();
    Ok(FoldersDto {
        data: text(&folders.data),
        config: text(&folders.config),
        models: text(&folders.models),
    })
}

/// One of the person's folders.
#[derive(Debug, Clone, Copy, serde::Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Folder")]
pub enum FolderDto {
    /// Chats and pictures.
    Data,
    /// Settings.
    Config,
    /// Models.
    Models,
}

/// Shows a folder in the file manager.
#[tauri::command]
#[specta::specta]
pub async fn open_folder(app: AppState<'_>, which: FolderDto) -> Outcome<()> {
    let folders = app.folders().clone();
    apart(move || {
        let folder = match which {
            FolderDto::Data => folders.data,
            FolderDto::Config => folders.config,
            FolderDto::Models => folders.models,
        };
        fs_err::create_dir_all(&folder).map_err(AppError::Write)?;
        open::that_detached(&folder).map_err(|error| {
            UiError::of_system(
                FaultId::FileManager,
                format!("No file manager opened {}: {error}.", folder.display()),
                "Open it by hand.",
                Some(format!("{}, {error}", folder.display())),
            )
        })
    })
    .await
}

/// An address as it would be opened.
#[tauri::command]
#[specta::specta]
pub async fn check_link(url: String) -> Outcome<LinkDto> {
    Ok(links::check(&url).into())
}

/// Opens an address that the person has seen in full.
#[tauri::command]
#[specta::specta]
pub async fn open_link(address: String) -> Outcome<()> {
    apart(move || {
        let link = links::check(&address);
        // The page offers it for no such address.
        if link.refused.is_some() {
            return Err(UiError::unavailable(
                "This address is not opened.",
                "Copy it if you trust it.",
            ));
        }
        open::that_detached(&link.address).map_err(|error| {
            UiError::of_system(
                FaultId::Browser,
                format!("No program opened the address: {error}."),
                "Copy it and open it by hand.",
                Some(error.to_string()),
            )
        })
    })
    .await
}

/// Puts words into the clipboard.
#[tauri::command]
#[specta::specta]
pub async fn copy_text(text: String) -> Outcome<()> {
    apart(move || clipboard::copy_text(text)).await
}

/// What the program has open to the network.
#[tauri::command]
#[specta::specta]
pub async fn network(app: AppState<'_>) -> Outcome<NetworkDto> {
    let n_downloads = app.n_fetches();
    apart(move || Ok(NetworkDto::new(sockets::open_now(), n_downloads))).await
}

/// Makes the menu bar and, where the person wants one, the tray icon with its menu.
#[tauri::command]
#[specta::specta]
pub async fn set_menu(
    handle: AppHandle,
    app: AppState<'_>,
    menus: Vec<MenuDto>,
    tray: Vec<MenuItemDto>,
) -> Outcome<()> {
    let set = menu::set(&handle, &menus);
    set.and_then(|()| tray::set(&handle, &app, &tray)).map_err(|error| {
        UiError::of_system(
            FaultId::Menu,
            format!("The menu could not be made: {error}."),
            "Use the keys instead.",
            Some(error.to_string()),
        )
    })
}

/// What stands in the window's title bar.
#[tauri::command]
#[specta::specta]
pub async fn set_title(window: WebviewWindow, title: String) -> Outcome<()> {
    let title: String = title.chars().filter(|c| !c.is_control()).take(200).collect();
    // A window without a title bar has nothing to refuse.
    let _ = window.set_title(&title);
    Ok(())
}

/// All of the screen, or not.
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

/// What this machine has, as text.
#[tauri::command]
#[specta::specta]
pub async fn doctor() -> Outcome<DoctorDto> {
    apart(|| {
        let text = machine::examine().map_err(AppError::from)?.to_string();
        Ok(DoctorDto { text })
    })
    .await
}
