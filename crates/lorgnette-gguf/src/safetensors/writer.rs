//! Safetensors as a stream of tensors: one file, or a set of shards with an index.
//!
//! The `safetensors` crate's own writer needs every tensor in memory at once.

use std::collections::{HashSet, VecDeque};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ::safetensors::Dtype;
use lorgnette_files::PartFile;
use serde_json::{Map, Value, json};

use super::INDEX_NAME;
use crate::error::GgufError;

/// The header's bytes are padded to this, so that tensors behind it are aligned.
const ALIGNMENT: usize = 8;

/// A tensor as the header describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct SafetensorsTensor {
    /// The tensor's name in the checkpoint.
    pub name: String,
    /// Its sizes, rows first.
    pub shape: Vec<usize>,
    /// The number format of its rows, one of whole bytes.
    pub dtype: Dtype,
}

impl SafetensorsTensor {
    /// Bytes of all numbers; `None` when they overflow.
    pub fn n_bytes(&self) -> Option<u64> {
        let mut dims = self.shape.iter();
        dims.try_fold(self.dtype.bitsize() as u64 / 8, |n, dim| n.checked_mul(*dim as u64))
    }
}

/// One file of a set: its name, and its tensors in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct SafetensorsShard {
    /// The file's name in the folder.
    pub name: String,
    /// Its tensors, one behind the other after the header.
    pub tensors: Vec<SafetensorsTensor>,
}

impl SafetensorsShard {
    /// Plans the shards of a folder: a new one begins where the next tensor would exceed
    /// `max_shard_bytes`. `dir` is what errors call it.
    ///
    /// # Errors
    /// [`GgufError::Declaration`] for what the format cannot hold.
    pub fn plan(
        dir: &Path,
        tensors: Vec<SafetensorsTensor>,
        max_shard_bytes: u64,
    ) -> Result<Vec<Self>, GgufError> {
        let mut shards: Vec<Vec<SafetensorsTensor>> = Vec::new();
        let mut names = HashSet::new();
        let (mut n_shard_bytes, mut n_tensor_bytes) = (0_u64, 0_u64);
        for tensor in tensors {
            let fault = |reason: &str| GgufError::Declaration {
                file: dir.to_owned(),
                name: tensor.name.clone(),
                reason: reason.to_owned(),
            };
            if tensor.name == "__metadata__" || !names.insert(tensor.name.clone()) {
                return Err(fault("the name is taken"));
            }
            let n_bytes = tensor.n_bytes().filter(|n| *n > 0).ok_or_else(|| fault("no bytes"))?;
            let sum = n_tensor_bytes.checked_add(n_bytes);
            n_tensor_bytes = sum.ok_or_else(|| fault("the sizes overflow"))?;
            if shards.is_empty() || n_shard_bytes.saturating_add(n_bytes) > max_shard_bytes {
                shards.push(Vec::new());
                n_shard_bytes = 0;
            }
            n_shard_bytes += n_bytes;
            if let Some(shard) = shards.last_mut() {
                shard.push(tensor);
            }
        }
        let n_shards = shards.len();
        let shard = |(shard_idx, tensors)| {
            let name = if n_shards > 1 {
                format!("model-{:05}-of-{n_shards:05}.safetensors", shard_idx + 1)
            } else {
                "model.safetensors".to_owned()
            };
            Self { name, tensors }
        };
        Ok(shards.into_iter().enumerate().map(shard).collect())
    }

    /// What stands before the tensors: the header's length and the header.
    pub fn header(&self) -> Vec<u8> {
        let mut header = Map::new();
        // Transformers refuses files that do not say which framework's tensors they hold.
        header.insert("__metadata__".into(), json!({ "format": "pt" }));
        let mut offset = 0;
        for tensor in &self.tensors {
            let end = offset + tensor.n_bytes().unwrap_or(0);
            let info = json!({
                "dtype": tensor.dtype.to_string(),
                "shape": tensor.shape,
                "data_offsets": [offset, end],
            });
            header.insert(tensor.name.clone(), info);
            offset = end;
        }
        let mut header = Value::Object(header).to_string().into_bytes();
        header.resize(header.len().next_multiple_of(ALIGNMENT), b' ');
        [&(header.len() as u64).to_le_bytes(), header.as_slice()].concat()
    }

    /// `model.safetensors.index.json` of a set; all in one needs none.
    pub fn index(shards: &[Self]) -> Option<String> {
        if shards.len() < 2 {
            return None;
        }
        let tensors = || shards.iter().flat_map(|shard| &shard.tensors);
        let weight_map: Map<String, Value> = shards
            .iter()
            .flat_map(|shard| shard.tensors.iter().map(|t| (t.name.clone(), json!(shard.name))))
            .collect();
        let total: u64 = tensors().filter_map(SafetensorsTensor::n_bytes).sum();
        let index = json!({ "metadata": { "total_size": total }, "weight_map": weight_map });
        Some(format!("{index:#}\n"))
    }
}

