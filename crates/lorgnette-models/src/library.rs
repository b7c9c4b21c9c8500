//! The models folder, and everything that can be done with it.

mod list;

use std::path::{Path, PathBuf};

use lorgnette_gguf::shards::ShardName;
use lorgnette_interrupt::{Cancel, unless_cancelled};
use lorgnette_weights::Report;
use lorgnette_weights::store::{Store, Verdict};

pub use self::list::{
    Circumstances, Fits, Model, ModelState, PublishedAt, Quantisation, Recommended, name, of_server,
};
use crate::error::ModelsError;
use crate::folders::Folders;

/// A models folder.
#[derive(Debug, Clone)]
pub struct Library {
    pub(crate) store: Store,
}

impl Library {
    /// The person's own.
    ///
    /// # Errors
    /// [`ModelsError::NoHome`] if the system names no home folder.
    pub fn find() -> Result<Self, ModelsError> {
        Ok(Self::at(&Folders::find()?.models))
    }

    /// The one in that folder, which need not be there yet.
    pub fn at(dir: &Path) -> Self {
        Self { store: Store::new(dir) }
    }

    pub fn dir(&self) -> &Path {
        self.store.dir()
    }

    /// Where an installed model is.
    ///
    /// # Errors
    /// [`WeightsError::NotInstalled`](lorgnette_weights::WeightsError::NotInstalled) if it is not
    /// there.
    pub fn path(&self, name: &str) -> Result<PathBuf, ModelsError> {
        self.store.manifest(name)?;
        Ok(self.store.model_dir(name)?)
    }

    /// What lies in the folder and looks like a model: folders, `.gguf` files that are no vision parts
    /// and no later parts of others, and links that lead nowhere.
    pub fn paths(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs_err::read_dir(self.dir()) else {
            return Vec::new();
        };
        let is_gguf = |path: &PathBuf| {
            path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
        };
        let is_later_part = |path: &PathBuf| {
            ShardName::of_path(path).is_some_and(|part| {
                part.number > 1 && path.with_file_name(part.renumbered(1)).exists()
            })
        };
        let is_model = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            let is_text = is_gguf(path) && !name.contains("mmproj") && !is_later_part(path);
            // Models that are not finished are hidden.
            !name.starts_with('.')
                && (path.is_dir() || (is_text && path.is_file()) || is_gone(path))
        };
        let mut models: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(is_model).collect();
        models.sort();
        models
    }

    /// Reads an installed model's files and compares them with what was made; `None` when
    /// cancelled.
    ///
    /// # Errors
    /// [`WeightsError::NotInstalled`](lorgnette_weights::WeightsError::NotInstalled), and those of
    /// the disk.
    pub fn verify(
        &self,
        name: &str,
        cancel: &Cancel,
        report: &Report,
    ) -> Result<Option<Vec<Verdict>>, ModelsError> {
        Ok(unless_cancelled(self.store.verify(name, cancel, report))?)
    }

    /// Removes a model, finished or not, and returns the bytes that are free again.
    ///
    /// # Errors
    /// [`WeightsError::NotInstalled`](lorgnette_weights::WeightsError::NotInstalled),
    /// [`WeightsError::Busy`](lorgnette_weights::WeightsError::Busy), and those of the disk.
    pub fn remove(&self, name: &str) -> Result<u64, ModelsError> {
        let lock = self.store.lock()?;
        Ok(self.store.remove(&lock, name)?)
    }
}

/// Whether it is a link that leads nowhere.
fn is_gone(path: &Path) -> bool {
    path.is_symlink() && !path.exists()
}
