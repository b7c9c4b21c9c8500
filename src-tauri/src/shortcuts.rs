//! Keys of the whole system: on X11, Windows and macOS. Under Wayland a program has none; there the
//! desktop's own shortcuts call `lorgnette-window --do NAME`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use global_hotkey::hotkey::HotKey;
use global_hotkey::{GlobalHotKeyEvent, GlobalHotKeyManager, HotKeyState};
use lorgnette_app::errand::{self, Errand};
use lorgnette_app::settings::Settings;
use tauri::{AppHandle, Manager as _};

use crate::errands;

thread_local! {
    /// On the main thread alone, where some systems want it.
    static MANAGER: RefCell<Option<GlobalHotKeyManager>> = const { RefCell::new(None) };
}

/// What the keys stand for, and which of them another program has.
#[derive(Default)]
pub struct Shortcuts(Mutex<Held>);

#[derive(Default)]
struct Held {
    /// What was asked for last.
    wanted: Vec<(Errand, String)>,
    by_id: HashMap<u32, (Errand, HotKey)>,
    faults: Vec<(Errand, String)>,
}

impl Shortcuts {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that could not be had, and why.
    pub fn faults(&self) -> Vec<(Errand, String)> {
        self.held().faults.clone()
    }
}

/// Takes the keys that the settings name, and gives back all others. On the main thread.
pub fn apply(handle: &AppHandle, settings: &Settings) {
    let shortcuts = handle.state::<Shortcuts>();
    let mut held = shortcuts.held();
    let wishes = if settings.anywhere { errand::wishes(settings) } else { Vec::new() };
    let wanted: Vec<(Errand, String)> = wishes
        .into_iter()
        .filter(|wish| !wish.keys.is_empty())
        .map(|wish| (wish.errand, wish.keys))
        .collect();
    // Settings are kept with each letter of an instruction, and few are about keys.
    if held.wanted == wanted {
        return;
    }
    held.wanted.clone_from(&wanted);
    held.faults.clear();
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
        if is_wayland() {
            let reason = "Wayland gives programs no keys of the whole system";
            held.faults.extend(wanted.into_iter().map(|(errand, _)| (errand, reason.to_owned())));
            return;
        }
        for (errand, keys) in wanted {
            let outcome = match manager {
                Some(manager) => take(manager, &keys),
                None => GlobalHotKeyManager::new()
                    .map_err(|error| error.to_string())
                    .and_then(|made| take(manager.insert(made), &keys)),
            };
            match outcome {
                Ok(key) => drop(held.by_id.insert(key.id(), (errand, key))),
                Err(reason) => held.faults.push((errand, reason)),
            }
        }
    });
}

/// Keys are heard from now on.
pub fn listen(handle: &AppHandle) {
    let handle = handle.clone();
    GlobalHotKeyEvent::set_event_handler(Some(move |event: GlobalHotKeyEvent| {
        if event.state != HotKeyState::Pressed {
            return;
        }
        let errand = handle.state::<Shortcuts>().held().by_id.get(&event.id).map(|both| both.0);
        if let Some(errand) = errand {
            errands::run(&handle, errand);
        }
    }));
}

fn take(manager: &GlobalHotKeyManager, keys: &str) -> Result<HotKey, String> {
    let key = parse(keys)?;
    manager.register(key).map_err(|error| error.to_string())?;
    Ok(key)
}

/// Keys as the page writes them, where "Ctrl" is Cmd on a Mac.
fn parse(keys: &str) -> Result<HotKey, String> {
    let keys = if cfg!(target_os = "macos") { keys.replace("Ctrl", "Cmd") } else { keys.into() };
    keys.parse().map_err(|error: global_hotkey::hotkey::HotKeyParseError| error.to_string())
}

fn is_wayland() -> bool {
    cfg!(target_os = "linux")
        && std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_usual_keys_are_keys() {
        for errand in Errand::ALL {
            parse(errand.usual_keys()).unwrap();
        }
        for keys in ["Ctrl+Alt+Left", "Ctrl+Alt+1", "Alt+F9", "Ctrl+Shift+Space", "Ctrl+Alt+,"] {
            parse(keys).unwrap();
        }
        assert!(parse("Ctrl+Alt+Nonsense").is_err());
    }
}
