//! Files of a checkpoint, on the hub or in a folder, behind one face.

use std::collections::BTreeSet;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use lorgnette_weights::Hub;
use lorgnette_weights::hub::{FileName, Repository};
use lorgnette_weights::recipe::{Piece, Source};
use lorgnette_weights::safetensors_header::{self, RemoteTensor};
use lorgnette_weights::{Halt, WeightsError};

/// Configurations and tokenizers are shorter.
const MAX_SMALL_BYTES: u64 = 100_000_000;

pub(super) enum Place {
    Hub { hub: Box<Hub>, repository: Repository },
    Folder(PathBuf),
}

/// A weights file and what its header says.
pub(super) struct Shard {
    pub(super) name: FileName,
    pub(super) n_bytes: u64,
    pub(super) tensors: Vec<RemoteTensor>,
}

impl Place {
    /// What messages call it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Hub { repository, .. } => repository.name.to_string(),
            Self::Folder(dir) => dir.display().to_string(),
        }
    }

    /// Its files with their sizes, by name.
    pub(super) fn files(&self) -> Result<Vec<(FileName, u64)>, Halt> {
        let mut files = match self {
            Self::Hub { repository, .. } => {
                repository.files.iter().map(|file| (file.name.clone(), file.n_bytes)).collect()
            }
            Self::Folder(dir) => local_files(dir)?,
        };
        files.sort();
        Ok(files)
    }

    /// A small file, whole and verified; `None` when it is not there.
    pub(super) fn small(&self, name: &str) -> Result<Option<Vec<u8>>, Halt> {
        match self {
            Self::Hub { hub, repository } => match repository.file(name) {
                Some(file) => hub.small_file(repository, file).map(Some),
                None => Ok(None),
            },
            Self::Folder(dir) => {
                let path = dir.join(name);
                let n_bytes = path.metadata().map_or(0, |metadata| metadata.len());
                if !path.is_file() {
                    return Ok(None);
                }
                if n_bytes > MAX_SMALL_BYTES {
                    let reason = format!("{n_bytes} bytes are too many for it");
                    return Err(WeightsError::Header { file: name.into(), reason }.into());
                }
                Ok(Some(fs_err::read(path)?))
            }
        }
    }

    fn range(&self, name: &FileName, range: Range<u64>) -> Result<Vec<u8>, Halt> {
        match self {
            Self::Hub { hub, repository } => {
                let file = repository.file(name.as_str()).ok_or_else(|| self.missing(name))?;
                hub.range(repository, file, range)
            }
            Self::Folder(dir) => {
                let mut file = fs_err::File::open(dir.join(name.as_str()))?;
                file.seek(SeekFrom::Start(range.start))?;
                let mut bytes = vec![0; (range.end - range.start) as usize];
                file.read_exact(&mut bytes)?;
                Ok(bytes)
            }
        }
    }

    fn missing(&self, name: &FileName) -> WeightsError {
        WeightsError::NotFound { host: self.name(), what: name.to_string() }
    }

    /// The weights files and their headers: those that the index names, or the only one.
    pub(super) fn shards(&self) -> Result<Vec<Shard>, Halt> {
        let files = self.files()?;
        let size =
            |name: &str| files.iter().find(|(file, _)| file.as_str() == name).map(|(_, n)| *n);
        let mut names = BTreeSet::new();
        if size("consolidated.safetensors").is_some() && size("config.json").is_none() {
            names.insert(FileName::new("consolidated.safetensors")?);
        } else if let Some(index) = self.small("model.safetensors.index.json")? {
            let fault = |reason: String| WeightsError::Header {
                file: "model.safetensors.index.json".into(),
                reason,
            };
            let index: serde_json::Value =
                serde_json::from_slice(&index).map_err(|error| fault(error.to_string()))?;
            let map = index["weight_map"].as_object();
            let map = map.ok_or_else(|| fault("it has no weight_map".into()))?;
            for file in map.values() {
                // A name from a file: checked before it is one of a path.
                names.insert(FileName::new(file.as_str().unwrap_or_default())?);
            }
        } else {
            names.insert(FileName::new("model.safetensors")?);
        }
        let mut shards = Vec::new();
        for name in names {
            let n_bytes = size(name.as_str()).ok_or_else(|| self.missing(&name))?;
            shards.push(self.shard(name, n_bytes)?);
        }
        Ok(shards)
    }

    fn shard(&self, name: FileName, n_bytes: u64) -> Result<Shard, Halt> {
        let file = name.as_str();
        if n_bytes < 8 {
            let reason = format!("{n_bytes} bytes");
            return Err(WeightsError::Header { file: file.into(), reason }.into());
        }
        let first = self.range(&name, 0..8)?;
        let first = <[u8; 8]>::try_from(first.as_slice()).unwrap_or_default();
        let n_header = safetensors_header::header_len(file, first, n_bytes)?;
        let header = self.range(&name, 8..8 + n_header)?;
        let tensors = safetensors_header::parse(file, &header, n_bytes)?;
        Ok(Shard { name, n_bytes, tensors })
    }

    /// The numbers of a tensor that is one number: FP8's scale.
    pub(super) fn scalar(&self, shard: &Shard, tensor: &RemoteTensor) -> Result<Vec<u8>, Halt> {
        self.range(&shard.name, tensor.bytes.clone())
    }

    /// A file as a source of a recipe.
    pub(super) fn source(
        &self,
        name: &FileName,
        n_bytes: u64,
        pieces: Vec<Piece>,
    ) -> Result<Source, WeightsError> {
        match self {
            Self::Hub { hub, repository } => {
                let file = repository.file(name.as_str()).ok_or_else(|| self.missing(name))?;
                Source::of_hub(hub, repository, file, pieces)
            }
            Self::Folder(dir) => {
                Ok(Source::local(name.clone(), dir.join(name.as_str()), n_bytes, pieces))
            }
        }
    }

    pub(super) fn hub(&self) -> Option<&Hub> {
        match self {
            Self::Hub { hub, .. } => Some(hub),
            Self::Folder(_) => None,
        }
    }
}

fn local_files(dir: &Path) -> Result<Vec<(FileName, u64)>, WeightsError> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(dir)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if let (Ok(name), Ok(metadata)) = (FileName::new(name), path.metadata())
            && metadata.is_file()
        {
            files.push((name, metadata.len()));
        }
    }
    Ok(files)
}
