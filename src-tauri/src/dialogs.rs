//! The system's own dialogs for files.

use std::path::PathBuf;

use rfd::{AsyncFileDialog, FileHandle};
use tauri::AppHandle;
use tauri::Manager as _;
use tokio::sync::oneshot;

use crate::window;

/// Suffixes of the formats that can be read.
const PICTURES: [&str; 13] = [
    "png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "heif", "jfif",
    "pdf",
];

/// Asks for pictures; `None` when the person picks none.
pub async fn pick_pictures(handle: &AppHandle) -> Option<Vec<PathBuf>> {
    let pictures: Vec<String> =
        PICTURES.iter().flat_map(|suffix| [(*suffix).to_owned(), suffix.to_uppercase()]).collect();
    let dialog = dialog(handle).add_filter("Pictures", &pictures).add_filter("All files", &["*"]);
    let picked: Vec<FileHandle> = ask(handle, move || dialog.pick_files()).await?;
    Some(picked.into_iter().map(Into::into).collect())
}

/// Asks for a GGUF file, or for a folder with a model.
pub async fn pick_model(handle: &AppHandle, folder: bool) -> Option<PathBuf> {
    let dialog = dialog(handle);
    let picked: FileHandle = if folder {
        ask(handle, move || dialog.pick_folder()).await?
    } else {
        let dialog = dialog.add_filter("GGUF", &["gguf", "GGUF"]);
        ask(handle, move || dialog.pick_file()).await?
    };
    Some(picked.into())
}

/// Asks for files that an export wrote.
pub async fn pick_exports(handle: &AppHandle) -> Option<Vec<PathBuf>> {
    let dialog = dialog(handle).add_filter("Chats", &["md", "html"]);
    let picked: Vec<FileHandle> = ask(handle, move || dialog.pick_files()).await?;
    Some(picked.into_iter().map(Into::into).collect())
}

/// Asks where a file of that name is to be written.
pub async fn save(handle: &AppHandle, name: &str) -> Option<PathBuf> {
    let dialog = dialog(handle).set_file_name(name);
    let picked: FileHandle = ask(handle, move || dialog.save_file()).await?;
    Some(picked.into())
}

fn dialog(handle: &AppHandle) -> AsyncFileDialog {
    let dialog = AsyncFileDialog::new();
    match handle.get_webview_window(window::LABEL) {
        Some(window) => dialog.set_parent(&window),
        None => dialog,
    }
}

/// Makes a dialog on the main thread, and waits for it on this one.
async fn ask<T: Send + 'static, F: Future<Output = Option<T>> + Send + 'static>(
    handle: &AppHandle,
    show: impl FnOnce() -> F + Send + 'static,
) -> Option<T> {
    let (shown, dialog) = oneshot::channel();
    handle
        .run_on_main_thread(move || {
            let _ = shown.send(show());
        })
        .ok()?;
    dialog.await.ok()?.await
}
