//! Keys of the whole system. On X11, Windows and macOS a program takes them; under Wayland it asks the
//! desktop. Where the desktop has no portal for them, its own keyboard settings can call
//! `lorgnette-window --do NAME`.

#[cfg(target_os = "linux")]
mod wayland;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, mpsc};

use global_hotkey::hotkey::HotKey;
use global_hotkey::{GlobalHotKeyEvent, GlobalHotKeyManager, HotKeyState};
use lorgnette_app::quick_action::{self, QuickAction};
use lorgnette_app::settings::Settings;
use tauri::{AppHandle, Manager as _};

use crate::quick_actions;

thread_local! {
    /// Used on the main thread alone, because some systems require it.
    static MANAGER: RefCell<Option<GlobalHotKeyManager>> = const { RefCell::new(None) };
}

/// The quick actions that keys stand for, and the keys that another program has.
#[derive(Default)]
pub struct Shortcuts(Mutex<Held>);

/// Quick actions with the keys that are wanted for them.
type Wanted = Vec<(QuickAction, String)>;

#[derive(Default)]
struct Held {
    /// The keys that were asked for last.
    wanted: Wanted,
    by_id: HashMap<u32, (QuickAction, HotKey)>,
    faults: Vec<(QuickAction, String)>,
    #[cfg(target_os = "linux")]
    asked: wayland::Asked,
}

impl Shortcuts {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The quick actions whose keys could not be had, and why.
    pub fn faults(&self) -> Vec<(QuickAction, String)> {
        self.held().faults.clone()
    }

    /// Remembers which keys could not be had, if these are still wanted.
    #[cfg(target_os = "linux")]
    fn set_faults(&self, wanted: &Wanted, faults: Vec<(QuickAction, String)>) {
        let mut held = self.held();
        if held.wanted == *wanted {
            held.faults = faults;
        }
    }
}

/// Takes the keys that the settings name, and gives back all others. To be called on the main thread.
/// Where the desktop has to be asked, the receiver hears when it has answered.
pub fn apply(handle: &AppHandle, settings: &Settings) -> Option<mpsc::Receiver<()>> {
    let shortcuts = handle.state::<Shortcuts>();
    let mut held = shortcuts.held();
    let bindings =
        if settings.anywhere { quick_action::key_bindings(settings) } else { Vec::new() };
    let wanted: Wanted = bindings
        .into_iter()
        .filter(|binding| !binding.keys.is_empty())
        .map(|binding| (binding.action, binding.keys))
        .collect();
    // Settings are kept with each letter of an instruction, and few are about keys.
    if held.wanted == wanted {
        return None;
    }
    held.wanted.clone_from(&wanted);
    held.faults.clear();
    #[cfg(target_os = "linux")]
    if lorgnette_app::desktop::portal::is_wayland() {
        return Some(held.asked.ask(handle, wanted));
    }
    MANAGER.with_borrow_mut(|manager| {
        if let Some(manager) = manager {
            for (_, key) in held.by_id.drain().map(|(_, both)| both) {
                // What is not held needs no giving back.
                let _ = manager.unregister(key);
            }
        }
        if wanted.is_empty() {
            *manager = None;
            return;
        }
        for (action, keys) in wanted {
            let outcome = match manager {
                Some(manager) => take(manager, &keys),
                None => GlobalHotKeyManager::new()
                    .map_err(|error| error.to_string())
                    .and_then(|made| take(manager.insert(made), &keys)),
            };
            match outcome {
                Ok(key) => drop(held.by_id.insert(key.id(), (action, key))),
                Err(reason) => held.faults.push((action, reason)),
            }
        }
    });
    None
}

/// Runs quick actions from now on, when their keys are pressed.
pub fn listen(handle: &AppHandle) {
    let handle = handle.clone();
    GlobalHotKeyEvent::set_event_handler(Some(move |event: GlobalHotKeyEvent| {
        if event.state != HotKeyState::Pressed {
            return;
        }
        let action = handle.state::<Shortcuts>().held().by_id.get(&event.id).map(|both| both.0);
        if let Some(action) = action {
            quick_actions::run(&handle, action);
        }
    }));
}

fn take(manager: &GlobalHotKeyManager, keys: &str) -> Result<HotKey, String> {
    let key = parse(keys)?;
    manager.register(key).map_err(|error| error.to_string())?;
    Ok(key)
}

/// Reads keys as the page writes them: "Ctrl" is Cmd on a Mac.
fn parse(keys: &str) -> Result<HotKey, String> {
    let keys = if cfg!(target_os = "macos") { keys.replace("Ctrl", "Cmd") } else { keys.into() };
    keys.parse().map_err(|error: global_hotkey::hotkey::HotKeyParseError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_usual_keys_are_keys() {
        for action in QuickAction::ALL {
            parse(action.usual_keys()).unwrap();
        }
        for keys in ["Ctrl+Alt+Left", "Ctrl+Alt+1", "Alt+F9", "Ctrl+Shift+Space", "Ctrl+Alt+,"] {
            parse(keys).unwrap();
        }
        assert!(parse("Ctrl+Alt+Nonsense").is_err());
    }
}
