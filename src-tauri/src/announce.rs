//! Words for a screen reader. In `WebKitGTK`, a page's live regions send no event when their text
//! changes, so Orca stays silent; but it speaks an object of the role "notification" that appears.
//! Each window has such objects. On other systems the page's live region is enough.

#[cfg(target_os = "linux")]
mod reader;

use tauri::{AppHandle, WebviewWindow};

/// Adds the objects in which words appear to the window.
pub fn attach(window: &WebviewWindow) {
    #[cfg(target_os = "linux")]
    linux::attach(window);
    #[cfg(not(target_os = "linux"))]
    let _ = window;
}

/// Gives a text to the screen reader, if one runs.
pub fn say(handle: &AppHandle, text: &str) {
    #[cfg(target_os = "linux")]
    {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        if !text.trim().is_empty() {
            let reader = reader::Reader::find();
            // Fails when the program ends, and then there is nobody to tell.
            let _ = handle.run_on_main_thread(move || linux::say(text, reader));
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (handle, text);
}

/// Whether a screen reader runs, as far as the system tells. Where one does, it speaks in our place.
pub fn screen_reader_runs() -> bool {
    #[cfg(target_os = "linux")]
    return reader::session_says_so().unwrap_or(false) || reader::Reader::find().is_some();
    #[cfg(not(target_os = "linux"))]
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::time::{Duration, Instant};

    use gtk::atk;
    use gtk::glib;
    use gtk::glib::translate::IntoGlib as _;
    use gtk::prelude::*;
    use tauri::WebviewWindow;

    use super::reader::Reader;

    /// How many texts stay where they are: a screen reader asks for a text only after it has heard that
    /// it is there.
    const N_SPOTS: usize = 8;

    /// Orca throws away what it is told while more than fifty changes of the page wait to be looked at,
    /// and a question that is sent or answered changes much of it. So words wait until the page has
    /// told of its changes, and Orca has looked at them: until it was at rest in so many looks.
    const LOOK_EVERY: Duration = Duration::from_millis(50);
    const N_QUIET_LOOKS: u32 = 5;
    /// The longest wait: a screen reader that is never at rest would otherwise hear nothing.
    const LONGEST: Duration = Duration::from_secs(4);

    thread_local! {
        static SPOTS: RefCell<VecDeque<gtk::DrawingArea>> = const { RefCell::new(VecDeque::new()) };
        static WAITING: RefCell<Waiting> = const { RefCell::new(Waiting::NONE) };
    }

    /// The texts that wait to be said, each with its window.
    struct Waiting {
        texts: VecDeque<(Instant, String)>,
        reader: Option<Reader>,
        n_quiet_looks: u32,
    }

    impl Waiting {
        const NONE: Self = Self { texts: VecDeque::new(), reader: None, n_quiet_looks: 0 };

        /// Takes the next text, if this is the moment for it.
        fn next(&mut self) -> Option<String> {
            let is_at_work = self.reader.as_mut().is_some_and(Reader::is_at_work);
            self.n_quiet_looks = if is_at_work { 0 } else { self.n_quiet_looks + 1 };
            let (since, _) = self.texts.front()?;
            if self.n_quiet_looks < N_QUIET_LOOKS && since.elapsed() < LONGEST {
                return None;
            }
            self.n_quiet_looks = 0;
            self.texts.pop_front().map(|(_, text)| text)
        }
    }

    pub(super) fn attach(window: &WebviewWindow) {
        let Ok(vbox) = window.default_vbox() else { return };
        let row = gtk::Box::new(gtk::Orientation::Horizontal, 0);
        for _ in 0..N_SPOTS {
            let spot = gtk::DrawingArea::new();
            spot.set_size_request(1, 1);
            // Once the window opens, a reader would say "notification" for each that is shown.
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

    pub(super) fn say(text: String, reader: Option<Reader>) {
        let is_first = WAITING.with_borrow_mut(|waiting| {
            let is_first = waiting.texts.is_empty();
            waiting.texts.push_back((Instant::now(), text));
            if is_first {
                waiting.reader = reader;
                waiting.n_quiet_looks = 0;
            }
            is_first
        });
        if is_first {
            glib::timeout_add_local(LOOK_EVERY, look);
        }
    }

    fn look() -> glib::ControlFlow {
        if let Some(text) = WAITING.with_borrow_mut(Waiting::next) {
            say_now(&text);
        }
        if WAITING.with_borrow(|waiting| waiting.texts.is_empty()) {
            glib::ControlFlow::Break
        } else {
            glib::ControlFlow::Continue
        }
    }

    fn say_now(text: &str) {
        SPOTS.with(|spots| {
            let mut spots = spots.borrow_mut();
            // The next object of a window that is shown, if there is any.
            let is_shown =
                |spot: &gtk::DrawingArea| spot.parent().is_some_and(|row| row.is_mapped());
            let next = spots.iter().position(is_shown).unwrap_or(0);
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
}
