//! What Lorgnette does, without a window and without a terminal.
//!
//! In reading order:
//! - [`coordinator`]: everything that a window can ask for, and what it is told
//! - [`claims`]: what an answer claims of the text of a picture
//! - [`refusal`]: what the built-in model says where it has no answer
//! - [`start`]: what can be done when the program cannot start
//! - [`quick_action`]: descriptions from anywhere on the desktop
//! - [`stderr`]: what is said beside an answer, which may be dropped
//!
//! What is known of models is [`models`], what drives one [`conversation`], what is kept of questions
//! and answers [`chats`], what the desktop gives [`desktop`]: crates of their own.

pub mod claims;
pub mod coordinator;
mod error;
pub mod quick_action;
pub mod refusal;
pub mod samples;
pub mod start;
pub mod stderr;

pub use error::{AppError, Fault, FaultDetails, FaultId, FaultKind, FaultValue, With};
pub use lorgnette_chats as chats;
pub use lorgnette_conversation as conversation;
pub use lorgnette_desktop as desktop;
pub use lorgnette_engine::{
    Answer, AnswerEvent, AnswerOptions, AnswersEvent, Chat, EngineError, PreparedPicture, Role,
    Sampling, SnapshotError, StopReason, Timings, Turn, TurnPart, is_kv_snapshot,
};
pub use lorgnette_image::{Format, ImageConfig, ImageError, Note, Region};
pub use lorgnette_interrupt::{Cancel, Interrupted};
pub use lorgnette_models::{self as models, bench, cost, doctor, folders, open};
pub use lorgnette_pictures::{
    PictureError, file as pictures, layer, notes, sections, store as picture_store,
    text as picture_text, view,
};
pub use lorgnette_pixtral::{
    DeviceChoice, Kernels, KvFormat, LoadMode, LoadOptions, ModelConfig, Precision,
};
pub use lorgnette_reader as reader;
pub use lorgnette_releases as releases;
pub use lorgnette_settings::{self as settings, purpose};
pub use lorgnette_speech as speech;
