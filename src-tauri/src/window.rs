//! The window: how it is made, what it refuses, how it closes.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lorgnette_app::coordinator::App;
use lorgnette_app::settings::Theme;
use tauri::webview::{NewWindowResponse, PermissionResponse};
use tauri::{
    AppHandle, DragDropEvent, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    WindowEvent, Wry,
};

use crate::announce;
use crate::ipc::{AppEvent, AppEvents, FromDto};
use crate::served::Served;
use crate::{tray, webview};

/// The name of the main window in the program.
pub const LABEL: &str = "main";

type Builder<'a> = WebviewWindowBuilder<'a, Wry, AppHandle>;

/// How long the page may take to say that it can be seen; then the window is shown as it is.
const SHOW_AFTER: Duration = Duration::from_secs(3);

/// Whether the window stays hidden until it is asked for, because a quick action started the program.
pub struct StaysHidden(AtomicBool);

impl StaysHidden {
    pub fn new(hidden: bool) -> Self {
        Self(AtomicBool::new(hidden))
    }

    pub fn set(&self, hidden: bool) {
        self.0.store(hidden, Ordering::Relaxed);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Makes the window. It is hidden until the page says that it can be seen.
pub fn open(handle: &AppHandle, app: &App) -> tauri::Result<()> {
    let builder = WebviewWindowBuilder::new(handle, LABEL, WebviewUrl::default())
        .title("Lorgnette")
        .inner_size(1180.0, 780.0)
        .min_inner_size(480.0, 420.0)
        .visible(false);
    let window = guarded(builder, app.settings().theme, &app.folders().cache).build()?;
    announce::attach(&window);
    let without_page = window.clone();
    webview::watch(&window, move || {
        if !webview::ask_to_try_again("The window's page has ended, and again after a new start.") {
            close(&without_page);
        }
    });
    let heard = window.clone();
    window.on_window_event(move |event| happened(&heard, event));
    let late = window.clone();
    std::thread::spawn(move || {
        std::thread::sleep(SHOW_AFTER);
        show(&late);
    });
    Ok(())
}

/// Adds what every window of the program refuses, and the colours that all have.
pub fn guarded<'a>(builder: Builder<'a>, theme: Theme, cache: &Path) -> Builder<'a> {
    builder
        .theme(native_theme(theme))
        .data_directory(cache.join("webview"))
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_permission_request(|_, _| PermissionResponse::Deny)
}

/// Shows the window, unless it is visible already or is to stay hidden.
pub fn show(window: &WebviewWindow) {
    if !window.state::<StaysHidden>().get() && !window.is_visible().unwrap_or(false) {
        // A window that does not show itself has no way to say so.
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// Brings the window to the front, because the program was started again.
pub fn raise(handle: &AppHandle) {
    if let Some(window) = handle.get_webview_window(LABEL) {
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// Gives the window's frame the colours that were chosen.
pub fn apply_theme(window: &WebviewWindow, theme: Theme) {
    let _ = window.set_theme(native_theme(theme));
}

fn native_theme(theme: Theme) -> Option<tauri::Theme> {
    match theme {
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
        Theme::System | Theme::Contrast => None,
    }
}

/// Stops what is being done, keeps it, and ends the program.
pub fn close(window: &WebviewWindow) {
    let handle = window.app_handle().clone();
    handle.state::<AppEvents>().tell(AppEvent::Closing);
    // A program that is started from now on takes over, and waits until this one has let go.
    tauri_plugin_single_instance::destroy(&handle);
    std::thread::spawn(move || {
        handle.state::<Served>().stop();
        handle.state::<App>().close();
        handle.exit(0);
    });
}

/// Reads files and hands them to the page as pictures.
pub fn add(handle: &AppHandle, paths: Vec<PathBuf>, from: FromDto) {
    let handle = handle.clone();
    std::thread::spawn(move || {
        let events = handle.state::<AppEvents>();
        events.tell(AppEvent::Adding { n_files: paths.len() });
        let added = handle.state::<App>().add_files(paths).into();
        events.tell(AppEvent::Added { from, added });
    });
}

/// Whether an address is that of the page itself, which lies in the program or, in development, on its
/// server.
fn is_ours(url: &Url) -> bool {
    let origin = (url.scheme(), url.host_str(), url.port());
    match origin {
        ("tauri", Some("localhost"), None) => !cfg!(windows),
        ("http" | "https", Some("tauri.localhost"), None) => cfg!(windows),
        ("http", Some("localhost"), Some(5173)) => !cfg!(feature = "custom-protocol"),
        _ => false,
    }
}

fn happened(window: &WebviewWindow, event: &WindowEvent) {
    let events = window.state::<AppEvents>();
    match event {
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            // In the tray, answers and downloads go on; a private chat goes with its window.
            if tray::is_there(window.app_handle()) {
                if window.state::<App>().end_private() {
                    events.tell(AppEvent::PrivateEnded);
                }
                let _ = window.hide();
            } else {
                close(window);
            }
        }
        WindowEvent::DragDrop(DragDropEvent::Enter { .. }) => events.tell(AppEvent::DragOver),
        WindowEvent::DragDrop(DragDropEvent::Leave) => events.tell(AppEvent::DragLeft),
        WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) => {
            events.tell(AppEvent::DragLeft);
            if !paths.is_empty() {
                add(window.app_handle(), paths.clone(), FromDto::Drop);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_goes_nowhere_else() {
        let here = if cfg!(windows) { "http://tauri.localhost/" } else { "tauri://localhost/" };
        assert!(is_ours(&here.parse().unwrap()));
        for url in [
            "https://example.org/",
            "http://tauri.localhost.example.org/",
            "https://tauri.localhost@example.org/",
            "tauri://localhost.example.org/",
            "tauri://example.org/",
            "tauri://localhost:80/",
            "http://localhost:5173/",
            "http://localhost/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:blank",
            "javascript:alert(1)",
            "picture://localhost/x",
        ] {
            assert!(!is_ours(&url.parse().unwrap()), "{url}");
        }
    }
}
