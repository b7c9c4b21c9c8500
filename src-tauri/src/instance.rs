//! One program for each set of folders: a second start hands its pictures over to the first.

use lorgnette_app::folders::Folders;

/// The name of this program among the others of the session.
pub fn name(folders: &Folders) -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    folders.data.hash(&mut hasher);
    format!("org.lorgnette.Lorgnette.x{:016x}", hasher.finish())
}

/// Waits while a program of that name is dying. One that was killed keeps its name on the bus until
/// the system has taken all of its memory back; a program that starts meanwhile would hand over to
/// nobody.
#[cfg(target_os = "linux")]
pub fn settle(name: &str) {
    use std::time::{Duration, Instant};

    use webkit2gtk::gio::{BusType, Cancellable, DBusCallFlags, IOErrorEnum, bus_get_sync};

    let Ok(bus) = bus_get_sync(BusType::Session, Cancellable::NONE) else { return };
    let bus_name = format!("{name}.SingleInstance");
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        let answer = bus.call_sync(
            Some(&bus_name),
            "/",
            "org.freedesktop.DBus.Peer",
            "Ping",
            None,
            None,
            DBusCallFlags::NO_AUTO_START,
            2_000,
            Cancellable::NONE,
        );
        let is_dying = answer.is_err_and(|error| {
            // Errors of the bus have no type here, but their name stands in the message.
            error.message().contains("org.freedesktop.DBus.Error.NoReply")
                || error.matches(IOErrorEnum::TimedOut)
        });
        // Any other answer: the program lives and gave it, or nobody has the name.
        if !is_dying {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Elsewhere there is no bus between programs, and one that ends is gone at once.
#[cfg(not(target_os = "linux"))]
pub fn settle(_name: &str) {}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn each_set_of_folders_has_a_name_that_every_system_takes() {
        let [one, same, other] =
            ["/a", "/a", "/b"].map(|home| name(&Folders::below(Path::new(home))));
        assert_eq!(one, same);
        assert_ne!(one, other);
        // A bus name, a bundle's identifier and a mutex: parts of letters and digits, none too long.
        assert!(
            one.split('.').all(|part| part.chars().all(|c| c.is_ascii_alphanumeric())),
            "{one}"
        );
        assert!(
            one.split('.').all(|part| part.starts_with(|c: char| c.is_ascii_alphabetic())),
            "{one}"
        );
        // On a Mac it is part of the path of a socket, which has 103 bytes at the most.
        assert!(one.len() < 60, "{one}");
    }
}
