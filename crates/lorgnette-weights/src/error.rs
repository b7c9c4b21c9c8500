//! Why a model is not fetched, made, checked or removed.

use std::path::PathBuf;

use lorgnette_gguf::GgufError;

/// Why a model was not fetched, made, checked or removed.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// A file operation failed; the source names the path.
    #[error(transparent)]
    Io(std::io::Error),
    /// The disk is full.
    #[error("the disk with {} is full, {free_bytes} bytes are free", dir.display())]
    DiskFull {
        /// Folder that was written to.
        dir: PathBuf,
        /// Bytes that are free on its disk now.
        free_bytes: u64,
    },
    /// A model file could not be written.
    #[error(transparent)]
    Write(GgufError),
    /// Another process has the right to write to the models folder.
    #[error("another process is at work in {}", dir.display())]
    Busy {
        /// The models folder.
        dir: PathBuf,
    },
    /// Another program has files of the model open, and the system moves none of them meanwhile.
    #[error("the model {name} is in use")]
    InUse {
        /// Name of the model.
        name: String,
        /// The refusal.
        source: std::io::Error,
    },
    /// The system makes no link to a file: on Windows, to one on another drive.
    #[error("{} cannot be linked to", file.display())]
    Link {
        /// The file.
        file: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
    /// Something is missing that may not be fetched.
    #[error("{what} is not on this machine, and HF_HUB_OFFLINE forbids fetching it")]
    Offline {
        /// Repository or file that is missing.
        what: String,
    },
    /// The settings of the hub or of the network make no sense.
    #[error("the network settings cannot be used: {reason}")]
    Settings {
        /// The fault, as the second half of the message.
        reason: String,
    },
    /// The person's token has characters that no header can hold.
    #[error("the token cannot be sent: it has characters that no HTTP header can hold")]
    Token,
    /// Every try to connect failed.
    #[error("{host} cannot be reached: {reason}")]
    Connect {
        /// Name of the host.
        host: String,
        /// Reason of the last try.
        reason: String,
    },
    /// The server answered every try with a failure.
    #[error("{host} answers {status}{}", more(detail))]
    Status {
        /// Name of the host.
        host: String,
        /// HTTP status of the last try.
        status: u16,
        /// Beginning of its text, perhaps empty.
        detail: String,
    },
    /// The repository is open only to people who have accepted its terms.
    #[error("{repo} is only for people who are logged in and have accepted its terms")]
    Gated {
        /// Name of the repository.
        repo: String,
        /// Address where its terms are accepted.
        page: String,
        /// Whether a token was sent.
        with_token: bool,
    },
    /// The hub has nothing by that name.
    #[error("{what} does not exist on {host}")]
    NotFound {
        /// Name of the host.
        host: String,
        /// Repository, revision or file that was asked for.
        what: String,
    },
    /// A file of the model is not where the others are.
    #[error("{file} is missing in {place}")]
    Missing {
        /// Name of the file.
        file: String,
        /// The folder or repository that has the others.
        place: String,
        /// Whether that is on the hub.
        is_hub: bool,
    },
    /// Something between here and the hub answered with a page for people.
    #[error("{host} answered with a web page instead of {file}")]
    WebPage {
        /// Name of the host.
        host: String,
        /// File that was asked for.
        file: String,
    },
    /// The answer contradicts the request or itself.
    #[error("{host} answers wrongly for {file}: {reason}")]
    Answer {
        /// Name of the host.
        host: String,
        /// File that was asked for.
        file: String,
        /// The fault, as the second half of the message.
        reason: String,
    },
    /// The server redirects to where the program does not go.
    #[error("{host} redirects to {target}, which is not followed: {reason}")]
    Redirect {
        /// Name of the host.
        host: String,
        /// Address of the redirect.
        target: String,
        /// The fault, as the second half of the message.
        reason: &'static str,
    },
    /// The file has another size than was published.
    #[error("{file} has {found_bytes} bytes, {expected_bytes} are published")]
    WrongSize {
        /// Name of the file.
        file: String,
        /// Size that was found.
        found_bytes: u64,
        /// Size that was published.
        expected_bytes: u64,
    },
    /// The file was not what was published, twice.
    #[error("{file} does not match its published hash {expected}")]
    WrongHash {
        /// Name of the file.
        file: String,
        /// The published hash in hexadecimal.
        expected: String,
    },
    /// The name stands for another content than when it was first used.
    #[error("{file} of {repo} has another hash than when it was first used")]
    LockedHash {
        /// Name of the repository.
        repo: String,
        /// Name of the file.
        file: String,
    },
    /// The header of a weights file contradicts itself or its file.
    #[error("{file} is malformed: {reason}")]
    Header {
        /// Name of the file.
        file: String,
        /// The fault, as the second half of the message.
        reason: String,
    },
    /// The name could lead out of its folder.
    #[error("{name:?} is not a name for {what}")]
    Name {
        /// The name as it was given.
        name: String,
        /// The kind of thing that it should name.
        what: &'static str,
    },
    /// A manifest cannot be read.
    #[error("{file} cannot be read: {reason}")]
    Manifest {
        /// Name of the file.
        file: String,
        /// The fault, as the second half of the message.
        reason: String,
    },
    /// No model by that name.
    #[error("no model {name} is installed")]
    NotInstalled {
        /// Name of the model.
        name: String,
    },
}

