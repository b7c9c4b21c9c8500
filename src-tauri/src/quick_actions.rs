//! Runs quick actions: takes the picture at once, then shows the panel, asks, and has the answer
//! read aloud.

use std::time::Duration;

use lorgnette_app::FaultDetails;
use lorgnette_app::coordinator::{AloudDo, App, Asked, Listener};
use lorgnette_app::purpose::Purpose;
use lorgnette_app::quick_action::{self, QuickAction};
use tauri::{AppHandle, Manager as _};

use crate::announce;
use crate::ipc::{PanelEvent, UiError};
use crate::panel::{self, Panel, Shown};

/// How long the desktop takes to remove a hidden panel from the screen.
const GONE_AFTER: Duration = Duration::from_millis(120);

/// Runs a quick action on a thread of its own.
pub fn run(handle: &AppHandle, action: QuickAction) {
    let handle = handle.clone();
    std::thread::spawn(move || {
        if action == QuickAction::Silence {
            return silence(&handle);
        }
        if let Err(error) = act(&handle, action) {
            // The page has the words for it, and speaks them.
            handle.state::<Panel>().tell(PanelEvent::Failed { error });
            // A panel that cannot be shown is heard all the same.
            let _ = panel::show(&handle, &handle.state::<App>());
        }
    });
}

fn silence(handle: &AppHandle) {
    let app = handle.state::<App>();
    app.aloud(AloudDo::Stop);
    if let Some(shown) = handle.state::<Panel>().shown() {
        app.stop(shown.answer);
    }
    panel::close(handle);
}

fn act(handle: &AppHandle, action: QuickAction) -> Result<(), UiError> {
    let app = handle.state::<App>();
    let settings = app.settings();
    let begun = || {
        let settings = Box::new(settings.clone().into());
        PanelEvent::Begun { action, settings }
    };
    let panel = handle.state::<Panel>();
    // The answer before is over: of two voices at once, none is understood.
    app.aloud(AloudDo::Stop);
    let last = panel.shown();
    if let Some(last) = last {
        app.stop(last.answer);
    }
    app.set_screen_reader(announce::screen_reader_runs());
    if action == QuickAction::Again {
        let Some(last) = last else { return Ok(()) };
        panel.tell(begun());
        app.describe_again_aloud(last.answer, |asked| listener(handle, asked))?;
    } else {
        if panel::hide(handle) {
            std::thread::sleep(GONE_AFTER);
        }
        let pointer = handle.cursor_position().unwrap_or_default();
        let pointer = (pointer.x.max(0.0) as u32, pointer.y.max(0.0) as u32);
        panel.tell(begun());
        let taken = action.take(pointer, settings.region_side)?;
        if taken.is_empty() {
            return Ok(());
        }
        let bindings = quick_action::key_bindings(&settings);
        let binding = bindings.iter().find(|binding| binding.action == action);
        let purpose = binding.and_then(|binding| binding.purpose).unwrap_or(Purpose::Brief);
        app.describe_aloud(taken, purpose, |asked| listener(handle, asked))?;
    }
    panel::show(handle, &app).map_err(|error| {
        let details = FaultDetails::Panel { reason: error.to_string().into() };
        let message = format!("The panel could not be shown: {error}.");
        UiError::of_system(details, message, "Start Lorgnette again.")
    })
}

fn listener(handle: &AppHandle, asked: &Asked) -> Listener {
    let panel = handle.state::<Panel>();
    panel.set_shown(Shown { chat: asked.chat.id, answer: asked.answer });
    panel.tell(PanelEvent::Answer { event: Box::new(asked.into()) });
    let (handle, answer) = (handle.clone(), asked.answer);
    Box::new(move |progress| {
        let panel = handle.state::<Panel>();
        // An answer that was stopped for another may still tell something.
        if panel.shown().is_some_and(|shown| shown.answer == answer) {
            panel.tell(PanelEvent::Answer { event: Box::new(progress.into()) });
        }
    })
}
