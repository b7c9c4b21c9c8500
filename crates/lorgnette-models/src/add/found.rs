//! What a source is: where its files are, what the model is called, and what it was before.

use std::collections::BTreeMap;
use std::path::Path;

use lorgnette_gguf::QuantScheme;
use lorgnette_interrupt::{Cancel, Interrupted};
use lorgnette_weights::catalogue::{Entry, EntryQuantisation, EntrySource};
use lorgnette_weights::checksum::Checksum;
use lorgnette_weights::hub::{FileName, RepoName, Repository, Revision};
use lorgnette_weights::store::LockedSource;
use lorgnette_weights::{Hub, Report, WeightsError};

use super::{AddOptions, plain};
use crate::BUILT_IN;
use crate::error::ModelsError;
use crate::library::Library;
use crate::open::DEFAULT_CONTEXT;
use crate::source::{ModelSource, Origin};

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
    pub(super) not_yet: Option<String>,
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
            ModelSource::Local(path) => in_folder(path, options.name.as_deref()),
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
            found.about.name.clone_from(name);
        }
        if found.about.name == BUILT_IN {
            return Err(ModelsError::BuiltIn.into());
        }
        Ok(found)
    }

    fn in_repository(
        &self,
        hub: Hub,
        repo: &RepoName,
        revision: &Revision,
        update: bool,
    ) -> Result<Found, Interrupted<WeightsError>> {
        let (repository, lock) = self.repository(&hub, repo, revision, update)?;
        let about = About {
            name: plain(repo.name()),
            title: repo.name().to_owned(),
            licence: repository.licence.clone(),
            not_yet: None,
        };
        let (origin, lock_as) = (Origin::hub_at(hub, repository), Some(lock));
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
            not_yet: entry.not_yet.clone(),
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

/// The source of the catalogue that the person wants.
fn usable_source(entry: &Entry, source_idx: usize) -> Result<&EntrySource, ModelsError> {
    if entry.built_in {
        return Err(ModelsError::BuiltIn);
    }
    entry.sources.get(source_idx).ok_or_else(|| ModelsError::UnknownModel {
        name: format!("{}, source {}", entry.name, source_idx + 1),
    })
}

fn in_folder(path: &Path, name: Option<&str>) -> Found {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = name.map_or_else(|| plain(&stem), ToOwned::to_owned);
    let about = About { title: name.clone(), name, licence: None, not_yet: None };
    let origin = Origin::Folder(path.to_owned());
    Found { origin, lock_as: None, about, quantisations: Vec::new() }
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

    /// The ready-made pair of a source without a checkpoint: the text model of that quantisation
    /// and the vision part, F16 before others. Nothing when it has a checkpoint.
    pub(super) fn gguf_files(
        &self,
        scheme: QuantScheme,
    ) -> Result<Vec<(FileName, u64)>, Interrupted<WeightsError>> {
        let files = self.origin.files()?;
        let is_checkpoint = |name: &str| name == "config.json" || name == "params.json";
        let is_weights = |name: &str| name.ends_with(".safetensors");
        if files.iter().any(|(name, _)| is_checkpoint(name.as_str()))
            && files.iter().any(|(name, _)| is_weights(name.as_str()))
        {
            return Ok(Vec::new());
        }
        let lower = |name: &FileName| name.as_str().to_ascii_lowercase();
        let is_gguf = |name: &FileName| {
            let extension = Path::new(name.as_str()).extension();
            extension.is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
        };
        let ggufs = files.into_iter().filter(|(name, _)| is_gguf(name));
        let (vision, text): (Vec<_>, Vec<_>) =
            ggufs.partition(|(name, _)| lower(name).contains("mmproj"));
        let wanted = scheme.name();
        let text = text.into_iter().find(|(name, _)| lower(name).contains(wanted));
        let Some(text) = text else {
            let what = format!("a checkpoint, or a {wanted} GGUF file");
            return Err(WeightsError::NotFound { host: self.origin.name(), what }.into());
        };
        let f16 = vision.iter().position(|(name, _)| lower(name).contains("f16"));
        let vision = vision.into_iter().nth(f16.unwrap_or(0));
        Ok(std::iter::once(text).chain(vision).collect())
    }
}
