//! From a source to an installed model: ask, say what it takes, then do it.

use std::path::PathBuf;

use lorgnette_pixtral::Checkpoint;
use lorgnette_weights::checksum::Checksum;
use lorgnette_weights::http::FetchOptions;
use lorgnette_weights::hub::{FileName, RepoName, Repository, Revision};
use lorgnette_weights::install::{self, InstallOptions, Times};
use lorgnette_weights::recipe::{Becomes, Piece, Recipe, Target};
use lorgnette_weights::store::{LockedSource, Manifest, SourceRecord};
use lorgnette_weights::{Control, Hub, HubSettings, QuantScheme, Report, WeightsError};
use serde::Serialize;

use super::fit::{Fit, Question, memory_bytes};
use super::place::Place;
use super::plan::{self, Understood};
use super::{ModelSource, Models, Stop, outcome};
use crate::error::AppError;
use crate::gguf_pair::VisionFormat;

/// How a model is made.
#[derive(Debug, Clone)]
pub struct AddOptions {
    /// The number format of the text model.
    pub scheme: QuantScheme,
    /// The number format of the vision part.
    pub vision: VisionFormat,
    /// What it is called; `None`: after its source.
    pub name: Option<String>,
    /// Which of the catalogue's sources, counted from 0.
    pub source_idx: usize,
    /// Tokens of a chat, for the advice on memory.
    pub context: usize,
    /// The source files are kept beside the model.
    pub keep_source: bool,
    /// What the source is now is taken, not what it was when it was first used.
    pub update: bool,
    /// How files are fetched.
    pub fetch: FetchOptions,
    /// Where the hub is.
    pub hub: HubSettings,
    /// How the work is cut; the folder for sources is chosen here.
    pub install: InstallOptions,
}

impl AddOptions {
    /// `Q4_K_M` with a vision part in `Q8_0`, from the hub that the environment names.
    ///
    /// # Errors
    /// [`WeightsError::Settings`].
    pub fn from_environment() -> Result<Self, AppError> {
        Ok(Self {
            scheme: QuantScheme::Q4KM,
            vision: VisionFormat::Q8_0,
            name: None,
            source_idx: 0,
            context: crate::open::DEFAULT_CONTEXT,
            keep_source: false,
            update: false,
            fetch: FetchOptions::default(),
            hub: HubSettings::from_environment()?,
            install: InstallOptions::default(),
        })
    }
}

/// What will be done, for people and programs to agree with.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// What the model will be called.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its licence, if that is known.
    pub licence: Option<String>,
    /// Where it comes from, with the commit.
    pub source: String,
    /// The number format, where it is made here.
    pub quantisation: Option<&'static str>,
    /// The files that are taken.
    pub files: Vec<SourceRecord>,
    /// Bytes that are fetched.
    pub fetch_bytes: u64,
    /// Bytes of the finished model.
    pub model_bytes: u64,
    /// Source bytes that an earlier run has done.
    pub done_bytes: u64,
    /// What it takes and what there is.
    pub fit: Fit,
    /// Where it will be.
    pub path: PathBuf,
    /// Why this program will not run it yet.
    pub not_yet: Option<String>,
}

/// A model that can be made: everything but its weights was fetched and understood.
pub struct Prepared {
    models: Models,
    place: Place,
    recipe: Recipe,
    install: InstallOptions,
    /// `OWNER/REPO@REVISION` and what it is, to be remembered.
    lock_as: Option<(String, LockedSource)>,
    scratch: PathBuf,
    /// What will be done.
    pub summary: Summary,
}

/// An installed model.
#[derive(Debug, Clone, Serialize)]
pub struct Installed {
    /// What it is called.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
    /// Bytes of its files.
    pub n_bytes: u64,
    /// Where the time went.
    pub times: Times,
}

