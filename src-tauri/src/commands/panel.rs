//! The panel, and the keys that bring it.

use lorgnette_app::errand;
use tauri::ipc::Channel;
use tauri::{AppHandle, State, WebviewWindow};

use super::{AppState, Outcome, apart};
use crate::ipc::{AppEvent, AppEvents, PanelEvent, WishDto};
use crate::panel::{self, Panel};
use crate::shortcuts::Shortcuts;
use crate::{announce, window};

/// From now on, the panel's page hears what it is to show.
#[tauri::command]
#[specta::specta]
pub async fn panel_watch(panel: State<'_, Panel>, to_ui: Channel<PanelEvent>) -> Outcome<()> {
    panel.watch(to_ui);
    Ok(())
}

/// The person is done with the panel.
#[tauri::command]
#[specta::specta]
pub async fn panel_close(handle: AppHandle) -> Outcome<()> {
    panel::close(&handle);
    Ok(())
}

/// Opens the panel's chat in the window.
#[tauri::command]
#[specta::specta]
pub async fn panel_open(
    handle: AppHandle,
    panel: State<'_, Panel>,
    events: State<'_, AppEvents>,
) -> Outcome<()> {
    window::raise(&handle);
    if let Some(shown) = panel.shown() {
        events.tell(AppEvent::Open { chat_id: shown.chat });
    }
    panel::hide(&handle);
    Ok(())
}

/// Words of the panel for who does not see it: the screen reader's to speak if one runs, else ours.
#[tauri::command]
#[specta::specta]
pub async fn panel_say(window: WebviewWindow, app: AppState<'_>, text: String) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || {
        if announce::screen_reader_runs() {
            announce::say(tauri::Manager::app_handle(&window), &text);
        } else {
            app.say(&text);
        }
        Ok(())
    })
    .await
}

/// What can be wished for, with its keys, and which of them could not be had.
#[tauri::command]
#[specta::specta]
pub async fn wishes(app: AppState<'_>, shortcuts: State<'_, Shortcuts>) -> Outcome<Vec<WishDto>> {
    let faults = shortcuts.faults();
    let wishes = errand::wishes(&app.settings()).into_iter();
    Ok(wishes.map(|wish| WishDto::new(wish, &faults)).collect())
}
