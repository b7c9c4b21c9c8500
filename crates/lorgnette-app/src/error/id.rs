//! Which error it is, for front ends that say it in their own words and language.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use lorgnette_chats::{ChatsError, ChatsFault};
use lorgnette_engine::EngineError;
use lorgnette_engine::prompt::PromptError;
use lorgnette_gguf::GgufError;
use lorgnette_image::ImageError;
use lorgnette_models::{ModelsError, RemoteError, WeightsError};
use lorgnette_pictures::PictureError;
use lorgnette_pictures::file::NO_FILE;
use lorgnette_pixtral::{LoadError, ModelError};
use lorgnette_speech::SpeechError;
use serde::{Deserialize, Deserializer, Serialize};

use super::AppError;

/// Declares the errors that have words of their own: their names, and the gaps of those words.
macro_rules! errors {
    ($($id:ident { $($gap:ident),* },)+) => {
        /// An error by name, for front ends that have words for it.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[cfg_attr(feature = "ipc", derive(specta::Type))]
        #[serde(rename_all = "camelCase")]
        pub enum FaultId {
            $($id,)+
            /// An error that only [`super::Fault::message`] tells, or that another version knows.
            #[default]
            Other,
        }

        // By an enum of its own: `#[serde(other)]` would make the page's binding any text.
        impl<'de> Deserialize<'de> for FaultId {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                #[derive(Deserialize)]
                #[serde(rename_all = "camelCase")]
                enum Known {
                    $($id,)+
                    #[serde(other)]
                    Other,
                }
                Ok(match Known::deserialize(from)? {
                    $(Known::$id => Self::$id,)+
                    Known::Other => Self::Other,
                })
            }
        }

        /// An error by name, with what fills the gaps of its words.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(non_snake_case, reason = "kept faults and the page name the gaps so")]
        pub enum FaultDetails {
            $($id { $($gap: FaultValue),* },)+
            Other,
        }

        impl FaultId {
            /// The errors that have words of their own, each with the gaps of those words.
            pub const GAPS: &[(Self, &[&str])] = &[$((Self::$id, &[$(stringify!($gap)),*])),+];
        }

        impl From<FaultDetails> for (FaultId, With) {
            fn from(details: FaultDetails) -> Self {
                match details {
                    $(FaultDetails::$id { $($gap),* } => {
                        (FaultId::$id, With::from([$((stringify!($gap).to_owned(), $gap)),*]))
                    })+
                    FaultDetails::Other => (FaultId::Other, With::new()),
                }
            }
        }
    };
}

errors! {
    PictureNotThere { name },
    PictureForbidden { name },
    PictureIsFolder { name },
    PictureRead { name, reason },
    PictureEmpty { name },
    PictureIsText { name },
    PictureUnknown { name },
    PictureFormat { name, format },
    PictureKind { name, format },
    PictureCut { name, format },
    PictureDamaged { name, format },
    PictureNoPixels { name },
    PictureIsPointer { name },
    PictureIsAddress { name },
    PictureNoPage { name, page, pages },
    PictureEncrypted { name },
    PictureWrongPassword { name },
    PictureTooMuchWork { name },
    PictureTooManyPixels { name, width, height, maxPixels },
    PictureTooManyBytes { name, maxBytes },
    PictureWork { name, reason },
    ModelRead { reason },
    ModelNotThere { path },
    ModelNone { path },
    ModelAmbiguous { path, first, second },
    ModelMalformed { reason },
    ModelUnsupported { reason },
    ModelDevice { reason },
    ModelTokenizer { reason },
    ModelUnknown { name },
    ModelDamaged { name },
    ModelBuiltIn {},
    ModelInUse { name },
    ModelFetching { name },
    ModelDoesNotFit { reason },
    ContextFull { needed, capacity },
    NoQuestion {},
    NoPictures {},
    NotNumbers {},
    EnginePanicked { reason },
    EngineStopped {},
    EngineFailed { reason },
    NoRoom { neededBytes, freeBytes },
    DiskFull { path, freeBytes },
    FolderBusy { path },
    Offline { what },
    NetworkSettings { reason },
    Connect { host, reason },
    Status { host, status },
    Gated { what, page },
    HubNotFound { host, what },
    WebPage { host },
    ServerNotThere { host, reason },
    ServerSilent { host, seconds },
    ServerCut { reason },
    ServerKey { host },
    ServerModel { host, name },
    ServerNoPictures { host, name },
    ServerBusy { host, reason },
    ServerStrange { host, reason },
    ServerFailed { reason },
    ServerUnknown { name },
    WrongAnswer { host, reason },
    WrongBytes { file },
    LockedHash { file, what },
    Fetch { reason },
    Write { reason },
    Chats { path, reason },
    ChatsDamaged { path },
    ChatsLocked { path },
    ChatsForbidden { path, reason },
    ChatsNoRoom { path },
    NewerChats { path },
    ChatsInUse { path },
    NotFound {},
    Settings { path, reason },
    Import { path, reason },
    FileManager { reason },
    Serve { reason },
    ServeToken { reason },
    Browser { reason },
    Menu { reason },
    Panel { reason },
    Clipboard { reason },
    ClipboardNoPicture {},
    Speech { reason },
    SpeechSilent { seconds },
    Capture { reason },
    Program {},
}

