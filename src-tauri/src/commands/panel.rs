//! Commands of the panel.

use tauri::ipc::Channel;
use tauri::{AppHandle, State, WebviewWindow};

use super::{AppState, Outcome, apart};
use crate::ipc::{AppEvent, AppEvents, PanelEvent};
use crate::panel::{self, Panel};
use crate::{announce, window};

/// Tells the panel's page from now on what it is to show.
#[tauri::command]
#[specta::specta]
pub async fn panel_watch(panel: State<'_, Panel>, to_ui: Channel<PanelEvent>) -> Outcome<()> {
    panel.watch(to_ui);
    Ok(())
}

/// Takes the panel away, because the person is done with it.
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

/// Speaks words of the panel to a person who does not see it: by the screen reader where one runs.
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
