//! Commands for settings, for the keys of quick actions and for the person's folders.

use std::time::Duration;

use lorgnette_app::{FaultDetails, quick_action};
use tauri::{Manager as _, State, WebviewWindow};

use super::{AppState, Outcome, apart};
use crate::ipc::{FoldersDto, KeyBindingDto, SettingsDto, UiError};
use crate::served::Served;
use crate::shortcuts::{self, Shortcuts};
use crate::window;

/// How long a desktop may take to say which keys can be had, while it asks nobody.
const DESKTOP_ANSWERS: Duration = Duration::from_secs(2);

/// Keeps settings, and gives them back as they were kept: with each number within its bounds.
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
        window.state::<Served>().apply(&app, &settings);
        let (handle, applied_settings) = (window.app_handle().clone(), settings.clone());
        let on_main = handle.clone();
        let (done, applied) = std::sync::mpsc::channel();
        let apply = move || {
            let _ = done.send(shortcuts::apply(&on_main, &applied_settings));
        };
        // Fails when the program ends. Waited for, because the page asks next which keys could be had.
        if handle.run_on_main_thread(apply).is_ok()
            && let Ok(Some(answered)) = applied.recv()
        {
            // Not as long as a person takes to answer the desktop.
            let _ = answered.recv_timeout(DESKTOP_ANSWERS);
        }
        Ok(settings.into())
    })
    .await
}

/// Lists the quick actions with their keys, and says which of those could not be had.
#[tauri::command]
#[specta::specta]
pub async fn key_bindings(
    app: AppState<'_>,
    shortcuts: State<'_, Shortcuts>,
) -> Outcome<Vec<KeyBindingDto>> {
    let faults = shortcuts.faults();
    let bindings = quick_action::key_bindings(&app.settings()).into_iter();
    Ok(bindings.map(|binding| KeyBindingDto::new(binding, &faults)).collect())
}

/// Names the person's folders.
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
    /// The folder with chats and pictures.
    Data,
    /// The folder with the settings.
    Config,
    /// The folder with downloaded models.
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
        fs_err::create_dir_all(&folder).map_err(lorgnette_app::AppError::Write)?;
        open::that_detached(&folder).map_err(|error| {
            UiError::of_system(
                FaultDetails::FileManager {
                    reason: format!("{}, {error}", folder.display()).into(),
                },
                format!("No file manager opened {}: {error}.", folder.display()),
                "Open it by hand.",
            )
        })
    })
    .await
}
