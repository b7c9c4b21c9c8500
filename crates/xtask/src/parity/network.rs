//! Compares whole networks with transformers, by `expected.safetensors`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use lorgnette_image::Pixels;
use lorgnette_interrupt::Interrupted;
use lorgnette_pixtral::checkpoint::{Part, read_config, text_inventory};
use lorgnette_pixtral::{
    Checkpoint, Device, ImageFeatures, Kernels, KvFormat, Level, LoadOptions, PictureRows, Pixtral,
    Placement, Precision, Prompt, Tensor, go_on,
};
use safetensors::SafeTensors;

use super::Report;
use super::cache::{check_8_bits, check_together};

/// The largest difference that is allowed, as a part of the expected tensor's largest number.
const TOLERANCE: f32 = 2e-3;
/// The same for factors that are rounded, as the network is run: to bf16, 2⁻⁹ each, or to 16-bit
/// integers.
const BF16_TOLERANCE: f32 = 3e-2;
const INT16_TOLERANCE: f32 = 1e-2;
/// Logits have two networks behind them. Those of transformers 5.24 itself, run in bf16, differ by
/// 5.0e-2 (`mistral3-tiny`) and 9.3e-2 (`ministral3-tiny`).
const BF16_LOGITS_TOLERANCE: f32 = 5e-2;

/// The expected values of one network.
struct Expected {
    /// The id of `[IMG]`, which a GGUF pair leaves to its tokenizer.
    image_token: Option<u32>,
    pixels: Vec<(Vec<f32>, u32, u32)>,
    input_ids: Vec<u32>,
    vision_hidden: Vec<f32>,
    image_features: Vec<f32>,
    logits: Vec<f32>,
    greedy: Vec<u32>,
    decode_logits: Vec<f32>,
}

pub(super) fn check(dir: &Path, device: &Device, report: &mut Report) -> Result<()> {
    let checkpoint = Checkpoint::open(&dir.join("model"))?;
    let vision = checkpoint.config().vision.as_ref();
    let image_token = vision.and_then(|vision| vision.image_token_id);
    let expected = Expected::read(&dir.join("expected.safetensors"), image_token)?;
    let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let load_with = |checkpoint: &Checkpoint, options: &LoadOptions| {
        Pixtral::load_with(checkpoint, &Placement::all_on(device), options, &mut |_| {})
    };
    let exact = LoadOptions { exact: true, ..LoadOptions::default() };
    let load = |checkpoint: &Checkpoint| load_with(checkpoint, &exact);
    check_in_f32(&load(&checkpoint)?, &expected, &name, report)?;
    for level in Level::ALL.into_iter().filter(|level| level.is_supported()) {
        let kernels = Some(Kernels::Own(level));
        let model = load_with(&checkpoint, &LoadOptions { kernels, ..LoadOptions::default() })?;
        check_as_run(&model, &expected, &format!("{name} with {level}"), report)?;
    }
    // The same network in other forms.
    for form in ["native", "gguf"] {
        if dir.join(form).is_dir() {
            let checkpoint = Checkpoint::open(&dir.join(form))?;
            let name = format!("{name} {form}");
            check_in_f32(&load(&checkpoint)?, &expected, &name, report)?;
        }
    }
    let other = dir.join("attention-factor");
    if other.is_dir() {
        let last = Expected::last_logits(&other.join("expected.safetensors"))?;
        for (form, config) in [("model", "config.json"), ("native", "params.json")] {
            let folder = with_config(&dir.join(form), &other.join(config))?;
            let model = load(&Checkpoint::open(folder.path())?)?;
            let images = encode(&model, &expected)?;
            let logits = all_logits(&model, &expected, &images, KvFormat::F32)?;
            let found = logits.get(logits.len().saturating_sub(last.len())..).unwrap_or_default();
            let what = format!("{name} attention-factor {config}: last_logits");
            compare(report, &what, found, &last, TOLERANCE);
        }
    }
    check_dequantised(&dir.join("dequantised.safetensors"), &checkpoint, &name, report)?;
    check_configurations(dir, &checkpoint, &name, report)
}

