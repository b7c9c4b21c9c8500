//! The command for the menu bar and the tray.

use lorgnette_app::FaultDetails;
use tauri::AppHandle;

use super::{AppState, Outcome};
use crate::ipc::{MenuDto, MenuItemDto, UiError};
use crate::{menu, tray};

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
            FaultDetails::Menu { reason: error.to_string().into() },
            format!("The menu could not be made: {error}."),
            "Use the keys instead.",
        )
    })
}
