//! The shell around `lorgnette-app`: a window, its menu, dialogs, the clipboard, and the typed
//! commands by which the page reaches the app. Rules worth a test of their own are the app's.
//!
//! In reading order:
//! - `run`: from the command line to the window's end
//! - `drawing`: how the webview draws without a graphics processor
//! - `instance`: one program for each set of folders
//! - `window`: how it is made, what it refuses, how it closes
//! - `commands`: what the page may ask for
//! - `ipc`: the types of it, as they cross
//! - `picture_scheme`: how pictures are shown
//! - `shortcuts`, `errands`, `panel`: what can be wished for from anywhere on the desktop
//! - `announce`: words for a screen reader
//! - `menu`, `tray`, `dialogs`, `clipboard`: what is the system's

mod announce;
pub mod bindings;
mod clipboard;
mod commands;
mod dialogs;
mod drawing;
mod errands;
mod instance;
mod ipc;
mod menu;
mod panel;
mod picture_scheme;
mod run;
mod shortcuts;
mod tray;
mod window;

pub use run::run;
