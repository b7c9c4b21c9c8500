//! The screen reader of this session: whether one runs, and whether it is at work.

use std::path::PathBuf;
use std::time::Instant;

use gtk::gio;
use gtk::glib::variant::ToVariant as _;

/// How long the bus may take: it answers at once or is not there.
const PATIENCE_MS: i32 = 300;

/// A reader that waits for something to happen needs less of its time than this.
const AT_REST: f64 = 0.1;

/// Orca, as a process. Started by hand it does not tell the session, and it tells nobody how much it
/// has still to look at.
pub(super) struct Reader {
    schedule: PathBuf,
    last: Option<(Instant, u64)>,
}

impl Reader {
    pub(super) fn find() -> Option<Self> {
        let process = fs_err::read_dir("/proc").ok()?.flatten().find(|process| {
            let name = fs_err::read_to_string(process.path().join("comm"));
            name.is_ok_and(|name| name.trim_end() == "orca")
        })?;
        Some(Self { schedule: process.path().join("schedstat"), last: None })
    }

    /// Whether it worked, or waited for a processor, since the last call. One that has ended is at
    /// rest, and one of whose work the system tells nothing.
    pub(super) fn is_at_work(&mut self) -> bool {
        let now = Instant::now();
        let Some(busy_ns) =
            fs_err::read_to_string(&self.schedule).ok().and_then(|text| busy_ns(&text))
        else {
            return false;
        };
        let last = self.last.replace((now, busy_ns));
        last.is_none_or(|(then, before_ns)| {
            let elapsed_ns = now.duration_since(then).as_nanos() as f64;
            busy_ns.saturating_sub(before_ns) as f64 > AT_REST * elapsed_ns
        })
    }
}

/// Nanoseconds on a processor and waiting for one, of a process's first thread: the first two numbers
/// of [`schedstat`](https://docs.kernel.org/scheduler/sched-stats.html).
fn busy_ns(schedstat: &str) -> Option<u64> {
    let mut numbers = schedstat.split_whitespace().map(str::parse::<u64>);
    let on_one = numbers.next()?.ok()?;
    let waiting = numbers.next()?.ok()?;
    on_one.checked_add(waiting)
}

/// Whether the desktop says that a screen reader is on; not every desktop keeps this up to date.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_what_a_thread_did_and_waited_for() {
        assert_eq!(busy_ns("134210 790 1\n"), Some(135_000));
        for other in ["", "12", "a b c", "18446744073709551615 1 1"] {
            assert_eq!(busy_ns(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_process_that_computes_is_at_work_and_one_that_sleeps_is_not() {
        let own = |id: u32| PathBuf::from(format!("/proc/{id}/schedstat"));
        let mut sleeping = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let mut busy =
            std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        let mut readers =
            [&sleeping, &busy].map(|process| Reader { schedule: own(process.id()), last: None });
        std::thread::sleep(std::time::Duration::from_millis(200));
        for reader in &mut readers {
            reader.is_at_work();
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
        let [is_asleep, is_busy] = readers.each_mut().map(Reader::is_at_work);
        for process in [&mut sleeping, &mut busy] {
            process.kill().unwrap();
            process.wait().unwrap();
        }
        assert!(!is_asleep);
        assert!(is_busy);
        assert!(!readers[1].is_at_work(), "it has ended");
    }
}
