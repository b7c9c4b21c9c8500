//! What a source is: where its files are, what the model is called, and what it was before.

use std::collections::BTreeMap;
use std::path::Path;

use lorgnette_gguf::shards::ShardName;
use lorgnette_interrupt::{Cancel, Interrupted};
use lorgnette_weights::catalogue::{Entry, EntryQuantisation, EntrySource};
use lorgnette_weights::checksum::Checksum;
use lorgnette_weights::hub::{RepoName, Repository, Revision};
use lorgnette_weights::store::{LockedSource, Manifest};
use lorgnette_weights::{Hub, Report, WeightsError};

use super::AddOptions;
use crate::BUILT_IN;
use crate::error::ModelsError;
use crate::library::Library;
use crate::open::DEFAULT_CONTEXT;
use crate::source::{ModelSource, Origin};
use crate::wording::plain;

/// A source that was asked what it holds.
pub(super) struct Found {
    pub(super) origin: Origin,
    /// `OWNER/REPO@REVISION` and what it is, to be remembered.
    pub(super) lock_as: Option<(String, LockedSource)>,
    pub(super) about: About,
    /// What the catalogue says of the number formats.
    quantisations: Vec<EntryQuantisation>,
}

/// What is said of the model.
pub(super) struct About {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) licence: Option<String>,
}

impl Library {
    pub(super) fn find_source(
        &self,
        source: &ModelSource,
        options: &AddOptions,
        cancel: &Cancel,
        report: &Report,
    ) -> Result<Found, Interrupted<ModelsError>> {
        let hub = || {
            let (settings, fetch) = (options.hub.clone(), options.fetch.clone());
            Hub::new(settings, fetch, cancel.clone(), report.clone())
        };
        let mut found = match source {
            ModelSource::Local(path) => self.in_folder(path),
            ModelSource::Hub { repo, revision } => {
                let hub = hub().map_err(Interrupted::failed)?;
                let found = self.in_repository(hub, repo, revision, options.update);
                found.map_err(Interrupted::err_into)?
            }
            ModelSource::Known(entry) => {
                let source = usable_source(entry, options.source_idx)?;
                let hub = hub().map_err(Interrupted::failed)?;
                let found = self.in_catalogue(hub, entry, source, options.update);
                found.map_err(Interrupted::err_into)?
            }
        };
        if let Some(name) = &options.name {
            self.check_free(name, &found.origin.to_string())?;
            found.about.name.clone_from(name);
        }
        if found.about.name == BUILT_IN {
            return Err(ModelsError::BuiltIn.into());
        }
        Ok(found)
    }

    fn in_folder(&self, path: &Path) -> Found {
        let title = local_title(path);
        let name = self.free_name(&plain(&title), &path.display().to_string());
        let about = About { name, title, licence: None };
        let origin = Origin::Folder(path.to_owned());
        Found { origin, lock_as: None, about, quantisations: Vec::new() }
    }

    /// Returns an error if a model of another source has the name already.
    ///
    /// # Errors
    /// [`ModelsError::NameTaken`].
    pub(crate) fn check_free(&self, name: &str, source: &str) -> Result<(), ModelsError> {
        if self.is_taken(name, source) {
            return Err(ModelsError::NameTaken { name: name.to_owned() });
        }
        Ok(())
    }

    fn is_taken(&self, name: &str, source: &str) -> bool {
        let is_other = |manifest: Manifest| !is_same_source(&manifest.source, source);
        let is_there = self.store.model_dir(name).is_ok_and(|dir| dir.exists());
        is_there && self.store.manifest(name).map_or(true, is_other)
    }

    /// The name, or one like it if another model has it already.
    pub(crate) fn free_name(&self, name: &str, source: &str) -> String {
        let is_free = |name: &String| name != BUILT_IN && !self.is_taken(name, source);
        let mut others = (2..).map(|n| format!("{name}-{n}"));
        let wanted = name.to_owned();
        if is_free(&wanted) { wanted } else { others.find(is_free).unwrap_or(wanted) }
    }

    fn in_repository(
        &self,
        hub: Hub,
        repo: &RepoName,
        revision: &Revision,
        update: bool,
    ) -> Result<Found, Interrupted<WeightsError>> {
        let (repository, lock) = self.repository(&hub, repo, revision, update)?;
        let licence = repository.licence.clone();
        let (origin, lock_as) = (Origin::hub_at(hub, repository), Some(lock));
        let about = About {
            name: self.free_name(&plain(repo.name()), &origin.to_string()),
            title: repo.name().to_owned(),
            licence,
        };
        Ok(Found { origin, lock_as, about, quantisations: Vec::new() })
    }

