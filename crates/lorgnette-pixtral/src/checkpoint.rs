//! Files with a network in them: finding them, reading their headers, reading one tensor.
//!
//! [`Checkpoint::open`] reads headers only. Everything in a header is checked against the size of
//! its file before memory is taken for it.

mod names;
mod safetensors;

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use lorgnette_gguf::quantise::dequantise;
use lorgnette_gguf::safetensors::{INDEX_NAME, shard_names};
use lorgnette_gguf::{GgufFile, NumberFormat, Source, StoredTensor};
use sha2::{Digest as _, Sha256};

pub use self::names::{BlockPart, Naming, Part, inventory, text_inventory, vision_inventory};
use crate::config::{self, ConfigFault, ModelConfig};
use crate::error::LoadError;

/// A network on disk.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    config: ModelConfig,
    naming: Naming,
    tensors: BTreeMap<String, self::safetensors::Entry>,
    /// The text model's header, which also holds the vocabulary.
    gguf: Option<GgufFile>,
}

impl Checkpoint {
    /// Opens a folder (Hugging Face, Mistral's own, or a GGUF pair) or a GGUF file, whose mmproj
    /// is looked for beside it.
    ///
    /// # Errors
    /// [`LoadError`] names the file and what is wrong with it.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        if !path.exists() {
            return Err(LoadError::NotFound { path: path.to_owned() });
        }
        if path.is_file() {
            return Self::open_gguf(path);
        }
        if path.join("config.json").is_file() {
            Self::open_hugging_face(path)
        } else if path.join("params.json").is_file() {
            Self::open_native(path)
        } else {
            Self::open_gguf_folder(path)
        }
    }

    /// Opens a GGUF pair that is part of the program.
    ///
    /// # Errors
    /// [`LoadError`] names the file and what is wrong with it.
    pub fn open_built_in(text: &Source, vision: &Source) -> Result<Self, LoadError> {
        Self::from_gguf(GgufFile::read(text)?, Some(&GgufFile::read(vision)?))
    }

    /// The sizes that the checkpoint's configuration states.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// How its tensors are named, and with that how q and k are laid out.
    pub fn naming(&self) -> Naming {
        self.naming
    }

    /// The folder or file it was opened from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files that hold its tensors, each once.
    pub fn files(&self) -> Vec<PathBuf> {
        let stored = self.tensors.values().flatten();
        let mut files: Vec<_> = stored.map(|tensor| tensor.source.path().to_owned()).collect();
        files.sort();
        files.dedup();
        files
    }

    /// The header of the text model when this is a GGUF pair.
    pub fn gguf(&self) -> Option<&GgufFile> {
        self.gguf.as_ref()
    }

    /// Bytes of the network's tensors on disk.
    pub fn n_bytes(&self) -> u64 {
        self.tensors.values().flatten().map(|tensor| tensor.n_bytes).sum()
    }

    /// What tells this network from others: a hash of its files' lengths and of their first and
    /// last megabyte, where headers and weights are.
    ///
    /// # Errors
    /// [`LoadError::Read`] if the file cannot be read.
    pub fn fingerprint(&self) -> Result<[u8; 32], LoadError> {
        const PART: u64 = 1 << 20;
        let mut sources: Vec<&Source> =
            self.tensors.values().flatten().map(|tensor| &tensor.source).collect();
        sources.sort_by_key(|source| source.path());
        sources.dedup_by_key(|source| source.path());
        let mut hash = Sha256::new();
        for source in sources {
            let (mut file, n_bytes) = source.open()?;
            hash.update(n_bytes.to_le_bytes());
            for start in [0, n_bytes.saturating_sub(PART)] {
                file.seek(SeekFrom::Start(start))?;
                let mut bytes = Vec::new();
                file.by_ref().take(PART).read_to_end(&mut bytes)?;
                hash.update(&bytes);
            }
        }
        Ok(hash.finalize().into())
    }

    /// A part's numbers as f32, rows first.
    ///
    /// # Errors
    /// [`LoadError`] for a part that is missing, of another shape, or quantised.
    pub fn numbers(&self, part: Part, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let stored = self.find(part, shape)?;
        let mut bytes = vec![0; stored.n_bytes as usize];
        stored.read_into(&mut bytes)?;
        if let NumberFormat::Blocks(format) = stored.dtype {
            return Err(LoadError::unsupported_dtype(
                stored.source.path(),
                self.naming.name(part),
                format!("{format:?} (it is quantised already)"),
            ));
        }
        let row_len = stored.shape.last().copied().unwrap_or(1);
        Ok(dequantise(&bytes, row_len, stored.dtype)?)
    }

    /// Whether the part is there.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.tensors.contains_key(&self.naming.name(part))
    }

    /// A tensor of the expected shape.
    pub(crate) fn find(&self, part: Part, shape: &[usize]) -> Result<&StoredTensor, LoadError> {
        let name = self.naming.name(part);
        let Some(entry) = self.tensors.get(&name) else {
            return Err(LoadError::MissingTensor { checkpoint: self.path.clone(), tensor: name });
        };
        let tensor = entry.as_ref().map_err(|dtype| {
            LoadError::unsupported_dtype(&self.path, name.clone(), dtype.to_string())
        })?;
        if tensor.shape != shape {
            return Err(LoadError::WrongShape {
                file: tensor.source.path().to_owned(),
                tensor: name,
                found: tensor.shape.clone(),
                expected: shape.to_vec(),
            });
        }
        Ok(tensor)
    }

    fn open_hugging_face(dir: &Path) -> Result<Self, LoadError> {
        let shards = shards(dir)?;
        Self::from_safetensors(dir, read_config(dir)?, &shards)
    }

    fn open_native(dir: &Path) -> Result<Self, LoadError> {
        let weights = dir.join("consolidated.safetensors");
        let shards = if weights.is_file() { vec![weights] } else { shards(dir)? };
        Self::from_safetensors(dir, read_config(dir)?, &shards)
    }

    fn from_safetensors(
        dir: &Path,
        config: ModelConfig,
        shards: &[PathBuf],
    ) -> Result<Self, LoadError> {
        let mut tensors = BTreeMap::new();
        for shard in shards {
            for (name, entry) in self::safetensors::read_tensors(shard)? {
                if tensors.insert(name.clone(), entry).is_some() {
                    let reason = format!("tensor {name} is in another file too");
                    return Err(LoadError::malformed(shard, reason));
                }
            }
        }
        let naming = Naming::ALL
            .into_iter()
            .find(|naming| tensors.contains_key(&naming.name(Part::TokenEmbedding)))
            .ok_or_else(|| LoadError::MissingTensor {
                checkpoint: dir.to_owned(),
                tensor: Naming::Llava.name(Part::TokenEmbedding),
            })?;
        Ok(Self { path: dir.to_owned(), config, naming, tensors, gguf: None })
    }

    /// The one text model of a folder.
    fn open_gguf_folder(dir: &Path) -> Result<Self, LoadError> {
        let mut text: Option<PathBuf> = None;
        for path in gguf_files(dir)? {
            if GgufFile::open(&path)?.architecture() == "clip" {
                continue;
            }
            if let Some(first) = text {
                let dir = dir.to_owned();
                return Err(LoadError::Ambiguous { dir, what: "model", first, second: path });
            }
            text = Some(path);
        }
        match text {
            Some(path) => Self::open_gguf(&path),
            None => Err(LoadError::NoModel { dir: dir.to_owned() }),
        }
    }

    fn open_gguf(path: &Path) -> Result<Self, LoadError> {
        let text = GgufFile::open(path)?;
        if text.architecture() == "clip" {
            let what = "a vision part (mmproj) without its text model".into();
            return Err(LoadError::Unsupported { file: path.to_owned(), what });
        }
        let vision = match find_mmproj(path)? {
            Some(path) => Some(GgufFile::open(&path)?),
            None => None,
        };
        Self::from_gguf(text, vision.as_ref())
    }

    /// The checkpoint of a GGUF pair whose headers were read already, wherever the files lie.
    ///
    /// # Errors
    /// [`LoadError`] when the headers describe no network that is supported.
    pub fn from_gguf(text: GgufFile, vision: Option<&GgufFile>) -> Result<Self, LoadError> {
        let config = config::from_gguf(&text, vision)?;
        let mut tensors = BTreeMap::new();
        for (name, tensor) in vision.iter().flat_map(|file| file.tensors()).chain(text.tensors()) {
            tensors.insert(name.clone(), Ok(tensor.clone()));
        }
        let path = text.path().to_owned();
        Ok(Self { path, config, naming: Naming::Gguf, tensors, gguf: Some(text) })
    }
}

