//! Wayland, by the desktop's Screenshot portal.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use directories::BaseDirs;
use lorgnette_image::{Limits, Picture};
use url::Url;
use zbus::zvariant::Value;

use super::{Area, SCREEN, fault, on_screen};
use crate::error::DesktopError;
use crate::portal::{Options, PortalError, Portals};

/// Waits for the person, who may have to allow it. Not on a thread that runs tokio's tasks.
pub(super) fn screen(area: Area) -> Result<Picture, DesktopError> {
    let failed = |error: &dyn std::error::Error| fault(what(area), &error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let taken = runtime.map_err(|error| failed(&error))?.block_on(take(area));
    let path = taken.map_err(|error| failed(&error))?;
    let path = path.ok_or_else(|| fault(what(area), "the desktop's portal names no file of it"))?;
    let bytes = read(&path);
    if is_passing(&path, &passing_folders()) {
        // Of others' it is to be seen no longer than need be; what cannot be deleted is not ours.
        let _ = fs_err::remove_file(&path);
    }
    let bytes = bytes.map_err(|source| DesktopError::ReadPicture { path, source })?;
    let picture = Picture::decode(&bytes)
        .map_err(|source| DesktopError::Picture { what: SCREEN.to_owned(), source })?;
    let Area::Region(region) = area else { return Ok(picture) };
    Ok(picture.part(on_screen(region, picture.width(), picture.height())?))
}

/// All bytes up to one beyond what a picture may have, so that the decoder says the limit.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs_err::File::open(path)?.take(Limits::default().max_bytes + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Has the desktop take the picture; where it lies.
async fn take(area: Area) -> Result<Option<PathBuf>, PortalError> {
    let portals = Portals::connect().await?;
    let options = Options::from([("interactive", Value::from(is_picked(area)))]);
    let no_window = "";
    let body = |options| (no_window, options);
    let results = portals.request("Screenshot", "Screenshot", options, body).await?;
    let uri = results.get("uri").and_then(|uri| uri.downcast_ref::<&str>().ok());
    Ok(uri.and_then(|uri| Url::parse(uri).ok()?.to_file_path().ok()))
}

/// Whether the person picks it, in a dialogue of the desktop.
fn is_picked(area: Area) -> bool {
    match area {
        Area::Screen | Area::Region(_) => false,
        Area::Window | Area::Around { .. } => true,
    }
}

fn what(area: Area) -> &'static str {
    if area == Area::Window { "the window" } else { SCREEN }
}

/// Whether nobody misses the file. Some desktops put it among the person's pictures, where it is theirs.
fn is_passing(path: &Path, folders: &[PathBuf]) -> bool {
    folders.iter().any(|folder| path.starts_with(folder))
}

fn passing_folders() -> Vec<PathBuf> {
    let mut folders = vec![std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
    if let Some(of_person) = BaseDirs::new() {
        folders.push(of_person.cache_dir().into());
        folders.extend(of_person.runtime_dir().map(Into::into));
    }
    folders
}

#[cfg(test)]
mod tests;
