//! A bug is said where a person sees it: a program with a window often has no terminal.

use std::panic::PanicHookInfo;

use lorgnette_app::say;

use crate::native;

const HINT: &str = "This is a bug in Lorgnette; please report it with these words. Your chats and \
                    models are on the disk as they were.";

/// Has panics said from now on: each on the terminal, and in release builds one that ends the program
/// in a dialog as well.
pub fn hook() {
    std::panic::set_hook(Box::new(|panic| {
        say!("error: {panic}\nhint: {HINT}");
        // Other threads end alone: what they were to do fails, and the window says so. A developer
        // looks at the terminal, and tests wait for nobody.
        if ends_the_program(std::thread::current().name()) && cfg!(not(debug_assertions)) {
            let (message, hint) = words(panic);
            native::ask(&message, &hint, &["Quit"]);
        }
    }));
}

/// Whether a panic on the thread of that name is the program's end.
fn ends_the_program(thread: Option<&str>) -> bool {
    thread == Some("main")
}

/// What the dialog says.
fn words(panic: &PanicHookInfo<'_>) -> (String, String) {
    let place = panic.location().map(|place| format!("\n\n{place}")).unwrap_or_default();
    let reason = panic.payload_as_str().unwrap_or("no reason is known");
    (format!("Lorgnette cannot go on: {reason}"), format!("{HINT}{place}"))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_panic_is_told_with_its_reason_and_place() {
        let said = Arc::new(Mutex::new(None));
        let hears = Arc::clone(&said);
        // Other tests of this program do not panic, and if one does, it is not on this thread.
        let old = std::panic::take_hook();
        let own = std::thread::current().id();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().id() == own {
                *hears.lock().unwrap() = Some(words(panic));
            }
        }));
        let caught = std::panic::catch_unwind(|| panic!("no {}", "webview"));
        std::panic::set_hook(old);
        assert!(caught.is_err());
        let (message, hint) = said.lock().unwrap().take().unwrap();
        assert_eq!(message, "Lorgnette cannot go on: no webview");
        assert!(hint.contains("report it") && hint.contains("panics.rs:"), "{hint}");
        assert!(ends_the_program(Some("main")) && !ends_the_program(Some("engine")));
    }
}
