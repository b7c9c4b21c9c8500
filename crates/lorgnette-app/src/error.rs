//! What can go wrong, for a person to read.

mod id;

use std::io;
use std::path::PathBuf;

use lorgnette_engine::EngineError;
use lorgnette_engine::tokens::TokenizerError;
use lorgnette_image::ImageError;
use lorgnette_pixtral::LoadError;
use lorgnette_speech::SpeechError;
use lorgnette_weights::WeightsError;
use serde::{Deserialize, Serialize};

pub use id::{FaultDetails, FaultId, FaultValue, With};

/// An error with everything a person needs to know; [`AppError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A picture that cannot be read from disk or a stream.
    #[error("cannot read {name}")]
    ReadPicture {
        /// Its path, or `standard input`.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// Bytes that are no usable picture.
    #[error("{name}: {source}")]
    Picture {
        /// Its path, or `standard input`.
        name: String,
        /// Why.
        #[source]
        source: ImageError,
    },
    /// A model that cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A tokenizer that cannot be read.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// A model without a tokenizer, and not one that the shipped tokenizer fits.
    #[error("{} has no tokenizer, and its vocabulary of {vocab_size} is not Pixtral's", model.display())]
    NoTokenizer {
        /// The model.
        model: PathBuf,
        /// Its vocabulary.
        vocab_size: usize,
    },
    /// A request that failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// What was to be read aloud and was not.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// The screen, a window or the clipboard gave no picture.
    #[error("{what} gives no picture: {reason}")]
    Capture {
        /// What was to be seen.
        what: &'static str,
        /// Why it is not.
        reason: String,
    },
    /// The system gives no folder for the person's files.
    #[error("this system names no home folder")]
    NoHome,
    /// A model that was not fetched, made, checked or removed.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A name that is neither in the catalogue nor a path.
    #[error("no model is called {name}")]
    UnknownModel {
        /// The name.
        name: String,
    },
    /// The machine has not what a model takes.
    #[error("it does not fit this machine: {what}")]
    DoesNotFit {
        /// What is missing.
        what: String,
        /// A quantisation that fits.
        instead: Option<String>,
    },
    /// One model at a time.
    #[error("{name} is being fetched")]
    Fetching {
        /// That one.
        name: String,
    },
    /// A model that answers cannot be removed.
    #[error("{name} is in use")]
    ModelInUse {
        /// The model.
        name: String,
    },
    /// Nobody is there to be asked.
    #[error("this needs an answer, and standard input is no terminal")]
    NotAsked,
    /// A model whose files are not what was made.
    #[error("{name} is damaged")]
    Damaged {
        /// The model.
        name: String,
    },
    /// The model inside the program can be neither added nor removed.
    #[error("pocket is part of the program")]
    BuiltIn,
    /// A file that cannot be written; the source names it.
    #[error(transparent)]
    Write(io::Error),
    /// The chats cannot be read or written.
    #[error("the chats in {} cannot be used", path.display())]
    Chats {
        /// Their file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// Chats that a newer version wrote, which this one would damage.
    #[error("the chats in {} are of version {found}, and this program knows {known}", path.display())]
    NewerChats {
        /// Their file.
        path: PathBuf,
        /// The version of their schema.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// Another window holds the chats.
    #[error("the chats in {} are open in another window", path.display())]
    InUse {
        /// Their folder.
        path: PathBuf,
    },
    /// Something that was deleted, or never was.
    #[error("{what} is not there")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// Settings that cannot be read.
    #[error("the settings in {} cannot be read: {reason}", path.display())]
    Settings {
        /// Their file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that is no table of alt texts.
    #[error("{} cannot be used as a table of alt texts: {reason}", path.display())]
    AltTable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file that is no exported chat.
    #[error("{} is no chat that was exported from here: {reason}", path.display())]
    Import {
        /// The file.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
}

impl AppError {
    /// What to do now.
    pub fn hint(&self) -> String {
        match self {
            Self::ReadPicture { .. } => "check the path and that you may read it".into(),
            Self::Picture { source, .. } => source.hint().to_string(),
            Self::Load(error) => error.hint().into(),
            Self::Tokenizer(error) => error.hint().to_string(),
            Self::NoTokenizer { .. } => "put tekken.json or tokenizer.json into its folder".into(),
            Self::Engine(error) => error.hint().into(),
            Self::Speech(error) => error.hint().into(),
            Self::Capture { what: "the clipboard", .. } => "copy a picture first".into(),
            Self::Capture { .. } => {
                "take a screenshot with the system's own key, copy it, and use --clipboard".into()
            }
            Self::NoHome => "set HOME, or LORGNETTE_HOME to a folder".into(),
            Self::Weights(error) => error.hint(),
            Self::UnknownModel { .. } => {
                "use a name from `lorgnette models list`, hf:OWNER/NAME, or a path".into()
            }
            Self::DoesNotFit { instead: Some(quantisation), .. } => {
                format!("use --quant {quantisation}, which fits, or --force to go on anyway")
            }
            Self::DoesNotFit { instead: None, .. } => {
                "free some space, choose a smaller model, or use --force to go on anyway".into()
            }
            Self::Fetching { .. } => "wait for it, or stop it first".into(),
            Self::ModelInUse { .. } => "choose another model first".into(),
            Self::NotAsked => "say --yes to go on without being asked".into(),
            Self::Damaged { name } => {
                format!("`lorgnette models remove {name}`, then add it again")
            }
            Self::BuiltIn => "it is always there; `--model pocket` chooses it".into(),
            Self::Write(_) => "choose another place, or free some space".into(),
            Self::Chats { .. } => {
                "check that the folder can be written and the disk is not full".into()
            }
            Self::NewerChats { .. } => "install the newest version".into(),
            Self::InUse { .. } => "go to the other window, or close it".into(),
            Self::NotFound { .. } => "look again: it may have been deleted".into(),
            Self::Settings { .. } => "correct the file, or delete it to begin anew".into(),
            Self::AltTable { .. } => {
                "name another file with --csv; this one was left as it is".into()
            }
            Self::Import { .. } => "choose the .md or .html file that an export wrote".into(),
        }
    }

    /// What kind of thing went wrong, for programs that act on it.
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::ReadPicture { .. } | Self::Picture { .. } | Self::Capture { .. } => {
                FaultKind::Picture
            }
            Self::Engine(EngineError::ContextFull { .. }) => FaultKind::ContextFull,
            Self::Engine(_) => FaultKind::Engine,
            Self::Load(_)
            | Self::Tokenizer(_)
            | Self::NoTokenizer { .. }
            | Self::Weights(_)
            | Self::UnknownModel { .. }
            | Self::Damaged { .. }
            | Self::DoesNotFit { .. }
            | Self::BuiltIn => FaultKind::Model,
            Self::NoHome
            | Self::Write(_)
            | Self::Chats { .. }
            | Self::NewerChats { .. }
            | Self::InUse { .. }
            | Self::Settings { .. } => FaultKind::Storage,
            Self::NotFound { .. } => FaultKind::NotFound,
            Self::Fetching { .. } | Self::ModelInUse { .. } | Self::Speech(_) => {
                FaultKind::Unavailable
            }
            Self::NotAsked | Self::Import { .. } | Self::AltTable { .. } => FaultKind::Other,
        }
    }

    /// The message and what caused it, in one line.
    pub fn one_line(&self) -> String {
        let mut line = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            let cause = error.to_string();
            if !line.contains(&cause) {
                line = format!("{line}: {cause}");
            }
            source = error.source();
        }
        line.replace('\n', " ")
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
    /// It is gone.
    NotFound,
    /// The disk.
    Storage,
    /// This machine or program does not do it.
    Unavailable,
    /// It went wrong while answering.
    Engine,
    /// Anything else.
    Other,
}

/// An [`AppError`] that is kept: with a chat, or for who asks later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What kind.
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
