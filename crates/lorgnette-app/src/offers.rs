//! The models that there are and that can be had, and what each would take.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lorgnette_pixtral::{Calibration, Checkpoint, LoadError};
use lorgnette_weights::catalogue;

use crate::builtin;
use crate::coordinator::{FetchState, about_bytes};
use crate::doctor;
use crate::folders::Folders;
use crate::models::fit::memory_bytes;
use crate::models::{Listed, Models};
use crate::open::OpenModel;
use crate::settings::{BUILT_IN, Settings};
use crate::speed::Speeds;
use crate::{ImageConfig, cost, expected};

/// A model.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its path; [`BUILT_IN`] for the one inside the program; its name in the catalogue while it is
    /// not installed.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it is good for; empty where nobody says.
    pub about: String,
    /// Its licence, where it is known.
    pub licence: Option<String>,
    /// It is in memory.
    pub in_use: bool,
    /// The settings name it.
    pub is_chosen: bool,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Bytes that it takes in memory, with the settings as they are; `None`: it cannot be used.
    pub memory_bytes: Option<u64>,
    /// Whether that is there.
    pub fits: Fits,
    /// Seconds for the largest picture, as seen or expected; `None`: nobody knows.
    pub picture_s: Option<f64>,
    /// Whether it is there.
    pub state: ModelState,
}

/// Whether a model is there.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelState {
    /// It is part of the program.
    BuiltIn,
    /// It is on disk.
    Installed {
        /// It was made here: it can be checked and removed.
        made_here: bool,
    },
    /// It is on disk and cannot be used.
    Broken {
        /// Why.
        reason: String,
    },
    /// It can be fetched.
    Offered,
    /// It is being fetched, or was.
    Begun(FetchState),
}

/// Whether a model fits into the memory that is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fits {
    /// It does.
    Yes,
    /// It does, and leaves little.
    Tight,
    /// It does not.
    No,
    /// The system does not say.
    Unknown,
}

/// Less than this left of the memory is tight.
const ROOM_BYTES: u64 = 1 << 30;
/// What the settings and the speeds know a model by.
pub fn id(model: &OpenModel) -> String {
    if model.built_in { BUILT_IN.into() } else { model.path.display().to_string() }
}

/// What a model is called: its file's or folder's name.
pub fn name(id: &str) -> String {
    if id == BUILT_IN {
        return "Pocket".into();
    }
    let path = Path::new(id);
    let stem = if path.is_dir() { path.file_name() } else { path.file_stem() };
    stem.map_or_else(|| id.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// What the model is called that the settings choose.
pub fn name_of_choice(settings: &Settings) -> String {
    settings.model.as_deref().map_or_else(String::new, name)
}

/// The built-in model, those in the models folder, the one that the settings name, and those of
/// the catalogue that are not there yet.
pub fn list(
    folders: &Folders,
    settings: &Settings,
    in_use: Option<&str>,
    known: &Known<'_>,
) -> Vec<Model> {
    let listing = Listing { settings, in_use, known, free: free_memory() };
    // A catalogue that cannot be read would be a program that was built from broken sources.
    let listed = Models::at(&folders.models).list().unwrap_or_default();
    let mut models = vec![listing.built_in(listed.iter().find(|listed| listed.name == BUILT_IN))];
    let mut paths = folders.installed_models();
    let chosen = settings.model.as_deref().filter(|model| *model != BUILT_IN).map(PathBuf::from);
    paths.extend(chosen.filter(|chosen| !paths.contains(chosen)));
    for path in paths {
        let here = listed.iter().find(|listed| listed.path.as_ref() == Some(&path));
        models.push(listing.installed(&path, here));
    }
    let offers = listed.iter().filter(|listed| !listed.installed && listed.not_yet.is_none());
    models.extend(
        offers.filter_map(|listed| listing.offered(listed, known.fetches.get(&listed.name))),
    );
    models
}

fn free_memory() -> Option<u64> {
    doctor::memory().map(|memory| memory.available_bytes)
}

/// What is known of models beyond their files.
#[derive(Debug)]
pub struct Known<'a> {
    /// How fast they were here.
    pub speeds: &'a Speeds,
    /// What the processor lets expect of the others; `None`: not measured yet, or something else
    /// will compute.
    pub expected: Option<Calibration>,
    /// Those that are being fetched, by their names.
    pub fetches: &'a BTreeMap<String, FetchState>,
}

/// What all models are looked at with.
struct Listing<'a> {
    settings: &'a Settings,
    in_use: Option<&'a str>,
    known: &'a Known<'a>,
    free: Option<u64>,
}

