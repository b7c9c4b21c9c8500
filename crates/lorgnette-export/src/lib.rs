//! Chats as files, to be read by people and taken back by the program.
//!
//! As Markdown a chat is a folder: `chat.md`, the pictures, and `chat.json`, which has all branches.
//! As HTML it is one page that has everything in it and loads nothing.
//!
//! In reading order:
//! - [`write`] and [`import`]: a chat on its way out and back
//! - `chat`: what the program needs to take it back
//! - `source`: a chat with the bytes of its pictures, and how each is shown
//! - `markdown`, `html`: the two forms
//! - `answer`: what a model wrote, as HTML

mod answer;
mod chat;
mod html;
mod markdown;
mod source;

use std::collections::BTreeMap;
use std::path::Path;

use lorgnette_app::AppError;
use lorgnette_app::chats::{ChatId, NewMessage, picture_id};
use lorgnette_app::coordinator::App;
use serde::Deserialize;

use crate::chat::{KIND, VERSION};
use crate::source::Source;

/// The bytes of pictures by the ids of their files, without pages.
type Files = BTreeMap<String, Vec<u8>>;

/// What a chat is exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
pub enum ExportFormat {
    /// A folder with `chat.md`, `chat.json` and the pictures.
    Markdown,
    /// One page that has everything in it.
    Html,
}

/// What the file or folder is called when the person has no other wish.
pub fn file_name(title: &str, format: ExportFormat) -> String {
    let name: String = title
        .chars()
        .map(|c| if c.is_alphanumeric() || " -_.,()".contains(c) { c } else { ' ' })
        .collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    // Windows has no names that end in a dot, and Unix hides those that begin with one.
    let name: String = name.trim_matches(['.', ' ']).chars().take(80).collect();
    let name = if name.is_empty() { "Chat".to_owned() } else { name };
    match format {
        ExportFormat::Markdown => name,
        ExportFormat::Html => format!("{name}.html"),
    }
}

/// Writes a chat.
///
/// # Errors
/// [`AppError::NotFound`] if it is not there, [`AppError::Write`] if the file cannot be written.
pub fn write(app: &App, chat: ChatId, format: ExportFormat, path: &Path) -> Result<(), AppError> {
    let source = Source::of(app, chat)?;
    match format {
        ExportFormat::Markdown => markdown::write(&source, path),
        ExportFormat::Html => html::write(&source, path),
    }
}

/// Makes a new chat of one that was written.
///
/// # Errors
/// [`AppError::Import`] for a file that is none; the picture's own for one that is damaged. Then
/// there is no new chat.
pub fn import(app: &App, path: &Path) -> Result<ChatId, AppError> {
    let wrong = |reason: &str| AppError::Import { path: path.to_owned(), reason: reason.into() };
    let is_html = path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("html"));
    let (exported, files) = if is_html { html::read(path)? } else { markdown::read(path)? };
    if exported.kind != KIND {
        return Err(wrong("it is of another kind"));
    }
    if exported.version > VERSION {
        return Err(wrong("a newer version wrote it"));
    }
    let mut pictures: BTreeMap<&str, (&str, Vec<&str>)> = BTreeMap::new();
    for (id, name) in &exported.pictures {
        pictures.entry(picture_id::file_of(id)).or_insert((name, Vec::new())).1.push(id);
    }
    for (file, (name, ids)) in pictures {
        let bytes = files.get(file).ok_or_else(|| wrong("a picture is missing"))?;
        app.keep_pictures(&ids, name, bytes).map_err(|error| match error {
            AppError::NotFound { .. } => wrong("a picture is not the one that it was"),
            error => error,
        })?;
    }
    let mut messages = Vec::with_capacity(exported.messages.len());
    for (i, message) in exported.messages.into_iter().enumerate() {
        if message.parent.is_some_and(|parent| parent >= i) {
            return Err(wrong("its messages are out of order"));
        }
        for picture in &message.pictures {
            app.chats().picture(&picture.picture).map_err(|_| wrong("a picture is missing"))?;
        }
        messages.push(NewMessage {
            parent: message.parent,
            is_model: message.is_model,
            by: message.by,
            thoughts: message.thoughts,
            text: message.text,
            pictures: message.pictures,
            created_ms: message.created_ms,
            model: message.model,
        });
    }
    if messages.is_empty() {
        return Err(wrong("nothing is said in it"));
    }
    let chat = app.chats().add_whole(&exported.title, &messages)?;
    app.look_for_unread();
    Ok(chat)
}

#[cfg(test)]
mod tests;
