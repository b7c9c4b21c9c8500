//! The models that there are, and what each would take.

use std::path::Path;

use lorgnette_pixtral::{Checkpoint, LoadError};

use crate::builtin;
use crate::doctor;
use crate::folders::Folders;
use crate::open::OpenModel;
use crate::settings::{BUILT_IN, Settings};
use crate::speed::Speeds;
use crate::{ImageConfig, cost};

/// A model.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its path; [`BUILT_IN`] for the one inside the program.
    pub id: String,
    /// What it is called.
    pub name: String,
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
    /// Seconds for the largest picture; `None`: it was never tried.
    pub picture_s: Option<f64>,
    /// Why it cannot be used.
    pub fault: Option<String>,
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
/// What the program takes beside the weights and the cache: activations, pictures, the window.
const BESIDE_BYTES: u64 = 400 << 20;

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

/// The built-in model, those in the models folder, and the one that the settings name.
pub fn list(
    folders: &Folders,
    settings: &Settings,
    in_use: Option<&str>,
    speeds: &Speeds,
) -> Vec<Model> {
    let available = doctor::memory().map(|memory| memory.available_bytes);
    let describe = |id: String, opened: Result<Checkpoint, String>| {
        let memory = opened.as_ref().ok().map(|checkpoint| {
            let text = &checkpoint.config().text;
            let context = settings.context.min(text.max_position_embeddings) as u64;
            checkpoint.n_bytes() + context * text.kv_bytes_per_token() + BESIDE_BYTES
        });
        let is_in_use = in_use == Some(id.as_str());
        Model {
            name: name(&id),
            in_use: is_in_use,
            is_chosen: settings.model.as_deref() == Some(id.as_str()),
            disk_bytes: opened.as_ref().map_or(0, Checkpoint::n_bytes),
            memory_bytes: memory,
            fits: match (memory, available) {
                _ if is_in_use => Fits::Yes,
                (Some(needed), Some(free)) if needed + ROOM_BYTES <= free => Fits::Yes,
                (Some(needed), Some(free)) if needed <= free => Fits::Tight,
                (Some(_), Some(_)) => Fits::No,
                _ => Fits::Unknown,
            },
            picture_s: opened.as_ref().ok().and_then(|checkpoint| {
                let image: ImageConfig = checkpoint.config().vision.as_ref()?.image_config();
                let side = image.max_side;
                let cost = cost::of_picture((side, side), &image, checkpoint.config())?;
                speeds.of(&id).picture_s(&cost)
            }),
            fault: opened.err(),
            id,
        }
    };
    let built_in = builtin::checkpoint().map_err(|error| error.one_line());
    let mut models = vec![describe(BUILT_IN.into(), built_in)];
    let mut paths = folders.installed_models();
    let chosen = settings.model.as_deref().filter(|model| *model != BUILT_IN).map(Into::into);
    paths.extend(chosen.filter(|chosen| !paths.contains(chosen)));
    for path in paths {
        let opened = Checkpoint::open(&path).map_err(|error: LoadError| error.to_string());
        models.push(describe(path.display().to_string(), opened));
    }
    models
}
