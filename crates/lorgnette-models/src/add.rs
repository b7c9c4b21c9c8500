//! From a source to an installed model: ask, say what it takes, then do it.

mod found;
mod ggufs;

use std::path::{Path, PathBuf};

use lorgnette_gguf::QuantScheme;
use lorgnette_interrupt::{Cancel, Interrupted, unless_cancelled};
use lorgnette_weights::http::FetchOptions;
use lorgnette_weights::hub::FileName;
use lorgnette_weights::install::{self, InstallOptions, Made, Times};
use lorgnette_weights::recipe::{Becomes, Piece, Recipe, Target};
use lorgnette_weights::store::{Lock, LockedSource, Manifest, SourceRecord};
use lorgnette_weights::{HubSettings, Report, WeightsError};
use serde::Serialize;

pub(crate) use self::found::local_title;
use self::found::{About, Found};
use self::ggufs::Ggufs;
use crate::convert::pair::VisionFormat;
use crate::convert::plan;
use crate::error::ModelsError;
use crate::fit::{Fit, Question, memory_bytes};
use crate::library::Library;
use crate::open;
use crate::source::{ModelSource, Origin};

/// How a model is made.
#[derive(Debug, Clone)]
pub struct AddOptions {
    /// The number format of the text model.
    pub scheme: QuantScheme,
    /// The number format of the vision part.
    pub vision: VisionFormat,
    /// What it is called; `None`: after its source.
    pub name: Option<String>,
    /// The vision part (mmproj) of a ready-made model, by its name in the source; `None`: the one
    /// that fits and is read best.
    pub projector: Option<String>,
    /// Which of the catalogue's sources is used, counted from 0.
    pub source_idx: usize,
    /// Tokens of a chat, for the advice on memory.
    pub context: usize,
    /// The source files are kept beside the model.
    pub keep_source: bool,
    /// The source may have changed since it was first used.
    pub update: bool,
    pub fetch: FetchOptions,
    pub hub: HubSettings,
    /// How the work is cut; the folder for sources is chosen here.
    pub install: InstallOptions,
}

