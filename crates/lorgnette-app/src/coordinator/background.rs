//! Threads: those that compute for minutes get a low priority. On a machine of two cores, keys and
//! drawing would otherwise wait for the network's threads.

/// Makes the threads that multiply, all of them in the background. `threads`: how many; `None`:
/// one for each core. What is there already stays.
pub(super) fn pool(threads: Option<usize>) {
    let pool = rayon::ThreadPoolBuilder::new().start_handler(|_| step_back());
    let _ = pool.num_threads(threads.unwrap_or(0)).build_global();
}

/// The current thread, and those that it starts, get what others leave; on an idle machine that is
/// everything. Linux alone gives threads a priority of their own that is passed on.
pub(super) fn step_back() {
    // A tenth of the weight of a thread that did not step back.
    be_nice(10);
}

/// The current thread, and those that it starts, give way to keys and drawing, but not to threads that
/// stepped back: somebody waits for what it does, for a second.
pub(super) fn step_aside() {
    // A third of the weight of a thread that does not, and three times that of one that stepped back.
    be_nice(5);
}

#[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "threads have no priority"))]
fn be_nice(niceness: i32) {
    #[cfg(target_os = "linux")]
    {
        // `None` is the thread that asks. Where it may not, it computes as before.
        let _ = rustix::process::setpriority_process(None, niceness);
    }
}

/// Starts a thread.
pub(super) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().name(name.into()).spawn(work);
    // A system without a thread to give has no way left to tell it either.
    drop(thread.expect("a thread"));
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
