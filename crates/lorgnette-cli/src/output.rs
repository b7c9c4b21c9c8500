//! Answers on standard output, and text for a terminal, which obeys control characters.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::path::PathBuf;

use lorgnette_app::AppError;
use lorgnette_app::models::{ModelsError, one_line};
use lorgnette_serve::ServeError;

/// The reason why a command stopped.
#[derive(Debug)]
pub enum Failure {
    /// It failed, for a reason that a person should know.
    App(AppError),
    /// A file that is not ours to write over, and is left as it is.
    NotReplaced { path: PathBuf, reason: String },
    /// The server for other programs does not run.
    Serve(ServeError),
    /// Standard output was closed by its reader.
    OutputClosed,
}

impl Failure {
    /// What went wrong and what to do now; `None` if nobody needs to know.
    pub fn message_and_hint(&self) -> Option<(String, String)> {
        match self {
            Self::App(error) => Some((error.one_line(), error.hint())),
            Self::NotReplaced { path, reason } => Some((
                format!("{} is not written over: {reason}", path.display()),
                "name another file, or move this one away first".into(),
            )),
            Self::Serve(error) => Some((one_line(error), error.hint().into())),
            Self::OutputClosed => None,
        }
    }
}

impl<E: Into<AppError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::App(error.into())
    }
}

/// Whether the next question to this server fails as well, so that there is no use in asking it.
pub fn is_of_server(error: &AppError) -> bool {
    matches!(error, AppError::Models(ModelsError::Remote(error)) if error.is_of_server())
}

/// Writes to standard output at once.
pub fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

/// Writes to standard output at once what may be no text.
pub fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.map_err(|error| not_written(&error))
}

/// The failure of standard output.
pub fn not_written(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::OutputClosed,
        kind => {
            let message = format!("cannot write to standard output: {error}");
            Failure::App(AppError::Write(io::Error::new(kind, message)))
        }
    }
}

/// Writes a value as one line of JSON.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string(value).map_err(io::Error::from).map_err(AppError::Write)?;
    print(&(json + "\n"))
}

/// Returns text of a model, a picture or a file name without what a terminal would act on: an escape
/// sequence can rewrite the lines above it.
pub fn printable(text: &str) -> Cow<'_, str> {
    let acts = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.contains(acts) {
        Cow::Owned(text.replace(acts, "\u{FFFD}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_reply_cannot_command_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[2Jb\u{9b}1mc\r\u{7}"),
            "a\u{FFFD}[2Jb\u{FFFD}1mc\u{FFFD}\u{FFFD}"
        );
        assert_eq!(printable("two\n\tlines — é 🙂"), "two\n\tlines — é 🙂");
    }
}