impl AddOptions {
    /// `Q4_K_M` with a vision part in `Q8_0`, from the hub that the environment names.
    ///
    /// # Errors
    /// [`WeightsError::Settings`] if a variable or option makes no sense.
    pub fn from_environment() -> Result<Self, ModelsError> {
        Ok(Self {
            scheme: QuantScheme::Q4KM,
            vision: VisionFormat::Q8_0,
            name: None,
            projector: None,
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
    pub licence: Option<String>,
    /// Where it comes from, with the commit.
    pub source: String,
    /// The number format, where it is made here.
    pub quantisation: Option<&'static str>,
    /// The files that are taken.
    pub files: Vec<SourceRecord>,
    pub fetch_bytes: u64,
    /// Bytes of the finished model.
    pub model_bytes: u64,
    /// Bytes that stay on the disk: the finished model, and its sources if they stay.
    pub disk_bytes: u64,
    /// The model answers questions about pictures.
    pub reads_pictures: bool,
    /// Source bytes that an earlier run has done.
    pub done_bytes: u64,
    pub fit: Fit,
    /// Where it will be.
    pub path: PathBuf,
}

/// A model that can be made: everything but its weights was fetched and understood.
pub struct Prepared {
    library: Library,
    origin: Origin,
    recipe: Recipe,
    install: InstallOptions,
    /// `OWNER/REPO@REVISION` and what it is, to be remembered.
    lock_as: Option<(String, LockedSource)>,
    pub summary: Summary,
}

#[derive(Debug, Clone, Serialize)]
pub struct Installed {
    pub name: String,
    /// The folder of its files.
    pub path: PathBuf,
    pub n_bytes: u64,
    /// Where the time went.
    pub times: Times,
}

impl Library {
    /// Asks what a source holds, reads its small files and headers, and says what making the model
    /// takes. `None` when cancelled.
    ///
    /// Blocks; not to be called from async code.
    ///
    /// # Errors
    /// [`ModelsError`] says what is wrong with the source, the network or the disk.
    pub fn prepare(
        &self,
        source: &ModelSource,
        options: &AddOptions,
        cancel: &Cancel,
        report: &Report,
    ) -> Result<Option<Prepared>, ModelsError> {
        unless_cancelled(self.try_prepare(source, options, cancel, report))
    }

    fn try_prepare(
        &self,
        source: &ModelSource,
        options: &AddOptions,
        cancel: &Cancel,
        report: &Report,
    ) -> Result<Prepared, Interrupted<ModelsError>> {
        let found = self.find_source(source, options, cancel, report)?;
        let work = self.store.work_dir(&found.about.name).map_err(Interrupted::failed)?;
        let ggufs = Ggufs::find(&found.origin, options.scheme, options.projector.as_deref())?;
        let planned = if let Some(ggufs) = ggufs {
            taken_as_they_are(&found, ggufs, options)?
        } else {
            // Of this process alone: another one may ask about the same model.
            let scratch = work.join(format!("{SCRATCH}-{}", std::process::id()));
            let planned = quantised(&found, &scratch, options);
            remove_scratch(&scratch);
            planned?
        };
        Ok(self.finish_preparing(found, planned, options)?)
    }

    fn finish_preparing(
        &self,
        found: Found,
        planned: Planned<'_>,
        options: &AddOptions,
    ) -> Result<Prepared, ModelsError> {
        let Found { origin, lock_as, about, .. } = found;
        let Planned { recipe, memory_bytes, reads_pictures, scheme, bytes_per_s, size } = planned;
        let work = self.store.work_dir(&about.name)?;
        let mut install = options.install.clone();
        install.keep_sources = options.keep_source.then(|| work.join("source"));
        let done_bytes = install::n_done(&recipe, &work, &install);
        let (fetch_bytes, source_bytes) = (recipe.n_remote_bytes(), recipe.n_source_bytes());
        let beside_bytes = if options.keep_source { source_bytes } else { 0 };
        let question = Question {
            dir: self.store.dir(),
            n_bytes: recipe.n_target_bytes(),
            source_bytes: beside_bytes,
            done: done_bytes as f64 / source_bytes.max(1) as f64,
            quantise_bytes: source_bytes,
            fetch_bytes,
            bytes_per_s,
            memory_needed_bytes: memory_bytes,
            scheme,
        };
        let fit = question.answer(size);
        let files = recipe.sources.iter().map(|source| SourceRecord {
            name: source.name.to_string(),
            n_bytes: source.n_bytes,
            checksum: source.checksum.clone(),
        });
        let About { name, title, licence } = about;
        let summary = Summary {
            source: origin.to_string(),
            quantisation: scheme.map(QuantScheme::name),
            files: files.collect(),
            fetch_bytes,
            model_bytes: recipe.n_target_bytes(),
            disk_bytes: recipe.n_target_bytes() + beside_bytes,
            reads_pictures,
            done_bytes,
            fit,
            path: self.store.model_dir(&name)?,
            name,
            title,
            licence,
        };
        let library = self.clone();
        Ok(Prepared { library, origin, recipe, install, lock_as, summary })
    }
}

/// How a model is made, and what that takes.
struct Planned<'a> {
    recipe: Recipe,
    /// Memory to answer with the model.
    memory_bytes: u64,
    /// It has a vision part.
    reads_pictures: bool,
    /// `None` for files that are taken as they are.
    scheme: Option<QuantScheme>,
    /// How fast the small files came; `None` when they say nothing.
    bytes_per_s: Option<f64>,
    /// How large the model is in another quantisation.
    size: Box<dyn Fn(QuantScheme, VisionFormat) -> Option<u64> + 'a>,
}

/// A checkpoint that is quantised here.
fn quantised(
    found: &Found,
    scratch: &Path,
    options: &AddOptions,
) -> Result<Planned<'static>, Interrupted<ModelsError>> {
    let Found { origin, about, .. } = found;
    let understood = plan::understand(origin, scratch)?;
    let (scheme, vision) = (options.scheme, options.vision);
    let recipe = understood.recipe(origin, &about.name, &about.title, scheme, vision);
    let recipe = recipe.map_err(Interrupted::err_into)?;
    let says_speed = understood.small_bytes > 1 << 20 && recipe.n_remote_bytes() > 0;
    Ok(Planned {
        memory_bytes: memory_bytes(recipe.n_target_bytes(), &understood.config, options.context),
        reads_pictures: understood.config.vision.is_some(),
        scheme: Some(scheme),
        bytes_per_s: says_speed
            .then(|| understood.small_bytes as f64 / understood.small_s.max(1e-3)),
        size: Box::new(move |scheme, vision| understood.n_bytes(scheme, vision).ok()),
        recipe,
    })
}

/// GGUF files that are taken as they are. Their headers are read before, unless the catalogue knows
/// all that they say.
fn taken_as_they_are(
    found: &Found,
    ggufs: Ggufs,
    options: &AddOptions,
) -> Result<Planned<'static>, Interrupted<ModelsError>> {
    let stated = found.stated_memory_bytes(options).filter(|_| ggufs.are_certain());
    let (memory_bytes, reads_pictures, files) = if let Some(stated) = stated {
        (stated, !ggufs.projectors.is_empty(), ggufs.files())
    } else {
        let described = ggufs.describe(&found.origin)?;
        let (config, n_bytes) = (described.checkpoint.config(), described.checkpoint.n_bytes());
        let memory_bytes = memory_bytes(n_bytes, config, options.context);
        (memory_bytes, config.vision.is_some(), described.files)
    };
    let recipe = copies(&found.origin, files).map_err(Interrupted::failed)?;
    Ok(Planned {
        memory_bytes,
        reads_pictures,
        scheme: None,
        bytes_per_s: None,
        size: Box::new(|_, _| None),
        recipe,
    })
}

