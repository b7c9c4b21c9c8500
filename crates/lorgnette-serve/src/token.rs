//! The token that a client shows: random, made once, in a file that its owner alone may read.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fs_err::OpenOptions;
use lorgnette_app::models::whole_file;

use crate::error::ServeError;

/// The file in the data folder.
const FILE_NAME: &str = "server-token";
/// As many as cannot be guessed.
const N_RANDOM_BYTES: usize = 32;
/// So that a token that lies about is known for what it is.
const PREFIX: &str = "lorgnette-";
/// A longer file is no token.
const MAX_BYTES: u64 = 4096;

/// The file with the token. It is read again for each request, so that a new token holds at once, in
/// servers that run, too.
#[derive(Debug, Clone)]
pub struct TokenFile {
    path: PathBuf,
}

impl TokenFile {
    /// The one in that data folder, which need not be there yet.
    pub fn in_folder(data: &Path) -> Self {
        Self { path: data.join(FILE_NAME) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The token. It is made if there is none.
    ///
    /// # Errors
    /// [`ServeError::Token`]; [`ServeError::TokenOpen`] if others may read the file.
    pub fn open(&self) -> Result<String, ServeError> {
        match self.create(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(ServeError::Token(error)),
            Ok(token) => return Ok(token),
        }
        if is_open_to_others(&self.path).map_err(ServeError::Token)? {
            return Err(ServeError::TokenOpen { path: self.path.clone() });
        }
        self.read().map_err(ServeError::Token)
    }

    /// Makes another token. The one before holds no longer.
    ///
    /// # Errors
    /// [`ServeError::Token`]; then the one before still holds.
    pub fn renew(&self) -> Result<String, ServeError> {
        let part = self.path.with_file_name(format!("{FILE_NAME}.{}.part", std::process::id()));
        let renew = || {
            // What a killed process with this number left.
            if let Err(error) = fs_err::remove_file(&part)
                && error.kind() != io::ErrorKind::NotFound
            {
                return Err(error);
            }
            let token = self.create(&part)?;
            whole_file::rename(&part, &self.path)?;
            Ok(token)
        };
        renew().map_err(ServeError::Token)
    }

    /// The token as it is now.
    ///
    /// # Errors
    /// Those of the disk, with the path; `InvalidData` for a file that is empty or no text.
    pub(crate) fn read(&self) -> io::Result<String> {
        let mut text = String::new();
        fs_err::File::open(&self.path)?.take(MAX_BYTES).read_to_string(&mut text)?;
        let token = text.trim();
        if token.is_empty() {
            let message = format!("{} is empty", self.path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(token.to_owned())
    }

    /// Writes a new token to a file that is not there yet.
    fn create(&self, path: &Path) -> io::Result<String> {
        if let Some(folder) = self.path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        let mut bytes = [0; N_RANDOM_BYTES];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use fs_err::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(path)?;
        file.write_all(format!("{token}\n").as_bytes())?;
        file.sync_all()?;
        Ok(token)
    }
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs_err::metadata(path)?.permissions().mode() & 0o077 != 0)
}

/// Elsewhere the person's own folders are closed to others.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it may fail")]
fn is_open_to_others(_: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_once_and_renewed_when_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = TokenFile::in_folder(&folder.path().join("not there yet"));
        let token = file.open().unwrap();
        assert!(token.len() > 40 && token.starts_with(PREFIX), "{token}");
        assert_eq!(file.open().unwrap(), token);
        let renewed = file.renew().unwrap();
        assert_ne!(renewed, token);
        assert_eq!((file.open().unwrap(), file.read().unwrap()), (renewed.clone(), renewed));
        let names: Vec<_> = fs_err::read_dir(file.path().parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 1, "no part is left: {names:?}");
    }

    #[test]
    fn an_empty_file_is_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let file = TokenFile::in_folder(folder.path());
        file.open().unwrap();
        OpenOptions::new().write(true).truncate(true).open(file.path()).unwrap();
        assert!(matches!(file.open(), Err(ServeError::Token(_))));
    }

    #[cfg(unix)]
    #[test]
    fn its_owner_alone_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = TokenFile::in_folder(folder.path());
        let mode =
            |file: &TokenFile| fs_err::metadata(file.path()).unwrap().permissions().mode() & 0o777;
        file.open().unwrap();
        assert_eq!(mode(&file), 0o600);
        fs_err::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(file.open(), Err(ServeError::TokenOpen { .. })));
        file.renew().unwrap();
        assert_eq!(mode(&file), 0o600);
        file.open().unwrap();
    }
}
