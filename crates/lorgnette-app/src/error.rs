//! What can go wrong, for a person to read.

mod id;

use std::io;
use std::path::PathBuf;

use lorgnette_chats::{ChatsError, Failure};
use lorgnette_conversation::ConversationError;
use lorgnette_desktop::DesktopError;
use lorgnette_engine::EngineError;
use lorgnette_models::{ModelsError, RemoteError, one_line};
use lorgnette_reader::ReaderError;
use lorgnette_speech::SpeechError;
use serde::{Deserialize, Serialize};

use lorgnette_pictures::PictureError;
use lorgnette_releases::ReleasesError;
use lorgnette_settings::SettingsError;

pub use id::{FaultDetails, FaultId, FaultValue, With};

/// An error with everything a person needs to know; [`AppError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A picture that cannot be read, or that is no usable one.
    #[error(transparent)]
    Picture(PictureError),
    /// A model that cannot be had, made, checked or opened.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// A request that failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Text of a picture that was to be read and was not.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// What was to be read aloud and was not.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// The screen or a window gave no picture.
    #[error("{what} gives no picture: {reason}")]
    Capture { what: &'static str, reason: String },
    #[error("the clipboard cannot be read: {reason}")]
    Clipboard { reason: String },
    /// Nothing was copied, or something else.
    #[error("there is no picture in the clipboard")]
    NoPictureCopied,
    /// Nobody knows whether there is a newer version.
    #[error(transparent)]
    Releases(#[from] ReleasesError),
    /// A model that answers cannot be removed.
    #[error("{name} is in use")]
    ModelInUse { name: String },
    /// Nobody is there to be asked.
    #[error("this needs an answer, and standard input is not a terminal")]
    NotAsked,
    /// A file that cannot be written; the source names it.
    #[error(transparent)]
    Write(io::Error),
    /// Chats that cannot be opened, read or written.
    #[error(transparent)]
    Chats(ChatsError),
    /// Something that was deleted, or never was.
    #[error("{what} is not there")]
    NotFound { what: &'static str },
    /// Settings that cannot be read.
    #[error("the settings in {} cannot be read: {reason}", path.display())]
    Settings { path: PathBuf, reason: String },
    /// A file that is no exported chat.
    #[error("{} is not a chat that Lorgnette exported: {reason}", path.display())]
    Import { path: PathBuf, reason: String },
}

impl AppError {
    /// What to do now.
    pub fn hint(&self) -> String {
        match self {
            Self::Picture(error) => error.hint().into(),
            Self::Models(error) => error.hint(),
            Self::Engine(error) => error.hint().into(),
            Self::Reader(error) => error.hint().into(),
            Self::Speech(error) => error.hint().into(),
            Self::Releases(error) => error.hint().into(),
            Self::Clipboard { .. } => "try again, or save the picture and open the file".into(),
            Self::NoPictureCopied => "copy a picture, or picture files, first".into(),
            Self::Capture { .. } => {
                "take a screenshot with the system's own key, copy it, and use --clipboard".into()
            }
            Self::ModelInUse { .. } => "choose another model first".into(),
            Self::NotAsked => "say --yes to go on without being asked".into(),
            Self::Write(_) => "choose another place, or free some space".into(),
            Self::Chats(error) => error.hint().into(),
            Self::NotFound { .. } => "look again: it may have been deleted".into(),
            Self::Settings { .. } => "correct the file, or delete it to begin anew".into(),
            Self::Import { .. } => "choose the .md or .html file that an export wrote".into(),
        }
    }

    /// What kind of thing went wrong, for programs that act on it.
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::Picture(_)
            | Self::Capture { .. }
            | Self::Clipboard { .. }
            | Self::NoPictureCopied => FaultKind::Picture,
            Self::Engine(error) => kind_of_engine(error),
            Self::Models(error) => kind_of_models(error),
            Self::Reader(_) => FaultKind::Engine,
            Self::Write(_) | Self::Chats(_) | Self::Settings { .. } => FaultKind::Storage,
            Self::NotFound { .. } => FaultKind::NotFound,
            Self::ModelInUse { .. } | Self::Speech(_) | Self::Releases(_) => FaultKind::Unavailable,
            Self::NotAsked | Self::Import { .. } => FaultKind::Other,
        }
    }

    /// The message and what caused it, in one line.
    pub fn one_line(&self) -> String {
        one_line(self)
    }
}

// What chats share with everything else that is kept is one error here.
impl From<ChatsError> for AppError {
    fn from(error: ChatsError) -> Self {
        match error {
            ChatsError::NotFound { what } => Self::NotFound { what },
            ChatsError::Write(error) => Self::Write(error),
            error => Self::Chats(error),
        }
    }
}