/// Writes `model.safetensors`, or shards of it and `model.safetensors.index.json`.
#[derive(Debug)]
pub struct SafetensorsWriter {
    dir: PathBuf,
    /// Shards not yet begun.
    shards: VecDeque<SafetensorsShard>,
    open: Option<OpenShard>,
    index: Option<String>,
    n_tensor_bytes: u64,
}

#[derive(Debug)]
struct OpenShard {
    file: PartFile,
    tensors: VecDeque<SafetensorsTensor>,
    /// Bytes written of the first of `tensors`.
    n_done: u64,
}

impl SafetensorsWriter {
    /// Plans the shards, see [`SafetensorsShard::plan`].
    ///
    /// # Errors
    /// [`GgufError::Declaration`] for what the format cannot hold.
    pub fn create(
        dir: &Path,
        tensors: Vec<SafetensorsTensor>,
        max_shard_bytes: u64,
    ) -> Result<Self, GgufError> {
        let n_tensor_bytes = tensors.iter().filter_map(SafetensorsTensor::n_bytes).sum();
        let shards = SafetensorsShard::plan(dir, tensors, max_shard_bytes)?;
        let index = SafetensorsShard::index(&shards);
        Ok(Self { dir: dir.to_owned(), shards: shards.into(), open: None, index, n_tensor_bytes })
    }

    /// Appends bytes to a tensor, which must be the one whose turn it is.
    ///
    /// # Errors
    /// [`GgufError::OutOfOrder`], [`GgufError::TooLong`], [`GgufError::Io`].
    pub fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), GgufError> {
        if self.open.is_none()
            && let Some(shard) = self.shards.pop_front()
        {
            self.open = Some(OpenShard::create(&self.dir, shard)?);
        }
        let Some(open) = &mut self.open else {
            return Err(GgufError::OutOfOrder {
                file: self.dir.clone(),
                expected: "nothing".into(),
                found: name.to_owned(),
            });
        };
        open.append(name, bytes)?;
        if open.tensors.is_empty()
            && let Some(open) = self.open.take()
        {
            open.file.finish()?;
        }
        Ok(())
    }

    /// Writes the index, if there is one; returns the bytes of all tensors.
    ///
    /// # Errors
    /// [`GgufError::Incomplete`] when a tensor lacks bytes, [`GgufError::Io`].
    pub fn finish(mut self) -> Result<u64, GgufError> {
        let (file, tensor, n_done) = match (&self.open, self.shards.pop_front()) {
            (Some(open), _) => (open.file.path().to_owned(), open.tensors.front(), open.n_done),
            (None, Some(ref shard)) => {
                let tensor = shard.tensors.first();
                return Err(incomplete(self.dir.join(&shard.name), tensor, 0));
            }
            (None, None) => {
                if let Some(index) = &self.index {
                    // Last, so that a folder with an index is a complete one.
                    let mut file = PartFile::create(&self.dir.join(INDEX_NAME))?;
                    file.write_all(index.as_bytes())?;
                    file.finish()?;
                }
                return Ok(self.n_tensor_bytes);
            }
        };
        Err(incomplete(file, tensor, n_done))
    }
}

impl OpenShard {
    fn create(dir: &Path, shard: SafetensorsShard) -> Result<Self, GgufError> {
        let mut file = PartFile::create(&dir.join(&shard.name))?;
        file.write_all(&shard.header())?;
        Ok(Self { file, tensors: shard.tensors.into(), n_done: 0 })
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), GgufError> {
        let file = || self.file.path().to_owned();
        let Some(tensor) = self.tensors.front().filter(|tensor| tensor.name == name) else {
            return Err(GgufError::OutOfOrder {
                file: file(),
                expected: self.tensors.front().map_or("nothing", |tensor| &tensor.name).to_owned(),
                found: name.to_owned(),
            });
        };
        let declared_bytes = tensor.n_bytes().unwrap_or(0);
        let found_bytes = self.n_done + bytes.len() as u64;
        if found_bytes > declared_bytes {
            let tensor = name.to_owned();
            return Err(GgufError::TooLong { file: file(), tensor, declared_bytes, found_bytes });
        }
        self.file.write_all(bytes)?;
        self.n_done = found_bytes;
        if found_bytes == declared_bytes {
            self.tensors.pop_front();
            self.n_done = 0;
        }
        Ok(())
    }
}

fn incomplete(file: PathBuf, tensor: Option<&SafetensorsTensor>, n_done: u64) -> GgufError {
    GgufError::Incomplete {
        file,
        tensor: tensor.map(|tensor| tensor.name.clone()).unwrap_or_default(),
        missing_bytes: tensor.and_then(SafetensorsTensor::n_bytes).unwrap_or(0) - n_done,
    }
}
