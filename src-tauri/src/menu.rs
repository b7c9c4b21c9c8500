//! The menu bar. The page says what stands in it, in the person's language and with their keys, and
//! hears what is chosen.

use tauri::menu::{IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu};
use tauri::{AppHandle, Manager as _, Wry};

use crate::ipc::{AppEvent, AppEvents, EditDto, MenuDto, MenuItemDto};
use crate::{tray, window};

/// The prefix of ids of entries that the webview carries out, and not the page.
#[cfg(target_os = "linux")]
const EDIT: &str = "edit:";

/// Makes the menu bar; without menus, takes it away.
pub fn set(handle: &AppHandle, menus: &[MenuDto]) -> tauri::Result<()> {
    let menu = Menu::new(handle)?;
    for MenuDto { label, items } in menus {
        let submenu = Submenu::new(handle, label, true)?;
        for item in items {
            submenu.append(entry(handle, item)?.as_ref())?;
        }
        menu.append(&submenu)?;
    }
    // On a Mac the menu bar is the program's; elsewhere it stands in the main window alone.
    #[cfg(target_os = "macos")]
    let holder = handle;
    #[cfg(not(target_os = "macos"))]
    let Some(holder) = handle.get_webview_window(window::LABEL) else { return Ok(()) };
    if menus.is_empty() {
        holder.remove_menu()?
    } else {
        holder.set_menu(menu)?
    };
    Ok(())
}

pub(crate) fn entry(
    handle: &AppHandle,
    item: &MenuItemDto,
) -> tauri::Result<Box<dyn IsMenuItem<Wry>>> {
    Ok(match item {
        MenuItemDto::Separator => Box::new(PredefinedMenuItem::separator(handle)?),
        MenuItemDto::Action { action, label, keys, enabled } => {
            let keys = keys.as_deref().map(accelerator);
            let with_keys = MenuItem::with_id(handle, action, label, *enabled, keys.as_deref());
            // Keys that the system has no name for still work in the page.
            Box::new(match with_keys {
                Ok(item) => item,
                Err(_) => MenuItem::with_id(handle, action, label, *enabled, None::<&str>)?,
            })
        }
        MenuItemDto::Edit { edit, label } => edit_entry(handle, *edit, label)?,
    })
}

/// Names the key for commands as Tauri does: `Ctrl`, or Cmd on a Mac.
fn accelerator(keys: &str) -> String {
    keys.replace("Ctrl", "CmdOrCtrl")
}

/// Makes an entry without an accelerator, which would take the keys from text fields.
#[cfg(target_os = "linux")]
fn edit_entry(
    handle: &AppHandle,
    edit: EditDto,
    label: &str,
) -> tauri::Result<Box<dyn IsMenuItem<Wry>>> {
    let command = match edit {
        EditDto::Undo => "Undo",
        EditDto::Redo => "Redo",
        EditDto::Cut => "Cut",
        EditDto::Copy => "Copy",
        EditDto::Paste => "Paste",
        EditDto::SelectAll => "SelectAll",
    };
    let id = format!("{EDIT}{command}");
    Ok(Box::new(MenuItem::with_id(handle, id, label, true, None::<&str>)?))
}

#[cfg(not(target_os = "linux"))]
fn edit_entry(
    handle: &AppHandle,
    edit: EditDto,
    label: &str,
) -> tauri::Result<Box<dyn IsMenuItem<Wry>>> {
    let label = Some(label);
    Ok(Box::new(match edit {
        EditDto::Undo => PredefinedMenuItem::undo(handle, label)?,
        EditDto::Redo => PredefinedMenuItem::redo(handle, label)?,
        EditDto::Cut => PredefinedMenuItem::cut(handle, label)?,
        EditDto::Copy => PredefinedMenuItem::copy(handle, label)?,
        EditDto::Paste => PredefinedMenuItem::paste(handle, label)?,
        EditDto::SelectAll => PredefinedMenuItem::select_all(handle, label)?,
    }))
}

/// Acts on the entry that was chosen.
#[expect(clippy::needless_pass_by_value, reason = "as Tauri hands it on")]
pub fn chosen(handle: &AppHandle, event: MenuEvent) {
    let id = event.id().as_ref();
    #[cfg(target_os = "linux")]
    if let Some(command) = id.strip_prefix(EDIT) {
        use webkit2gtk::WebViewExt as _;
        let command = command.to_owned();
        if let Some(window) = handle.get_webview_window(window::LABEL) {
            // Nothing to edit, nothing to do.
            let _ = window.with_webview(move |view| view.inner().execute_editing_command(&command));
        }
        return;
    }
    let action = match tray::action(id) {
        None => id,
        Some(tray::SHOW) => return window::raise(handle),
        Some(action) => {
            if action != tray::QUIT {
                window::raise(handle);
            }
            action
        }
    };
    handle.state::<AppEvents>().tell(AppEvent::Action { action: action.to_owned() });
}
