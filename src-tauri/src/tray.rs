//! The icon in the tray, for people who want the program to stay there when they close its window.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use lorgnette_app::coordinator::App;
use tauri::menu::Menu;
use tauri::tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Wry};

use crate::ipc::MenuItemDto;
use crate::{menu, window};

const ID: &str = "main";
/// The prefix of its entries' ids; the rest is an action of the page, or [`SHOW`].
const PREFIX: &str = "tray:";

/// The entry that brings the window back.
pub const SHOW: &str = "show";
/// The one action of the page for which the window need not come back.
pub const QUIT: &str = "quit";

/// The action of an entry of the tray's menu; `None` for an entry of another menu.
pub fn action(id: &str) -> Option<&str> {
    id.strip_prefix(PREFIX)
}

/// Whether closing the window leaves the program where the person finds it.
pub fn is_there(handle: &AppHandle) -> bool {
    handle.tray_by_id(ID).is_some() && has_place()
}

/// Makes the icon with that menu; without entries, takes the icon away.
pub fn set(handle: &AppHandle, app: &App, items: &[MenuItemDto]) -> tauri::Result<()> {
    if items.is_empty() {
        handle.remove_tray_by_id(ID);
        return Ok(());
    }
    let tray_menu = Menu::new(handle)?;
    for item in items {
        let item = match item {
            MenuItemDto::Action { action, label, enabled, .. } => MenuItemDto::Action {
                action: format!("{PREFIX}{action}"),
                label: label.clone(),
                keys: None,
                enabled: *enabled,
            },
            other => other.clone(),
        };
        tray_menu.append(menu::entry(handle, &item)?.as_ref())?;
    }
    if let Some(tray) = handle.tray_by_id(ID) {
        return tray.set_menu(Some(tray_menu));
    }
    let pictures = app.folders().cache.join("tray");
    let (made, outcome) = std::sync::mpsc::channel();
    let on_main = handle.clone();
    handle.run_on_main_thread(move || {
        // On Linux its library is looked for now, and its absence is a panic: then there is no icon.
        let built = catch_unwind(AssertUnwindSafe(|| build(&on_main, &tray_menu, &pictures)));
        let _ = made.send(built.unwrap_or(Ok(())));
    })?;
    outcome.recv().unwrap_or(Ok(()))
}

fn build(handle: &AppHandle, menu: &Menu<Wry>, pictures: &Path) -> tauri::Result<()> {
    let mut builder = TrayIconBuilder::with_id(ID)
        .menu(menu)
        .show_menu_on_left_click(cfg!(target_os = "macos"))
        .tooltip("Lorgnette")
        // Where Linux looks for the picture of it.
        .temp_dir_path(pictures)
        .on_tray_icon_event(|tray, event| {
            let is_click = matches!(
                event,
                TrayIconEvent::Click {
                    button: MouseButton::Left,
                    button_state: MouseButtonState::Up,
                    ..
                }
            );
            if is_click && cfg!(not(target_os = "macos")) {
                window::raise(tray.app_handle());
            }
        });
    if let Some(icon) = handle.default_window_icon() {
        builder = builder.icon(icon.clone());
    }
    builder.build(handle).map(drop)
}

/// Whether this desktop shows such icons; some do only with an extension.
#[cfg(target_os = "linux")]
fn has_place() -> bool {
    use webkit2gtk::gio::prelude::*;
    use webkit2gtk::gio::{BusType, Cancellable, DBusCallFlags, bus_get_sync};

    let Ok(bus) = bus_get_sync(BusType::Session, Cancellable::NONE) else { return false };
    let answer = bus.call_sync(
        Some("org.freedesktop.DBus"),
        "/org/freedesktop/DBus",
        "org.freedesktop.DBus",
        "NameHasOwner",
        Some(&("org.kde.StatusNotifierWatcher",).to_variant()),
        None,
        DBusCallFlags::NONE,
        2_000,
        Cancellable::NONE,
    );
    answer.ok().and_then(|answer| answer.get::<(bool,)>()).is_some_and(|(has,)| has)
}

#[cfg(not(target_os = "linux"))]
fn has_place() -> bool {
    true
}