/// Compares the matrices of the first block, which must be the same to the last bit.
fn check_dequantised(
    file: &Path,
    checkpoint: &Checkpoint,
    name: &str,
    report: &mut Report,
) -> Result<()> {
    if !file.is_file() {
        return Ok(());
    }
    let bytes = fs_err::read(file)?;
    let expected =
        SafeTensors::deserialize(&bytes).map_err(|error| anyhow!("{}: {error}", file.display()))?;
    for (part, shape) in text_inventory(&checkpoint.config().text) {
        if !matches!(part, Part::Text(0, _)) || shape.len() != 2 {
            continue;
        }
        let tensor = checkpoint.naming().name(part);
        let expected = floats_of(&expected.tensor(&tensor)?);
        let found = checkpoint.numbers(part, &shape)?;
        let pairs = found.iter().zip(&expected);
        let n_same = pairs.filter(|(a, b)| a.to_bits() == b.to_bits()).count();
        let numbers = format!("{n_same} of {} numbers identical", expected.len());
        let passes = found.len() == expected.len() && n_same == expected.len();
        report.line(&format!("{name} {tensor}"), &numbers, passes);
    }
    Ok(())
}

/// Compares other spellings of the configuration with it, and looks that what is not run is refused.
fn check_configurations(
    dir: &Path,
    checkpoint: &Checkpoint,
    name: &str,
    report: &mut Report,
) -> Result<()> {
    for (folder, is_refused) in [("spellings", false), ("refused", true)] {
        for file in json_files(&dir.join(folder))? {
            let scratch = tempfile::tempdir()?;
            fs_err::copy(&file, scratch.path().join("config.json"))?;
            let read = read_config(scratch.path()).map(|mut config| {
                // The tensors say it.
                config.text.tied_embeddings = checkpoint.config().text.tied_embeddings;
                config
            });
            let passes = match &read {
                Ok(config) => !is_refused && config == checkpoint.config(),
                Err(_) => is_refused,
            };
            let words = match read {
                Ok(_) if is_refused => "it was read".to_owned(),
                Ok(_) if passes => "the same".to_owned(),
                Ok(_) => "it says something else".to_owned(),
                Err(error) => {
                    let words = error.to_string();
                    words.replace(&format!("{}/", scratch.path().display()), "")
                }
            };
            let file = file.file_name().unwrap_or_default().to_string_lossy();
            report.line(&format!("{name} {folder}/{file}"), &words, passes);
        }
    }
    Ok(())
}

/// Returns the configurations of a folder, by name; none if it is not there.
fn json_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = fs_err::read_dir(dir) else { return Ok(Vec::new()) };
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let is_wanted = |path: &PathBuf| {
        path.extension().is_some_and(|ext| ext == "json") && !path.ends_with("index.json")
    };
    let mut files: Vec<PathBuf> = paths.into_iter().filter(is_wanted).collect();
    files.sort();
    Ok(files)
}

/// Returns a copy of a folder with another configuration.
fn with_config(dir: &Path, config: &Path) -> Result<tempfile::TempDir> {
    let copy = tempfile::tempdir()?;
    for entry in fs_err::read_dir(dir)? {
        let entry = entry?;
        fs_err::copy(entry.path(), copy.path().join(entry.file_name()))?;
    }
    fs_err::copy(config, copy.path().join(config.file_name().unwrap_or_default()))?;
    Ok(copy)
}

/// Returns the logits of every position of the prompt, read at once.
fn all_logits(
    model: &Pixtral,
    expected: &Expected,
    images: &[ImageFeatures],
    format: KvFormat,
) -> Result<Vec<f32>> {
    let pictures = pictures(&expected.input_ids, expected.image_token, images)?;
    let (ids, image_token) = (&expected.input_ids, expected.image_token);
    let prompt = Prompt { ids, image_token, pictures: &pictures };
    let mut cache = model.new_cache(ids.len(), format)?;
    let logits = model.prefill_all_logits(&prompt, &mut cache, ids.len())?;
    Ok(logits.flatten_all()?.to_vec1()?)
}

