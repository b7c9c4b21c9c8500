//! Which error it is, for front ends that say it in their own words and language.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, ErrorKind};

use lorgnette_engine::EngineError;
use lorgnette_engine::prompt::PromptError;
use lorgnette_gguf::GgufError;
use lorgnette_image::ImageError;
use lorgnette_pixtral::{LoadError, ModelError};
use lorgnette_weights::WeightsError;
use serde::{Deserialize, Serialize};

use super::AppError;

/// An error by name. What its words need is in [`super::Fault::with`], under the names given here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultId {
    /// `name`.
    PictureNotThere,
    /// `name`.
    PictureForbidden,
    /// `name`.
    PictureIsFolder,
    /// `name`, `reason`.
    PictureRead,
    /// `name`.
    PictureEmpty,
    /// `name`.
    PictureIsText,
    /// `name`.
    PictureUnknown,
    /// `name`, `format`.
    PictureFormat,
    /// `name`, `format`.
    PictureKind,
    /// `name`, `format`.
    PictureCut,
    /// `name`, `format`.
    PictureDamaged,
    /// `name`.
    PictureNoPixels,
    /// `name`, `width`, `height`, `maxSide`.
    PictureTooLong,
    /// `name`, `width`, `height`, `maxPixels`.
    PictureTooManyPixels,
    /// `name`, `maxBytes`.
    PictureTooManyBytes,
    /// `name`, `reason`.
    PictureWork,
    /// `reason`.
    ModelRead,
    /// `path`.
    ModelNotThere,
    /// `path`.
    ModelNone,
    /// `path`, `first`, `second`.
    ModelAmbiguous,
    /// `reason`.
    ModelMalformed,
    /// `reason`.
    ModelUnsupported,
    /// `reason`.
    ModelDevice,
    /// `reason`.
    ModelTokenizer,
    /// `name`.
    ModelUnknown,
    /// `name`.
    ModelDamaged,
    /// Nothing.
    ModelBuiltIn,
    /// `name`.
    ModelInUse,
    /// `name`.
    ModelFetching,
    /// `reason`.
    ModelDoesNotFit,
    /// `needed`, `capacity`.
    ContextFull,
    /// Nothing.
    NoQuestion,
    /// Nothing.
    NoPictures,
    /// Nothing.
    NotNumbers,
    /// `reason`.
    EnginePanicked,
    /// Nothing.
    EngineStopped,
    /// `reason`.
    EngineFailed,
    /// `neededBytes`, `freeBytes`.
    NoRoom,
    /// `path`, `freeBytes`.
    DiskFull,
    /// `path`.
    FolderBusy,
    /// `what`.
    Offline,
    /// `reason`.
    NetworkSettings,
    /// `host`, `reason`.
    Connect,
    /// `host`, `status`.
    Status,
    /// `what`, `page`.
    Gated,
    /// `host`, `what`.
    HubNotFound,
    /// `host`.
    WebPage,
    /// `host`, `reason`.
    WrongAnswer,
    /// `file`.
    WrongBytes,
    /// `file`, `what`.
    LockedHash,
    /// `reason`.
    Fetch,
    /// `reason`.
    Write,
    /// `path`, `reason`.
    Chats,
    /// `path`.
    NewerChats,
    /// `path`.
    ChatsInUse,
    /// Nothing.
    NotFound,
    /// `path`, `reason`.
    Settings,
    /// `path`, `reason`.
    Import,
    /// `reason`.
    FileManager,
    /// `reason`.
    Browser,
    /// `reason`.
    Menu,
    /// `reason`.
    Clipboard,
    /// `reason`.
    Speech,
    /// `reason`.
    Capture,
    /// Nothing.
    Program,
    /// Said by [`super::Fault::message`] alone, and what another version knows.
    #[default]
    #[serde(other)]
    Other,
}

/// What fills a gap of an error's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FaultValue {
    /// Counts, pixels, bytes.
    Number(u64),
    /// Names, paths, what the system or another program said.
    Text(String),
}

