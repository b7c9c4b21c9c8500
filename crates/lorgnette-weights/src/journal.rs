//! A record of how far the work in a folder is, written so that a kill does no harm at any moment.
//!
//! Whatever the journal calls done lies on the disk: targets are flushed first, then the journal
//! replaces the one before it in one step.

use std::io::Write as _;
use std::path::Path;

use lorgnette_files::PartFile;
use serde::{Deserialize, Serialize};

use crate::checksum::Hash;
use crate::error::WeightsError;
use crate::recipe::Source;

const NAME: &str = "journal.json";
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Journal {
    version: u32,
    /// Fingerprint of the recipe, since another recipe makes other files.
    recipe: String,
    /// The state of each source, in the recipe's order.
    pub(crate) sources: Vec<SourceState>,
}

/// How far a source is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SourceState {
    /// Bytes from the beginning that are in the targets.
    pub(crate) n_done: u64,
    /// State of the hash over these bytes.
    pub(crate) hash: String,
    /// Whether the whole file matched its published hash.
    #[serde(rename = "is_proved")] // as journals have it
    pub(crate) is_verified: bool,
    /// Times that it was begun again, because it was not what it should be.
    pub(crate) n_restarts: u32,
}

impl SourceState {
    pub(crate) fn new(source: &Source) -> Self {
        let hash = Hash::begin(source.checksum.as_ref(), source.n_bytes).state();
        Self { n_done: 0, hash, is_verified: false, n_restarts: 0 }
    }
}

impl Journal {
    pub(crate) fn new(recipe: &str, sources: &[Source]) -> Self {
        let sources = sources.iter().map(SourceState::new).collect();
        Self { version: VERSION, recipe: recipe.to_owned(), sources }
    }

    /// Reads the journal of a folder, if it is about this recipe and makes sense.
    pub(crate) fn read(work: &Path, recipe: &str, sources: &[Source]) -> Option<Self> {
        let bytes = fs_err::read(work.join(NAME)).ok()?;
        let journal: Self = serde_json::from_slice(&bytes).ok()?;
        let fits = journal.version == VERSION
            && journal.recipe == recipe
            && journal.sources.len() == sources.len();
        let sound = |(state, source): (&SourceState, &Source)| {
            state.n_done <= source.n_bytes && Hash::from_state(&state.hash).is_some()
        };
        (fits && journal.sources.iter().zip(sources).all(sound)).then_some(journal)
    }

    pub(crate) fn write(&self, work: &Path) -> Result<(), WeightsError> {
        let json = serde_json::to_vec_pretty(self).map_err(std::io::Error::from)?;
        let mut file = PartFile::create(&work.join(NAME))?;
        file.write_all(&json)?;
        Ok(file.finish()?)
    }

    /// Source bytes that are done in a folder, whatever its recipe; `None` when no work was begun.
    pub(crate) fn n_done_in(work: &Path) -> Option<u64> {
        let bytes = fs_err::read(work.join(NAME)).ok()?;
        let journal = serde_json::from_slice::<Self>(&bytes).ok();
        Some(journal.map_or(0, |journal| journal.sources.iter().map(|state| state.n_done).sum()))
    }

    pub(crate) fn remove(work: &Path) -> Result<(), WeightsError> {
        Ok(remove_if_there(&work.join(NAME))?)
    }
}

pub(crate) fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
