//! Models: what can be had, what is installed, and how one becomes the other.
//!
//! In reading order:
//! - [`Models`]: the models folder, and everything that can be done with it
//! - [`ModelSource`]: where a model comes from, as people write it
//! - [`add`]: from a source to an installed model
//! - `plan`: which tensors of the source become which of the GGUF pair
//! - `place`: files on the hub or in a folder, behind one face
//! - [`fit`]: whether the machine has what it takes

pub mod add;
pub mod fit;
mod import;
mod place;
mod plan;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use lorgnette_weights::catalogue;
use lorgnette_weights::hub::{RepoName, Revision};
use lorgnette_weights::store::{Manifest, Store};
use serde::Serialize;

pub use self::add::{AddOptions, Prepared, Summary};
pub use self::fit::Fit;
pub use lorgnette_weights::catalogue::{Entry, PictureWork};
pub use lorgnette_weights::http::{FetchOptions, Patience};
pub use lorgnette_weights::install::Times;
pub use lorgnette_weights::store::Verdict;
pub use lorgnette_weights::{
    Control, HubSettings, InstallEvent, QuantScheme, Report, WeightsError,
};

use crate::error::AppError;
use crate::folders::Folders;
use crate::gguf_pair::VisionFormat;

/// Where a model comes from.
#[derive(Debug, Clone)]
pub enum ModelSource {
    /// A model of the catalogue.
    Known(Box<Entry>),
    /// A repository of the hub.
    Hub {
        /// Its name.
        repo: RepoName,
        /// Which state of it.
        revision: Revision,
    },
    /// A folder or file on this machine.
    Local(PathBuf),
}

impl FromStr for ModelSource {
    type Err = AppError;

    /// `hf:OWNER/REPO[@REVISION]`, a name of the catalogue, or a path.
    fn from_str(text: &str) -> Result<Self, AppError> {
        if let Some(repo) = text.strip_prefix("hf:") {
            let (repo, revision) = match repo.split_once('@') {
                Some((repo, revision)) => (repo, Revision::new(revision)?),
                None => (repo, Revision::main()),
            };
            return Ok(Self::Hub { repo: RepoName::new(repo)?, revision });
        }
        if let Some(entry) = catalogue::find(text)? {
            return Ok(Self::Known(Box::new(entry)));
        }
        let path = PathBuf::from(text);
        if path.exists() {
            Ok(Self::Local(path))
        } else {
            Err(AppError::UnknownModel { name: text.into() })
        }
    }
}

/// The models folder.
#[derive(Debug, Clone)]
pub struct Models {
    store: Store,
}

/// A model, installed or not.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// What it is called.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is good for; absent for models that are not in the catalogue.
    pub good_for: Option<String>,
    /// Its licence, where it is known.
    pub licence: Option<String>,
    /// It can be used now.
    pub installed: bool,
    /// Bytes that it has on disk.
    pub n_bytes: Option<u64>,
    /// The number format of an installed one.
    pub quantisation: Option<String>,
    /// Its files.
    pub path: Option<PathBuf>,
    /// Bytes of its sources that are done, of one that was begun and is not finished.
    pub unfinished: Option<u64>,
    /// Why it does not run yet.
    pub not_yet: Option<String>,
    /// What it can be made into, and what that needs.
    pub quantisations: Vec<Needs>,
}

/// What a quantisation of a model needs.
#[derive(Debug, Clone, Serialize)]
pub struct Needs {
    /// Its name.
    pub quantisation: String,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Bytes of memory, about, at a context of 8192 tokens.
    pub memory_bytes: u64,
    /// What it computes for its largest picture; absent where nobody says.
    pub picture: Option<PictureWork>,
}

impl Models {
    /// The person's models folder.
    ///
    /// # Errors
    /// [`AppError::NoHome`].
    pub fn find() -> Result<Self, AppError> {
        Ok(Self::at(&Folders::find()?.models))
    }

    /// Another folder.
    pub fn at(dir: &Path) -> Self {
        Self { store: Store::new(dir) }
    }

    /// Where it is; it need not be there yet.
    pub fn dir(&self) -> &Path {
        self.store.dir()
    }

