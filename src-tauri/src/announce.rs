//! Words for a screen reader. In `WebKitGTK`, a page's live regions send no event when their text
//! changes, so Orca stays silent; an object of the role "notification" that appears is spoken. On
//! other systems the page's live region does it. Each window has such places.

use tauri::{AppHandle, WebviewWindow};

/// Puts the place where words appear into the window.
pub fn attach(window: &WebviewWindow) {
    #[cfg(target_os = "linux")]
    linux::attach(window);
    #[cfg(not(target_os = "linux"))]
    let _ = window;
}

/// Says it, if a screen reader listens.
pub fn say(handle: &AppHandle, text: &str) {
    #[cfg(target_os = "linux")]
    {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        if !text.trim().is_empty() {
            // Fails when the program ends, and then there is nobody to tell.
            let _ = handle.run_on_main_thread(move || linux::say(text));
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (handle, text);
}

/// Whether a screen reader runs, as far as the system tells: then it speaks, and we do not.
pub fn screen_reader_runs() -> bool {
    #[cfg(target_os = "linux")]
    return linux::session_says_so().unwrap_or(false) || linux::orca_runs();
    #[cfg(not(target_os = "linux"))]
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::time::Duration;

    use gtk::atk;
    use gtk::gio;
    use gtk::glib;
    use gtk::glib::translate::IntoGlib as _;
    use gtk::glib::variant::ToVariant as _;
    use gtk::prelude::*;
    use tauri::WebviewWindow;

    /// The bus answers at once or is not there.
    const PATIENCE_MS: i32 = 300;

    /// A screen reader asks for the words after it was told of them: each stays until so many more
    /// have come.
    const N_SPOTS: usize = 8;

    /// Orca throws away what it is told while more than fifty changes of the page wait to be looked at,
    /// and a question that is sent or answered changes much of it.
    const AFTER_THE_PAGE: Duration = Duration::from_millis(400);
    const BETWEEN_TWO: Duration = Duration::from_millis(100);

    thread_local! {
        static SPOTS: RefCell<VecDeque<gtk::DrawingArea>> = const { RefCell::new(VecDeque::new()) };
        /// What is to be said, the first when a timer ends.
        static WAITING: RefCell<VecDeque<String>> = const { RefCell::new(VecDeque::new()) };
    }

    pub(super) fn attach(window: &WebviewWindow) {
        let Ok(vbox) = window.default_vbox() else { return };
        let row = gtk::Box::new(gtk::Orientation::Horizontal, 0);
        for _ in 0..N_SPOTS {
            let spot = gtk::DrawingArea::new();
            spot.set_size_request(1, 1);
            // Once the window opens, a reader would say "notification" for each that is to be seen.
            spot.set_no_show_all(true);
            if let Some(accessible) = spot.accessible() {
                accessible.set_role(atk::Role::Notification);
                // A first name is not told (GNOME bug 665870), so it is this one.
                accessible.set_name("");
            }
            row.pack_start(&spot, false, false, 0);
            SPOTS.with(|spots| spots.borrow_mut().push_back(spot));
        }
        vbox.pack_end(&row, false, false, 0);
        row.show();
    }

    pub(super) fn say(text: String) {
        let n_before = WAITING.with_borrow_mut(|waiting| {
            waiting.push_back(text);
            waiting.len() - 1
        });
        if n_before == 0 {
            glib::timeout_add_local_once(AFTER_THE_PAGE, say_next);
        }
    }

    fn say_next() {
        // It waits until it was said: what comes meanwhile finds the timer running.
        if let Some(text) = WAITING.with_borrow(|waiting| waiting.front().cloned()) {
            say_now(&text);
        }
        let is_more = WAITING.with_borrow_mut(|waiting| {
            waiting.pop_front();
            !waiting.is_empty()
        });
        if is_more {
            glib::timeout_add_local_once(BETWEEN_TWO, say_next);
        }
    }

    fn say_now(text: &str) {
        SPOTS.with(|spots| {
            let mut spots = spots.borrow_mut();
            // The next one of a window that is to be seen, if there is any.
            let is_seen =
                |spot: &gtk::DrawingArea| spot.parent().is_some_and(|row| row.is_mapped());
            let next = spots.iter().position(is_seen).unwrap_or(0);
            let n = (next + 1).min(spots.len());
            spots.rotate_left(n);
            let Some(accessible) = spots.back().and_then(WidgetExt::accessible) else { return };
            accessible.set_name(text);
            let showing = u64::from(atk::StateType::Showing.into_glib().unsigned_abs());
            // What appears is spoken, also when it says the same as before.
            for is_there in [false, true] {
                accessible.notify_state_change(showing, is_there);
            }
        });
    }

    /// Only some desktops keep that word: started by hand, Orca does not tell the session.
    pub(super) fn orca_runs() -> bool {
        let Ok(processes) = fs_err::read_dir("/proc") else { return false };
        processes.flatten().any(|process| {
            let name = fs_err::read_to_string(process.path().join("comm"));
            name.is_ok_and(|name| name.trim_end() == "orca")
        })
    }

    pub(super) fn session_says_so() -> Option<bool> {
        let bus = gio::bus_get_sync(gio::BusType::Session, gio::Cancellable::NONE).ok()?;
        let asked = ("org.a11y.Status", "ScreenReaderEnabled").to_variant();
        let answer = bus.call_sync(
            Some("org.a11y.Bus"),
            "/org/a11y/bus",
            "org.freedesktop.DBus.Properties",
            "Get",
            Some(&asked),
            None,
            gio::DBusCallFlags::NO_AUTO_START,
            PATIENCE_MS,
            gio::Cancellable::NONE,
        );
        answer.ok()?.child_value(0).as_variant()?.get()
    }
}