impl Models {
    /// Asks what a source holds, reads its small files and headers, and says what making the model
    /// takes. `None` when cancelled.
    ///
    /// Blocks; not to be called from async code.
    ///
    /// # Errors
    /// [`AppError`] says what is wrong with the source, the network or the disk.
    pub fn prepare(
        &self,
        source: &ModelSource,
        options: &AddOptions,
        control: &Control,
        report: &Report,
    ) -> Result<Option<Prepared>, AppError> {
        outcome(self.try_prepare(source, options, control, report))
    }

    fn try_prepare(
        &self,
        source: &ModelSource,
        options: &AddOptions,
        control: &Control,
        report: &Report,
    ) -> Result<Prepared, Stop> {
        let hub = |control: &Control, report: &Report| {
            let (settings, fetch) = (options.hub.clone(), options.fetch.clone());
            Hub::new(settings, fetch, control.clone(), report.clone())
        };
        let (place, lock_as, title, default_name, not_yet, licence) = match source {
            ModelSource::Local(path) => {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                let name = options.name.clone().unwrap_or_else(|| plain(&stem));
                (Place::Folder(path.clone()), None, name.clone(), name, None, None)
            }
            ModelSource::Hub { repo, revision } => {
                let hub = hub(control, report)?;
                let (repository, lock) = self.repository(&hub, repo, revision, options.update)?;
                let (name, licence) = (plain(repo.name()), repository.licence.clone());
                let place = Place::Hub { hub: Box::new(hub), repository };
                (place, Some(lock), repo.name().to_owned(), name, None, licence)
            }
            ModelSource::Known(entry) => {
                if entry.built_in {
                    return Err(AppError::BuiltIn.into());
                }
                let source = entry.sources.get(options.source_idx);
                let source = source.ok_or_else(|| AppError::UnknownModel {
                    name: format!("{}, source {}", entry.name, options.source_idx + 1),
                })?;
                let (repo, revision) =
                    (RepoName::new(&source.repo)?, Revision::new(&source.revision)?);
                let hub = hub(control, report)?;
                let (repository, lock) = self.repository(&hub, &repo, &revision, options.update)?;
                check_pins(&repository, &source.sha256)?;
                let place = Place::Hub { hub: Box::new(hub), repository };
                let licence = Some(entry.licence.clone());
                let (title, name) = (entry.title.clone(), entry.name.clone());
                (place, Some(lock), title, name, entry.not_yet.clone(), licence)
            }
        };
        let name = options.name.clone().unwrap_or(default_name);
        if name == "pocket" {
            return Err(AppError::BuiltIn.into());
        }
        let about = About { name, title, licence, not_yet };
        let ggufs = gguf_files(&place, options.scheme)?;
        if ggufs.is_empty() {
            self.prepare_checkpoint(place, about, lock_as, options)
        } else {
            self.prepare_files(place, ggufs, about, lock_as, options)
        }
    }

