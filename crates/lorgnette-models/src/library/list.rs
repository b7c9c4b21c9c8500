//! The models that there are and that can be had, each with what it takes on this machine.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lorgnette_pixtral::{Calibration, Checkpoint};
use lorgnette_remote::{Server, Servers};
use lorgnette_weights::catalogue::{self, Answers, Entry, PictureWork};
use lorgnette_weights::store::Manifest;
use serde::Serialize;

use super::Library;
use crate::downloads::{FetchState, about_bytes};
use crate::error::ModelsError;
use crate::fit::{SLACK_BYTES, memory_bytes};
use crate::speed::{Speeds, picture_s};
use crate::{BUILT_IN, builtin, cost, doctor};

/// A model in a list: part of the program, on this machine, or to be had.
#[derive(Debug, Clone)]
pub struct Model {
    /// What the settings and the measured speeds know it by: its path, [`BUILT_IN`], or its name
    /// in the catalogue while it is not installed.
    pub id: String,
    /// What the command line calls it.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is good for; `None` for models that are not in the catalogue.
    pub good_for: Option<String>,
    pub licence: Option<String>,
    pub state: ModelState,
    /// `None` while it is not installed.
    pub path: Option<PathBuf>,
    /// Bytes of its files on disk; `None` when it is not there, or cannot be used.
    pub n_bytes: Option<u64>,
    /// The number format of one that was quantised here.
    pub quantisation: Option<String>,
    /// Bytes of its sources that are done, when it was begun and not finished.
    pub unfinished_bytes: Option<u64>,
    /// How it answers, as far as the catalogue says.
    pub answers: Answers,
    /// What it can be made into, the usual one first.
    pub quantisations: Vec<Quantisation>,
    /// The program answers with it now.
    pub in_use: bool,
    /// The settings name it.
    pub is_chosen: bool,
    /// Memory that it takes; `None` when it cannot be used.
    pub memory_bytes: Option<u64>,
    /// Whether so much memory is free.
    pub fits: Fits,
    /// Why it is the one to fetch on this machine; `None` for all others.
    pub recommended: Option<Recommended>,
    /// Where it is fetched from; `None` when it is here.
    pub source: Option<PublishedAt>,
    /// Seconds for the largest picture, measured or calibrated; `None` when neither was done.
    pub picture_s: Option<f64>,
}

/// Whether a model is there.
#[derive(Debug, Clone)]
pub enum ModelState {
    BuiltIn,
    Installed {
        /// It was made here, so that it can be checked and removed.
        made_here: bool,
    },
    /// It is on disk and cannot be used.
    Broken {
        reason: String,
    },
    /// It can be fetched.
    Offered,
    /// It is being fetched, or was.
    Begun(FetchState),
    /// A server answers, at that host.
    Remote {
        host: String,
    },
}

/// Whether a model fits into the memory that is free.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename_all = "camelCase"))]
pub enum Fits {
    Yes,
    /// It fits and leaves less than a gibibyte.
    Tight,
    No,
    /// The system does not say how much is free, or the model not how much it takes.
    #[default]
    Unknown,
}

/// Why a model is the one to fetch on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename_all = "camelCase"))]
pub enum Recommended {
    /// It is the largest whose first word about a full picture comes within 20 seconds.
    Soon,
    /// None is as quick as that, and it is the quickest.
    Quickest,
    /// Nothing is known of the time, and it is the smallest.
    Smallest,
}

/// Where a model is fetched from.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename_all = "camelCase"))]
pub struct PublishedAt {
    /// The repository, as `owner/name`.
    pub repo: String,
    /// Whether one needs an account there, and has to accept terms.
    pub login: bool,
}

/// What a model can be made into, and what that takes.
#[derive(Debug, Clone, Serialize)]
pub struct Quantisation {
    /// The number format, as `q4_k_m`.
    #[serde(rename = "quantisation")]
    pub name: String,
    /// Bytes that come over the network.
    pub fetch_bytes: u64,
    /// Bytes that stay on the disk.
    pub disk_bytes: u64,
    /// Bytes on the disk at the most, while it is made.
    pub peak_disk_bytes: u64,
    /// Bytes of memory, about, at a context of 8192 tokens.
    pub memory_bytes: u64,
    /// What it computes for its largest picture; `None` where nobody has worked it out.
    pub picture: Option<PictureWork>,
}

