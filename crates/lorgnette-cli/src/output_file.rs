//! Files that a person names to be written, by one rule: what is not ours is never written over.
//!
//! A file that is there is replaced only if it is empty, or if its first bytes say that the same
//! option wrote it. It is replaced as a whole, so that a run that fails leaves it as it was. All of
//! this is looked at before anything is loaded, and again before it is written.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use lorgnette_app::AppError;
use lorgnette_app::models::whole_file::{self, PartFile};
use lorgnette_app::pictures;

use crate::output::Failure;

/// The number of bytes by which a file must be known.
const HEAD_BYTES: u64 = 1 << 16;

/// What an option writes.
#[derive(Debug)]
pub struct OutputKind {
    /// What it is called where something else is found.
    pub name: &'static str,
    /// Whether a file that begins with these bytes is one.
    pub is_one: fn(&[u8]) -> bool,
}

/// A file that may be written.
#[derive(Debug)]
pub struct OutputFile {
    /// What the person calls it.
    named: PathBuf,
    /// Where it lies, behind all links.
    path: PathBuf,
    kind: &'static OutputKind,
}

impl OutputFile {
    /// Looks whether the file may be written by a command that reads `inputs`.
    ///
    /// # Errors
    /// [`Failure::NotReplaced`] for a file that is not ours; [`AppError::Write`] if there is no way
    /// to write it.
    pub fn new(
        named: &Path,
        kind: &'static OutputKind,
        inputs: &[PathBuf],
    ) -> Result<Self, Failure> {
        // A link stays a link.
        let path = match fs_err::canonicalize(named) {
            Ok(path) => path,
            Err(_) if named.is_symlink() => {
                return Err(refused(named, "it is a link to nothing that can be written"));
            }
            Err(_) => named.to_owned(),
        };
        // Even what we wrote: a picture that `--save` made is looked at like any other.
        if inputs.iter().any(|input| is_same(&path, input)) {
            return Err(refused(named, "this command reads it"));
        }
        let file = Self { named: named.to_owned(), path, kind };
        file.check()?;
        Ok(file)
    }

    /// What the person calls it.
    pub fn name(&self) -> impl fmt::Display {
        self.named.display()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is there and not empty.
    pub fn has_content(&self) -> bool {
        self.path.metadata().is_ok_and(|meta| meta.len() > 0)
    }

    /// Its path, when it may be written: looked at again, with its folder made.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn ready(&self) -> Result<&Path, Failure> {
        self.check()?;
        if let Some(folder) = self.path.parent() {
            fs_err::create_dir_all(folder).map_err(AppError::Write)?;
        }
        Ok(&self.path)
    }

    /// Writes the file: the new one is there, or the old one.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(whole_file::write(self.ready()?, bytes).map_err(AppError::Write)?)
    }

    /// Its bytes; `None` if it is not there or empty.
    ///
    /// # Errors
    /// [`Failure::NotReplaced`] if it cannot be read.
    pub fn read(&self) -> Result<Option<Vec<u8>>, Failure> {
        match fs_err::read(&self.path) {
            Ok(bytes) => Ok(Some(bytes).filter(|bytes| !bytes.is_empty())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.refuse(&error.to_string())),
        }
    }

    /// The failure that leaves this file as it is.
    pub fn refuse(&self, reason: &str) -> Failure {
        refused(&self.named, reason)
    }

    fn check(&self) -> Result<(), Failure> {
        match self.path.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(self.refuse(&error.to_string())),
            Ok(meta) if meta.is_dir() => return Err(self.refuse("it is a folder")),
            Ok(meta) if !meta.is_file() => return Err(self.refuse("it is a device or a pipe")),
            // Before it is opened: an administrator may open it all the same.
            Ok(meta) if meta.permissions().readonly() => {
                return Err(self.refuse("it is write-protected"));
            }
            Ok(_) => {
                let head = self.head().map_err(|error| self.refuse(&error.to_string()))?;
                if !head.is_empty() && !(self.kind.is_one)(&head) {
                    return Err(self.refuse(&format!("it is not {}", self.kind.name)));
                }
            }
        }
        Ok(self.try_folder().map_err(AppError::Write)?)
    }

    /// The first bytes, read in a way that fails for who may not write.
    fn head(&self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        file.take(HEAD_BYTES).read_to_end(&mut head)?;
        Ok(head)
    }

    /// Makes and removes a file where this one will be made, or in the nearest folder that is there.
    fn try_folder(&self) -> io::Result<()> {
        let name = self.path.file_name().ok_or(ErrorKind::InvalidInput)?;
        let mut folders = self.path.ancestors().skip(1).filter(|folder| folder.exists());
        PartFile::create_unique(&folders.next().unwrap_or(Path::new("")).join(name)).map(drop)
    }
}

fn refused(named: &Path, reason: &str) -> Failure {
    Failure::NotReplaced { path: named.to_owned(), reason: reason.to_owned() }
}

/// Whether both are one file, by whatever names. Neither is opened: it may be a pipe.
fn is_same(path: &Path, input: &Path) -> bool {
    let is_stdin = pictures::is_standard_input(input);
    let input = if is_stdin { Path::new("/dev/stdin") } else { input };
    match (path.metadata(), input.metadata()) {
        #[cfg(unix)]
        (Ok(a), Ok(b)) => {
            use std::os::unix::fs::MetadataExt as _;
            (a.dev(), a.ino()) == (b.dev(), b.ino())
        }
        #[cfg(not(unix))]
        (Ok(_), Ok(_)) => fs_err::canonicalize(path)
            .is_ok_and(|path| fs_err::canonicalize(input).is_ok_and(|input| path == input)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
