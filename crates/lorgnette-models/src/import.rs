//! Library that are on this machine already: copied, or linked to.

use std::path::{Path, PathBuf};

use lorgnette_pixtral::Checkpoint;
use lorgnette_weights::hub::FileName;
use lorgnette_weights::install::{self, FileRecord, InstallOptions, Times};
use lorgnette_weights::store::Manifest;
use lorgnette_weights::{Report, WeightsError};

use crate::add::{Installed, copies, plain};
use crate::error::ModelsError;
use crate::library::Library;
use crate::source::Origin;
use lorgnette_interrupt::{Cancel, Interrupted, unless_cancelled};

impl Library {
    /// Takes a GGUF file with its vision part, or a folder with a pair, into the models folder.
    /// Linked, it stays where it is, and is gone when it goes. `None` when cancelled.
    ///
    /// A checkpoint that is to be quantised goes through [`Library::prepare`].
    ///
    /// # Errors
    /// [`ModelsError`] when it is no model, or the disk refuses.
    pub fn import(
        &self,
        path: &Path,
        name: Option<&str>,
        link: bool,
        cancel: &Cancel,
        report: &Report,
    ) -> Result<Option<Installed>, ModelsError> {
        unless_cancelled(self.try_import(path, name, link, cancel, report))
    }

    fn try_import(
        &self,
        path: &Path,
        name: Option<&str>,
        link: bool,
        cancel: &Cancel,
        report: &Report,
    ) -> Result<Installed, Interrupted<ModelsError>> {
        let checkpoint = Checkpoint::open(path).map_err(Interrupted::failed)?;
        let files = checkpoint.files();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = name.map_or_else(|| plain(&stem), ToOwned::to_owned);
        let lock = self.store.lock().map_err(Interrupted::failed)?;
        let work = self.store.work_dir(&name).map_err(Interrupted::failed)?;
        let taken = if link {
            linked(&files, &work, cancel).map(|files| (files, Times::default()))
        } else {
            copied(&files, &work, cancel, report)
        };
        let (files, times) = taken.map_err(Interrupted::err_into)?;
        Checkpoint::open(&work).map_err(Interrupted::failed)?;
        let manifest = Manifest {
            version: Manifest::VERSION,
            title: name.clone(),
            licence: None,
            source: path.display().to_string(),
            quantisation: None,
            sources: Vec::new(),
            files,
            name,
        };
        let path = self.store.publish(&lock, &work, &manifest).map_err(Interrupted::failed)?;
        let n_bytes = manifest.n_bytes();
        Ok(Installed { name: manifest.name, path, n_bytes, times })
    }
}

/// Names that are kept, made fit for a file where they are not.
fn file_name(path: &Path) -> Result<FileName, WeightsError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    FileName::new(&name).or_else(|_| FileName::new(&plain(&name)))
}

/// The folder of the files, and their names in it.
fn origin_of(files: &[PathBuf]) -> Result<(Origin, Vec<(FileName, u64)>), WeightsError> {
    let dir = files.first().and_then(|file| file.parent()).unwrap_or(Path::new("."));
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let mut named = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        named.push((FileName::new(&name)?, fs_err::metadata(file)?.len()));
    }
    Ok((Origin::Folder(dir.to_owned()), named))
}

fn copied(
    files: &[PathBuf],
    work: &Path,
    cancel: &Cancel,
    report: &Report,
) -> Result<(Vec<FileRecord>, Times), Interrupted<WeightsError>> {
    let (origin, named) = origin_of(files)?;
    let recipe = copies(&origin, named)?;
    let made = install::run(&recipe, None, work, &InstallOptions::default(), cancel, report)?;
    Ok((made.files, made.times))
}

fn linked(
    files: &[PathBuf],
    work: &Path,
    cancel: &Cancel,
) -> Result<Vec<FileRecord>, Interrupted<WeightsError>> {
    if work.exists() {
        fs_err::remove_dir_all(work).map_err(WeightsError::Io)?;
    }
    fs_err::create_dir_all(work).map_err(WeightsError::Io)?;
    let mut records = Vec::new();
    for file in files {
        let name = file_name(file)?;
        let whole = fs_err::canonicalize(file).map_err(WeightsError::Io)?;
        let target = work.join(name.as_str());
        link(&whole, &target).map_err(WeightsError::Io)?;
        records.push(install::record(&target, name.as_str(), cancel)?);
    }
    Ok(records)
}

#[cfg(unix)]
fn link(file: &Path, target: &Path) -> std::io::Result<()> {
    fs_err::os::unix::fs::symlink(file, target)
}

/// A second name on the same drive; a symbolic link needs a right that few people have.
#[cfg(not(unix))]
fn link(file: &Path, target: &Path) -> std::io::Result<()> {
    fs_err::hard_link(file, target)
}