    fn in_catalogue(
        &self,
        hub: Hub,
        entry: &Entry,
        source: &EntrySource,
        update: bool,
    ) -> Result<Found, Interrupted<WeightsError>> {
        let (repo, revision) = (RepoName::new(&source.repo)?, Revision::new(&source.revision)?);
        let (repository, lock) = self.repository(&hub, &repo, &revision, update)?;
        check_pins(&repository, &source.sha256)?;
        let about = About {
            name: entry.name.clone(),
            title: entry.title.clone(),
            licence: Some(entry.licence.clone()),
        };
        let (origin, lock_as) = (Origin::hub_at(hub, repository), Some(lock));
        Ok(Found { origin, lock_as, about, quantisations: entry.quantisations.clone() })
    }

    /// What a repository is, and was when it was first used.
    fn repository(
        &self,
        hub: &Hub,
        repo: &RepoName,
        revision: &Revision,
        update: bool,
    ) -> Result<(Repository, (String, LockedSource)), Interrupted<WeightsError>> {
        let key = format!("{repo}@{}", revision.as_str());
        let locked = self.store.locked(&key).filter(|_| !update);
        let revision = match &locked {
            Some(locked) => Revision::new(&locked.commit)?,
            None => revision.clone(),
        };
        let repository = hub.repository(repo, &revision)?;
        let checksums = repository
            .files
            .iter()
            .filter_map(|file| Some((file.name.to_string(), file.checksum.clone()?)));
        let mut now =
            LockedSource { commit: repository.commit.clone(), files: checksums.collect() };
        if let Some(locked) = locked {
            for (file, checksum) in &locked.files {
                if repository
                    .file(file)
                    .is_some_and(|found| found.checksum.as_ref() != Some(checksum))
                {
                    let (repo, file) = (repo.to_string(), file.clone());
                    return Err(WeightsError::LockedHash { repo, file }.into());
                }
            }
            now = locked;
        }
        Ok((repository, (key, now)))
    }
}

/// Whether two descriptions of an [`Origin`] mean the same folder, or the same repository at any
/// commit.
fn is_same_source(a: &str, b: &str) -> bool {
    a == b || repository(a).is_some_and(|name| repository(b) == Some(name))
}

/// The repository of an origin on the hub, without its commit.
fn repository(origin: &str) -> Option<&str> {
    let (name, _commit) = origin.strip_prefix("hf:")?.split_once('@')?;
    Some(name)
}

/// The source of the catalogue that the person wants.
fn usable_source(entry: &Entry, source_idx: usize) -> Result<&EntrySource, ModelsError> {
    if entry.built_in {
        return Err(ModelsError::BuiltIn);
    }
    entry.sources.get(source_idx).ok_or_else(|| ModelsError::UnknownModel {
        name: format!("{}, source {}", entry.name, source_idx + 1),
    })
}

/// What a file or folder on this machine is called, for people.
pub(crate) fn local_title(path: &Path) -> String {
    // `.` and `..` have no name of their own.
    let whole = if path.file_name().is_some() { None } else { fs_err::canonicalize(path).ok() };
    let path = whole.as_deref().unwrap_or(path);
    let stem = if path.is_dir() { path.file_name() } else { path.file_stem() };
    let stem = stem.unwrap_or_default().to_string_lossy();
    ShardName::of_path(path).map_or(stem.into_owned(), |part| part.stem)
}

/// Compares the published hashes with those that the catalogue pins.
fn check_pins(
    repository: &Repository,
    pins: &BTreeMap<String, String>,
) -> Result<(), WeightsError> {
    for (file, pin) in pins {
        let found = repository.file(file).and_then(|file| file.checksum.as_ref());
        if found.is_none_or(|checksum| *checksum != Checksum::Sha256(pin.clone())) {
            return Err(WeightsError::WrongHash { file: file.clone(), expected: pin.clone() });
        }
    }
    Ok(())
}

impl Found {
    /// The memory that the catalogue says the model takes, at the usual context. It saves reading
    /// the headers.
    pub(super) fn stated_memory_bytes(&self, options: &AddOptions) -> Option<u64> {
        let is_meant = |quantisation: &&EntryQuantisation| {
            quantisation.name == options.scheme.name() && options.context == DEFAULT_CONTEXT
        };
        Some(self.quantisations.iter().find(is_meant)?.memory_bytes)
    }
}
