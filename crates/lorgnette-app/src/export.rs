//! Chats as files, to be read by people and taken back by the program.
//!
//! As Markdown a chat is a folder: `chat.md`, the pictures, and `chat.json`, which has all branches.
//! As HTML it is one page that has everything in it and loads nothing.

mod html;
mod markdown;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::chats::{AnswerBy, Attachment, ChatId, Message, NewMessage, PictureInfo};
use crate::coordinator::App;
use crate::error::AppError;

/// What a chat is exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[cfg_attr(feature = "ipc", derive(Deserialize), serde(rename_all = "camelCase"))]
pub enum ExportFormat {
    /// A folder with `chat.md`, `chat.json` and the pictures.
    Markdown,
    /// One page that has everything in it.
    Html,
}

/// What an exported chat is told by.
const KIND: &str = "lorgnette-chat";
const VERSION: u32 = 1;
/// More than this is no chat: pictures are at most as large each.
const MAX_BYTES: u64 = 1 << 30;

/// A chat with all its branches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Exported {
    kind: String,
    version: u32,
    title: String,
    /// Parents come before what goes on from them.
    messages: Vec<ExportedMessage>,
    /// Names of files in the folder, by the ids of the pictures.
    pictures: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ExportedMessage {
    /// Which of the messages it goes on from.
    parent: Option<usize>,
    is_model: bool,
    #[serde(default, skip_serializing_if = "AnswerBy::is_model")]
    by: AnswerBy,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    thoughts: String,
    text: String,
    #[serde(default)]
    pictures: Vec<Attachment>,
    created_ms: i64,
    model: Option<String>,
}

/// What a chat is to be written from.
struct Source {
    exported: Exported,
    /// The branch that is shown.
    shown: Vec<Message>,
    pictures: Vec<(PictureInfo, Vec<u8>)>,
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
    let source = source(app, chat)?;
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
    let (exported, read): (Exported, BTreeMap<String, Vec<u8>>) =
        if is_html { html::read(path)? } else { markdown::read(path)? };
    if exported.kind != KIND {
        return Err(wrong("it is of another kind"));
    }
    if exported.version > VERSION {
        return Err(wrong("a newer version wrote it"));
    }
    for (id, bytes) in read {
        let name = exported.pictures.get(&id).map_or("picture", String::as_str);
        app.keep_picture(&id, name, &bytes).map_err(|error| match error {
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

fn source(app: &App, chat: ChatId) -> Result<Source, AppError> {
    let shown = app.chats().chat(chat)?;
    let all = app.chats().messages(chat)?;
    let place = |id| all.iter().position(|message: &Message| message.id == id);
    let mut pictures = BTreeMap::new();
    for attachment in all.iter().flat_map(|message| &message.pictures) {
        if !pictures.contains_key(&attachment.picture) {
            let info = app.chats().picture(&attachment.picture)?;
            let bytes = app.pictures().bytes(&info.id)?;
            pictures.insert(info.id.clone(), (info, bytes));
        }
    }
    let name = |(i, (id, (info, _))): (usize, (&String, &(PictureInfo, Vec<u8>)))| {
        let suffix = info.format.to_lowercase();
        (id.clone(), format!("picture-{}.{suffix}", i + 1))
    };
    let exported = Exported {
        kind: KIND.into(),
        version: VERSION,
        title: shown.title,
        pictures: pictures.iter().enumerate().map(name).collect(),
        messages: all
            .iter()
            .map(|message| ExportedMessage {
                parent: message.parent.and_then(place),
                is_model: message.is_model,
                by: message.by,
                thoughts: message.thoughts.clone(),
                text: message.text.clone(),
                pictures: message.pictures.clone(),
                created_ms: message.created_ms,
                model: message.model.clone(),
            })
            .collect(),
    };
    Ok(Source { exported, shown: shown.messages, pictures: pictures.into_values().collect() })
}

/// What stands over folded thoughts.
const THOUGHTS: &str = "Thoughts";

/// Who says a message, as people read it.
fn who(message: &Message) -> &str {
    match &message.model {
        Some(model) if message.is_model => model,
        _ if message.is_model && message.by == AnswerBy::Reader => "Exact text, no model",
        _ if message.is_model => "Lorgnette",
        _ => "You",
    }
}

/// What a picture is called: its file has more than is shown, where a page or frame was chosen.
fn called(name: &str, picture: &PictureInfo) -> String {
    match picture.page() {
        Some(page) => format!("{name}, page {page}"),
        None => name.to_owned(),
    }
}

/// Reads a file that may not be larger than a chat.
fn read_text(path: &Path) -> Result<String, AppError> {
    let wrong = |reason: String| AppError::Import { path: path.to_owned(), reason };
    let size = path.metadata().map_err(|error| wrong(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(wrong("it is too large".into()));
    }
    fs_err::read_to_string(path).map_err(|error| wrong(error.to_string()))
}

fn parse(path: &Path, json: &str) -> Result<Exported, AppError> {
    serde_json::from_str(json).map_err(|error| AppError::Import {
        path: PathBuf::from(path),
        reason: format!("what the program needs of it is damaged ({error})"),
    })
}

#[cfg(test)]
mod tests;
