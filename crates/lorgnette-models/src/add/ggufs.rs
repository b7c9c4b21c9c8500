//! The GGUF files of a repository or folder: which text model is meant, and what goes with it.

use std::path::Path;

use lorgnette_gguf::shards::ShardName;
use lorgnette_gguf::{GgufFile, QuantScheme};
use lorgnette_interrupt::Interrupted;
use lorgnette_pixtral::{Checkpoint, LoadError, checkpoint::Projectors};
use lorgnette_weights::WeightsError;
use lorgnette_weights::hub::FileName;

use crate::error::ModelsError;
use crate::source::Origin;

/// A file and its size.
type SizedFile = (FileName, u64);

/// What file names say of quantisations, the best first. Source: llama.cpp's `enum llama_ftype`.
/// Those that end in `xl` are mixtures with more bits for what matters.
const FORMATS: [&str; 40] = [
    "f32", "bf16", "f16", "q8_k_xl", "q8_0", "q6_k_xl", "q6_k", "q5_k_xl", "q5_k_m", "q5_k_s",
    "q5_k", "q5_1", "q5_0", "q4_k_xl", "q4_k_m", "q4_k_s", "q4_k", "q4_1", "q4_0", "iq4_nl",
    "iq4_xs", "mxfp4", "q3_k_xl", "q3_k_l", "q3_k_m", "q3_k_s", "iq3_m", "iq3_s", "iq3_xs",
    "iq3_xxs", "q2_k_xl", "q2_k_l", "q2_k", "q2_k_s", "iq2_m", "iq2_s", "iq2_xs", "iq2_xxs",
    "iq1_m", "iq1_s",
];

/// The files of a ready-made model, by their names.
pub(super) struct Ggufs {
    /// The text model: one file, or all its parts in order.
    pub(super) text: Vec<SizedFile>,
    /// Files that may be its vision part.
    pub(super) projectors: Vec<SizedFile>,
    /// Somebody named the only one of these.
    is_named: bool,
}

/// What the headers of a ready-made model say.
pub(super) struct Described {
    pub(super) checkpoint: Checkpoint,
    /// Text model and vision part, which are taken.
    pub(super) files: Vec<SizedFile>,
}

impl Ggufs {
    /// The text model of that quantisation, or the only one there is, and the vision parts;
    /// `projector` names the one that is meant. `None` when there is a checkpoint.
    pub(super) fn find(
        origin: &Origin,
        scheme: QuantScheme,
        projector: Option<&str>,
    ) -> Result<Option<Self>, Interrupted<ModelsError>> {
        let files = origin.files().map_err(Interrupted::err_into)?;
        let is_checkpoint = |name: &str| name == "config.json" || name == "params.json";
        let has = |extension| files.iter().any(|(name, _)| extension_is(name.as_str(), extension));
        // Without weights of either kind, the checkpoint's are those that are missing.
        if files.iter().any(|(name, _)| is_checkpoint(name.as_str()))
            && (has("safetensors") || !has("gguf"))
        {
            return Ok(None);
        }
        let ggufs = files.iter().filter(|(name, _)| extension_is(name.as_str(), "gguf"));
        let (mut projectors, texts): (Vec<_>, Vec<_>) = ggufs
            .cloned()
            .partition(|(name, _)| name.as_str().to_ascii_lowercase().contains("mmproj"));
        if let Some(wanted) = projector {
            projectors =
                files.iter().filter(|(name, _)| name.as_str() == wanted).cloned().collect();
            if projectors.is_empty() {
                return Err(Interrupted::failed(origin.missing(wanted)));
            }
        }
        let text = text_model(origin, &texts, scheme)?;
        let text = whole(origin, &files, text).map_err(Interrupted::failed)?;
        Ok(Some(Self { text, projectors, is_named: projector.is_some() }))
    }

    /// Whether the names alone say which files are taken.
    pub(super) fn are_certain(&self) -> bool {
        self.text.len() == 1 && self.projectors.len() < 2 && !self.is_named
    }

    /// The files that are taken if the names are right.
    pub(super) fn files(self) -> Vec<SizedFile> {
        self.text.into_iter().chain(self.projectors).collect()
    }