/// Compares pictures and logits as the network is run by default, with an f16 cache. It does not judge
/// which of two tokens is the likelier if they are almost equal.
fn check_as_run(
    model: &Pixtral,
    expected: &Expected,
    name: &str,
    report: &mut Report,
) -> Result<()> {
    // Of the picture's rows, and of logits, whose keys and values are rounded to f16 besides.
    let (tolerance, of_logits) = match model.precision() {
        Precision::F32 => (TOLERANCE, INT16_TOLERANCE),
        Precision::Bf16 => (BF16_TOLERANCE, BF16_LOGITS_TOLERANCE),
        Precision::Int16(_) => (INT16_TOLERANCE, INT16_TOLERANCE),
    };
    let images = encode(model, expected)?;
    if !images.is_empty() {
        let rows: Vec<&Tensor> = images.iter().map(ImageFeatures::rows).collect();
        let features: Vec<f32> = Tensor::cat(&rows, 0)?.flatten_all()?.to_vec1()?;
        let what = format!("{name}: image_features");
        compare(report, &what, &features, &expected.image_features, tolerance);
    }
    let logits = all_logits(model, expected, &images, KvFormat::F16)?;
    compare(report, &format!("{name}: logits"), &logits, &expected.logits, of_logits);
    let (ids, image_token) = (&expected.input_ids, expected.image_token);
    let pictures = pictures(ids, image_token, &images)?;
    let prompt = Prompt { ids, image_token, pictures: &pictures };
    check_together(model, &prompt, name, report)?;
    check_8_bits(model, &prompt, name, report)
}

fn check_in_f32(
    model: &Pixtral,
    expected: &Expected,
    name: &str,
    report: &mut Report,
) -> Result<()> {
    let images = encode(model, expected)?;
    let all = |rows: fn(&ImageFeatures) -> &Tensor| -> Result<Vec<f32>> {
        let rows: Vec<&Tensor> = images.iter().map(rows).collect();
        Ok(Tensor::cat(&rows, 0)?.flatten_all()?.to_vec1()?)
    };
    if !images.is_empty() {
        let hidden = all(ImageFeatures::vision_hidden)?;
        compare(
            report,
            &format!("{name} vision_hidden"),
            &hidden,
            &expected.vision_hidden,
            TOLERANCE,
        );
        let features = all(ImageFeatures::rows)?;
        let what = format!("{name} image_features");
        compare(report, &what, &features, &expected.image_features, TOLERANCE);
    }

    let image_token = expected.image_token;
    let pictures = pictures(&expected.input_ids, image_token, &images)?;
    let prompt = Prompt { ids: &expected.input_ids, image_token, pictures: &pictures };
    let n = expected.input_ids.len();
    // Some end just before, at and behind the positions where YaRN's attention scale changes.
    for chunk_len in [n, 7, 63, 64, 65] {
        let how = if chunk_len == n { "whole".into() } else { format!("chunks of {chunk_len}") };
        let name = format!("{name} {how}:");
        run(model, &prompt, expected, chunk_len, KvFormat::F32, &name, report)?;
    }
    // The reference keeps keys and values in f32; what f16 changes is shown, not judged.
    let name = format!("{name} f16 cache:");
    let mut shown = Report { informs_only: true, ..Report::default() };
    run(model, &prompt, expected, n, KvFormat::F16, &name, &mut shown)
}

/// Compares the logits of every position of the prompt, then greedy decoding.
fn run(
    model: &Pixtral,
    prompt: &Prompt<'_>,
    expected: &Expected,
    chunk_len: usize,
    format: KvFormat,
    name: &str,
    report: &mut Report,
) -> Result<()> {
    let n_greedy = expected.greedy.len();
    let mut cache = model.new_cache(prompt.ids.len() + n_greedy, format)?;
    let logits = model.prefill_all_logits(prompt, &mut cache, chunk_len)?;
    let logits: Vec<f32> = logits.flatten_all()?.to_vec1()?;
    compare(report, &format!("{name} logits"), &logits, &expected.logits, TOLERANCE);

    let vocab_size = model.config().text.vocab_size;
    let mut last = logits[logits.len() - vocab_size..].to_vec();
    let (mut ids, mut decode_logits) = (Vec::new(), Vec::new());
    for _ in 0..n_greedy {
        let id = argmax(&last);
        ids.push(id);
        decode_logits.extend_from_slice(&last);
        last = model.decode_step(id, &mut cache)?;
    }
    let what = format!("{name} decode_logits");
    compare(report, &what, &decode_logits, &expected.decode_logits, TOLERANCE);
    let n_same = ids.iter().zip(&expected.greedy).take_while(|(a, b)| a == b).count();
    let numbers = format!("{n_same} of {n_greedy} ids identical");
    report.line(&format!("{name} greedy"), &numbers, ids == expected.greedy);
    Ok(())
}

