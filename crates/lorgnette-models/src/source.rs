//! Where a model comes from.

mod origin;

use std::path::PathBuf;
use std::str::FromStr;

use lorgnette_weights::catalogue::{self, Entry};
use lorgnette_weights::hub::{RepoName, Revision};

pub(crate) use self::origin::{Origin, Shard};
use crate::error::ModelsError;

/// Where a model comes from, as people write it.
#[derive(Debug, Clone)]
pub enum ModelSource {
    /// A model of the catalogue.
    Known(Box<Entry>),
    /// A repository of the hub, in one of its states.
    Hub { repo: RepoName, revision: Revision },
    /// A folder or file on this machine.
    Local(PathBuf),
}

impl FromStr for ModelSource {
    type Err = ModelsError;

    /// Reads `hf:OWNER/REPO[@REVISION]`, a name of the catalogue, or a path.
    fn from_str(text: &str) -> Result<Self, ModelsError> {
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
            Err(ModelsError::UnknownModel { name: text.into() })
        }
    }
}