impl Listing<'_> {
    fn built_in(&self, listed: Option<&Listed>) -> Model {
        let opened = builtin::checkpoint().map_err(|error| error.one_line());
        self.opened(BUILT_IN.into(), &opened, listed, ModelState::BuiltIn)
    }

    fn installed(&self, path: &Path, listed: Option<&Listed>) -> Model {
        let opened = Checkpoint::open(path).map_err(|error: LoadError| error.to_string());
        let state = ModelState::Installed { made_here: listed.is_some() };
        self.opened(path.display().to_string(), &opened, listed, state)
    }

    fn opened(
        &self,
        id: String,
        opened: &Result<Checkpoint, String>,
        listed: Option<&Listed>,
        state: ModelState,
    ) -> Model {
        let memory = opened.as_ref().ok().map(|checkpoint| {
            let config = checkpoint.config();
            let context = self.settings.context.min(config.text.max_position_embeddings);
            memory_bytes(checkpoint.n_bytes(), config, context)
        });
        let picture_s = opened.as_ref().ok().and_then(|checkpoint| {
            let image: ImageConfig = checkpoint.config().vision.as_ref()?.image_config();
            let side = image.max_side;
            let cost = cost::of_picture((side, side), &image, checkpoint.config())?;
            let seen = self.known.speeds.of(&id);
            seen.or_expected(checkpoint.config(), self.known.expected.as_ref()).picture_s(&cost)
        });
        let in_use = self.in_use == Some(id.as_str());
        Model {
            name: listed.map_or_else(|| name(&id), title),
            about: listed.and_then(|listed| listed.good_for.clone()).unwrap_or_default(),
            licence: listed.and_then(|listed| listed.licence.clone()),
            in_use,
            is_chosen: self.settings.model.as_deref() == Some(id.as_str()),
            disk_bytes: opened.as_ref().map_or(0, Checkpoint::n_bytes),
            memory_bytes: memory,
            fits: if in_use { Fits::Yes } else { self.fits(memory) },
            picture_s,
            state: match opened {
                Ok(_) => state,
                Err(reason) => ModelState::Broken { reason: reason.clone() },
            },
            id,
        }
    }

    /// A model of the catalogue, in the first of its number formats.
    fn offered(&self, listed: &Listed, fetch: Option<&FetchState>) -> Option<Model> {
        let needs = listed.quantisations.first()?;
        let state = match (fetch, listed.unfinished) {
            (Some(fetch), _) => ModelState::Begun(fetch.clone()),
            (None, Some(done_bytes)) => {
                let entry = catalogue::find(&listed.name).ok().flatten();
                let total_bytes = entry.as_ref().map_or(0, about_bytes).max(done_bytes);
                ModelState::Begun(FetchState::Paused { done_bytes, total_bytes })
            }
            (None, None) => ModelState::Offered,
        };
        Some(Model {
            id: listed.name.clone(),
            name: format!("{}, {}", listed.title, needs.quantisation.to_uppercase()),
            about: listed.good_for.clone().unwrap_or_default(),
            licence: listed.licence.clone(),
            in_use: false,
            is_chosen: false,
            disk_bytes: needs.disk_bytes,
            memory_bytes: Some(needs.memory_bytes),
            fits: self.fits(Some(needs.memory_bytes)),
            picture_s: needs.picture.zip(self.known.expected).map(|(work, trial)| {
                expected::picture_s(&trial, work.encode_flop, work.prefill_flop)
            }),
            state,
        })
    }

    fn fits(&self, memory: Option<u64>) -> Fits {
        match (memory, self.free) {
            (Some(needed), Some(free)) if needed + ROOM_BYTES <= free => Fits::Yes,
            (Some(needed), Some(free)) if needed <= free => Fits::Tight,
            (Some(_), Some(_)) => Fits::No,
            _ => Fits::Unknown,
        }
    }
}

/// Its title, with its number format where it has one.
fn title(listed: &Listed) -> String {
    match &listed.quantisation {
        Some(quantisation) => format!("{}, {}", listed.title, quantisation.to_uppercase()),
        None => listed.title.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_here_has_the_seconds_that_the_processor_lets_expect() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::below(home.path());
        let (speeds, fetches) = (Speeds::default(), BTreeMap::new());
        let pixtral_s = |expected| {
            let known = Known { speeds: &speeds, expected, fetches: &fetches };
            let models = list(&folders, &Settings::default(), None, &known);
            models.into_iter().find(|model| model.id == "pixtral-12b").unwrap().picture_s
        };
        assert_eq!(pixtral_s(None), None);
        let trial = Calibration { encode_flop_per_s: 4.95e12, prefill_flop_per_s: 96.4e11 };
        assert!((pixtral_s(Some(trial)).unwrap() - 11.0).abs() < 0.2);
    }
}
