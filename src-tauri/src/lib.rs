//! The shell around `lorgnette-app`: a window, its menu, dialogs, the clipboard, and the typed
//! commands by which the page reaches the app. Rules worth a test of their own are the app's.
//!
//! In reading order:
//! - `run`: from the command line to the window's end
//! - `start`: how it begins, and what can be done when it cannot
//! - `panics`: a bug is said where a person sees it
//! - `drawing`: how the webview draws without a graphics processor
//! - `instance`: one program for each set of folders
//! - `window`: how it is made, what it refuses, how it closes
//! - `contract`, `commands`: what the pages may ask for; `commands/list.rs` is the list
//! - `ipc`: the types that cross in a shape of their own
//! - `picture_scheme`: how pictures are shown
//! - `quick_actions`, `shortcuts`, `panel`: descriptions from anywhere on the desktop
//! - `served`: answers for other programs
//! - `announce`: words for a screen reader
//! - `menu`, `tray`, `dialogs`, `native`, `webview`, `clipboard`: what is the system's

mod announce;
mod clipboard;
mod commands;
pub mod contract;
mod dialogs;
mod drawing;
mod instance;
mod ipc;
mod menu;
mod native;
mod panel;
mod panics;
mod picture_scheme;
mod quick_actions;
mod run;
mod served;
mod shortcuts;
mod start;
mod tray;
mod webview;
mod window;

pub use run::run;
