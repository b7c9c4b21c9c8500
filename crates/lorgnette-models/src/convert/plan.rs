//! Which tensors of a checkpoint become which of a GGUF pair.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use lorgnette_engine::tokens::Tokenizer;
use lorgnette_gguf::safetensors::{Dtype, HeaderEntry};
use lorgnette_gguf::{GgufHeader, GgufValue, QuantScheme};
use lorgnette_interrupt::Interrupted;
use lorgnette_pixtral::checkpoint::{
    Naming, Part, check_codes_are_declared, inventory, read_config,
};
use lorgnette_pixtral::config::RopeLayout;
use lorgnette_pixtral::{BLOCK_FP8, LoadError, ModelConfig};
use lorgnette_weights::WeightsError;
use lorgnette_weights::hub::FileName;
use lorgnette_weights::recipe::{Becomes, Output, Piece, Recipe, Rows, Source, Target};

use super::pair::{GgufPair, PairFile, VisionFormat};
use crate::error::ModelsError;
use crate::source::{Origin, Shard};

/// What describes a network and its text: small files, read whole.
const SMALL_FILES: [&str; 7] = [
    "config.json",
    "params.json",
    "tekken.json",
    "tokenizer.json",
    "chat_template.jinja",
    "chat_template.json",
    "tokenizer_config.json",
];

/// A checkpoint that was understood: everything but its weights is here.
pub(crate) struct Understood {
    pub(crate) config: ModelConfig,
    pub(crate) small_bytes: u64,
    pub(crate) small_s: f64,
    tokenizer: Tokenizer,
    template: Option<String>,
    shards: Vec<Shard>,
    naming: Naming,
}

/// Reads the small files and the headers. `scratch` is a folder of the caller's for them.
pub(crate) fn understand(
    origin: &Origin,
    scratch: &Path,
) -> Result<Understood, Interrupted<ModelsError>> {
    let began = std::time::Instant::now();
    let small_bytes = fetch_small(origin, scratch).map_err(Interrupted::err_into)?;
    let small_s = began.elapsed().as_secs_f64();
    let (mut config, tokenizer) = read_small(origin, scratch)?;
    let shards = origin.shards().map_err(Interrupted::err_into)?;
    if let Some(shard) = shards.iter().find(|shard| shard.tensors.iter().any(is_scale_of_blocks)) {
        let file = PathBuf::from(format!("{}: {}", origin.name(), shard.name));
        let how = BLOCK_FP8.to_owned();
        return Err(Interrupted::failed(LoadError::Quantised { file, how }));
    }
    let has_codes = |shard: &Shard| shard.tensors.iter().any(|t| t.dtype == Dtype::F8_E4M3);
    if shards.iter().any(has_codes) {
        let declared = check_codes_are_declared(scratch);
        declared.map_err(|error| Interrupted::failed(in_origin(error, origin)))?;
    }
    let has = |name: &str| {
        shards.iter().flat_map(|shard| &shard.tensors).any(|tensor| tensor.name == name)
    };
    let naming = Naming::of(&has).filter(|naming| *naming != Naming::Gguf);
    let naming = naming
        .ok_or_else(|| fault(origin, "it has no token embedding".into()))
        .map_err(Interrupted::failed)?;
    // As when a checkpoint is opened: its tensors say it.
    config.text.tied_embeddings = !has(&naming.name(Part::Output));
    let template = chat_template(scratch);
    Ok(Understood { config, small_bytes, small_s, tokenizer, template, shards, naming })
}

/// The name of the matrix that a tensor is the scale of. Source: transformers' FP8 checkpoints of
/// Ministral 3, and Mistral's own.
fn scaled_matrix(tensor: &HeaderEntry) -> Option<String> {
    let of = |suffix: &str| Some(format!("{}.weight", tensor.name.strip_suffix(suffix)?));
    of(".weight_scale_inv").or_else(|| of(".qscale_weight"))
}

/// Whether a tensor is a scale for each block of an FP8 matrix, where only one for all is read.
fn is_scale_of_blocks(tensor: &HeaderEntry) -> bool {
    scaled_matrix(tensor).is_some() && tensor.shape.iter().product::<usize>() > 1
}

