//! The commands that a page may call. A command parses, calls the app, converts.

pub mod answers;
pub mod chats;
pub mod documents;
pub mod links;
pub mod menu;
pub mod models;
pub mod panel;
pub mod pictures;
pub mod servers;
pub mod settings;
pub mod shell;
pub mod speech;
pub mod start;
pub mod texts;

use lorgnette_app::FaultDetails;
use lorgnette_app::coordinator::App;

use crate::ipc::UiError;

/// The app, for commands.
type AppState<'a> = tauri::State<'a, App>;
/// The result of a command.
type Outcome<T> = Result<T, UiError>;

/// Does work on a thread of its own, because it takes longer than a moment.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Outcome<T> + Send + 'static,
) -> Outcome<T> {
    match tauri::async_runtime::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(UiError::of_system(
            FaultDetails::Program {},
            "The program failed at this.",
            "Try again; report it if it happens again.",
        )),
    }
}
