//! Models that are on this machine already: copied, or linked to.

use std::path::{Path, PathBuf};

use lorgnette_gguf::shards::ShardName;
use lorgnette_interrupt::{Cancel, Interrupted, unless_cancelled};
use lorgnette_pixtral::Checkpoint;
use lorgnette_weights::hub::FileName;
use lorgnette_weights::install::{self, FileRecord, InstallOptions, Times};
use lorgnette_weights::recipe::{Becomes, Piece, Recipe, Source, Target};
use lorgnette_weights::store::{Lock, Manifest};
use lorgnette_weights::{Report, WeightsError};

use crate::add::{Installed, local_title};
use crate::error::ModelsError;
use crate::fit::disk_free;
use crate::library::Library;
use crate::wording::plain;
use crate::{BUILT_IN, open};

/// What manifest and journal take beside a model that is copied.
const BESIDE_BYTES: u64 = 1_000_000;

/// How files on this machine become a model.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// What it is called; `None`: after its file or folder.
    pub name: Option<String>,
    /// The vision part (mmproj); `None`: the one beside the model that fits and is read best.
    pub projector: Option<PathBuf>,
    /// The files stay where they are, and the model is gone when they go.
    pub link: bool,
}

/// A model that can be imported: it was opened whole, and there is room for it.
pub struct Import {
    library: Library,
    name: String,
    title: String,
    source: String,
    link: bool,
    /// Each file and its name in the models folder.
    files: Vec<(PathBuf, FileName, u64)>,
    /// The model answers questions about pictures.
    pub reads_pictures: bool,
}

impl Library {
    /// Looks at a GGUF file with its other parts and its vision part, or at a folder with these.
    /// Nothing is written.
    ///
    /// A checkpoint that is to be quantised goes through [`Library::prepare`].
    ///
    /// # Errors
    /// [`ModelsError`] when it is no whole model, or there is no room for it.
    pub fn prepare_import(
        &self,
        path: &Path,
        options: &ImportOptions,
    ) -> Result<Import, ModelsError> {
        let checkpoint = open::whole(path, options.projector.as_deref())?;
        if checkpoint.gguf().is_none() {
            return Err(ModelsError::OnlyGguf { path: path.to_owned() });
        }
        let title = local_title(path);
        // What a link leads to must be found from anywhere.
        let source =
            std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
        let name = match &options.name {
            Some(name) if name == BUILT_IN => return Err(ModelsError::BuiltIn),
            Some(name) => {
                self.check_free(name, &source)?;
                name.clone()
            }
            None => self.free_name(&plain(&title), &source),
        };
        let files = named_files(&checkpoint, &name)?;
        if !options.link {
            let n_bytes: u64 = files.iter().map(|(_, _, n_bytes)| n_bytes).sum();
            let (needed_bytes, free_bytes) = (n_bytes + BESIDE_BYTES, disk_free(self.dir()));
            if free_bytes.is_some_and(|free| free < needed_bytes) {
                return Err(ModelsError::NoRoom { needed_bytes, free_bytes });
            }
        }
        let reads_pictures = checkpoint.config().vision.is_some();
        let (library, link) = (self.clone(), options.link);
        Ok(Import { library, name, title, source, link, files, reads_pictures })
    }
}

impl Import {
    /// Copies the files or links to them; `None` when cancelled. A model that is not finished leaves
    /// nothing behind.
    ///
    /// # Errors
    /// [`ModelsError`] when the disk refuses, or a copy is not what it should be.
    pub fn run(&self, cancel: &Cancel, report: &Report) -> Result<Option<Installed>, ModelsError> {
        let store = &self.library.store;
        let lock = store.lock()?;
        let made = self.try_run(&lock, cancel, report);
        if made.is_err() {
            store.discard(&lock, &self.name);
        }
        unless_cancelled(made)
    }