/// Copies the small files, and returns how many bytes they have.
fn fetch_small(origin: &Origin, scratch: &Path) -> Result<u64, Interrupted<WeightsError>> {
    fs_err::create_dir_all(scratch).map_err(WeightsError::Io)?;
    let mut n_bytes = 0;
    let names: Vec<_> = origin.files()?.into_iter().map(|(name, _)| name).collect();
    let has = |name: &str| names.iter().any(|file| file.as_str() == name);
    for name in SMALL_FILES {
        // One tokenizer is enough, and tekken's is the publisher's own.
        if name == "tokenizer.json" && has("tekken.json") {
            continue;
        }
        if let Some(content) = origin.small(name)? {
            n_bytes += content.len() as u64;
            fs_err::write(scratch.join(name), content).map_err(WeightsError::Io)?;
        }
    }
    Ok(n_bytes)
}

/// The sizes of the network, and a tokenizer that fits them.
fn read_small(origin: &Origin, scratch: &Path) -> Result<(ModelConfig, Tokenizer), ModelsError> {
    let config = read_config(scratch).map_err(|error| in_origin(error, origin))?;
    let vocab_size = config.text.vocab_size;
    let own = Tokenizer::from_folder(scratch)?;
    // Qwen's network has rows for tokens that its tokenizer does not have.
    let fewest = if own.is_some() { 0 } else { vocab_size };
    let tokenizer = own.map_or_else(Tokenizer::pixtral, Ok)?;
    if !(fewest..=vocab_size).contains(&tokenizer.vocab_size()) {
        return Err(ModelsError::NoTokenizer { model: origin.name().into(), vocab_size });
    }
    Ok((config, tokenizer))
}

/// The error of a configuration with the place that it came from, not that of its copy.
fn in_origin(mut error: LoadError, origin: &Origin) -> LoadError {
    use LoadError::{Malformed, Quantised, Unsupported};
    if let Malformed { file, .. } | Unsupported { file, .. } | Quantised { file, .. } = &mut error {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        *file = origin.path_of(&name);
    }
    error
}

/// A hint only: one that cannot be read says nothing.
fn chat_template(dir: &Path) -> Option<String> {
    if let Ok(template) = fs_err::read_to_string(dir.join("chat_template.jinja")) {
        return Some(template);
    }
    ["chat_template.json", "tokenizer_config.json"].into_iter().find_map(|name| {
        let json: serde_json::Value =
            serde_json::from_slice(&fs_err::read(dir.join(name)).ok()?).ok()?;
        Some(json["chat_template"].as_str()?.to_owned())
    })
}

fn fault(origin: &Origin, reason: String) -> WeightsError {
    WeightsError::Header { file: origin.name(), reason }
}

impl Understood {
    /// Bytes of the pair's files.
    pub(crate) fn n_bytes(
        &self,
        scheme: QuantScheme,
        vision: VisionFormat,
    ) -> Result<u64, WeightsError> {
        let mut n_bytes = 0;
        for file in files(self.pair("model", "model", scheme, vision)) {
            n_bytes += header(&file)?.n_file_bytes;
        }
        Ok(n_bytes)
    }

    fn pair(&self, name: &str, title: &str, scheme: QuantScheme, vision: VisionFormat) -> GgufPair {
        let vocab = self.tokenizer.to_gguf_vocab();
        let mut pair = GgufPair::new(name, title, &self.config, &vocab, scheme, vision);
        if let Some(template) = &self.template {
            let value = GgufValue::String(template.clone());
            pair.text.metadata.push(("tokenizer.chat_template".into(), value));
        }
        pair
    }

    /// Where each tensor's rows go.
    pub(crate) fn recipe(
        &self,
        origin: &Origin,
        name: &str,
        title: &str,
        scheme: QuantScheme,
        vision: VisionFormat,
    ) -> Result<Recipe, Interrupted<WeightsError>> {
        let shapes: HashMap<Part, Vec<usize>> = inventory(&self.config).into_iter().collect();
        let mut targets = Vec::new();
        let mut outputs: HashMap<String, (Vec<usize>, Vec<Output>)> = HashMap::new();
        for file in files(self.pair(name, title, scheme, vision)) {
            let header = header(&file)?;
            for (tensor, offset) in file.tensors.iter().zip(&header.offsets) {
                // Checkpoints in Mistral's own layout have the rows as GGUF has them.
                let layout = match tensor.part {
                    Part::Text(..) => self.naming.text_rope_layout(&self.config.text),
                    _ => self.naming.rope_layout(),
                };
                let rows = match (tensor.rows, layout) {
                    (Rows::Interleaved { .. }, RopeLayout::Interleaved) => Rows::All,
                    (rows, _) => rows,
                };
                let shape = shapes.get(&tensor.part).cloned().unwrap_or_default();
                let dtype = tensor.declared.dtype;
                let output = Output { target: targets.len(), offset: *offset, dtype, rows };
                let entry = outputs.entry(self.naming.name(tensor.part));
                entry.or_insert_with(|| (shape, Vec::new())).1.push(output);
            }
            let (name, n_bytes) = (FileName::new(&file.name)?, header.n_file_bytes);
            targets.push(Target { name, header: header.bytes, n_bytes });
        }
        let scales = self.scales(origin)?;
        let mut sources = Vec::new();
        for shard in &self.shards {
            sources.extend(source(origin, shard, &scales, &mut outputs)?);
        }
        if let Some(name) = outputs.keys().min() {
            let more = match outputs.len() - 1 {
                0 => String::new(),
                n => format!(", and {n} more are missing"),
            };
            return Err(fault(origin, format!("it has no tensor {name}{more}")).into());
        }
        let recipe = Recipe { targets, sources };
        recipe.check()?;
        Ok(recipe)
    }