/// What is known of models beyond their files.
#[derive(Debug, Clone)]
pub struct Circumstances<'a> {
    /// The [`Model::id`] of the one in memory.
    pub in_use: Option<&'a str>,
    /// The [`Model::id`] of the one that the settings name.
    pub chosen: Option<&'a str>,
    /// Tokens of a chat.
    pub context: usize,
    /// How fast they were here.
    pub speeds: &'a Speeds,
    /// What this processor can do; `None`: not measured yet, or something else will compute.
    pub calibration: Option<Calibration>,
    /// Those that are being fetched, by their names.
    pub fetches: &'a BTreeMap<String, FetchState>,
    /// The servers that were connected.
    pub servers: &'a [Server],
}

/// Less than this left of the memory is tight.
const ROOM_BYTES: u64 = 1 << 30;
/// The first word about the largest picture comes soon if it comes within so many seconds.
const SOON_S: f64 = 20.0;

/// Puts that model first which suits this machine, and says why: of those that take three quarters of the
/// free memory at most and answer questions at once, the largest whose first word comes soon; where none does, the
/// quickest.
fn put_recommended_first(offers: &mut [Model], free_bytes: Option<u64>) {
    let Some(most) = free_bytes.map(|free| free / 4 * 3) else { return };
    let is_soon = |model: &Model| model.picture_s.is_some_and(|seconds| seconds <= SOON_S);
    let quick = |model: &Model| model.picture_s.unwrap_or(f64::INFINITY);
    let suits = || {
        offers.iter().enumerate().filter(|(_, model)| {
            model.answers == Answers::AtOnce
                && model.memory_bytes.is_some_and(|bytes| bytes <= most)
        })
    };
    let soon = suits().filter(|(_, model)| is_soon(model));
    let best = soon.max_by_key(|(idx, model)| (model.memory_bytes, Reverse(*idx))).or_else(|| {
        suits().min_by(|(_, a), (_, b)| {
            quick(a).total_cmp(&quick(b)).then(a.memory_bytes.cmp(&b.memory_bytes))
        })
    });
    let Some(idx) = best.map(|(idx, _)| idx) else { return };
    let best = &mut offers[idx];
    best.recommended = Some(match best.picture_s {
        Some(_) if is_soon(best) => Recommended::Soon,
        Some(_) => Recommended::Quickest,
        None => Recommended::Smallest,
    });
    offers[..=idx].rotate_right(1);
}