fn encode(model: &Pixtral, expected: &Expected) -> Result<Vec<ImageFeatures>> {
    let mut images = Vec::new();
    for (data, width, height) in &expected.pixels {
        let config =
            model.config().vision.as_ref().context("pictures, but no encoder")?.image_config();
        let pixels = Pixels::from_normalised(data.clone(), *width, *height, &config)?;
        let image = model.encode_image(&pixels, &mut go_on);
        images.push(image.map_err(Interrupted::expect_failure)?);
    }
    Ok(images)
}

/// Returns where each picture's `[IMG]` tokens begin.
fn pictures<'a>(
    ids: &[u32],
    image_token: Option<u32>,
    images: &'a [ImageFeatures],
) -> Result<Vec<PictureRows<'a>>> {
    let mut positions = (0..ids.len()).filter(|i| Some(ids[*i]) == image_token);
    images
        .iter()
        .map(|image| {
            let n_rows = image.n_rows();
            let taken: Vec<usize> = positions.by_ref().take(n_rows).collect();
            ensure!(taken.len() == n_rows, "fewer [IMG] tokens than picture rows");
            Ok(PictureRows { first: taken[0], n_rows, features: Some(image) })
        })
        .collect()
}

fn compare(report: &mut Report, what: &str, got: &[f32], expected: &[f32], tolerance: f32) {
    if got.len() != expected.len() {
        let numbers = format!("{} numbers instead of {}", got.len(), expected.len());
        return report.line(what, &numbers, false);
    }
    let largest = expected.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
    // Not `max`, which passes over a NaN.
    let difference = got
        .iter()
        .zip(expected)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0_f32, |a, b| if b > a || b.is_nan() { b } else { a });
    let numbers = format!(
        "max |difference| {difference:.2e} of {largest:.2e}: {:.1e}, allowed {tolerance:.1e}",
        difference / largest
    );
    report.line(what, &numbers, difference <= tolerance * largest);
}

/// Returns the first of the largest, as `PyTorch` does.
pub fn argmax(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (id, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = id;
        }
    }
    best as u32
}

impl Expected {
    fn read(path: &Path, image_token: Option<u32>) -> Result<Self> {
        let bytes = fs_err::read(path)?;
        let file = SafeTensors::deserialize(&bytes)
            .map_err(|error| anyhow!("{}: {error}", path.display()))?;
        let floats = |name: &str| -> Result<Vec<f32>> { Ok(floats(file.tensor(name)?.data())) };
        let ids = |name: &str| -> Result<Vec<u32>> {
            let ids = file.tensor(name)?.data().chunks_exact(8);
            ids.map(|id| Ok(i64::from_le_bytes(id.try_into()?).try_into()?)).collect()
        };
        let mut pixels = Vec::new();
        while let Ok(tensor) = file.tensor(&format!("pixel_values.{}", pixels.len())) {
            let [3, height, width] = *tensor.shape() else {
                bail!("pixel_values of shape {:?}", tensor.shape());
            };
            pixels.push((floats_of(&tensor), width.try_into()?, height.try_into()?));
        }
        let optional = |name: &str| floats(name).unwrap_or_default();
        Ok(Self {
            image_token,
            input_ids: ids("input_ids")?,
            vision_hidden: optional("vision_hidden"),
            image_features: optional("image_features"),
            logits: floats("logits")?,
            greedy: ids("greedy")?,
            decode_logits: floats("decode_logits")?,
            pixels,
        })
    }

    /// Returns the logits of the last positions of the prompt alone.
    fn last_logits(path: &Path) -> Result<Vec<f32>> {
        let bytes = fs_err::read(path)?;
        let file = SafeTensors::deserialize(&bytes)
            .map_err(|error| anyhow!("{}: {error}", path.display()))?;
        Ok(floats(file.tensor("last_logits")?.data()))
    }
}

fn floats_of(tensor: &safetensors::tensor::TensorView<'_>) -> Vec<f32> {
    floats(tensor.data())
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}
