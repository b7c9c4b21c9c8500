//! Keys under Wayland, by the desktop's `GlobalShortcuts` portal. The desktop may ask the person first;
//! it hears the keys and says which quick action was called.

use std::collections::HashMap;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use lorgnette_app::desktop::portal::{self, Options, PortalError, Portals, Results};
use lorgnette_app::quick_action::QuickAction;
use tauri::async_runtime::JoinHandle;
use tauri::{AppHandle, Manager as _};
use tokio::sync::oneshot;
use zbus::proxy::{OwnerChangedStream, Proxy, SignalStream};
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

use super::{Shortcuts, Wanted};
use crate::quick_actions;

const PORTAL: &str = "GlobalShortcuts";

/// A portal that was restarted is asked again, but not one that ends within this time of being asked.
const ENDS_EACH_TIME: Duration = Duration::from_mins(1);

/// The session for the keys that were asked for. A session takes one set of keys; others need another.
#[derive(Default)]
pub(super) struct Asked(Option<(oneshot::Sender<()>, JoinHandle<()>)>);

impl Asked {
    /// Asks for these keys as soon as those before are given back. The receiver hears when it is known
    /// which could be had.
    pub(super) fn ask(&mut self, handle: &AppHandle, wanted: Wanted) -> mpsc::Receiver<()> {
        let (settled, told) = mpsc::channel();
        let before = self.0.take();
        let (stop, stopped) = oneshot::channel();
        let handle = handle.clone();
        let task = tauri::async_runtime::spawn(async move {
            if let Some((stop, task)) = before {
                // One that had no keys may have ended already.
                let _ = stop.send(());
                let _ = task.await;
            }
            if !wanted.is_empty() {
                hold(&handle, &wanted, stopped, &settled).await;
            }
        });
        self.0 = Some((stop, task));
        told
    }
}

/// Holds the keys until others are wanted.
async fn hold(
    handle: &AppHandle,
    wanted: &Wanted,
    mut stopped: oneshot::Receiver<()>,
    settled: &mpsc::Sender<()>,
) {
    let say = |faults: Vec<(QuickAction, String)>| {
        handle.state::<Shortcuts>().set_faults(wanted, faults);
        // Nobody may be waiting for it any more.
        let _ = settled.send(());
    };
    loop {
        let bound = tokio::select! {
            // What is half made ends with its connection.
            _ = &mut stopped => return,
            bound = Bound::new(wanted) => bound,
        };
        let mut bound = match bound {
            Ok(bound) => bound,
            Err(error) => return say(all(wanted, &error.to_string())),
        };
        say(without_keys(wanted, &bound.keys));
        let since = Instant::now();
        let lost = tokio::select! {
            _ = &mut stopped => {
                // Waited for: the next session may want the same keys.
                let _ = bound.session.call_method("Close", &()).await;
                return;
            }
            lost = bound.listen(handle) => lost,
        };
        if lost == Lost::Session || since.elapsed() < ENDS_EACH_TIME {
            return say(all(wanted, "the desktop has taken them back"));
        }
    }
}

/// Why there are no keys any more.
#[derive(Debug, PartialEq, Eq)]
enum Lost {
    /// The desktop closed the session.
    Session,
    /// The portal itself has ended.
    Portal,
}

/// The body of the signal: the session, the shortcut's name, the time, and more.
type Activated<'m> = (ObjectPath<'m>, &'m str, u64, HashMap<&'m str, Value<'m>>);

/// A session with its keys.
struct Bound {
    session: Proxy<'static>,
    /// The keys of each quick action, in the desktop's words.
    keys: HashMap<String, String>,
    activated: SignalStream<'static>,
    closed: SignalStream<'static>,
    owners: OwnerChangedStream<'static>,
}

impl Bound {
    async fn new(wanted: &Wanted) -> Result<Self, PortalError> {
        let portals = Portals::connect().await?;
        let options = Options::from([("session_handle_token", Value::from(portal::token()))]);
        let made = portals.request(PORTAL, "CreateSession", options, |options| (options,)).await?;
        // Its type is that of a text, though it is a path.
        let path = made.get("session_handle").and_then(|path| path.downcast_ref::<&str>().ok());
        let path = path.and_then(|path| OwnedObjectPath::try_from(path).ok());
        let path = path.ok_or(PortalError::Refused)?;
        let session = portals.object(path.as_str(), "Session").await?;
        let desktop = portals.desktop(PORTAL).await?;
        // Before they are bound: the person may be quick.
        let activated = desktop.receive_signal("Activated").await.map_err(PortalError::Bus)?;
        let closed = session.receive_signal("Closed").await.map_err(PortalError::Bus)?;
        let owners = desktop.receive_owner_changed().await.map_err(PortalError::Bus)?;
        let shortcuts: Vec<_> =
            wanted.iter().map(|(action, keys)| shortcut(*action, keys)).collect();
        let no_window = "";
        let body = |options| (ObjectPath::from(path), shortcuts, no_window, options);
        let bound = portals.request(PORTAL, "BindShortcuts", Options::new(), body).await?;
        Ok(Self { session, keys: keys(bound), activated, closed, owners })
    }

    /// Runs the quick actions whose keys are pressed, until there are no keys any more.
    async fn listen(&mut self, handle: &AppHandle) -> Lost {
        loop {
            let message = tokio::select! {
                message = self.activated.next() => message,
                _ = self.closed.next() => return Lost::Session,
                _ = self.owners.next() => return Lost::Portal,
            };
            let Some(message) = message else { return Lost::Portal };
            let body = message.body();
            let Ok((session, name, ..)) = body.deserialize::<Activated<'_>>() else { continue };
            // Another session of this program may just be ending.
            if session == *self.session.path()
                && let Ok(action) = name.parse()
            {
                quick_actions::run(handle, action);
            }
        }
    }
}