impl From<u64> for FaultValue {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<String> for FaultValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// What fills the gaps, by name.
pub type With = BTreeMap<String, FaultValue>;

/// `with!{ name: value, ... }`, each value something that a [`FaultValue`] is made of.
macro_rules! with {
    ($($name:ident: $value:expr),* $(,)?) => {
        $crate::error::With::from([$((stringify!($name).to_owned(), $crate::error::FaultValue::from($value))),*])
    };
}
pub(crate) use with;

impl AppError {
    /// Which it is, and what its words need.
    #[allow(non_snake_case, reason = "the names are the page's")]
    pub(super) fn id(&self) -> (FaultId, With) {
        let path = |path: &std::path::Path| path.display().to_string();
        match self {
            Self::ReadPicture { name, source } => {
                let id = match source.kind() {
                    ErrorKind::NotFound => FaultId::PictureNotThere,
                    ErrorKind::PermissionDenied => FaultId::PictureForbidden,
                    ErrorKind::IsADirectory => FaultId::PictureIsFolder,
                    _ => FaultId::PictureRead,
                };
                (id, with! { name: name.clone(), reason: innermost(source) })
            }
            Self::Picture { name, source } => {
                let (id, mut with) = of_picture(source);
                with.insert("name".into(), name.clone().into());
                (id, with)
            }
            Self::Load(error) => of_model(error),
            Self::Tokenizer(_) | Self::NoTokenizer { .. } => {
                (FaultId::ModelTokenizer, with! { reason: self.one_line() })
            }
            Self::Engine(error) => of_engine(error),
            Self::Weights(error) => of_weights(error),
            Self::UnknownModel { name } => (FaultId::ModelUnknown, with! { name: name.clone() }),
            Self::DoesNotFit { what, .. } => {
                (FaultId::ModelDoesNotFit, with! { reason: what.clone() })
            }
            Self::Fetching { name } => (FaultId::ModelFetching, with! { name: name.clone() }),
            Self::ModelInUse { name } => (FaultId::ModelInUse, with! { name: name.clone() }),
            Self::Damaged { name } => (FaultId::ModelDamaged, with! { name: name.clone() }),
            Self::BuiltIn => (FaultId::ModelBuiltIn, with! {}),
            Self::Write(error) => (FaultId::Write, with! { reason: error.to_string() }),
            Self::Chats { path: file, source } => {
                (FaultId::Chats, with! { path: path(file), reason: source.to_string() })
            }
            Self::NewerChats { path: file, .. } => {
                (FaultId::NewerChats, with! { path: path(file) })
            }
            Self::InUse { path: folder } => (FaultId::ChatsInUse, with! { path: path(folder) }),
            Self::NotFound { .. } => (FaultId::NotFound, with! {}),
            Self::Settings { path: file, reason } => {
                (FaultId::Settings, with! { path: path(file), reason: reason.clone() })
            }
            Self::Import { path: file, reason } => {
                (FaultId::Import, with! { path: path(file), reason: reason.clone() })
            }
            Self::Speech(error) => (FaultId::Speech, with! { reason: error.to_string() }),
            Self::Capture { reason, .. } => (FaultId::Capture, with! { reason: reason.clone() }),
            // Said in a terminal alone.
            Self::NoHome | Self::NotAsked | Self::AltTable { .. } => (FaultId::Other, with! {}),
        }
    }
}

fn of_picture(error: &ImageError) -> (FaultId, With) {
    match error {
        ImageError::Empty => (FaultId::PictureEmpty, with! {}),
        ImageError::Text => (FaultId::PictureIsText, with! {}),
        ImageError::NotAPicture => (FaultId::PictureUnknown, with! {}),
        ImageError::UnsupportedFormat { name, .. } => {
            (FaultId::PictureFormat, with! { format: (*name).to_owned() })
        }
        ImageError::UnsupportedKind { format, .. } => {
            (FaultId::PictureKind, with! { format: format.to_string() })
        }
        ImageError::Truncated { format } => {
            (FaultId::PictureCut, with! { format: format.to_string() })
        }
        ImageError::Damaged { format, .. } => {
            (FaultId::PictureDamaged, with! { format: format.to_string() })
        }
        ImageError::NoPixels { .. } => (FaultId::PictureNoPixels, with! {}),
        ImageError::SideTooLong { width, height, max_side } => {
            let [width, height, side] = [*width, *height, *max_side].map(u64::from);
            (FaultId::PictureTooLong, with! { width: width, height: height, maxSide: side })
        }
        ImageError::TooManyPixels { width, height, max_pixels } => {
            let [width, height] = [*width, *height].map(u64::from);
            let gaps = with! { width: width, height: height, maxPixels: *max_pixels };
            (FaultId::PictureTooManyPixels, gaps)
        }
        ImageError::TooManyBytes { max_bytes, .. } | ImageError::DecoderLimit { max_bytes, .. } => {
            (FaultId::PictureTooManyBytes, with! { maxBytes: *max_bytes })
        }
        error => (FaultId::PictureWork, with! { reason: error.to_string() }),
    }
}

fn of_model(error: &LoadError) -> (FaultId, With) {
    let path = |path: &std::path::Path| path.display().to_string();
    let reason = error.to_string();
    match error {
        LoadError::Read(_) => (FaultId::ModelRead, with! { reason: reason }),
        LoadError::NotFound { path: file } => (FaultId::ModelNotThere, with! { path: path(file) }),
        LoadError::NoModel { dir: file } | LoadError::Container(GgufError::NotGguf { file }) => {
            (FaultId::ModelNone, with! { path: path(file) })
        }
        LoadError::Ambiguous { dir, first, second, .. } => {
            let gaps = with! { path: path(dir), first: path(first), second: path(second) };
            (FaultId::ModelAmbiguous, gaps)
        }
        LoadError::Unsupported { .. }
        | LoadError::Container(
            GgufError::Unsupported { .. } | GgufError::UnsupportedDtype { .. },
        ) => (FaultId::ModelUnsupported, with! { reason: reason }),
        LoadError::Device { .. } | LoadError::DeviceMemory { .. } => {
            (FaultId::ModelDevice, with! { reason: reason })
        }
        _ => (FaultId::ModelMalformed, with! { reason: reason }),
    }
}

fn of_engine(error: &EngineError) -> (FaultId, With) {
    match error {
        EngineError::ContextFull { needed, capacity, .. }
        | EngineError::Model(ModelError::CacheFull { needed, capacity }) => {
            let gaps = with! { needed: *needed as u64, capacity: *capacity as u64 };
            (FaultId::ContextFull, gaps)
        }
        EngineError::Prompt(PromptError::NoQuestion) => (FaultId::NoQuestion, with! {}),
        EngineError::Prompt(PromptError::NoPictureTokens)
        | EngineError::Model(ModelError::NoVision) => (FaultId::NoPictures, with! {}),
        EngineError::NotANumber { .. } => (FaultId::NotNumbers, with! {}),
        EngineError::Panicked { message } => {
            (FaultId::EnginePanicked, with! { reason: message.clone() })
        }
        EngineError::Stopped => (FaultId::EngineStopped, with! {}),
        error => (FaultId::EngineFailed, with! { reason: error.to_string() }),
    }
}

fn of_weights(error: &WeightsError) -> (FaultId, With) {
    let path = |path: &std::path::Path| path.display().to_string();
    match error {
        WeightsError::DiskFull { dir, free_bytes } => {
            (FaultId::DiskFull, with! { path: path(dir), freeBytes: *free_bytes })
        }
        WeightsError::Busy { dir } => (FaultId::FolderBusy, with! { path: path(dir) }),
        WeightsError::Offline { what } => (FaultId::Offline, with! { what: what.clone() }),
        WeightsError::Settings { reason } => {
            (FaultId::NetworkSettings, with! { reason: reason.clone() })
        }
        WeightsError::Connect { host, reason } => {
            (FaultId::Connect, with! { host: host.clone(), reason: reason.clone() })
        }
        WeightsError::Status { host, status, .. } => {
            (FaultId::Status, with! { host: host.clone(), status: u64::from(*status) })
        }
        WeightsError::Gated { repo, page, .. } => {
            (FaultId::Gated, with! { what: repo.clone(), page: page.clone() })
        }
        WeightsError::NotFound { host, what } => {
            (FaultId::HubNotFound, with! { host: host.clone(), what: what.clone() })
        }
        WeightsError::WebPage { host, .. } => (FaultId::WebPage, with! { host: host.clone() }),
        WeightsError::Answer { host, .. } | WeightsError::Redirect { host, .. } => {
            (FaultId::WrongAnswer, with! { host: host.clone(), reason: error.to_string() })
        }
        WeightsError::WrongSize { file, .. } | WeightsError::WrongHash { file, .. } => {
            (FaultId::WrongBytes, with! { file: file.clone() })
        }
        WeightsError::LockedHash { repo, file } => {
            (FaultId::LockedHash, with! { file: file.clone(), what: repo.clone() })
        }
        error => (FaultId::Fetch, with! { reason: error.to_string() }),
    }
}

/// What the system itself said, which is in the system's language.
fn innermost(error: &io::Error) -> String {
    let mut error: &dyn Error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Fault;

    #[test]
    fn a_fault_has_what_its_words_need_and_survives_being_kept() {
        let source = ImageError::SideTooLong { width: 70_000, height: 2, max_side: 65_535 };
        let fault = Fault::from(AppError::Picture { name: "wide.png".into(), source });
        assert_eq!(fault.id, FaultId::PictureTooLong);
        let gaps = with! { name: "wide.png".to_owned(), width: 70_000, height: 2, maxSide: 65_535 };
        assert_eq!(fault.with, gaps);
        let json = serde_json::to_string(&fault).unwrap();
        assert_eq!(serde_json::from_str::<Fault>(&json).unwrap(), fault);
    }

    #[test]
    fn faults_of_other_versions_are_said_as_they_were() {
        let old = r#"{"kind":"engine","message":"m","hint":"h"}"#;
        let newer =
            r#"{"kind":"engine","message":"m","hint":"h","id":"ofTomorrow","with":{"a":1}}"#;
        for json in [old, newer] {
            let fault: Fault = serde_json::from_str(json).unwrap();
            assert_eq!((fault.id, fault.message.as_str()), (FaultId::Other, "m"));
        }
    }
}
