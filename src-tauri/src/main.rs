//! Lorgnette with a window.

// No console beside the window.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    lorgnette_window::run()
}
