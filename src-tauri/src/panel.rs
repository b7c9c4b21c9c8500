//! The small panel with the answer to a quick action. It never takes the focus: the person goes on
//! with what they do.

use std::sync::{Mutex, PoisonError};

use lorgnette_app::chats::{ChatId, MessageId};
use lorgnette_app::coordinator::App;
use tauri::ipc::Channel;
use tauri::{
    AppHandle, LogicalSize, Manager as _, Monitor, PhysicalPosition, WebviewUrl, WebviewWindow,
    WebviewWindowBuilder, WindowEvent,
};

use crate::ipc::PanelEvent;
use crate::{announce, tray, window};

/// The name of its window in the program.
pub const LABEL: &str = "panel";
const SIZE: LogicalSize<f64> = LogicalSize { width: 420.0, height: 300.0 };
/// Distance from the edges of the screen.
const MARGIN: f64 = 24.0;

/// The panel's answer, and its page.
#[derive(Default)]
pub struct Panel(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    to_page: Option<Channel<PanelEvent>>,
    /// What was told of the present quick action: a page that comes late hears it all.
    told: Vec<PanelEvent>,
    shown: Option<Shown>,
}

/// The answer in the panel, and its chat.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    pub chat: ChatId,
    pub answer: MessageId,
}

impl Panel {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells this page from now on, and all that it has missed.
    pub fn watch(&self, to_page: Channel<PanelEvent>) {
        let mut inner = self.inner();
        for event in &inner.told {
            let _ = to_page.send(event.clone());
        }
        inner.to_page = Some(to_page);
    }

    /// Tells the page. A quick action that begins takes the place of the one before.
    pub fn tell(&self, event: PanelEvent) {
        let mut inner = self.inner();
        if matches!(event, PanelEvent::Begun { .. }) {
            inner.told.clear();
        }
        if let Some(to_page) = &inner.to_page {
            // A page that is gone hears nothing, and the next one all of it.
            let _ = to_page.send(event.clone());
        }
        inner.told.push(event);
    }

    /// The answer that is in it, or was last.
    pub fn shown(&self) -> Option<Shown> {
        self.inner().shown
    }

    /// Remembers the answer that is in it now.
    pub fn set_shown(&self, shown: Shown) {
        self.inner().shown = Some(shown);
    }
}

/// Shows the panel, on the screen where the pointer is.
///
/// # Errors
/// Those of making a window, and of showing it.
pub fn show(handle: &AppHandle, app: &App) -> tauri::Result<()> {
    let panel = match handle.get_webview_window(LABEL) {
        Some(panel) => panel,
        None => make(handle, app)?,
    };
    let pointer = handle.cursor_position().unwrap_or_default();
    let here = handle.monitor_from_point(pointer.x, pointer.y).ok().flatten();
    if let Some(monitor) = here.or(handle.primary_monitor().ok().flatten()) {
        let _ = panel.set_position(place(&monitor));
    }
    panel.show()
}

fn make(handle: &AppHandle, app: &App) -> tauri::Result<WebviewWindow> {
    let builder = WebviewWindowBuilder::new(handle, LABEL, WebviewUrl::App("panel.html".into()))
        .title("Lorgnette")
        .inner_size(SIZE.width, SIZE.height)
        .resizable(true)
        .decorations(false)
        .always_on_top(true)
        .visible_on_all_workspaces(true)
        .skip_taskbar(true)
        .focusable(false)
        .focused(false)
        .visible(false);
    let panel = window::guarded(builder, app.settings().theme, &app.folders().cache).build()?;
    let attached = panel.clone();
    // Fails when the program ends.
    let _ = handle.run_on_main_thread(move || announce::attach(&attached));
    let closed = panel.clone();
    panel.on_window_event(move |event| {
        if let WindowEvent::CloseRequested { api, .. } = event {
            api.prevent_close();
            hide(closed.app_handle());
        }
    });
    Ok(panel)
}

/// Hides the panel. True when it was to be seen.
pub fn hide(handle: &AppHandle) -> bool {
    let Some(panel) = handle.get_webview_window(LABEL) else { return false };
    let was_there = panel.is_visible().unwrap_or(false);
    let _ = panel.hide();
    was_there
}

/// Hides the panel because the person is done with it. A program without another window then ends,
/// unless it is in the tray.
pub fn close(handle: &AppHandle) {
    hide(handle);
    let Some(main) = handle.get_webview_window(window::LABEL) else { return };
    if !main.is_visible().unwrap_or(true) && !tray::is_there(handle) {
        window::close(&main);
    }
}

/// The position of the panel: the lower right corner of a screen.
fn place(monitor: &Monitor) -> PhysicalPosition<i32> {
    let area = monitor.work_area();
    let scale = monitor.scale_factor();
    let from_edge = |size: f64| ((size + MARGIN) * scale).round() as i32;
    PhysicalPosition {
        x: area.position.x + area.size.width.cast_signed() - from_edge(SIZE.width),
        y: area.position.y + area.size.height.cast_signed() - from_edge(SIZE.height),
    }
}
