//! Killed at any moment, it goes on, and the file is the same.

use std::process::{Command, Stdio};
use std::time::Duration;

use lorgnette_interrupt::Cancel;
use lorgnette_weights::{Hub, Report};

use crate::world::{World, make, options, settings};

/// Not a test: the process that is killed, if the variables are set.
#[test]
fn child_of_the_test_below() {
    let (Ok(endpoint), Ok(work)) = (std::env::var("KILLED_ENDPOINT"), std::env::var("KILLED_WORK"))
    else {
        return;
    };
    let work = std::path::PathBuf::from(work);
    let mut options = options();
    options.max_bytes_per_s = Some(400_000);
    let settings = settings(&endpoint, &work.join("no-cache"));
    let hub = Hub::new(settings, options, Cancel::default(), Report::none()).expect("hub");
    make(&hub, &work, &Cancel::default(), &Report::none()).expect("made");
}

#[test]
fn kill_9_at_20_moments_then_the_same_bytes() {
    let world = World::new();
    let mut state = 7_u64;
    let mut n_killed = 0;
    for _ in 0..20 {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["killed::child_of_the_test_below", "--exact", "--test-threads=1"])
            .env("KILLED_ENDPOINT", world.server.endpoint())
            .env("KILLED_WORK", world.work())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("spawn");
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_millis(20 + (state >> 33) % 150));
        let was_running = child.try_wait().expect("wait").is_none();
        child.kill().expect("kill"); // SIGKILL on Unix, TerminateProcess on Windows
        child.wait().expect("wait");
        n_killed += usize::from(was_running);
    }
    assert!(n_killed > 0, "no moment was in the middle of the work");
    world.check_same();
}
