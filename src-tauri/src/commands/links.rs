//! Commands for addresses in answers.

use lorgnette_app::FaultDetails;
use lorgnette_app::desktop::links::{self, Link};

use super::{Outcome, apart};
use crate::ipc::UiError;

/// Reads an address as it would be opened.
#[tauri::command]
#[specta::specta]
pub async fn check_link(url: String) -> Outcome<Link> {
    Ok(links::check(&url))
}

/// Opens an address that the person has seen in full.
#[tauri::command]
#[specta::specta]
pub async fn open_link(address: String) -> Outcome<()> {
    apart(move || {
        let link = links::check(&address);
        // The page does not offer to open such an address.
        if link.refused.is_some() {
            return Err(UiError::unavailable(
                "This address is not opened.",
                "Copy it if you trust it.",
            ));
        }
        open::that_detached(&link.address).map_err(|error| {
            UiError::of_system(
                FaultDetails::Browser { reason: error.to_string().into() },
                format!("No program opened the address: {error}."),
                "Copy it and open it by hand.",
            )
        })
    })
    .await
}
