//! What the program tells: of itself by [`Notice`], of one answer by [`Progress`].

use std::ops::Range;

use lorgnette_image::ImageConfig;

use crate::chats::{Message, MessageId, StoredChat};
use crate::conversation::Preparation;
use crate::conversation::check::Checked;
use crate::error::Fault;
use crate::models::FetchState;
use crate::models::speed::Speed;

/// Hears of one answer.
pub type Listener = Box<dyn FnMut(Progress) + Send>;

/// Something that changed in the program.
#[derive(Debug, Clone)]
pub enum Notice {
    /// What the program is doing.
    Status(Box<Status>),
    /// The list of models has changed.
    Models,
    /// How far the download of a model of the catalogue is.
    Fetch { name: String, state: FetchState },
    /// The list of chats has changed.
    Chats,
    /// How far pictures are prepared before there is a question about them.
    Preparation(Preparation),
    /// What is read aloud.
    Aloud(Aloud),
    /// A sentence for people who cannot see the answer come. `answer` is `None` while there is
    /// nothing of it.
    Sentence { answer: Option<MessageId>, text: String },
    /// How far the check of an answer is.
    Check { answer: MessageId, check: Check },
    /// How far the text in pictures of old chats is read; `None`: nothing is left to be read.
    ReadPictures(Option<ReadPictures>),
}

/// How far the text in pictures of old chats is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadPictures {
    pub n_done: usize,
    /// Those that were read since it began, and those that are left.
    pub n_pictures: usize,
}

/// What the program is doing.
#[derive(Debug, Clone)]
pub struct Status {
    pub state: State,
    /// What the model is called that is being loaded.
    pub loading: Option<String>,
    /// The model in memory.
    pub model: Option<LoadedModel>,
    /// Answers that wait for their turn.
    pub n_waiting: usize,
}

/// Where the model is, as people see it: a download is told only while there is no model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    NoModel,
    Fetching {
        done_bytes: u64,
        total_bytes: u64,
    },
    Loading {
        done_bytes: u64,
        total_bytes: u64,
    },
    Ready,
    Answering {
        answer: MessageId,
    },
    /// It answers another program.
    Lent,
    Failed(Fault),
}

/// The model in memory.
#[derive(Debug, Clone)]
pub struct LoadedModel {
    /// As in [`Model::id`](crate::models::Model::id).
    pub id: String,
    pub name: String,
    pub built_in: bool,
    /// How it takes pictures; `None` for a model that reads none.
    pub image: Option<ImageConfig>,
    /// The host that pictures go to, where a server answers.
    pub pictures_go_to: Option<String>,
    /// The device that computes; the host of a server.
    pub device: String,
    /// Why it is not as fast as it could be: devices that are not used, parts that did not fit.
    pub device_notes: Vec<String>,
    /// Whether some of it is in the memory of a GPU.
    pub is_on_gpu: bool,
    pub kernels: String,
    /// Tokens that a chat may have.
    pub context: usize,
    pub weights_bytes: u64,
    pub cache_bytes: u64,
    pub load_s: f64,
    pub speed: Speed,
    /// Seconds for the largest picture; `None` where nothing is known.
    pub picture_s: Option<f64>,
}

/// What an answer tells while it is made, at most thirty times a second.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(tag = "kind", rename_all = "camelCase"))]
#[cfg_attr(feature = "ipc", serde(rename_all_fields = "camelCase"))]
pub enum Progress {
    /// It waits for so many others.
    Queued { n_before: usize },
    /// The model is loaded first.
    Loading { done_bytes: u64, total_bytes: u64 },
    /// A picture is encoded; `picture` counts from 0.
    Encode { picture: usize, n_pictures: usize, done: usize, total: usize },
    /// The prompt is read. `cached_tokens` were read by an earlier request.
    Prefill { done_tokens: usize, total_tokens: usize, cached_tokens: usize },
    /// All that there is of a first look: a short answer about small pictures, until the answer begins.
    FirstLook { text: String },
    /// The next piece of what the model thinks before it answers; numbers as of the text.
    Thought { piece: String, n_tokens: usize, tokens_per_s: f64 },
    /// The next piece of the text. `n_tokens` counts the pieces so far, about one a token.
    Text { piece: String, n_tokens: usize, tokens_per_s: f64 },
    /// It has ended, in whichever way.
    #[cfg_attr(feature = "ipc", serde(skip))]
    Ended(Box<Message>),
}

/// An answer that was asked for: the chat as it is now, with the question and the empty answer.
#[derive(Debug, Clone)]
pub struct Asked {
    pub chat: StoredChat,
    pub answer: MessageId,
}

/// How far a check is.
#[derive(Debug, Clone)]
pub enum Check {
    Running {
        n_done: usize,
        n_samples: usize,
    },
    /// Each sentence of the answer, held against the other answers.
    Done(Vec<Checked>),
    /// It was stopped, by the person or because something was asked.
    Stopped,
    Failed(Fault),
}

/// What is read aloud.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Aloud {
    #[default]
    Silent,
    /// A sentence of an answer: its index from 0, as it is shown, without markup, and where it stands
    /// in the answer's text, in bytes.
    Speaking {
        answer: MessageId,
        index: usize,
        shown: String,
        source: Range<usize>,
        is_paused: bool,
    },
    /// It could not be spoken.
    Failed(Fault),
}

/// What can be done while something is read aloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Deserialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename_all = "camelCase"))]
pub enum AloudDo {
    /// Be silent, and remember the word.
    Pause,
    /// Go on at that word.
    Resume,
    Stop,
    /// Go to the next sentence.
    Next,
    /// Go to the sentence before.
    Previous,
}