/// Reads the name of each shortcut and the keys that it has.
fn keys(mut bound: Results) -> HashMap<String, String> {
    let shortcuts =
        bound.remove("shortcuts").map(Vec::<(String, HashMap<String, OwnedValue>)>::try_from);
    let Some(Ok(shortcuts)) = shortcuts else { return HashMap::new() };
    let keys = |about: &HashMap<String, OwnedValue>| {
        let keys = about.get("trigger_description")?.downcast_ref::<&str>().ok()?;
        Some(keys.to_owned())
    };
    let named = shortcuts.into_iter();
    named.map(|(name, about)| (name, keys(&about).unwrap_or_default())).collect()
}

/// The quick actions that the desktop gave no keys.
fn without_keys(wanted: &Wanted, keys: &HashMap<String, String>) -> Vec<(QuickAction, String)> {
    let has_some =
        |action: QuickAction| keys.get(action.name()).is_some_and(|keys| !keys.is_empty());
    let without = wanted.iter().filter(|(action, _)| !has_some(*action));
    let reason = "the desktop gave it none: its keyboard settings can";
    without.map(|(action, _)| (*action, reason.to_owned())).collect()
}

fn all(wanted: &Wanted, reason: &str) -> Vec<(QuickAction, String)> {
    wanted.iter().map(|(action, _)| (*action, reason.to_owned())).collect()
}

/// Describes a shortcut as the portal takes it.
fn shortcut(
    action: QuickAction,
    keys: &str,
) -> (&'static str, HashMap<&'static str, Value<'static>>) {
    let mut about = HashMap::from([("description", Value::from(description(action)))]);
    if let Some(trigger) = trigger(keys) {
        about.insert("preferred_trigger", trigger.into());
    }
    (action.name(), about)
}

/// The description that the desktop shows the person.
fn description(action: QuickAction) -> &'static str {
    match action {
        QuickAction::Screen => "Describe the screen",
        QuickAction::Window => "Describe a window",
        QuickAction::Region => "Describe a part of the screen",
        QuickAction::Text => "Read the text of a window",
        QuickAction::Clipboard => "Describe the picture in the clipboard",
        QuickAction::Again => "Answer once more",
        QuickAction::Silence => "Be silent",
    }
}

/// Keys as the shortcuts specification of freedesktop.org writes them: modifiers, then the name of the
/// key in `xkbcommon-keysyms.h`. `None` for a key that has no such name here; the desktop then asks.
fn trigger(keys: &str) -> Option<String> {
    // The plus that is a key stands last.
    let (modifiers, key) = match keys.strip_suffix("++") {
        Some(modifiers) => (modifiers, "+"),
        None => keys.rsplit_once('+')?,
    };
    let mut trigger = String::new();
    for modifier in modifiers.split('+') {
        trigger += match modifier {
            "Ctrl" => "CTRL+",
            "Alt" => "ALT+",
            "Shift" => "SHIFT+",
            _ => return None,
        };
    }
    let is_function_key = key.strip_prefix('F').is_some_and(|number| number.parse::<u8>().is_ok());
    let name = match key {
        "," => "comma",
        "." => "period",
        "/" => "slash",
        ";" => "semicolon",
        "'" => "apostrophe",
        "[" => "bracketleft",
        "]" => "bracketright",
        "\\" => "backslash",
        "-" => "minus",
        "+" => "plus",
        "=" => "equal",
        "`" => "grave",
        "Space" => "space",
        "Enter" => "Return",
        "Esc" => "Escape",
        "Backspace" => "BackSpace",
        "PageUp" => "Page_Up",
        "PageDown" => "Page_Down",
        "Up" | "Down" | "Left" | "Right" | "Home" | "End" | "Insert" | "Delete" | "Tab" => key,
        _ if is_function_key => key,
        _ if key.len() == 1 && key.chars().all(|key| key.is_ascii_alphanumeric()) => {
            return Some(trigger + &key.to_ascii_lowercase());
        }
        _ => return None,
    };
    Some(trigger + name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(keys: &str, expected: Option<&str>) {
        assert_eq!(trigger(keys).as_deref(), expected);
    }

    #[test]
    fn keys_are_written_as_desktops_read_them() {
        check("Ctrl+Alt+Shift+S", Some("CTRL+ALT+SHIFT+s"));
        check("Ctrl+Alt+1", Some("CTRL+ALT+1"));
        check("Alt+F9", Some("ALT+F9"));
        check("Ctrl+Shift+Space", Some("CTRL+SHIFT+space"));
        check("Ctrl+Alt++", Some("CTRL+ALT+plus"));
        check("Ctrl+Alt+é", None);
        check("Hyper+A", None);
        for action in QuickAction::ALL {
            assert!(trigger(action.usual_keys()).is_some());
        }
    }

    #[test]
    fn what_the_desktop_gave_no_keys_is_known() {
        let wanted = vec![(QuickAction::Screen, String::new()), (QuickAction::Text, String::new())];
        let keys = HashMap::from([
            ("screen".to_owned(), "Ctrl+S".to_owned()),
            ("text".to_owned(), String::new()),
        ]);
        let faults = without_keys(&wanted, &keys);
        assert_eq!(faults.iter().map(|fault| fault.0).collect::<Vec<_>>(), [QuickAction::Text]);
        assert_eq!(without_keys(&wanted, &HashMap::new()).len(), 2);
    }
}