impl From<std::io::Error> for WeightsError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<GgufError> for WeightsError {
    fn from(error: GgufError) -> Self {
        match error {
            GgufError::Io(error) => error.into(),
            GgufError::Malformed { file, reason } => {
                Self::Header { file: file.display().to_string(), reason }
            }
            GgufError::Truncated { file, needed_bytes, found_bytes } => Self::Header {
                file: file.display().to_string(),
                reason: format!("{needed_bytes} bytes are needed, it has {found_bytes}"),
            },
            error => Self::Write(error),
        }
    }
}

/// A colon and the detail, if there is one.
fn more(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": {detail}") }
}

impl WeightsError {
    /// Adds to the error of a full disk the folder and the room that is left there.
    pub(crate) fn in_folder(self, dir: &std::path::Path) -> Self {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match self {
            Self::Io(error) if matches!(error.kind(), StorageFull | QuotaExceeded) => {
                let free_bytes = fs4::available_space(dir).unwrap_or(0);
                Self::DiskFull { dir: dir.to_owned(), free_bytes }
            }
            error => error,
        }
    }

    /// Says what a person can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Io(_) => "check that the folder is there and can be written to".into(),
            Self::DiskFull { .. } => {
                "free some space and run the same command again; it goes on where it stopped".into()
            }
            Self::Write(error) => error.hint(),
            Self::Busy { .. } => "wait until it is done, or end it, then try again".into(),
            Self::InUse { .. } => {
                "close Lorgnette's window and other programs that have it open, then try again".into()
            }
            Self::Link { .. } => "leave out --link: the model is then copied".into(),
            Self::Offline { .. } => "unset HF_HUB_OFFLINE, or copy the files here".into(),
            Self::Settings { .. } => "check HF_ENDPOINT, HF_HOME, HF_TOKEN and the proxy settings".into(),
            Self::Token => {
                "set HF_TOKEN, or the file `token` in HF_HOME, to the token alone, as \
                 https://huggingface.co/settings/tokens shows it; or unset it for what needs no login"
                    .into()
            }
            Self::Connect { .. } | Self::Status { .. } => {
                "check the connection and run the same command again; it goes on where it stopped"
                    .into()
            }
            Self::Gated { page, with_token: false, .. } => format!(
                "log in and accept the terms at {page}, then set HF_TOKEN to a token from \
                 https://huggingface.co/settings/tokens; or choose a source that needs no login"
            ),
            Self::Gated { page, with_token: true, .. } => format!(
                "the token in use has no access: accept the terms at {page} with its account, or \
                 choose a source that needs no login"
            ),
            Self::NotFound { .. } => "check the spelling: hf:OWNER/NAME or hf:OWNER/NAME@REVISION".into(),
            Self::Missing { is_hub: true, .. } => {
                "the repository is not whole: choose another source or revision".into()
            }
            Self::Missing { is_hub: false, .. } => {
                "copy all files of the model into the folder, then try again".into()
            }
            Self::WebPage { .. } => {
                "the network wants you to sign in, or a filter is in between: open a browser, then \
                 run the same command again"
                    .into()
            }
            Self::Answer { .. } | Self::Redirect { .. } => {
                "a proxy or mirror may be in between: check HF_ENDPOINT and the proxy settings".into()
            }
            Self::WrongSize { .. } | Self::WrongHash { .. } => {
                "nothing of the file was kept: run the same command again, or choose another source"
                    .into()
            }
            Self::LockedHash { .. } => {
                "if you trust the change, run the command with --update; else choose another source"
                    .into()
            }
            Self::Header { .. } => {
                "the file is damaged or not a model: get it again, or choose another source".into()
            }
            Self::Name { .. } => {
                "use letters, digits, dots, dashes and underscores, beginning with a letter or digit".into()
            }
            Self::Manifest { .. } => "remove the model and add it again".into(),
            Self::NotInstalled { .. } => "`lorgnette models list` names those that are".into(),
        }
    }
}