/// The network's sizes, from a folder's `config.json` or `params.json` alone.
///
/// # Errors
/// [`LoadError::NoModel`] when it has neither, and what is wrong with the one it has.
pub fn read_config(dir: &Path) -> Result<ModelConfig, LoadError> {
    for (name, read) in [
        ("config.json", config::from_config_json as fn(&[u8]) -> _),
        ("params.json", config::from_params_json),
    ] {
        let file = dir.join(name);
        if file.is_file() {
            return read(&read_json(&file)?).map_err(|fault| config_error(&file, fault));
        }
    }
    Err(LoadError::NoModel { dir: dir.to_owned() })
}

/// The vision part beside a text model: the only file of architecture `clip`, or of several the
/// one that shares the longest beginning of its name (`mmproj-` aside).
fn find_mmproj(text: &Path) -> Result<Option<PathBuf>, LoadError> {
    let dir = text.parent().unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for path in gguf_files(dir)? {
        // Another model's broken file beside this one is not this one's problem.
        if path != text && GgufFile::open(&path).is_ok_and(|file| file.architecture() == "clip") {
            found.push(path);
        }
    }
    let shared = |path: &PathBuf| {
        let name = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.trim_start_matches("mmproj-").to_owned()
        };
        let (a, b) = (name(path), name(text));
        a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
    };
    found.sort_by_key(shared);
    let best = found.pop();
    if let (Some(first), Some(second)) = (&best, found.last())
        && shared(first) == shared(second)
    {
        return Err(LoadError::Ambiguous {
            dir: dir.to_owned(),
            what: "vision (mmproj)",
            first: first.clone(),
            second: second.clone(),
        });
    }
    Ok(best)
}