    /// What a repository is, and was when it was first used.
    fn repository(
        &self,
        hub: &Hub,
        repo: &RepoName,
        revision: &Revision,
        update: bool,
    ) -> Result<(Repository, (String, LockedSource)), Stop> {
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

    /// A checkpoint that is quantised here.
    fn prepare_checkpoint(
        &self,
        place: Place,
        about: About,
        lock_as: Option<(String, LockedSource)>,
        options: &AddOptions,
    ) -> Result<Prepared, Stop> {
        let work = self.store.work_dir(&about.name)?;
        let scratch = work.join("scratch");
        let understood = plan::understand(&place, &scratch)?;
        let (scheme, vision) = (options.scheme, options.vision);
        let recipe = understood.recipe(&place, &about.name, &about.title, scheme, vision)?;
        let memory = memory_bytes(recipe.n_target_bytes(), &understood.config, options.context);
        let speed = |understood: &Understood| {
            let enough = understood.small_bytes > 1 << 20 && recipe.n_remote_bytes() > 0;
            enough.then(|| understood.small_bytes as f64 / understood.small_s.max(1e-3))
        };
        let bytes_per_s = speed(&understood);
        let size = |scheme, vision| understood.n_bytes(scheme, vision).ok();
        let fit = (memory, Some(scheme), bytes_per_s);
        self.finish_preparing(place, recipe, about, lock_as, scratch, options, fit, size)
    }

    /// GGUF files that are taken as they are.
    fn prepare_files(
        &self,
        place: Place,
        files: Vec<(FileName, u64)>,
        about: About,
        lock_as: Option<(String, LockedSource)>,
        options: &AddOptions,
    ) -> Result<Prepared, Stop> {
        let scratch = self.store.work_dir(&about.name)?.join("scratch");
        let recipe = copies(&place, files)?;
        let config = lorgnette_pixtral::ModelConfig::PIXTRAL_12B;
        let memory = memory_bytes(recipe.n_target_bytes(), &config, options.context);
        let fit = (memory, None, None);
        self.finish_preparing(place, recipe, about, lock_as, scratch, options, fit, |_, _| None)
    }

    #[expect(clippy::too_many_arguments, reason = "the end of two ways that differ in these")]
    fn finish_preparing(
        &self,
        place: Place,
        recipe: Recipe,
        about: About,
        lock_as: Option<(String, LockedSource)>,
        scratch: PathBuf,
        options: &AddOptions,
        (memory_needed_bytes, scheme, bytes_per_s): (u64, Option<QuantScheme>, Option<f64>),
        size: impl FnMut(QuantScheme, VisionFormat) -> Option<u64>,
    ) -> Result<Prepared, Stop> {
        let work = self.store.work_dir(&about.name)?;
        let mut install = options.install.clone();
        install.keep_sources = options.keep_source.then(|| work.join("source"));
        let done_bytes = install::n_done(&recipe, &work, &install);
        let (fetch_bytes, source_bytes) = (recipe.n_remote_bytes(), recipe.n_source_bytes());
        let question = Question {
            dir: self.store.dir(),
            n_bytes: recipe.n_target_bytes(),
            kept_bytes: if options.keep_source { source_bytes } else { 0 },
            done: done_bytes as f64 / source_bytes.max(1) as f64,
            quantise_bytes: source_bytes,
            fetch_bytes,
            bytes_per_s,
            memory_needed_bytes,
            scheme,
        };
        let fit = question.answer(size);
        let files = recipe.sources.iter().map(|source| SourceRecord {
            name: source.name.to_string(),
            n_bytes: source.n_bytes,
            checksum: source.checksum.clone(),
        });
        let source = match &place {
            Place::Hub { repository, .. } => {
                format!("hf:{}@{}", repository.name, repository.commit)
            }
            Place::Folder(dir) => dir.display().to_string(),
        };
        let summary = Summary {
            source,
            quantisation: scheme.map(QuantScheme::name),
            files: files.collect(),
            fetch_bytes,
            model_bytes: recipe.n_target_bytes(),
            done_bytes,
            fit,
            path: self.store.model_dir(&about.name)?,
            name: about.name,
            title: about.title,
            licence: about.licence,
            not_yet: about.not_yet,
        };
        let models = self.clone();
        Ok(Prepared { models, place, recipe, install, lock_as, scratch, summary })
    }
}

struct About {
    name: String,
    title: String,
    licence: Option<String>,
    not_yet: Option<String>,
}

impl Prepared {
    /// Makes the model; `None` when cancelled, and then the next call goes on from there.
    ///
    /// Blocks; not to be called from async code.
    ///
    /// # Errors
    /// [`AppError`]; what was done is kept after most.
    pub fn run(&self, control: &Control, report: &Report) -> Result<Option<Installed>, AppError> {
        outcome(self.try_run(control, report))
    }

