//! Passwords of documents: from a variable, from a file, or typed where nobody sees it.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use console::Term;
use lorgnette_app::pictures::PictureFile;
use lorgnette_app::{AppError, ImageError, PictureError, say};

use crate::output::printable;

/// How often a person may type it.
const MAX_TRIES: usize = 3;

/// Where the password of a document comes from.
#[derive(Args)]
pub struct Password {
    /// The password of an encrypted PDF: env:NAME for a variable, else a file whose first line it is
    /// [default: asked for at the terminal]
    #[arg(long = "password-from", value_name = "SOURCE")]
    source: Option<Source>,
}

/// Where the password of all documents of a folder comes from. Nobody is asked for it.
#[derive(Args)]
pub struct FolderPassword {
    /// The password of encrypted PDFs: env:NAME for a variable, else a file whose first line it is
    /// [default: the table says which need one]
    #[arg(long = "password-from", value_name = "SOURCE")]
    source: Option<Source>,
}

/// What a password is read from, because an option is seen by everybody on the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Variable(String),
    File(PathBuf),
}

impl Password {
    /// Opens a file, with its password if it needs one.
    ///
    /// # Errors
    /// [`AppError::Picture`]; [`AppError::Picture`] if there is no password where it should be.
    pub fn open(&self, file: &PictureFile) -> Result<(), AppError> {
        let open = |password: Option<&str>| -> Result<(), AppError> {
            file.open(password)?;
            Ok(())
        };
        let needed = match open_from(self.source.as_ref(), file) {
            Err(error) if is(&error, |source| matches!(source, ImageError::Encrypted)) => error,
            opened => return opened,
        };
        let terminal = Term::stderr();
        if !io::stdin().is_terminal() || !terminal.is_term() {
            return Err(needed);
        }
        for _ in 1..MAX_TRIES {
            match open(Some(&typed(&terminal, file.name())?)) {
                Err(error) if is(&error, |source| matches!(source, ImageError::WrongPassword)) => {
                    say!("{}; once more", printable(&error.one_line()));
                }
                opened => return opened,
            }
        }
        open(Some(&typed(&terminal, file.name())?))
    }
}

impl FolderPassword {
    /// Opens a file, with the password if it needs one.
    ///
    /// # Errors
    /// [`AppError::Picture`]; [`AppError::Picture`] if there is no password where it should be.
    pub fn open(&self, file: &PictureFile) -> Result<(), AppError> {
        open_from(self.source.as_ref(), file)
    }
}

/// Opens a file, with the password of a source if it needs one and there is a source.
fn open_from(source: Option<&Source>, file: &PictureFile) -> Result<(), AppError> {
    let opened = file.open(None).map_err(AppError::from);
    match (opened, source) {
        (Err(error), Some(source))
            if is(&error, |source| matches!(source, ImageError::Encrypted)) =>
        {
            Ok(file.open(Some(&source.read()?)).map(drop)?)
        }
        (opened, _) => opened.map(drop),
    }
}

/// Asks at the terminal, which does not show what is typed.
fn typed(terminal: &Term, name: &str) -> Result<String, AppError> {
    lorgnette_app::stderr::say(format_args!("password of {}: ", printable(name)));
    terminal.read_secure_line().map_err(AppError::Write)
}

fn is(error: &AppError, what: impl FnOnce(&ImageError) -> bool) -> bool {
    matches!(error, AppError::Picture(PictureError::Image { source, .. }) if what(source))
}

impl Source {
    fn read(&self) -> Result<String, PictureError> {
        match self {
            Self::Variable(name) => std::env::var(name).map_err(|error| PictureError::Read {
                name: format!("the password in the variable {name}"),
                source: io::Error::new(io::ErrorKind::NotFound, error),
            }),
            Self::File(path) => {
                let text = fs_err::read_to_string(path).map_err(|source| PictureError::Read {
                    name: format!("the password in {}", path.display()),
                    source,
                })?;
                // A file ends with the end of a line, which is no part of it.
                Ok(text.lines().next().unwrap_or_default().to_owned())
            }
        }
    }
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("env:") {
            Some("") => Err("name the variable behind env:".into()),
            Some(name) => Ok(Self::Variable(name.to_owned())),
            None => Ok(Self::File(text.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_comes_from_a_variable_or_a_file() {
        let source = |text: &str| text.parse::<Source>();
        assert_eq!(source("env:PDF"), Ok(Source::Variable("PDF".into())));
        assert_eq!(source("notes/env:x"), Ok(Source::File("notes/env:x".into())));
        assert!(source("env:").is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        for text in ["secret\n", "secret\r\n", "secret", "secret\nnot this"] {
            fs_err::write(&path, text).unwrap();
            assert_eq!(Source::File(path.clone()).read().unwrap(), "secret", "{text:?}");
        }
        let error = Source::Variable("LORGNETTE_NO_SUCH".into()).read().unwrap_err();
        let told = AppError::from(error).one_line();
        assert!(told.contains("LORGNETTE_NO_SUCH"), "{told}");
    }
}