/// What fills a gap of an error's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ipc", derive(specta::Type))]
#[serde(untagged)]
pub enum FaultValue {
    /// A count, pixels, or bytes where the gap's name ends in `Bytes`.
    Number(u64),
    /// A name, a path, or what the system or another program said.
    Text(String),
}

impl From<u64> for FaultValue {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for FaultValue {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for FaultValue {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<&str> for FaultValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for FaultValue {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for FaultValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&PathBuf> for FaultValue {
    fn from(path: &PathBuf) -> Self {
        Self::Text(path.display().to_string())
    }
}

/// What fills the gaps, by name.
pub type With = BTreeMap<String, FaultValue>;

impl AppError {
    /// Which it is, and what its words need.
    pub(super) fn details(&self) -> FaultDetails {
        match self {
            Self::Picture(PictureError::Read { name, source }) => {
                let name = name.into();
                match source.kind() {
                    ErrorKind::NotFound => FaultDetails::PictureNotThere { name },
                    ErrorKind::PermissionDenied => FaultDetails::PictureForbidden { name },
                    ErrorKind::IsADirectory => FaultDetails::PictureIsFolder { name },
                    NO_FILE => FaultDetails::PictureIsAddress { name },
                    _ => FaultDetails::PictureRead { name, reason: innermost(source).into() },
                }
            }
            Self::Picture(PictureError::Locked { name, .. }) => {
                of_picture(name, &ImageError::Encrypted)
            }
            Self::Picture(PictureError::Image { name, source }) => of_picture(name, source),
            Self::Models(error) => of_models(error),
            Self::Engine(error) => of_engine(error),
            Self::ModelInUse { name } => FaultDetails::ModelInUse { name: name.into() },
            Self::Write(error) | Self::Picture(PictureError::Write(error)) => {
                FaultDetails::Write { reason: error.to_string().into() }
            }
            Self::Chats(error) => of_chats(error),
            Self::NotFound { .. } | Self::Picture(PictureError::NotFound { .. }) => {
                FaultDetails::NotFound {}
            }
            Self::Settings { path, reason } => {
                FaultDetails::Settings { path: path.into(), reason: reason.into() }
            }
            Self::Import { path, reason } => {
                FaultDetails::Import { path: path.into(), reason: reason.into() }
            }
            Self::Speech(SpeechError::Silent { seconds }) => {
                FaultDetails::SpeechSilent { seconds: (*seconds).into() }
            }
            Self::Speech(error) => FaultDetails::Speech { reason: error.to_string().into() },
            Self::Capture { reason, .. } => FaultDetails::Capture { reason: reason.into() },
            Self::Clipboard { reason } => FaultDetails::Clipboard { reason: reason.into() },
            Self::NoPictureCopied => FaultDetails::ClipboardNoPicture {},
            // Said in English alone.
            Self::Reader(_) | Self::Releases(_) | Self::NotAsked => FaultDetails::Other,
        }
    }
}

/// Which error of models it is, and what its words need.
pub(super) fn of_models(error: &ModelsError) -> FaultDetails {
    match error {
        ModelsError::Load(error) => of_model(error),
        ModelsError::Tokenizer(_) | ModelsError::NoTokenizer { .. } => {
            FaultDetails::ModelTokenizer { reason: error.one_line().into() }
        }
        ModelsError::Engine(error) => of_engine(error),
        ModelsError::Picture { name, source } => of_picture(name, source),
        ModelsError::Weights(error) => of_weights(error),
        ModelsError::Remote(error) => of_remote(error),
        ModelsError::UnknownModel { name } => FaultDetails::ModelUnknown { name: name.into() },
        ModelsError::BetterModel { reason, .. } => {
            FaultDetails::ModelRead { reason: reason.into() }
        }
        ModelsError::NoQuantisation { place, wanted, .. } => {
            FaultDetails::HubNotFound { host: place.into(), what: (*wanted).into() }
        }
        ModelsError::InFolders { place, .. } => {
            FaultDetails::HubNotFound { host: place.into(), what: "a model".into() }
        }
        ModelsError::NoProjector { .. } => FaultDetails::NoPictures {},
        ModelsError::DoesNotFit { what, .. } => {
            FaultDetails::ModelDoesNotFit { reason: what.into() }
        }
        ModelsError::NoRoom { needed_bytes, free_bytes } => FaultDetails::NoRoom {
            neededBytes: (*needed_bytes).into(),
            freeBytes: free_bytes.unwrap_or(0).into(),
        },
        ModelsError::Fetching { name } => FaultDetails::ModelFetching { name: name.into() },
        ModelsError::Damaged { name } => FaultDetails::ModelDamaged { name: name.into() },
        ModelsError::BuiltIn => FaultDetails::ModelBuiltIn {},
        // Said in a terminal, or before there is a page.
        ModelsError::NotHere { .. }
        | ModelsError::OneAtATime
        | ModelsError::NameTaken { .. }
        | ModelsError::TextOnly { .. }
        | ModelsError::OnlyGguf { .. }
        | ModelsError::NoHome
        | ModelsError::FolderOfOther { .. } => FaultDetails::Other,
    }
}

fn of_remote(error: &RemoteError) -> FaultDetails {
    match error {
        RemoteError::NotThere { host, reason } => {
            FaultDetails::ServerNotThere { host: host.into(), reason: reason.into() }
        }
        RemoteError::Silent { host, seconds } => {
            FaultDetails::ServerSilent { host: host.into(), seconds: (*seconds).into() }
        }
        RemoteError::Cut { reason } => FaultDetails::ServerCut { reason: reason.into() },
        RemoteError::WrongKey { host, .. } => FaultDetails::ServerKey { host: host.into() },
        RemoteError::WrongModel { host, model, .. } => {
            FaultDetails::ServerModel { host: host.into(), name: model.into() }
        }
        RemoteError::NoPictures { host, model } => {
            FaultDetails::ServerNoPictures { host: host.into(), name: model.into() }
        }
        RemoteError::Busy { host, detail } => {
            FaultDetails::ServerBusy { host: host.into(), reason: detail.into() }
        }
        RemoteError::NotOpenAi { host, reason } => {
            FaultDetails::ServerStrange { host: host.into(), reason: reason.into() }
        }
        RemoteError::UnknownServer { name } => FaultDetails::ServerUnknown { name: name.into() },
        error => FaultDetails::ServerFailed { reason: error.to_string().into() },
    }
}

fn of_chats(error: &ChatsError) -> FaultDetails {
    match error {
        ChatsError::Database { path, source } => {
            let (path, reason) = (path.into(), source.to_string().into());
            match ChatsFault::of(source) {
                ChatsFault::Damaged => FaultDetails::ChatsDamaged { path },
                ChatsFault::Locked => FaultDetails::ChatsLocked { path },
                ChatsFault::Forbidden => FaultDetails::ChatsForbidden { path, reason },
                ChatsFault::NoRoom => FaultDetails::ChatsNoRoom { path },
                ChatsFault::Other => FaultDetails::Chats { path, reason },
            }
        }
        ChatsError::Newer { path, .. } => FaultDetails::NewerChats { path: path.into() },
        ChatsError::InUse { path } => FaultDetails::ChatsInUse { path: path.into() },
        ChatsError::NotFound { .. } => FaultDetails::NotFound {},
        ChatsError::Write(error) => FaultDetails::Write { reason: error.to_string().into() },
    }
}

fn of_picture(name: &str, error: &ImageError) -> FaultDetails {
    let name = name.into();
    match error {
        ImageError::Empty => FaultDetails::PictureEmpty { name },
        ImageError::Text => FaultDetails::PictureIsText { name },
        ImageError::NotAPicture => FaultDetails::PictureUnknown { name },
        ImageError::UnsupportedFormat { name: format, .. } => {
            FaultDetails::PictureFormat { name, format: (*format).into() }
        }
        ImageError::UnsupportedKind { format, .. } => {
            FaultDetails::PictureKind { name, format: format.to_string().into() }
        }
        ImageError::Truncated { format } => {
            FaultDetails::PictureCut { name, format: format.to_string().into() }
        }
        ImageError::Damaged { format, .. } => {
            FaultDetails::PictureDamaged { name, format: format.to_string().into() }
        }
        ImageError::NoPixels { .. } => FaultDetails::PictureNoPixels { name },
        ImageError::LfsPointer => FaultDetails::PictureIsPointer { name },
        ImageError::Encrypted => FaultDetails::PictureEncrypted { name },
        ImageError::WrongPassword => FaultDetails::PictureWrongPassword { name },
        ImageError::TooMuchWork { .. } => FaultDetails::PictureTooMuchWork { name },
        ImageError::NoSuchPage { page, n_pages } => {
            FaultDetails::PictureNoPage { name, page: (*page).into(), pages: (*n_pages).into() }
        }
        ImageError::TooManyPixels { width, height, max_pixels } => {
            FaultDetails::PictureTooManyPixels {
                name,
                width: (*width).into(),
                height: (*height).into(),
                maxPixels: (*max_pixels).into(),
            }
        }
        ImageError::TooManyBytes { max_bytes, .. } | ImageError::DecoderLimit { max_bytes, .. } => {
            FaultDetails::PictureTooManyBytes { name, maxBytes: (*max_bytes).into() }
        }
        error => FaultDetails::PictureWork { name, reason: error.to_string().into() },
    }
}

fn of_model(error: &LoadError) -> FaultDetails {
    let reason = error.to_string().into();
    match error {
        LoadError::Read(_) => FaultDetails::ModelRead { reason },
        LoadError::NotFound { path } | LoadError::LinkGone { target: path, .. } => {
            FaultDetails::ModelNotThere { path: path.into() }
        }
        LoadError::NoModel { dir: path }
        | LoadError::Container(GgufError::NotGguf { file: path, .. }) => {
            FaultDetails::ModelNone { path: path.into() }
        }
        LoadError::Ambiguous { dir, first, second, .. } => FaultDetails::ModelAmbiguous {
            path: dir.into(),
            first: first.into(),
            second: second.into(),
        },
        LoadError::Unsupported { .. }
        | LoadError::Quantised { .. }
        | LoadError::Projector { .. }
        | LoadError::ProjectorAlone { .. }
        | LoadError::Container(
            GgufError::Unsupported { .. } | GgufError::UnsupportedDtype { .. },
        ) => FaultDetails::ModelUnsupported { reason },
        LoadError::Device { .. } | LoadError::DeviceMemory { .. } => {
            FaultDetails::ModelDevice { reason }
        }
        _ => FaultDetails::ModelMalformed { reason },
    }
}

fn of_engine(error: &EngineError) -> FaultDetails {
    match error {
        EngineError::ContextFull { needed, capacity, .. }
        | EngineError::Model(ModelError::CacheFull { needed, capacity }) => {
            FaultDetails::ContextFull { needed: (*needed).into(), capacity: (*capacity).into() }
        }
        EngineError::Prompt(PromptError::NoQuestion) => FaultDetails::NoQuestion {},
        EngineError::Prompt(PromptError::NoPictureTokens)
        | EngineError::Model(ModelError::NoVision) => FaultDetails::NoPictures {},
        EngineError::NotANumber { .. } => FaultDetails::NotNumbers {},
        EngineError::Panicked { message } => {
            FaultDetails::EnginePanicked { reason: message.into() }
        }
        EngineError::Stopped => FaultDetails::EngineStopped {},
        error => FaultDetails::EngineFailed { reason: error.to_string().into() },
    }
}

fn of_weights(error: &WeightsError) -> FaultDetails {
    match error {
        WeightsError::DiskFull { dir, free_bytes } => {
            FaultDetails::DiskFull { path: dir.into(), freeBytes: (*free_bytes).into() }
        }
        WeightsError::Busy { dir } => FaultDetails::FolderBusy { path: dir.into() },
        WeightsError::Offline { what } => FaultDetails::Offline { what: what.into() },
        WeightsError::Settings { reason } => {
            FaultDetails::NetworkSettings { reason: reason.into() }
        }
        WeightsError::Connect { host, reason } => {
            FaultDetails::Connect { host: host.into(), reason: reason.into() }
        }
        WeightsError::Status { host, status, .. } => {
            FaultDetails::Status { host: host.into(), status: u64::from(*status).into() }
        }
        WeightsError::Gated { repo, page, .. } => {
            FaultDetails::Gated { what: repo.into(), page: page.into() }
        }
        WeightsError::NotFound { host, what } => {
            FaultDetails::HubNotFound { host: host.into(), what: what.into() }
        }
        WeightsError::WebPage { host, .. } => FaultDetails::WebPage { host: host.into() },
        WeightsError::Answer { host, .. } | WeightsError::Redirect { host, .. } => {
            FaultDetails::WrongAnswer { host: host.into(), reason: error.to_string().into() }
        }
        WeightsError::WrongSize { file, .. } | WeightsError::WrongHash { file, .. } => {
            FaultDetails::WrongBytes { file: file.into() }
        }
        WeightsError::LockedHash { repo, file } => {
            FaultDetails::LockedHash { file: file.into(), what: repo.into() }
        }
        error => FaultDetails::Fetch { reason: error.to_string().into() },
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
mod tests;
