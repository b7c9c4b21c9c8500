//! The process that draws a page. It is the system's, and may be missing or end at any time.

use tauri::WebviewWindow;

use crate::native;

/// What is to be said when the system has no web view at all, and what to do.
pub fn missing() -> Option<(&'static str, &'static str)> {
    // On Linux the program is linked with it, and does not start without it.
    let is_missing = cfg!(windows) && tauri::webview_version().is_err();
    is_missing.then_some((
        "Windows has no WebView2, which draws Lorgnette's window.",
        "Install the Evergreen Runtime from https://developer.microsoft.com/microsoft-edge/webview2/ \
         and start Lorgnette again. Until then, `lorgnette` works in a terminal.",
    ))
}

/// Asks whether to try again, because nothing can be drawn.
pub fn ask_to_try_again(message: &str) -> bool {
    let hint = if cfg!(windows) {
        "WebView2 does not work. Install it again from \
         https://developer.microsoft.com/microsoft-edge/webview2/; your chats are kept, and \
         `lorgnette` works in a terminal."
    } else {
        "The system's web view does not work. On Linux, install WebKitGTK again \
         (libwebkit2gtk-4.1); your chats are kept, and `lorgnette` works in a terminal."
    };
    native::ask(message, hint, &["Try again", "Quit"]) == Some(0)
}

/// Loads the page again when the process that draws it has ended. When that is no help, `no_use` is
/// called, on the main thread.
#[cfg(target_os = "linux")]
pub fn watch(window: &WebviewWindow, no_use: impl Fn() + Send + 'static) {
    use std::cell::Cell;
    use std::time::{Duration, Instant};

    use webkit2gtk::WebViewExt as _;

    /// A process that lives no longer than this is not worth another one.
    const LIVES: Duration = Duration::from_secs(20);

    // Fails when the program ends.
    let _ = window.with_webview(move |view| {
        let begun = Cell::new(Instant::now());
        let n_short = Cell::new(0);
        view.inner().connect_web_process_terminated(move |view, _| {
            let is_short = begun.replace(Instant::now()).elapsed() < LIVES;
            n_short.set(if is_short { n_short.get() + 1 } else { 0 });
            if n_short.get() > 1 {
                n_short.set(0);
                no_use();
            }
            view.reload();
        });
    });
}

/// Elsewhere the webview sees to it itself.
#[cfg(not(target_os = "linux"))]
pub fn watch(_window: &WebviewWindow, _no_use: impl Fn() + Send + 'static) {}