    /// Reads the headers, and chooses the vision part by what they say.
    pub(super) fn describe(self, origin: &Origin) -> Result<Described, Interrupted<ModelsError>> {
        let mut parts = Vec::new();
        for (name, n_bytes) in &self.text {
            parts.push(origin.gguf_header(name, *n_bytes)?);
        }
        let n_shards = parts.len();
        let failed = |error: LoadError| Interrupted::<ModelsError>::failed(error);
        let first = parts.first().map_or(Ok(1), GgufFile::n_shards);
        let text = match first.map_err(LoadError::from).map_err(failed)? {
            1 if n_shards == 1 => parts.remove(0),
            // Its name does not say that it is one of several.
            n if n_shards == 1 => {
                let file = parts[0].path().to_owned();
                let error = lorgnette_gguf::GgufError::ShardName { file, n_shards: n };
                return Err(failed(error.into()));
            }
            _ => GgufFile::join(parts).map_err(LoadError::from).map_err(failed)?,
        };
        let mut headers = Vec::new();
        for (name, n_bytes) in &self.projectors {
            match origin.gguf_header(name, *n_bytes) {
                Ok(header) => headers.push(header),
                // One that cannot be read is left out, if there is another.
                Err(Interrupted::Failed(ModelsError::Load(error))) if self.projectors.len() > 1 => {
                    tracing::warn!("{name} is left out: {error}");
                }
                Err(end) => return Err(end),
            }
        }
        let projectors = if self.is_named {
            headers
                .pop()
                .map_or_else(|| Ok(Projectors::default()), |one| Projectors::only(&text, one))
        } else {
            Projectors::choose(&text, headers)
        };
        let Projectors { chosen, left_out } = projectors.map_err(failed)?;
        for one in left_out {
            tracing::warn!("{} is left out: {}", one.file.display(), one.reason);
        }
        let checkpoint = Checkpoint::from_gguf(text, chosen.as_ref()).map_err(failed)?;
        let chosen = chosen.as_ref().and_then(|header| header.path().file_name()?.to_str());
        let projector =
            self.projectors.iter().find(|(name, _)| Some(name.as_str()) == chosen).cloned();
        let files = self.text.into_iter().chain(projector).collect();
        Ok(Described { checkpoint, files })
    }
}

/// The file of the text model, or any of its parts.
fn text_model<'a>(
    origin: &Origin,
    texts: &'a [SizedFile],
    scheme: QuantScheme,
) -> Result<&'a FileName, Interrupted<ModelsError>> {
    let wanted = scheme.name();
    if let Some((name, _)) = texts.iter().find(|(name, _)| has_format(name.as_str(), wanted)) {
        return Ok(name);
    }
    let is_there = |format: &&str| texts.iter().any(|(name, _)| has_format(name.as_str(), format));
    let there: Vec<String> = FORMATS.into_iter().filter(is_there).map(ToOwned::to_owned).collect();
    let first = |name: &FileName| {
        ShardName::parse(name.as_str()).map_or(name.to_string(), |part| part.renumbered(1))
    };
    match texts {
        // Its name says nothing of formats, and there is no other.
        [(only, _), rest @ ..]
            if there.is_empty() && rest.iter().all(|(name, _)| first(name) == first(only)) =>
        {
            Ok(only)
        }
        [] if !origin.in_folders().is_empty() => {
            let (place, files) = (origin.name(), origin.in_folders().to_vec());
            Err(Interrupted::failed(ModelsError::InFolders { place, files }))
        }
        [] => {
            let what = format!("a checkpoint, or a {wanted} GGUF file");
            Err(Interrupted::failed(match origin.hub() {
                Some(_) => WeightsError::NotFound { host: origin.name(), what },
                None => origin.missing(&what),
            }))
        }
        _ => Err(Interrupted::failed(ModelsError::NoQuantisation {
            place: origin.name(),
            wanted,
            there,
        })),
    }
}

/// All parts of a text model, in order.
fn whole(
    origin: &Origin,
    files: &[SizedFile],
    text: &FileName,
) -> Result<Vec<SizedFile>, WeightsError> {
    let names = match ShardName::parse(text.as_str()) {
        Some(part) => part.names().collect(),
        None => vec![text.to_string()],
    };
    let mut parts = Vec::new();
    for name in names {
        let file = files.iter().find(|(file, _)| file.as_str() == name);
        parts.push(file.cloned().ok_or_else(|| origin.missing(&name))?);
    }
    Ok(parts)
}

fn extension_is(name: &str, wanted: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

/// Whether a file's name has that format as a word of its own: `bf16` is not `f16`.
fn has_format(name: &str, format: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_word = |start: usize| {
        let before = name[..start].ends_with(|c: char| c.is_ascii_alphanumeric());
        let behind = name[start + format.len()..].starts_with(|c: char| c.is_ascii_alphanumeric());
        // `q4_k` is no word of `q4_k_m`, nor `q2_k` of `q2_k_s`.
        let longer = FORMATS
            .iter()
            .any(|other| other.len() > format.len() && name[start..].starts_with(other));
        !before && !behind && !longer
    };
    name.match_indices(format).any(|(start, _)| is_word(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_words_of_names() {
        for (name, format, expected) in [
            ("pixtral-12b-Q4_K_M.gguf", "q4_k_m", true),
            ("pixtral-12b-Q4_K_M.gguf", "q4_k", false),
            ("pixtral.Q4_K_M-00001-of-00002.gguf", "q4_k_m", true),
            ("pixtral-bf16.gguf", "f16", false),
            ("pixtral_f16.gguf", "f16", true),
            ("pixtral-IQ4_XS.gguf", "q4_0", false),
            ("ministral-UD-Q4_K_XL.gguf", "q4_k_xl", true),
            ("ministral-UD-Q4_K_XL.gguf", "q4_k", false),
            ("q8_0.gguf", "q8_0", true),
            ("aq8_0.gguf", "q8_0", false),
        ] {
            assert_eq!(has_format(name, format), expected, "{name}: {format}");
        }
    }
}
