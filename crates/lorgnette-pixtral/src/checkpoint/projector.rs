//! Which vision part (mmproj) goes with a text model, decided by what the headers say: the same for
//! a file beside the model, an import, and a repository of the hub.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use lorgnette_gguf::{GgufFile, NumberFormat};

use super::gguf::{VISION_ARCHITECTURE, header, is_called_projector, models_in};
use super::{BlockPart, Naming, Part, Tensors, check, vision_inventory};
use crate::config;
use crate::error::{LoadError, VISION_PART};

/// A vision part that was not chosen because it cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Path of the file, or its name on the hub.
    pub file: PathBuf,
    /// Why it does not go with the text model.
    pub reason: String,
}

/// The vision part that goes with a text model, and those that do not.
#[derive(Debug, Default)]
pub struct Projectors {
    /// The header of the one that is read best; `None` when none fits.
    pub chosen: Option<GgufFile>,
    /// Those that cannot be used with this text model.
    pub left_out: Vec<LeftOut>,
}

impl Projectors {
    /// The one that somebody named.
    ///
    /// # Errors
    /// [`LoadError::Projector`] when it does not go with the text model.
    pub(super) fn named(text: &GgufFile, file: &Path) -> Result<Self, LoadError> {
        if !file.exists() {
            return Err(LoadError::NotFound { path: file.to_owned() });
        }
        Self::only(text, header(file)?)
    }

    /// The one that somebody named, whose header was read already.
    ///
    /// # Errors
    /// [`LoadError::Projector`] when it does not go with the text model.
    pub fn only(text: &GgufFile, vision: GgufFile) -> Result<Self, LoadError> {
        match misfit(text, &vision) {
            None => Ok(Self { chosen: Some(vision), left_out: Vec::new() }),
            Some(reason) => Err(LoadError::Projector { file: vision.path().to_owned(), reason }),
        }
    }

    /// The best of those in the folder of the text model.
    ///
    /// # Errors
    /// Those of [`Self::choose`]; and when the folder has no other model, what is wrong with a
    /// vision part that cannot be read: it is this model's.
    pub(super) fn beside(text: &GgufFile) -> Result<Self, LoadError> {
        let dir = text.path().parent().unwrap_or(Path::new("."));
        let (mut headers, mut left_out, mut damage) = (Vec::new(), Vec::new(), None);
        let mut n_models = 0;
        for path in models_in(dir)? {
            match header(&path) {
                Ok(file) if file.architecture() == VISION_ARCHITECTURE => headers.push(file),
                Ok(_) => n_models += 1,
                Err(error) => {
                    if !is_called_projector(&path) {
                        n_models += 1;
                        continue;
                    }
                    left_out.push(LeftOut { file: path, reason: error.to_string() });
                    damage = damage.or(Some(error));
                }
            }
        }
        let mut chosen = Self::choose(text, headers)?;
        if let (None, Some(error), 0 | 1) = (&chosen.chosen, damage, n_models) {
            return Err(error);
        }
        chosen.left_out.extend(left_out);
        Ok(chosen)
    }

    /// The best of several: one that fits, whose name begins as the text model's does, in the number
    /// format that is read best.
    ///
    /// # Errors
    /// [`LoadError::Ambiguous`] when two are equally good.
    pub fn choose(text: &GgufFile, headers: Vec<GgufFile>) -> Result<Self, LoadError> {
        let (mut fitting, mut left_out) = (Vec::new(), Vec::new());
        for vision in headers {
            match misfit(text, &vision) {
                None => fitting.push(vision),
                Some(reason) => {
                    left_out.push(LeftOut { file: vision.path().to_owned(), reason });
                }
            }
        }
        let rank =
            |vision: &GgufFile| (Reverse(n_shared(text.path(), vision.path())), worth(vision));
        fitting.sort_by_key(rank);
        let mut fitting = fitting.into_iter();
        let chosen = fitting.next();
        if let (Some(first), Some(second)) = (&chosen, fitting.next())
            && rank(first) == rank(&second)
        {
            let dir = text.path().parent().unwrap_or(Path::new(".")).to_owned();
            let (first, second) = (first.path().to_owned(), second.path().to_owned());
            return Err(LoadError::Ambiguous { dir, what: VISION_PART, first, second });
        }
        Ok(Self { chosen, left_out })
    }
}