/// What a model is called by its id: the name of its file or folder.
pub fn name(id: &str) -> String {
    if id == BUILT_IN {
        return "Pocket".into();
    }
    if let Some(name) = Servers::name_of_id(id) {
        return name.to_owned();
    }
    let path = Path::new(id);
    let stem = if path.is_dir() { path.file_name() } else { path.file_stem() };
    stem.map_or_else(|| id.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

impl Library {
    /// The catalogue, then what else was installed here. No model is opened, so that nothing is
    /// said of memory and time.
    ///
    /// # Errors
    /// None in a program that was built from whole sources.
    pub fn list(&self) -> Result<Vec<Model>, ModelsError> {
        let mut installed = self.store.models();
        let unfinished = self.store.unfinished();
        let mut models = Vec::new();
        for entry in catalogue::entries()? {
            let found = installed.iter().position(|manifest| manifest.name == entry.name);
            let manifest = found.map(|at| installed.remove(at));
            models.push(match manifest {
                Some(manifest) => self.installed(Some(&entry), &manifest),
                None => in_catalogue(&entry, unfinished.get(&entry.name).copied()),
            });
        }
        models.extend(installed.iter().map(|manifest| self.installed(None, manifest)));
        for model in &mut models {
            model.unfinished_bytes = unfinished.get(&model.name).copied();
        }
        Ok(models)
    }

    /// The built-in model, what lies in the folder, the one that the settings name, and those of
    /// the catalogue that are not there yet, each with what it takes on this machine.
    pub fn survey(&self, circumstances: &Circumstances<'_>) -> Vec<Model> {
        let survey = Survey { library: self, circumstances, free_bytes: free_bytes() };
        // A catalogue that cannot be read would be a program that was built from broken sources.
        let mut listed = self.list().unwrap_or_default();
        let mut models: Vec<Model> = take(&mut listed, |model| model.id == BUILT_IN);
        let mut paths = self.paths();
        let is_path = |id: &&str| *id != BUILT_IN && Servers::name_of_id(id).is_none();
        let chosen = circumstances.chosen.filter(is_path).map(PathBuf::from);
        paths.extend(chosen.filter(|chosen| !paths.contains(chosen)));
        for path in paths {
            let mut made_here = take(&mut listed, |model| model.path.as_ref() == Some(&path));
            models.push(made_here.pop().unwrap_or_else(|| found(path)));
        }
        models.extend(circumstances.servers.iter().map(of_server));
        listed.retain(|model| model.path.is_none() && !model.quantisations.is_empty());
        for model in models.iter_mut().chain(&mut listed) {
            survey.complete(model);
        }
        put_recommended_first(&mut listed, survey.free_bytes);
        models.append(&mut listed);
        models
    }

    fn installed(&self, entry: Option<&Entry>, manifest: &Manifest) -> Model {
        let path = self.store.model_dir(&manifest.name).ok();
        let id = path.as_ref().map_or_else(String::new, |path| path.display().to_string());
        let state = ModelState::Installed { made_here: true };
        Model {
            title: entry.map_or(&manifest.title, |entry| &entry.title).clone(),
            licence: entry.map(|entry| entry.licence.clone()).or(manifest.licence.clone()),
            quantisation: manifest.quantisation.clone(),
            n_bytes: Some(manifest.n_bytes()),
            path,
            source: None,
            ..Model::new(id, &manifest.name, state, entry)
        }
    }
}

/// The model of a server that was connected.
pub fn of_server(server: &Server) -> Model {
    let host = server.address.host();
    let title = format!("{} at {host}", server.model);
    Model { title, ..Model::new(server.id(), &server.name, ModelState::Remote { host }, None) }
}

/// A model that lies somewhere and was not made here.
fn found(path: PathBuf) -> Model {
    let id = path.display().to_string();
    let state = ModelState::Installed { made_here: false };
    Model { path: Some(path), ..Model::new(id.clone(), &name(&id), state, None) }
}

fn in_catalogue(entry: &Entry, unfinished_bytes: Option<u64>) -> Model {
    let state = match unfinished_bytes {
        _ if entry.built_in => ModelState::BuiltIn,
        None => ModelState::Offered,
        Some(done_bytes) => {
            let total_bytes = about_bytes(entry).max(done_bytes);
            ModelState::Begun(FetchState::Paused { done_bytes, total_bytes })
        }
    };
    Model {
        title: entry.title.clone(),
        licence: Some(entry.licence.clone()),
        ..Model::new(entry.name.clone(), &entry.name, state, Some(entry))
    }
}

/// Removes those from a list that are wanted.
fn take(models: &mut Vec<Model>, is_wanted: impl Fn(&Model) -> bool) -> Vec<Model> {
    models.extract_if(.., |model| is_wanted(model)).collect()
}

impl Model {
    fn new(id: String, name: &str, state: ModelState, entry: Option<&Entry>) -> Self {
        let of_entry = |entry: &Entry| {
            let quantisations = entry.quantisations.iter().map(|quantisation| Quantisation {
                name: quantisation.name.clone(),
                fetch_bytes: entry.fetch_bytes(quantisation),
                disk_bytes: quantisation.disk_bytes,
                peak_disk_bytes: quantisation.disk_bytes + SLACK_BYTES,
                memory_bytes: quantisation.memory_bytes,
                picture: entry.picture,
            });
            quantisations.collect()
        };
        Self {
            id,
            name: name.to_owned(),
            title: name.to_owned(),
            good_for: entry.map(|entry| entry.good_for.clone()),
            licence: None,
            state,
            path: None,
            n_bytes: None,
            quantisation: None,
            unfinished_bytes: None,
            answers: entry.map(|entry| entry.answers).unwrap_or_default(),
            quantisations: entry.map(of_entry).unwrap_or_default(),
            in_use: false,
            is_chosen: false,
            memory_bytes: None,
            fits: Fits::default(),
            recommended: None,
            source: entry
                .and_then(|entry| entry.sources.first())
                .map(|source| PublishedAt { repo: source.repo.clone(), login: source.login }),
            picture_s: None,
        }
    }

    /// It is part of the program or on disk, though it may be broken.
    pub fn is_installed(&self) -> bool {
        matches!(
            self.state,
            ModelState::BuiltIn | ModelState::Installed { .. } | ModelState::Broken { .. }
        )
    }

    /// The host that pictures go to; `None` for models that answer on this machine.
    pub fn host(&self) -> Option<&str> {
        match &self.state {
            ModelState::Remote { host } => Some(host),
            _ => None,
        }
    }

    /// Its title, with the number format that it has, or would have once fetched.
    pub fn label(&self) -> String {
        let offered = self.offered().map(|offered| &offered.name);
        match self.quantisation.as_ref().or(offered) {
            Some(quantisation) => format!("{}, {}", self.title, quantisation.to_uppercase()),
            None => self.title.clone(),
        }
    }

    /// The number format that it would have once fetched; `None` when it is here.
    pub fn offered(&self) -> Option<&Quantisation> {
        self.quantisations.first().filter(|_| !self.is_installed())
    }

    /// Bytes that come over the network; 0 when it is here.
    pub fn fetch_bytes(&self) -> u64 {
        self.offered().map_or(0, |offered| offered.fetch_bytes)
    }

    /// Bytes that it has on disk, or would have once fetched.
    pub fn disk_bytes(&self) -> u64 {
        self.n_bytes.or(self.offered().map(|offered| offered.disk_bytes)).unwrap_or(0)
    }

    /// Bytes that it has on disk at the most, while it is made.
    pub fn peak_disk_bytes(&self) -> u64 {
        let peak = self.offered().map(|offered| offered.peak_disk_bytes);
        self.n_bytes.or(peak).unwrap_or(0)
    }
}

/// What all models are looked at with.
struct Survey<'a> {
    library: &'a Library,
    circumstances: &'a Circumstances<'a>,
    free_bytes: Option<u64>,
}

fn free_bytes() -> Option<u64> {
    doctor::memory().map(|memory| memory.available_bytes)
}

impl Survey<'_> {
    /// Opens the model, if it is there, and says what it takes.
    fn complete(&self, model: &mut Model) {
        let circumstances = self.circumstances;
        model.in_use = circumstances.in_use == Some(model.id.as_str());
        model.is_chosen = circumstances.chosen == Some(model.id.as_str());
        let opened = match (&model.state, &model.path) {
            (ModelState::BuiltIn, _) => {
                Some(builtin::checkpoint().map_err(|error| error.one_line()))
            }
            (_, Some(path)) => Some(self.library.open(path).map_err(|error| error.one_line())),
            (_, None) => None,
        };
        if let ModelState::Remote { .. } = model.state {
            // It takes nothing of this machine.
            return model.fits = Fits::Yes;
        }
        match opened {
            Some(Ok(checkpoint)) => self.weigh(model, &checkpoint),
            Some(Err(reason)) => {
                model.n_bytes = None;
                model.state = ModelState::Broken { reason };
            }
            None => self.weigh_offer(model),
        }
        model.fits = if model.in_use { Fits::Yes } else { self.fits(model.memory_bytes) };
    }

    fn weigh(&self, model: &mut Model, checkpoint: &Checkpoint) {
        let config = checkpoint.config();
        let context = self.circumstances.context.min(config.text.max_position_embeddings);
        model.n_bytes = Some(checkpoint.n_bytes());
        model.memory_bytes = Some(memory_bytes(checkpoint.n_bytes(), config, context));
        model.picture_s = cost::of_largest_picture(config).and_then(|cost| {
            let speed = self.circumstances.speeds.of(&model.id);
            speed.or_calibrated(config, self.circumstances.calibration.as_ref()).picture_s(&cost)
        });
    }

    /// Says what a model of the catalogue takes, in the first of its number formats.
    fn weigh_offer(&self, model: &mut Model) {
        let Some(quantisation) = model.quantisations.first() else { return };
        model.memory_bytes = Some(quantisation.memory_bytes);
        let work = quantisation.picture.zip(self.circumstances.calibration);
        model.picture_s = work.map(|(work, calibration)| picture_s(&work, &calibration));
        if let Some(fetch) = self.circumstances.fetches.get(&model.name) {
            model.state = ModelState::Begun(fetch.clone());
        }
    }

    fn fits(&self, memory_bytes: Option<u64>) -> Fits {
        match memory_bytes.zip(self.free_bytes) {
            Some((needed, free)) if needed + ROOM_BYTES <= free => Fits::Yes,
            Some((needed, free)) if needed <= free => Fits::Tight,
            Some(_) => Fits::No,
            None => Fits::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