    fn try_run(&self, control: &Control, report: &Report) -> Result<Installed, Stop> {
        let store = &self.models.store;
        let lock = store.lock()?;
        let work = store.work_dir(&self.summary.name)?;
        let hub = self.place.hub();
        let made = install::run(&self.recipe, hub, &work, &self.install, control, report)?;
        // Only what was verified is worth remembering.
        if let Some((key, source)) = &self.lock_as {
            store.remember(&lock, key, source.clone())?;
        }
        // It is opened once before anyone sees it.
        Checkpoint::open(&work)?;
        match fs_err::remove_dir_all(&self.scratch) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(WeightsError::Io(error).into());
            }
            _ => {}
        }
        let Summary { name, title, licence, source, quantisation, files, .. } = &self.summary;
        let manifest = Manifest {
            version: Manifest::VERSION,
            name: name.clone(),
            title: title.clone(),
            licence: licence.clone(),
            source: source.clone(),
            quantisation: quantisation.map(ToOwned::to_owned),
            sources: files.clone(),
            files: made.files,
        };
        let path = store.publish(&lock, &work, &manifest)?;
        let n_bytes = manifest.n_bytes();
        Ok(Installed { name: name.clone(), path, n_bytes, times: made.times })
    }
}

/// Hashes that the catalogue pins.
fn check_pins(
    repository: &Repository,
    pins: &std::collections::BTreeMap<String, String>,
) -> Result<(), WeightsError> {
    for (file, pin) in pins {
        let found = repository.file(file).and_then(|file| file.checksum.as_ref());
        if found.is_none_or(|checksum| *checksum != Checksum::Sha256(pin.clone())) {
            return Err(WeightsError::WrongHash { file: file.clone(), expected: pin.clone() });
        }
    }
    Ok(())
}

/// The ready-made pair of a place without a checkpoint: the text model of that quantisation and
/// the vision part, F16 before others.
fn gguf_files(place: &Place, scheme: QuantScheme) -> Result<Vec<(FileName, u64)>, Stop> {
    let files = place.files()?;
    let is_checkpoint = |name: &str| name == "config.json" || name == "params.json";
    let is_weights = |name: &str| name.ends_with(".safetensors");
    if files.iter().any(|(name, _)| is_checkpoint(name.as_str()))
        && files.iter().any(|(name, _)| is_weights(name.as_str()))
    {
        return Ok(Vec::new());
    }
    let lower = |name: &FileName| name.as_str().to_ascii_lowercase();
    let is_gguf = |name: &FileName| {
        let extension = std::path::Path::new(name.as_str()).extension();
        extension.is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
    };
    let ggufs = files.into_iter().filter(|(name, _)| is_gguf(name));
    let (vision, text): (Vec<_>, Vec<_>) =
        ggufs.partition(|(name, _)| lower(name).contains("mmproj"));
    let wanted = scheme.name();
    let text = text.into_iter().find(|(name, _)| lower(name).contains(wanted));
    let Some(text) = text else {
        let what = format!("a checkpoint, or a {wanted} GGUF file");
        return Err(WeightsError::NotFound { host: place.name(), what }.into());
    };
    let f16 = vision.iter().position(|(name, _)| lower(name).contains("f16"));
    let vision = vision.into_iter().nth(f16.unwrap_or(0));
    Ok(std::iter::once(text).chain(vision).collect())
}

/// A recipe that takes files as they are.
pub(super) fn copies(place: &Place, files: Vec<(FileName, u64)>) -> Result<Recipe, WeightsError> {
    let (mut targets, mut sources) = (Vec::new(), Vec::new());
    for (target, (name, n_bytes)) in files.into_iter().enumerate() {
        let becomes = Becomes::Copy { target, offset: 0 };
        sources.push(place.source(&name, n_bytes, vec![Piece { bytes: 0..n_bytes, becomes }])?);
        targets.push(Target { name, header: Vec::new(), n_bytes });
    }
    let recipe = Recipe { targets, sources };
    recipe.check()?;
    Ok(recipe)
}

/// A name for a folder, made of any text.
pub(super) fn plain(text: &str) -> String {
    let plain =
        |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let name: String = text.to_lowercase().chars().map(plain).take(100).collect();
    let name = name.trim_matches(['.', '-']).replace("..", ".");
    if FileName::new(&name).is_ok() { name } else { "model".into() }
}
