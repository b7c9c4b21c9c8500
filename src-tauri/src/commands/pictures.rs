//! Commands to add pictures, to say what they cost, and to prepare them.

use lorgnette_app::chats::Attachment;
use lorgnette_app::coordinator::Estimate;
use lorgnette_app::{AppError, samples};
use tauri::AppHandle;

use super::{AppState, Outcome, apart};
use crate::clipboard;
use crate::dialogs;
use crate::ipc::{AddedDto, AttachmentDto, PastedDto, PictureDto, attachments};

/// Adds the files that the person picks; gives nothing when they pick none.
#[tauri::command]
#[specta::specta]
pub async fn pick_pictures(handle: AppHandle, app: AppState<'_>) -> Outcome<Option<AddedDto>> {
    let app = app.inner().clone();
    let Some(paths) = dialogs::pick_pictures(&handle).await else { return Ok(None) };
    apart(move || Ok(Some(app.add_files(paths).into()))).await
}

/// Adds the files or the picture in the clipboard; a text is given back.
#[tauri::command]
#[specta::specta]
pub async fn paste(app: AppState<'_>) -> Outcome<PastedDto> {
    let app = app.inner().clone();
    apart(move || clipboard::paste(&app)).await
}

/// Adds a sample picture of the program.
#[tauri::command]
#[specta::specta]
pub async fn add_sample(app: AppState<'_>, name: String) -> Outcome<AddedDto> {
    let app = app.inner().clone();
    apart(move || match samples::find(&name) {
        Some(sample) => {
            let file = format!("{name}.png");
            Ok(AddedDto::one(&file, app.add_bytes(&file, sample.png)))
        }
        None => Err(AppError::NotFound { what: "that sample" }.into()),
    })
    .await
}

/// Chooses a page or frame of a picture's file, from 1. It is a picture of its own.
#[tauri::command]
#[specta::specta]
pub async fn choose_page(app: AppState<'_>, id: String, page: u32) -> Outcome<PictureDto> {
    let app = app.inner().clone();
    apart(move || Ok(app.choose_page(&id, page)?.into())).await
}

/// Says what a question would cost that goes on from a message.
#[tauri::command]
#[specta::specta]
pub async fn estimate(
    app: AppState<'_>,
    leaf: Option<i64>,
    pictures: Vec<AttachmentDto>,
    text: String,
) -> Outcome<Estimate> {
    Ok(app.estimate(leaf, &attachments(pictures), &text)?)
}

/// Looks at pictures before there is a question about them; without any, stops looking.
#[tauri::command]
#[specta::specta]
pub async fn prepare(
    app: AppState<'_>,
    leaf: Option<i64>,
    pictures: Vec<AttachmentDto>,
) -> Outcome<()> {
    app.prepare(leaf, attachments(pictures));
    Ok(())
}

/// Puts the region of a picture that is asked about into the clipboard, turned as it is shown.
#[tauri::command]
#[specta::specta]
pub async fn copy_region(app: AppState<'_>, attachment: AttachmentDto) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || {
        let attachment: Attachment = attachment.into();
        let pictures = app.pictures_with(&attachment.picture);
        clipboard::copy_picture(&pictures.view(&attachment)?)
    })
    .await
}

/// Puts a picture into the clipboard.
#[tauri::command]
#[specta::specta]
pub async fn copy_picture(app: AppState<'_>, id: String) -> Outcome<()> {
    let app = app.inner().clone();
    apart(move || clipboard::copy_picture(&app.pictures_with(&id).open(&id, "the picture")?)).await
}