    /// The catalogue, then what else is installed.
    ///
    /// # Errors
    /// None in a program that was built from whole sources.
    pub fn list(&self) -> Result<Vec<Listed>, AppError> {
        let mut installed = self.store.models();
        let unfinished = self.store.unfinished();
        let mut listed = Vec::new();
        for entry in catalogue::entries()? {
            let found = installed.iter().position(|manifest| manifest.name == entry.name);
            let manifest = found.map(|at| installed.remove(at));
            listed.push(self.listed(Some(&entry), manifest.as_ref(), &unfinished));
        }
        for manifest in installed {
            listed.push(self.listed(None, Some(&manifest), &unfinished));
        }
        Ok(listed)
    }

    fn listed(
        &self,
        entry: Option<&Entry>,
        manifest: Option<&Manifest>,
        unfinished: &BTreeMap<String, u64>,
    ) -> Listed {
        let name = manifest.map(|m| &m.name).or(entry.map(|e| &e.name));
        let name = name.cloned().unwrap_or_default();
        let title = entry.map(|e| &e.title).or(manifest.map(|m| &m.title));
        let licence = entry.map(|e| e.licence.clone());
        let quantisations = entry.iter().flat_map(|entry| &entry.quantisations).map(|q| Needs {
            quantisation: q.name.clone(),
            disk_bytes: q.disk_bytes,
            memory_bytes: q.memory_bytes,
            picture: entry.and_then(|entry| entry.picture),
        });
        Listed {
            title: title.cloned().unwrap_or_default(),
            good_for: entry.map(|entry| entry.good_for.clone()),
            licence: licence.or(manifest.and_then(|m| m.licence.clone())),
            installed: manifest.is_some() || entry.is_some_and(|entry| entry.built_in),
            n_bytes: manifest.map(Manifest::n_bytes),
            quantisation: manifest.and_then(|m| m.quantisation.clone()),
            path: manifest.and_then(|m| self.store.model_dir(&m.name).ok()),
            unfinished: unfinished.get(&name).copied(),
            not_yet: entry.and_then(|entry| entry.not_yet.clone()),
            quantisations: quantisations.collect(),
            name,
        }
    }

    /// Where an installed model is.
    ///
    /// # Errors
    /// [`WeightsError::NotInstalled`].
    pub fn path(&self, name: &str) -> Result<PathBuf, AppError> {
        self.store.manifest(name)?;
        Ok(self.store.model_dir(name)?)
    }

    /// Reads an installed model's files and compares them with what was made; `None` when
    /// cancelled.
    ///
    /// # Errors
    /// [`WeightsError::NotInstalled`], and those of the disk.
    pub fn verify(
        &self,
        name: &str,
        control: &Control,
        report: &Report,
    ) -> Result<Option<Vec<Verdict>>, AppError> {
        outcome(self.store.verify(name, control, report).map_err(Stop::from))
    }

    /// Removes a model and what there is of it when it is not finished; returns the bytes freed.
    ///
    /// # Errors
    /// [`WeightsError::NotInstalled`], [`WeightsError::Busy`], and those of the disk.
    pub fn remove(&self, name: &str) -> Result<u64, AppError> {
        let lock = self.store.lock()?;
        Ok(self.store.remove(&lock, name)?)
    }
}

/// Reads the name of a vision format.
pub fn vision_format(name: &str) -> Option<VisionFormat> {
    match name.to_ascii_lowercase().as_str() {
        "f16" => Some(VisionFormat::F16),
        "q8_0" => Some(VisionFormat::Q8_0),
        _ => None,
    }
}

/// Why work ended before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    Cancelled,
    Failed(AppError),
}

impl<E: Into<AppError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl From<lorgnette_weights::Halt> for Stop {
    fn from(halt: lorgnette_weights::Halt) -> Self {
        match halt {
            lorgnette_weights::Halt::Cancelled => Self::Cancelled,
            lorgnette_weights::Halt::Failed(error) => Self::Failed(error.into()),
        }
    }
}

/// `None` for what was cancelled.
pub(crate) fn outcome<T>(result: Result<T, Stop>) -> Result<Option<T>, AppError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Stop::Cancelled) => Ok(None),
        Err(Stop::Failed(error)) => Err(error),
    }
}
