//! What a program without a window does so that voices can tell it something.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Waits for what a [`Reader`](crate::Reader) tells, on the main thread. On macOS voices tell through
/// the run loop of that thread, which a window's event loop runs, and nobody in a terminal.
///
/// # Errors
/// As [`Receiver::recv_timeout`].
pub fn wait<T>(told: &Receiver<T>, longest: Duration) -> Result<T, RecvTimeoutError> {
    let begun = std::time::Instant::now();
    run(longest);
    // At once, if it had nothing to do.
    told.recv_timeout(longest.saturating_sub(begun.elapsed()))
}

/// Lets voices tell what they have to tell, without waiting: for a main thread that has other work.
pub fn run_once() {
    run(Duration::ZERO);
}

#[cfg(target_os = "macos")]
fn run(longest: Duration) {
    use std::ffi::c_void;

    #[expect(unsafe_code, reason = "a system call, and the constant that it takes")]
    // SAFETY: declared as CoreFoundation/CFRunLoop.h does: a CFStringRef, a CFTimeInterval, which is a
    // double, and a Boolean, which is a byte; the result is an SInt32.
    #[link(name = "CoreFoundation", kind = "framework")]
    unsafe extern "C" {
        safe static kCFRunLoopDefaultMode: *const c_void;
        fn CFRunLoopRunInMode(mode: *const c_void, seconds: f64, after_one: u8) -> i32;
    }
    #[expect(unsafe_code, reason = "a system call")]
    // SAFETY: the mode is the system's own, and any time is allowed.
    unsafe {
        CFRunLoopRunInMode(kCFRunLoopDefaultMode, longest.as_secs_f64(), 1);
    }
}

#[cfg(not(target_os = "macos"))]
fn run(_longest: Duration) {}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;

    #[test]
    fn what_is_told_comes_at_once_and_what_is_not_after_the_time() {
        let (tell, told) = mpsc::channel();
        tell.send(1).unwrap();
        assert_eq!(wait(&told, Duration::from_secs(30)), Ok(1));
        let begun = Instant::now();
        let longest = Duration::from_millis(50);
        assert_eq!(wait(&told, longest), Err(RecvTimeoutError::Timeout));
        assert!(begun.elapsed() >= longest);
        drop(tell);
        assert_eq!(wait(&told, longest), Err(RecvTimeoutError::Disconnected));
    }
}
