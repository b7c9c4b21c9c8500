//! What the page is told unasked.

use std::sync::{Mutex, PoisonError};

use lorgnette_app::coordinator::Preparation;
use serde::Serialize;
use specta::Type;
use tauri::ipc::Channel;

use super::{AddedDto, AloudDto, CheckDto, ModelDto, ModelStateDto, StatusDto};

/// What the page is told unasked.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AppEvent {
    /// The program does something else, or its model has changed.
    Status { status: Box<StatusDto> },
    /// Models came or went.
    Models { models: Vec<ModelDto> },
    /// A model is fetched; `id` is its name in the catalogue.
    Fetch { id: String, state: ModelStateDto },
    /// The list of chats has changed.
    Chats,
    /// A chat is to be opened.
    Open { chat_id: i64 },
    /// Files are dragged over the window.
    DragOver,
    /// Files that were dragged over the window have left it.
    DragLeft,
    /// Files are being read.
    Adding { n_files: usize },
    /// Files were read, and are pictures or not.
    Added { from: FromDto, added: AddedDto },
    /// An entry of the menu was chosen; `action` is what the page called it.
    Action { action: String },
    /// Pictures are prepared before they are asked about.
    Preparation { preparation: Preparation },
    /// Something else is read aloud, or nothing any more.
    Aloud { aloud: AloudDto },
    /// Words for people who cannot see the answer being written.
    Sentence {
        /// The answer that they are a sentence of; null for words that come before it.
        answer_id: Option<i64>,
        text: String,
    },
    /// The check of an answer goes on, or has ended.
    Check { answer_id: i64, check: CheckDto },
    /// The text in pictures of old chats is read; null when nothing is left to be read.
    OldPictures { progress: Option<OldPicturesDto> },
    /// The private chat is gone, because its window was closed.
    PrivateEnded,
    /// The window closes as soon as what is written is kept.
    Closing,
}

/// How far the text in pictures of old chats is read.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename = "OldPictures")]
pub struct OldPicturesDto {
    pub(crate) done: usize,
    pub(crate) total: usize,
}

/// How pictures came.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "From")]
pub enum FromDto {
    /// They were dropped onto the window.
    Drop,
    /// The file manager or the command line named them.
    Open,
}

/// Brings events to the page that watches, or keeps them for the next one that does.
#[derive(Default)]
pub struct AppEvents(Mutex<Hearing>);

#[derive(Default)]
struct Hearing {
    to_page: Option<Channel<AppEvent>>,
    /// What came before there was a page: pictures that the program was opened with.
    waiting: Vec<AppEvent>,
}

impl AppEvents {
    /// Tells this page from now on.
    pub fn watch(&self, to_page: Channel<AppEvent>) {
        let mut hearing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for event in hearing.waiting.drain(..) {
            let _ = to_page.send(event);
        }
        hearing.to_page = Some(to_page);
    }

    /// Tells the page.
    pub fn tell(&self, event: AppEvent) {
        let mut hearing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &hearing.to_page {
            // A page that is gone hears nothing, and the next one asks for everything.
            Some(to_page) => drop(to_page.send(event)),
            None if matches!(event, AppEvent::Added { .. }) => hearing.waiting.push(event),
            None => {}
        }
    }
}