/// Why a vision part does not go with a text model; `None` when it does.
fn misfit(text: &GgufFile, vision: &GgufFile) -> Option<String> {
    if vision.architecture() != VISION_ARCHITECTURE {
        return Some("it is no vision part (mmproj)".into());
    }
    let config = match config::from_gguf(text, Some(vision)) {
        Ok(config) => config,
        Err(LoadError::Unsupported { what, .. }) => {
            return Some(format!("{what} is not supported"));
        }
        Err(error) => return Some(error.to_string()),
    };
    let size = config.text.hidden_size;
    let projector = vision.tensors().get(&Naming::Gguf.name(Part::Projector1));
    if let Some(made) = projector.and_then(|matrix| matrix.shape.first()).filter(|n| **n != size) {
        return Some(format!("its rows have {made} numbers, and the text model takes {size}"));
    }
    let tensors = vision.tensors().iter().map(|(name, tensor)| (name.clone(), Ok(tensor.clone())));
    let tensors: Tensors = tensors.collect();
    let parts = vision_inventory(config.vision.as_ref()?, size);
    check(&tensors, Naming::Gguf, vision.path(), &parts).err().map(|error| error.to_string())
}

/// The place of a vision part's number format among those that are read, the best first: halves as
/// the weights were published, then twice the memory for the same numbers, then fewer bits.
fn worth(vision: &GgufFile) -> usize {
    let matrix = vision.tensors().get(&Naming::Gguf.name(Part::Vision(0, BlockPart::Q)));
    match matrix.map(|matrix| matrix.dtype) {
        Some(NumberFormat::F16) => 0,
        Some(NumberFormat::Bf16) => 1,
        Some(NumberFormat::F32) => 2,
        Some(dtype) if dtype == NumberFormat::Q8_0 => 3,
        _ => 4,
    }
}

/// How many words two names have in common at their beginning, without those that say only that a
/// file is a vision part, and in which number format.
fn n_shared(text: &Path, vision: &Path) -> usize {
    const FORMATS: [&str; 5] = ["f16", "bf16", "f32", "fp16", "fp32"];
    let words = |path: &Path| -> Vec<String> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
        let stem = stem.replace("mmproj", " ").replace("q8_0", " ");
        let words = stem.split(|c: char| !c.is_alphanumeric());
        let words = words.filter(|word| !word.is_empty() && !FORMATS.contains(word));
        words.map(ToOwned::to_owned).collect()
    };
    words(text).iter().zip(&words(vision)).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_shared(text: &str, vision: &str, expected: usize) {
        assert_eq!(n_shared(Path::new(text), Path::new(vision)), expected, "{text} and {vision}");
    }

    #[test]
    fn names_are_compared_without_the_number_format() {
        check_shared("pixtral-12b-Q4_K_M.gguf", "mmproj-pixtral-12b-f16.gguf", 2);
        check_shared("pixtral-12b-Q8_0.gguf", "mmproj-pixtral-12b-Q8_0.gguf", 2);
        check_shared("pixtral-12b-f16.gguf", "pixtral-12b-mmproj-bf16.gguf", 2);
        check_shared("pixtral_12b.gguf", "mmproj_pixtral_12b_f32.gguf", 2);
        check_shared("pixtral-12b.gguf", "mmproj-F16.gguf", 0);
        check_shared("pixtral-12b.gguf", "mmproj-pixtral-large-f16.gguf", 1);
        check_shared("модель-q8_0.gguf", "mmproj-модель-f16.gguf", 1);
    }
}