// What pictures share with everything else that is kept is one error here, too.
impl From<PictureError> for AppError {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Write(error) => Self::Write(error),
            PictureError::NotFound { what } => Self::NotFound { what },
            error => Self::Picture(error),
        }
    }
}

// Who asks wants to know what went wrong, and not whose part it was.
impl From<ConversationError> for AppError {
    fn from(error: ConversationError) -> Self {
        match error {
            ConversationError::Picture(error) => error.into(),
            ConversationError::Models(error) => error.into(),
            ConversationError::Engine(error) => error.into(),
        }
    }
}

impl From<RemoteError> for AppError {
    fn from(error: RemoteError) -> Self {
        Self::Models(error.into())
    }
}

impl From<SettingsError> for AppError {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Unreadable { path, reason } => Self::Settings { path, reason },
            SettingsError::Write(error) => Self::Write(error),
        }
    }
}

impl From<DesktopError> for AppError {
    fn from(error: DesktopError) -> Self {
        match error {
            DesktopError::Capture { what, reason } => Self::Capture { what, reason },
            DesktopError::ReadPicture { path, source } => {
                PictureError::Read { name: path.display().to_string(), source }.into()
            }
            DesktopError::Picture { what, source } => {
                PictureError::Image { name: what, source }.into()
            }
            DesktopError::Clipboard { reason } => Self::Clipboard { reason },
            DesktopError::NoPictureCopied => Self::NoPictureCopied,
        }
    }
}

fn kind_of_models(error: &ModelsError) -> FaultKind {
    match error {
        ModelsError::Picture { .. } => FaultKind::Picture,
        ModelsError::Engine(error) => kind_of_engine(error),
        ModelsError::Remote(RemoteError::ContextFull { .. }) => FaultKind::ContextFull,
        ModelsError::Remote(_) => FaultKind::Engine,
        ModelsError::Load(_)
        | ModelsError::Tokenizer(_)
        | ModelsError::NoTokenizer { .. }
        | ModelsError::Weights(_)
        | ModelsError::UnknownModel { .. }
        | ModelsError::NotHere { .. }
        | ModelsError::OneAtATime
        | ModelsError::BetterModel { .. }
        | ModelsError::NoQuantisation { .. }
        | ModelsError::InFolders { .. }
        | ModelsError::NoProjector { .. }
        | ModelsError::TextOnly { .. }
        | ModelsError::OnlyGguf { .. }
        | ModelsError::Damaged { .. }
        | ModelsError::DoesNotFit { .. }
        | ModelsError::NameTaken { .. }
        | ModelsError::BuiltIn => FaultKind::Model,
        ModelsError::NoHome | ModelsError::FolderOfOther { .. } | ModelsError::NoRoom { .. } => {
            FaultKind::Storage
        }
        ModelsError::Fetching { .. } => FaultKind::Unavailable,
    }
}

fn kind_of_engine(error: &EngineError) -> FaultKind {
    match error {
        EngineError::ContextFull { .. } => FaultKind::ContextFull,
        _ => FaultKind::Engine,
    }
}

/// What kind of thing went wrong: one for each that a person is offered something for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum FaultKind {
    /// This picture cannot be used.
    Picture,
    /// More tokens than a chat holds.
    ContextFull,
    /// A model cannot be loaded.
    Model,
    /// What was looked for is gone.
    NotFound,
    /// The disk does not do what it should.
    Storage,
    /// This machine or program does not do it.
    Unavailable,
    /// It went wrong while answering.
    Engine,
    Other,
}

/// An [`AppError`] that is kept: with a chat, or for who asks later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub kind: FaultKind,
    /// What happened and why, in a line.
    pub message: String,
    /// What to do now.
    pub hint: String,
    /// Which it is, for who says it in other words.
    #[serde(default)]
    pub id: FaultId,
    /// What fills the gaps of those.
    #[serde(default)]
    pub with: With,
}

impl From<&AppError> for Fault {
    fn from(error: &AppError) -> Self {
        let (id, with) = error.details().into();
        Self { kind: error.kind(), message: error.one_line(), hint: error.hint(), id, with }
    }
}

impl From<AppError> for Fault {
    fn from(error: AppError) -> Self {
        Self::from(&error)
    }
}

impl From<&ModelsError> for Fault {
    fn from(error: &ModelsError) -> Self {
        let (id, with) = id::of_models(error).into();
        let (kind, message) = (kind_of_models(error), error.one_line());
        Self { kind, message, hint: error.hint(), id, with }
    }
}

impl From<&Failure> for Fault {
    fn from(failure: &Failure) -> Self {
        failure.told().unwrap_or_else(|| Self {
            kind: FaultKind::Other,
            message: "this answer failed in another version of Lorgnette".into(),
            hint: "ask again".into(),
            id: FaultId::Other,
            with: With::new(),
        })
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::new(&fault)
    }
}
