//! Commands of the window that says why the program cannot start.

use lorgnette_app::FaultDetails;
use lorgnette_app::start::WayOn;
use tauri::{AppHandle, State};

use super::{Outcome, apart};
use crate::ipc::{FailedStartDto, UiError};
use crate::start::{self, Start};

/// Says why the program cannot start, and what can be done; nothing when it has begun.
#[tauri::command]
#[specta::specta]
pub async fn start_failed(start: State<'_, Start>) -> Outcome<Option<FailedStartDto>> {
    Ok(start.failed())
}

/// Takes a way on. Gives nothing when the program begins then, and else why it still cannot.
#[tauri::command]
#[specta::specta]
pub async fn start_go_on(
    handle: AppHandle,
    start: State<'_, Start>,
    way: WayOn,
) -> Outcome<Option<FailedStartDto>> {
    match way {
        WayOn::Quit => handle.exit(1),
        WayOn::ShowFolder => {
            let folder = start.folder();
            open::that_detached(&folder).map_err(|error| {
                let reason = format!("{}, {error}", folder.display());
                let message = format!("No file manager opened {}: {error}.", folder.display());
                let details = FaultDetails::FileManager { reason: reason.into() };
                UiError::of_system(details, message, "Open it by hand.")
            })?;
        }
        way => return apart(move || Ok(start::go_on(&handle, &way)?)).await,
    }
    Ok(start.failed())
}