    /// The scales of FP8 tensors, one number a tensor, by the name of the tensor.
    fn scales(&self, origin: &Origin) -> Result<HashMap<String, f32>, Interrupted<WeightsError>> {
        let mut scales = HashMap::new();
        for shard in &self.shards {
            for tensor in &shard.tensors {
                let Some(name) = scaled_matrix(tensor) else { continue };
                let bytes = match tensor.bytes.end - tensor.bytes.start {
                    2 | 4 => origin.scalar(shard, tensor)?,
                    n => {
                        return Err(
                            fault(origin, format!("{}: {n} bytes of scale", tensor.name)).into()
                        );
                    }
                };
                let scale = match (tensor.dtype, bytes.as_slice()) {
                    // A BF16 number is the upper half of an F32 one.
                    (Dtype::BF16, &[a, b]) => f32::from_le_bytes([0, 0, a, b]),
                    (Dtype::F32, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
                    (dtype, _) => {
                        return Err(fault(
                            origin,
                            format!("{}: a scale in {dtype:?}", tensor.name),
                        )
                        .into());
                    }
                };
                scales.insert(name, scale);
            }
        }
        Ok(scales)
    }
}

/// A shard with the places of its rows; `None` when nothing in it is wanted.
fn source(
    origin: &Origin,
    shard: &Shard,
    scales: &HashMap<String, f32>,
    outputs: &mut HashMap<String, (Vec<usize>, Vec<Output>)>,
) -> Result<Option<Source>, WeightsError> {
    let mut pieces = Vec::new();
    for tensor in &shard.tensors {
        let Some((shape, outputs)) = outputs.remove(&tensor.name) else { continue };
        pieces.push(piece(origin, tensor, &shape, outputs, scales)?);
    }
    if pieces.is_empty() {
        return Ok(None);
    }
    Ok(Some(origin.source(&shard.name, shard.n_bytes, pieces)?))
}

fn files(pair: GgufPair) -> impl Iterator<Item = PairFile> {
    std::iter::once(pair.text).chain(pair.vision)
}

fn header(file: &PairFile) -> Result<GgufHeader, WeightsError> {
    let declared: Vec<_> = file.tensors.iter().map(|tensor| tensor.declared.clone()).collect();
    Ok(GgufHeader::new(Path::new(&file.name), &file.metadata, &declared)?)
}

/// A tensor and where it goes, if it is what the configuration says.
fn piece(
    origin: &Origin,
    tensor: &HeaderEntry,
    shape: &[usize],
    outputs: Vec<Output>,
    scales: &HashMap<String, f32>,
) -> Result<Piece, WeightsError> {
    let HeaderEntry { name, dtype, bytes, .. } = tensor;
    if tensor.shape != shape {
        let reason = format!("{name} is {:?}, the configuration says {shape:?}", tensor.shape);
        return Err(fault(origin, reason));
    }
    let scale = match (dtype, scales.get(name)) {
        (Dtype::BF16 | Dtype::F16 | Dtype::F32, _) => 1.0,
        (Dtype::F8_E4M3, Some(scale)) => *scale,
        (Dtype::F8_E4M3, None) => return Err(fault(origin, format!("{name} has no scale"))),
        (dtype, _) => {
            let reason = format!("{name} has the number format {dtype:?}, which is not supported");
            return Err(fault(origin, reason));
        }
    };
    let row_len =
        if shape.len() < 2 { shape.iter().product() } else { shape[1..].iter().product() };
    let becomes = Becomes::Rows { dtype: *dtype, scale, row_len, outputs };
    Ok(Piece { bytes: bytes.clone(), becomes })
}
