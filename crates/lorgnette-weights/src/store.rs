//! The models folder: `NAME/` for each model, `.work/NAME/` for each that is being made.
//!
//! A model is a folder with its files and `lorgnette.json`, which says what they are. It comes and
//! goes by a rename, so that a reader sees all of it or nothing.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use lorgnette_files::{PartFile, rename};
use lorgnette_interrupt::{Cancel, Interrupted};
use serde::{Deserialize, Serialize};

use crate::checksum::Checksum;
use crate::error::WeightsError;
use crate::hub::FileName;
use crate::install::{FileRecord, record_with};
use crate::journal::{Journal, remove_if_there};
use crate::report::{InstallEvent, Report};

const MANIFEST: &str = "lorgnette.json";
const LOCK: &str = ".lock";
const SOURCES: &str = "sources.lock.json";
const VERSION: u32 = 1;

/// The content of `lorgnette.json`: what a model is and was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this file's format.
    pub version: u32,
    /// Name of the model, which is its folder's.
    pub name: String,
    /// Name of the model for people.
    pub title: String,
    /// SPDX identifier of its licence, if that is known.
    pub licence: Option<String>,
    /// Origin of the sources: `hf:OWNER/REPO@COMMIT`, or a path.
    pub source: String,
    /// Scheme of the text model, such as `q4_k_m`; `None` for files taken as they were.
    pub quantisation: Option<String>,
    /// The sources, with their published hashes.
    pub sources: Vec<SourceRecord>,
    /// The model's own files, with the hashes that they had when they were made.
    pub files: Vec<FileRecord>,
}

/// A file that a model was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// Name in its repository or folder.
    pub name: String,
    /// Size in bytes.
    pub n_bytes: u64,
    /// The published hash; `None` where there was none.
    #[serde(rename = "proof")] // as manifests have it
    pub checksum: Option<Checksum>,
}

impl Manifest {
    /// The current version of the format.
    pub const VERSION: u32 = VERSION;

    /// Bytes of the model's files.
    pub fn n_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.n_bytes).sum()
    }
}

/// The right to write to a models folder. The system takes it back when the process ends, however
/// that happens, so that no lock is ever stale.
#[derive(Debug)]
pub struct Lock {
    file: fs_err::File,
}

impl Drop for Lock {
    /// Closing it would not do: a program that another thread starts right now has it open, too, until
    /// it runs.
    fn drop(&mut self) {
        // The system unlocks what cannot be unlocked here when the last one closes it.
        let _ = self.file.file().unlock();
    }
}

/// The finding of [`Store::verify`] about one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Name of the file.
    pub name: String,
    /// Whether it is the file that was made.
    pub is_whole: bool,
    /// The difference in words, if there is one.
    pub fault: Option<String>,
}

/// A models folder.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
}

