//! How far the work in a folder is, written so that any moment is a good one to be killed.
//!
//! What the journal says is done lies on the disk: targets are flushed first, then the journal
//! takes the place of the one before it in one step.

use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::checksum::Hash;
use crate::error::WeightsError;
use crate::part_file::PartFile;
use crate::recipe::Source;

const NAME: &str = "journal.json";
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Journal {
    version: u32,
    /// The recipe's fingerprint: another recipe makes other files.
    recipe: String,
    /// One for each source, in the recipe's order.
    pub(crate) sources: Vec<SourceState>,
}

/// How far a source is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SourceState {
    /// Everything before this byte is in the targets.
    pub(crate) n_done: u64,
    /// The hash of everything before this byte.
    pub(crate) hash: String,
    /// The whole file was what its hash says.
    #[serde(rename = "is_proved")] // as journals have it
    pub(crate) is_verified: bool,
    /// Times that it was begun again because it was not what it should be.
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

    /// The journal of a folder, if it is about this recipe and makes sense.
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

    /// Source bytes that are done in a folder, whatever its recipe; `None`: no work was begun.
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
