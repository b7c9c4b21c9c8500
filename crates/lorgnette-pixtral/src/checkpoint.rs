//! Files with a network in them: finding them, reading their headers, reading one tensor.
//!
//! [`Checkpoint::open`] reads headers only. Everything in a header is checked against the size of
//! its file before memory is taken for it.

mod gguf;
mod names;
mod projector;
mod safetensors;

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use lorgnette_gguf::quantise::dequantise;
use lorgnette_gguf::safetensors::{INDEX_NAME, shard_names};
use lorgnette_gguf::{GgufFile, NumberFormat, Source, StoredTensor};
use sha2::{Digest as _, Sha256};

pub use self::names::{BlockPart, Naming, Part, inventory, text_inventory, vision_inventory};
pub use self::projector::{LeftOut, Projectors};
use crate::config::{self, ModelConfig};
use crate::error::LoadError;

/// Tensors by what the checkpoint calls them.
type Tensors = BTreeMap<String, self::safetensors::Entry>;

/// A network on disk, of which every tensor is there.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    config: ModelConfig,
    naming: Naming,
    tensors: Tensors,
    /// The text model's header, which also holds the vocabulary.
    gguf: Option<GgufFile>,
    /// The file of the vision part, if it is one of its own.
    projector: Option<PathBuf>,
    /// Vision parts beside the text model that do not go with it.
    left_out: Vec<LeftOut>,
}

impl Checkpoint {
    /// Opens a folder (Hugging Face, Mistral's own, or a GGUF pair) or a GGUF file, whose other
    /// parts and whose mmproj are looked for beside it.
    ///
    /// # Errors
    /// [`LoadError`] names the file and what is wrong with it.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        Self::open_with(path, None)
    }

    /// As [`Self::open`], with a vision part (mmproj) that somebody chose.
    ///
    /// # Errors
    /// [`LoadError`]; [`LoadError::Projector`] for a vision part that does not go with the model.
    pub fn open_with(path: &Path, projector: Option<&Path>) -> Result<Self, LoadError> {
        if !path.exists() {
            return Err(gguf::gone(path).unwrap_or(LoadError::NotFound { path: path.to_owned() }));
        }
        let is_folder = path.is_dir();
        let is_native = is_folder && path.join("params.json").is_file();
        if is_folder && (is_native || path.join("config.json").is_file()) {
            if let Some(file) = projector {
                let reason = "a model of safetensors files has its own".to_owned();
                return Err(LoadError::Projector { file: file.to_owned(), reason });
            }
            let hugging_face = path.join("config.json").is_file();
            return if hugging_face {
                Self::open_hugging_face(path)
            } else {
                Self::open_native(path)
            };
        }
        let text = if is_folder { gguf::text_model(path)? } else { gguf::text_file(path)? };
        Self::with_projector(text, projector)
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

    /// The file of the vision part, if it is one of its own.
    pub fn projector(&self) -> Option<&Path> {
        self.projector.as_deref()
    }

    /// The vision parts beside the text model that do not go with it.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The files that it consists of, each once.
    pub fn files(&self) -> Vec<PathBuf> {
        let stored = self.tensors.values().flatten();
        let mut files: Vec<_> = stored.map(|tensor| tensor.source.path().to_owned()).collect();
        // The first of several parts may have metadata alone.
        files.extend(self.gguf.as_ref().map(|text| text.path().to_owned()));
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
        let mut numbers = dequantise(&bytes, row_len, stored.dtype)?;
        if stored.dtype == NumberFormat::F8E4M3 {
            let scale = self.scale(part)?;
            for number in &mut numbers {
                *number *= scale;
            }
        }
        Ok(numbers)
    }

    /// What the numbers of a matrix of FP8 codes are multiplied with; its name says "inverse" and means
    /// nothing by it. Source: transformers' FP8 checkpoints of Ministral 3, and Mistral's own.
    ///
    /// # Errors
    /// [`LoadError`] if it is missing, is not one number, or is not above 0.
    pub(crate) fn scale(&self, part: Part) -> Result<f32, LoadError> {
        let matrix = self.naming.name(part);
        let base = matrix.strip_suffix(".weight").unwrap_or(&matrix);
        let names = [format!("{base}.weight_scale_inv"), format!("{base}.qscale_weight")];
        let found = names.iter().find_map(|name| Some((name, self.tensors.get(name)?)));
        let Some((name, Ok(stored))) = found else {
            let [tensor, _] = names;
            let checkpoint = self.path.clone();
            return Err(LoadError::MissingTensor { checkpoint, tensor, n_more: 0 });
        };
        let mut numbers = Vec::new();
        if stored.n_bytes <= 4 {
            let mut bytes = vec![0; stored.n_bytes as usize];
            stored.read_into(&mut bytes)?;
            numbers = dequantise(&bytes, 1, stored.dtype)?;
        }
        match numbers[..] {
            [scale] if scale.is_finite() && scale > 0.0 => Ok(scale),
            _ => {
                let reason = format!("tensor {name} is not one number above 0");
                Err(LoadError::malformed(stored.source.path(), reason))
            }
        }
    }

    /// Whether the part is there.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.tensors.contains_key(&self.naming.name(part))
    }

    /// A tensor of the expected shape.
    pub(crate) fn find(&self, part: Part, shape: &[usize]) -> Result<&StoredTensor, LoadError> {
        find(&self.tensors, self.naming, &self.path, part, shape)
    }

    /// Refuses a network of which a tensor is missing, or is not what the configuration says.
    fn checked(self) -> Result<Self, LoadError> {
        let parts = inventory(&self.config);
        check(&self.tensors, self.naming, &self.path, &parts)?;
        for (part, shape) in &parts {
            if self.find(*part, shape)?.dtype == NumberFormat::F8E4M3 {
                self.scale(*part)?;
            }
        }
        Ok(self)
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
        mut config: ModelConfig,
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
        let naming = Naming::of(&|name| tensors.contains_key(name)).ok_or_else(|| {
            LoadError::MissingTensor {
                checkpoint: dir.to_owned(),
                tensor: Naming::Llava.name(Part::TokenEmbedding),
                n_more: 0,
            }
        })?;
        // Not what the configuration says of it: several published ones are wrong.
        config.text.tied_embeddings = !tensors.contains_key(&naming.name(Part::Output));
        let (path, gguf, projector, left_out) = (dir.to_owned(), None, None, Vec::new());
        let checkpoint =
            Self { path, config, naming, tensors, gguf, projector, left_out }.checked()?;
        let has_codes = |tensor: &StoredTensor| tensor.dtype == NumberFormat::F8E4M3;
        if checkpoint.tensors.values().flatten().any(has_codes) {
            check_codes_are_declared(dir)?;
        }
        Ok(checkpoint)
    }

    /// The checkpoint of a text model on this machine and the vision part that goes with it.
    fn with_projector(text: GgufFile, projector: Option<&Path>) -> Result<Self, LoadError> {
        // A text model that is not supported is no fault of its vision part.
        config::from_gguf(&text, None)?;
        let Projectors { chosen, left_out } = match projector {
            Some(file) => Projectors::named(&text, file)?,
            None => Projectors::beside(&text)?,
        };
        let opened = Self::from_gguf(text, chosen.as_ref())?;
        Ok(Self { left_out, ..opened })
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
        let projector = vision.map(|file| file.path().to_owned());
        let (naming, gguf, left_out) = (Naming::Gguf, Some(text), Vec::new());
        Self { path, config, naming, tensors, gguf, projector, left_out }.checked()
    }
}