/// What the names of folders of small files begin with.
const SCRATCH: &str = "scratch";

/// Removes what processes left in a work folder that were killed while they asked.
fn remove_old_scratch(work: &Path) {
    let Ok(entries) = fs_err::read_dir(work) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(SCRATCH) {
            let _ = fs_err::remove_dir_all(entry.path());
        }
    }
}

/// Removes the folder of small files, and what is empty without it. The next call makes it anew.
fn remove_scratch(scratch: &Path) {
    let _ = fs_err::remove_dir_all(scratch);
    for folder in scratch.ancestors().skip(1).take(2) {
        let _ = fs_err::remove_dir(folder);
    }
}

impl Prepared {
    /// Makes the model; `None` when cancelled, and then the next call goes on from there.
    ///
    /// Blocks; not to be called from async code.
    ///
    /// # Errors
    /// [`ModelsError`]; after most, what was done is kept.
    pub fn run(&self, cancel: &Cancel, report: &Report) -> Result<Option<Installed>, ModelsError> {
        unless_cancelled(self.try_run(cancel, report))
    }

    fn try_run(
        &self,
        cancel: &Cancel,
        report: &Report,
    ) -> Result<Installed, Interrupted<ModelsError>> {
        let store = &self.library.store;
        let lock = store.lock().map_err(Interrupted::failed)?;
        let work = store.work_dir(&self.summary.name).map_err(Interrupted::failed)?;
        let hub = self.origin.hub();
        let made: Result<_, Interrupted<ModelsError>> =
            install::run(&self.recipe, hub, &work, &self.install, cancel, report)
                .map_err(Interrupted::err_into)
                .and_then(|made| Ok(self.publish(&lock, &work, made)?));
        if made.is_err() && hub.is_none() {
            // Nothing has to be fetched again.
            store.discard(&lock, &self.summary.name);
        }
        made
    }

    /// Gives a finished model its place, and remembers what it was made of.
    fn publish(&self, lock: &Lock, work: &Path, made: Made) -> Result<Installed, ModelsError> {
        let store = &self.library.store;
        // Only what was verified is worth remembering.
        if let Some((key, source)) = &self.lock_as {
            store.remember(lock, key, source.clone())?;
        }
        remove_old_scratch(work);
        // It is opened once before anyone sees it.
        open::whole(work, None)?;
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
        let path = store.publish(lock, work, &manifest)?;
        let n_bytes = manifest.n_bytes();
        Ok(Installed { name: name.clone(), path, n_bytes, times: made.times })
    }
}

/// A recipe that takes files as they are.
pub(crate) fn copies(origin: &Origin, files: Vec<(FileName, u64)>) -> Result<Recipe, WeightsError> {
    let (mut targets, mut sources) = (Vec::new(), Vec::new());
    for (target, (name, n_bytes)) in files.into_iter().enumerate() {
        let becomes = Becomes::Copy { target, offset: 0 };
        sources.push(origin.source(&name, n_bytes, vec![Piece { bytes: 0..n_bytes, becomes }])?);
        targets.push(Target { name, header: Vec::new(), n_bytes });
    }
    let recipe = Recipe { targets, sources };
    recipe.check()?;
    Ok(recipe)
}