    fn try_run(
        &self,
        lock: &Lock,
        cancel: &Cancel,
        report: &Report,
    ) -> Result<Installed, Interrupted<ModelsError>> {
        let store = &self.library.store;
        let work = store.work_dir(&self.name).map_err(Interrupted::failed)?;
        let taken = if self.link {
            self.linked(&work, cancel).map(|files| (files, Times::default()))
        } else {
            self.copied(&work, cancel, report)
        };
        let (files, times) = taken.map_err(Interrupted::err_into)?;
        open::whole(&work, None)?;
        let manifest = Manifest {
            version: Manifest::VERSION,
            name: self.name.clone(),
            title: self.title.clone(),
            licence: None,
            source: self.source.clone(),
            quantisation: None,
            sources: Vec::new(),
            files,
        };
        let path = store.publish(lock, &work, &manifest).map_err(Interrupted::failed)?;
        let n_bytes = manifest.n_bytes();
        Ok(Installed { name: manifest.name, path, n_bytes, times })
    }

    fn copied(
        &self,
        work: &Path,
        cancel: &Cancel,
        report: &Report,
    ) -> Result<(Vec<FileRecord>, Times), Interrupted<WeightsError>> {
        let (mut targets, mut sources) = (Vec::new(), Vec::new());
        for (target, (path, name, n_bytes)) in self.files.iter().enumerate() {
            let (name, n_bytes) = (name.clone(), *n_bytes);
            let becomes = Becomes::Copy { target, offset: 0 };
            let pieces = vec![Piece { bytes: 0..n_bytes, becomes }];
            sources.push(Source::local(name.clone(), path.clone(), n_bytes, pieces));
            targets.push(Target { name, header: Vec::new(), n_bytes });
        }
        let recipe = Recipe { targets, sources };
        let made = install::run(&recipe, None, work, &InstallOptions::default(), cancel, report)?;
        Ok((made.files, made.times))
    }

    fn linked(
        &self,
        work: &Path,
        cancel: &Cancel,
    ) -> Result<Vec<FileRecord>, Interrupted<WeightsError>> {
        if work.exists() {
            fs_err::remove_dir_all(work).map_err(WeightsError::Io)?;
        }
        fs_err::create_dir_all(work).map_err(WeightsError::Io)?;
        let mut records = Vec::new();
        for (file, name, _) in &self.files {
            let whole = fs_err::canonicalize(file).map_err(WeightsError::Io)?;
            let target = work.join(name.as_str());
            link(&whole, &target).map_err(|source| WeightsError::Link { file: whole, source })?;
            records.push(install::record(&target, name.as_str(), cancel)?);
        }
        Ok(records)
    }
}

/// The files of a model, each with its name and size. Names stay if all of them are names of files
/// everywhere; else they are made of the model's.
fn named_files(
    checkpoint: &Checkpoint,
    model: &str,
) -> Result<Vec<(PathBuf, FileName, u64)>, WeightsError> {
    let files = checkpoint.files();
    let own = |path: &PathBuf| FileName::new(path.file_name()?.to_str()?).ok();
    let mut names: Vec<FileName> = files.iter().filter_map(own).collect();
    let mut different: Vec<String> =
        names.iter().map(|name| name.as_str().to_lowercase()).collect();
    different.sort();
    different.dedup();
    if different.len() < files.len() {
        let made = files.iter().map(|path| match ShardName::of_path(path) {
            _ if checkpoint.projector() == Some(path) => format!("mmproj-{model}.gguf"),
            Some(part) => ShardName { stem: model.to_owned(), ..part }.renumbered(part.number),
            None => format!("{model}.gguf"),
        });
        names = made.map(|name| FileName::new(&name)).collect::<Result<_, _>>()?;
    }
    let mut named = Vec::new();
    for (path, name) in files.into_iter().zip(names) {
        let n_bytes = fs_err::metadata(&path)?.len();
        named.push((path, name, n_bytes));
    }
    Ok(named)
}

#[cfg(unix)]
fn link(file: &Path, target: &Path) -> std::io::Result<()> {
    fs_err::os::unix::fs::symlink(file, target)
}

/// A second name on the same drive, else a symbolic link, which needs a right that few people have.
#[cfg(windows)]
fn link(file: &Path, target: &Path) -> std::io::Result<()> {
    fs_err::hard_link(file, target).or_else(|_| fs_err::os::windows::fs::symlink_file(file, target))
}