/// A tensor of the expected shape. `checkpoint` is what errors call the model.
fn find<'a>(
    tensors: &'a Tensors,
    naming: Naming,
    checkpoint: &Path,
    part: Part,
    shape: &[usize],
) -> Result<&'a StoredTensor, LoadError> {
    let name = naming.name(part);
    let Some(entry) = tensors.get(&name) else {
        let checkpoint = checkpoint.to_owned();
        return Err(LoadError::MissingTensor { checkpoint, tensor: name, n_more: 0 });
    };
    let tensor = entry.as_ref().map_err(|dtype| {
        LoadError::unsupported_dtype(checkpoint, name.clone(), dtype.to_string())
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

/// Refuses tensors of which one of the parts is missing, has another shape, or is in a number format
/// that it is not computed in.
fn check(
    tensors: &Tensors,
    naming: Naming,
    checkpoint: &Path,
    parts: &[(Part, Vec<usize>)],
) -> Result<(), LoadError> {
    for (part, shape) in parts {
        let tensor = match find(tensors, naming, checkpoint, *part, shape) {
            Ok(tensor) => tensor,
            Err(LoadError::MissingTensor { checkpoint, tensor, .. }) => {
                let is_missing = |part: Part| !tensors.contains_key(&naming.name(part));
                let n_missing = parts.iter().filter(|(part, _)| is_missing(*part)).count();
                let n_more = n_missing.saturating_sub(1);
                return Err(LoadError::MissingTensor { checkpoint, tensor, n_more });
            }
            Err(error) => return Err(error),
        };
        let is_matrix = shape.len() == 2;
        let is_quantised = matches!(tensor.dtype, NumberFormat::Blocks(_) | NumberFormat::F8E4M3);
        if is_quantised && !is_matrix {
            return Err(LoadError::unsupported_dtype(
                tensor.source.path(),
                naming.name(*part),
                format!("{:?} (only matrices are read quantised)", tensor.dtype),
            ));
        }
    }
    Ok(())
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
            return read(&read_json(&file)?).map_err(|fault| fault.in_file(&file));
        }
    }
    Err(LoadError::NoModel { dir: dir.to_owned() })
}

/// Refuses FP8 codes of which the folder's configuration says nothing: what they stand for is then a
/// guess.
///
/// # Errors
/// [`LoadError::Quantised`], and those of reading the file.
pub fn check_codes_are_declared(dir: &Path) -> Result<(), LoadError> {
    for (name, key) in [("config.json", "quantization_config"), ("params.json", "quantization")] {
        let file = dir.join(name);
        if file.is_file() {
            // It was read as a configuration before.
            let json: serde_json::Value =
                serde_json::from_slice(&read_json(&file)?).unwrap_or_default();
            let how = format!("FP8 without {key}");
            return if json[key].is_null() {
                Err(LoadError::Quantised { file, how })
            } else {
                Ok(())
            };
        }
    }
    Ok(())
}

/// The safetensors files of a folder: those its index names, or the only one.
fn shards(dir: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let index_path = dir.join(INDEX_NAME);
    if !index_path.is_file() {
        let only = dir.join("model.safetensors");
        // A link that leads nowhere is named with where it leads.
        return gguf::gone(&only).map_or(Ok(vec![only]), Err);
    }
    let mut shards = Vec::new();
    for name in shard_names(&index_path, &read_json(&index_path)?)? {
        let shard = dir.join(name);
        if !shard.is_file() {
            let gone = gguf::gone(&shard);
            return Err(gone.unwrap_or(LoadError::MissingShard { shard, index: index_path }));
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

#[cfg(test)]
mod tests;
