//! What the page is told unasked.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use specta::Type;
use specta_typescript::Number;
use tauri::ipc::Channel;

use super::{AddedDto, AloudDto, CheckDto, ModelDto, ModelStateDto, PreparationDto, StatusDto};

/// What the page is told unasked.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AppEvent {
    /// What the program is doing.
    Status {
        /// That.
        status: Box<StatusDto>,
    },
    /// Models came or went.
    Models {
        /// All of them.
        models: Vec<ModelDto>,
    },
    /// How far a model is that is being fetched.
    Fetch {
        /// Which.
        id: String,
        /// How far.
        state: ModelStateDto,
    },
    /// The list of chats has changed.
    Chats,
    /// A chat is to be opened.
    Open {
        /// Which.
        chat_id: i64,
    },
    /// Files are dragged over the window.
    DragOver {
        /// From the left, in CSS pixels.
        #[specta(type = Number)]
        x: f64,
        /// From the top, in CSS pixels.
        #[specta(type = Number)]
        y: f64,
    },
    /// They were taken away again.
    DragLeft,
    /// Files are read.
    Adding {
        /// How many.
        n_files: usize,
    },
    /// They were.
    Added {
        /// How they came.
        from: FromDto,
        /// What became of them.
        added: AddedDto,
    },
    /// An entry of the menu was chosen.
    Action {
        /// As the page called it.
        action: String,
    },
    /// Pictures are prepared.
    Preparation {
        /// How far.
        preparation: PreparationDto,
    },
    /// What is read aloud.
    Aloud {
        /// That.
        aloud: AloudDto,
    },
    /// Words for who cannot see the answer come.
    Sentence {
        /// The answer that they are a sentence of; none while there is nothing of it.
        answer_id: Option<i64>,
        /// The words.
        text: String,
    },
    /// How far the check of an answer is.
    Check {
        /// Which answer.
        answer_id: i64,
        /// How far.
        check: CheckDto,
    },
    /// The window closes as soon as what is written is kept.
    Closing,
}

/// How pictures came.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "From")]
pub enum FromDto {
    /// Dropped onto the window.
    Drop,
    /// By the file manager or the command line.
    Open,
}

/// Where they go: to the page that watches, or to the next one that does.
#[derive(Default)]
pub struct AppEvents(Mutex<Hearing>);

#[derive(Default)]
struct Hearing {
    to_page: Option<Channel<AppEvent>>,
    /// What came before there was a page: pictures that the program was opened with.
    kept: Vec<AppEvent>,
}

impl AppEvents {
    /// From now on, this page hears.
    pub fn watch(&self, to_page: Channel<AppEvent>) {
        let mut hearing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for event in hearing.kept.drain(..) {
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
            None if matches!(event, AppEvent::Added { .. }) => hearing.kept.push(event),
            None => {}
        }
    }
}