fn gguf_files(dir: &Path) -> Result<Vec<PathBuf>, LoadError> {
    // A bare file name has an empty parent.
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let mut files = Vec::new();
    for entry in fs_err::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The safetensors files of a folder: those its index names, or the only one.
fn shards(dir: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let index_path = dir.join(INDEX_NAME);
    if !index_path.is_file() {
        return Ok(vec![dir.join("model.safetensors")]);
    }
    let mut shards = Vec::new();
    for name in shard_names(&index_path, &read_json(&index_path)?)? {
        let shard = dir.join(name);
        if !shard.is_file() {
            return Err(LoadError::MissingShard { shard, index: index_path });
        }
        shards.push(shard);
    }
    Ok(shards)
}

/// A JSON file, of which the largest (an index) has some 100 KiB.
fn read_json(path: &Path) -> Result<Vec<u8>, LoadError> {
    const MAX_JSON_BYTES: u64 = 16 << 20;
    let n_bytes = fs_err::metadata(path)?.len();
    if n_bytes > MAX_JSON_BYTES {
        return Err(LoadError::malformed(path, format!("{n_bytes} bytes of JSON")));
    }
    Ok(fs_err::read(path)?)
}

fn config_error(file: &Path, fault: ConfigFault) -> LoadError {
    match fault {
        ConfigFault::Malformed(reason) => LoadError::malformed(file, reason),
        ConfigFault::Unsupported(what) => LoadError::Unsupported { file: file.to_owned(), what },
    }
}

#[cfg(test)]
mod tests;