impl Store {
    /// Names the folder, which need not exist yet.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Path of the folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Takes the right to write, and makes the folder.
    ///
    /// # Errors
    /// [`WeightsError::Busy`] when another process has it.
    pub fn lock(&self) -> Result<Lock, WeightsError> {
        fs_err::create_dir_all(&self.dir)?;
        let path = self.dir.join(LOCK);
        let mut options = fs_err::OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(WeightsError::Busy { dir: self.dir.clone() });
            }
            // Some network drives know no locks; there, people see to it themselves.
            Err(std::fs::TryLockError::Error(error))
                if error.kind() == std::io::ErrorKind::Unsupported =>
            {
                tracing::warn!("{} cannot be locked: {error}", self.dir.display());
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(error.into()),
        }
        self.recover()?;
        Ok(Lock { file })
    }

    /// The folder of a finished model.
    ///
    /// # Errors
    /// [`WeightsError::Name`] if the name is not allowed.
    pub fn model_dir(&self, name: &str) -> Result<PathBuf, WeightsError> {
        Ok(self.dir.join(FileName::new(name)?.as_str()))
    }

    /// The folder of a model that is being made.
    ///
    /// # Errors
    /// [`WeightsError::Name`] if the name is not allowed.
    pub fn work_dir(&self, name: &str) -> Result<PathBuf, WeightsError> {
        Ok(self.dir.join(".work").join(FileName::new(name)?.as_str()))
    }

    /// Lists the installed models that were made here, by name.
    pub fn models(&self) -> Vec<Manifest> {
        let Ok(entries) = fs_err::read_dir(&self.dir) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| FileName::new(name).is_ok()).collect();
        names.sort();
        names.iter().filter_map(|name| self.manifest(name).ok()).collect()
    }

    /// Lists the models that are not finished, by name, with the source bytes that are done.
    pub fn unfinished(&self) -> BTreeMap<String, u64> {
        let Ok(entries) = fs_err::read_dir(self.dir.join(".work")) else { return BTreeMap::new() };
        // Without a journal it was only asked about.
        let begun = entries.flatten().filter_map(|entry| {
            let n_done = Journal::n_done_in(&entry.path())?;
            Some((entry.file_name().into_string().ok()?, n_done))
        });
        begun.collect()
    }

    /// Reads the manifest of an installed model.
    ///
    /// # Errors
    /// [`WeightsError::NotInstalled`] if it is absent, [`WeightsError::Manifest`] if it is damaged.
    pub fn manifest(&self, name: &str) -> Result<Manifest, WeightsError> {
        let path = self.model_dir(name)?.join(MANIFEST);
        let bytes = match fs_err::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(WeightsError::NotInstalled { name: name.to_owned() });
            }
            Err(error) => return Err(error.into()),
        };
        let fault =
            |reason: String| WeightsError::Manifest { file: path.display().to_string(), reason };
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| {
            tracing::info!("{}: {error}", path.display());
            fault("it is damaged".into())
        })?;
        if manifest.version > VERSION {
            return Err(fault(format!("version {} is newer than this program", manifest.version)));
        }
        // Names in it become paths.
        for file in &manifest.files {
            FileName::new(&file.name)?;
        }
        Ok(manifest)
    }

    /// Reads the manifest of the model in a folder; `None` when it has none that makes sense.
    pub fn manifest_in(&self, model: &Path) -> Option<Manifest> {
        let name = model.file_name()?.to_str()?;
        (model.parent() == Some(self.dir.as_path())).then(|| self.manifest(name).ok()).flatten()
    }

    /// Makes the model in `work` visible, and removes one that had its name.
    ///
    /// # Errors
    /// [`WeightsError::InUse`] and [`WeightsError::Io`]; then the model that had the name is still there.
    pub fn publish(
        &self,
        _lock: &Lock,
        work: &Path,
        manifest: &Manifest,
    ) -> Result<PathBuf, WeightsError> {
        let publish = || {
            let final_dir = self.model_dir(&manifest.name)?;
            let json = serde_json::to_vec_pretty(manifest).map_err(std::io::Error::from)?;
            let mut file = PartFile::create(&work.join(MANIFEST))?;
            file.write_all(&json)?;
            file.finish()?;
            sync_dir(work)?;
            let old = final_dir.exists().then(|| self.set_aside(&final_dir, &manifest.name));
            let old = old.transpose()?;
            rename(work, &final_dir)?;
            sync_dir(&self.dir)?;
            Journal::remove(&final_dir)?;
            if let Some(old) = old {
                remove_old(&old);
            }
            self.remove_work_if_empty();
            Ok(final_dir)
        };
        publish().map_err(|error: WeightsError| error.in_folder(&self.dir))
    }

    /// Removes a model, finished or not, and returns the bytes that are free again.
    ///
    /// # Errors
    /// [`WeightsError::NotInstalled`] if it is not there, [`WeightsError::InUse`] while a program has it
    /// open, [`WeightsError::Io`] if the disk fails.
    pub fn remove(&self, _lock: &Lock, name: &str) -> Result<u64, WeightsError> {
        let (model, work) = (self.model_dir(name)?, self.work_dir(name)?);
        let mut n_bytes = 0;
        let mut found = false;
        for dir in [model, work] {
            if dir.join(MANIFEST).is_file()
                || (dir.is_dir() && dir.starts_with(self.dir.join(".work")))
            {
                let old = self.set_aside(&dir, name)?;
                n_bytes += folder_bytes(&old);
                remove_old(&old);
                // What another program has open is there until the next lock.
                n_bytes -= folder_bytes(&old);
                found = true;
            }
        }
        if found { Ok(n_bytes) } else { Err(WeightsError::NotInstalled { name: name.to_owned() }) }
    }

    /// Throws away what was made of a model that is not finished, as far as the disk lets it.
    pub fn discard(&self, _lock: &Lock, name: &str) {
        let Ok(work) = self.work_dir(name) else { return };
        // What stays is made anew by the next try.
        if let Err(error) = fs_err::remove_dir_all(&work) {
            tracing::info!("{error}");
        }
        self.remove_work_if_empty();
    }

    /// Removes the folder of models that are being made when there is none.
    fn remove_work_if_empty(&self) {
        // A folder that is not empty stays.
        let _ = fs_err::remove_dir(self.dir.join(".work"));
    }

    /// Reads a model's files and compares them with what was made.
    ///
    /// # Errors
    /// [`Interrupted`], with [`WeightsError::NotInstalled`] and [`WeightsError::Manifest`].
    pub fn verify(
        &self,
        name: &str,
        cancel: &Cancel,
        report: &Report,
    ) -> Result<Vec<Verdict>, Interrupted<WeightsError>> {
        let manifest = self.manifest(name)?;
        let dir = self.model_dir(name)?;
        let total = manifest.n_bytes();
        let mut done = 0;
        let mut verdicts = Vec::new();
        for file in manifest.files {
            let path = dir.join(&file.name);
            let found = record_with(&path, &file.name, cancel, &mut |n_bytes| {
                done += n_bytes;
                report.send(InstallEvent::Checking { done, total });
            });
            let fault = match found {
                Ok(found) if found == file => None,
                Ok(found) if found.n_bytes != file.n_bytes => {
                    Some(format!("{} bytes instead of {}", found.n_bytes, file.n_bytes))
                }
                Ok(_) => Some("its content has changed".into()),
                Err(Interrupted::Failed(error)) => Some(error.to_string()),
                Err(Interrupted::Cancelled) => return Err(Interrupted::Cancelled),
            };
            verdicts.push(Verdict { name: file.name, is_whole: fault.is_none(), fault });
        }
        Ok(verdicts)
    }

    /// The commit and hashes that a source had when it was first used. `key` is
    /// `OWNER/REPO@REVISION`.
    pub fn locked(&self, key: &str) -> Option<LockedSource> {
        self.locked_sources().remove(key)
    }

    /// Remembers the commit and hashes of a source, for the next time that it is used.
    ///
    /// # Errors
    /// [`WeightsError::Io`] if the disk fails.
    pub fn remember(
        &self,
        _lock: &Lock,
        key: &str,
        source: LockedSource,
    ) -> Result<(), WeightsError> {
        let mut sources = self.locked_sources();
        sources.insert(key.to_owned(), source);
        let json = serde_json::to_vec_pretty(&sources).map_err(std::io::Error::from)?;
        let mut file = PartFile::create(&self.dir.join(SOURCES))?;
        file.write_all(&json)?;
        Ok(file.finish()?)
    }

    fn locked_sources(&self) -> BTreeMap<String, LockedSource> {
        let bytes = fs_err::read(self.dir.join(SOURCES)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Gives the folder of a model that is about to be removed another name, which it returns.
    fn set_aside(&self, dir: &Path, name: &str) -> Result<PathBuf, WeightsError> {
        // Names of models have no `~`.
        let numbered = (2..).map(|number| format!(".old-{name}~{number}"));
        let names = std::iter::once(format!(".old-{name}")).chain(numbered);
        // On Windows, what could not be removed the last time may still have the first.
        let mut free = names.map(|name| self.dir.join(name)).filter(|old| !old.exists());
        let old = free.next().unwrap_or_else(|| self.dir.join(".old"));
        match rename(dir, &old) {
            Ok(()) => Ok(old),
            // Elsewhere an open file hinders nobody.
            Err(error) if cfg!(windows) && error.kind() == ErrorKind::PermissionDenied => {
                Err(WeightsError::InUse { name: name.to_owned(), source: error })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Finishes the work of a process that died between two renames.
    fn recover(&self) -> Result<(), WeightsError> {
        for entry in fs_err::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str().and_then(|name| name.strip_prefix(".old-")) else {
                continue;
            };
            let name = name.split('~').next().unwrap_or(name);
            let Ok(model) = self.model_dir(name) else { continue };
            // A model that was being replaced comes back; one that was being removed is removed.
            let is_whole = entry.path().join(MANIFEST).exists();
            if is_whole && !model.exists() && self.dir.join(".work").join(name).exists() {
                rename(&entry.path(), &model)?;
            } else {
                remove_old(&entry.path());
            }
        }
        remove_if_there(&self.dir.join(format!("{SOURCES}.part")))?;
        Ok(())
    }
}

/// The state of a source when it was first used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedSource {
    /// The commit that its revision stood for.
    pub commit: String,
    /// The published hashes by file name.
    pub files: BTreeMap<String, Checksum>,
}

/// Removes a model that was set aside, as far as the system lets it: on Windows, what a program has
/// open stays for the next [`Store::lock`]. The manifest goes first, so that the rest is no model.
fn remove_old(old: &Path) {
    let removed = remove_if_there(&old.join(MANIFEST)).and_then(|()| fs_err::remove_dir_all(old));
    if let Err(error) = removed {
        tracing::info!("{error}");
    }
}

/// Bytes that are free when the folder is removed.
fn folder_bytes(dir: &Path) -> u64 {
    let Ok(entries) = fs_err::read_dir(dir) else { return 0 };
    let bytes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => folder_bytes(&entry.path()),
        // Of a file with a second name, nothing is.
        Ok(_) if has_other_names(&entry.path()) => 0,
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    bytes.sum()
}

/// Whether the content of the file stays when this name of it goes. Linked models are such files on
/// Windows.
fn has_other_names(path: &Path) -> bool {
    #[cfg(windows)]
    {
        let information =
            winapi_util::Handle::from_path(path).and_then(winapi_util::file::information);
        information.is_ok_and(|information| information.number_of_links() > 1)
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        fs_err::symlink_metadata(path).is_ok_and(|metadata| metadata.nlink() > 1)
    }
}

/// Flushes the names in a folder to the disk, where the system can.
fn sync_dir(dir: &Path) -> std::io::Result<()> {
    if cfg!(unix) { fs_err::File::open(dir)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_ends_with_its_owner_and_not_with_who_inherited_it() {
        let dir = tempfile::tempdir().expect("temp dir");
        let store = Store::new(dir.path());
        let lock = store.lock().expect("lock");
        // As a program has it between its start and the moment that it runs.
        let inherited = lock.file.file().try_clone().expect("a second handle");
        assert!(matches!(store.lock(), Err(WeightsError::Busy { .. })));
        drop(lock);
        drop(store.lock().expect("the lock is free"));
        drop(inherited);
    }
}
