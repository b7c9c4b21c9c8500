//! The models that are known by name: `models/*.toml`, part of the program.

use lorgnette_gguf::QuantScheme;
use serde::{Deserialize, Serialize};

use crate::error::WeightsError;
use crate::hub::{RepoName, Revision};

const FILES: [(&str, &str); 11] = [
    // As good as what is made here of the published weights, with a third of the bytes to fetch.
    ("pixtral-12b-gguf.toml", include_str!("../../../models/pixtral-12b-gguf.toml")),
    ("pixtral-12b.toml", include_str!("../../../models/pixtral-12b.toml")),
    ("ministral-3-3b.toml", include_str!("../../../models/ministral-3-3b.toml")),
    ("ministral-3-8b.toml", include_str!("../../../models/ministral-3-8b.toml")),
    ("ministral-3-14b.toml", include_str!("../../../models/ministral-3-14b.toml")),
    (
        "ministral-3-3b-reasoning.toml",
        include_str!("../../../models/ministral-3-3b-reasoning.toml"),
    ),
    (
        "ministral-3-8b-reasoning.toml",
        include_str!("../../../models/ministral-3-8b-reasoning.toml"),
    ),
    (
        "ministral-3-14b-reasoning.toml",
        include_str!("../../../models/ministral-3-14b-reasoning.toml"),
    ),
    ("mistral-small-3.2.toml", include_str!("../../../models/mistral-small-3.2.toml")),
    ("lightonocr-2-1b.toml", include_str!("../../../models/lightonocr-2-1b.toml")),
    ("pocket.toml", include_str!("../../../models/pocket.toml")),
];

/// A model that is known by name, as its file in `models/` describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name on the command line, which is its folder's too.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is good for, in a sentence.
    pub good_for: String,
    /// SPDX identifier of its licence.
    pub licence: String,
    /// Number of weights, in billions.
    pub weights_billion: f64,
    /// How it answers.
    #[serde(default)]
    pub answers: Answers,
    /// Whether it is part of the program, so that nothing is fetched.
    #[serde(default)]
    pub built_in: bool,
    /// The work that its largest picture takes; absent where nobody has worked it out.
    #[serde(default)]
    pub picture: Option<PictureWork>,
    /// The repositories that have it, the best first.
    #[serde(default, rename = "source")]
    pub sources: Vec<EntrySource>,
    /// The quantisations that can be had, the recommended one first.
    #[serde(default, rename = "quantisation")]
    pub quantisations: Vec<EntryQuantisation>,
    /// The sizes of a model that is quantised while it arrives, which can be had in every scheme.
    #[serde(default)]
    converted: Option<Converted>,
}

/// How a model answers a question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    #[default]
    /// With its first word.
    AtOnce,
    /// It thinks before.
    AfterThinking,
    /// It writes down pages and was taught no questions.
    OnlyPages,
}

/// The work that a picture takes before the first word, in floating-point operations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureWork {
    /// Operations of the vision encoder.
    pub encode_flop: f64,
    /// Operations of prefill over the picture's tokens.
    pub prefill_flop: f64,
}

/// A repository that has a model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntrySource {
    /// The repository, as `owner/name`.
    pub repo: String,
    /// Branch, tag or commit of the repository.
    #[serde(default = "main")]
    pub revision: String,
    /// Whether one needs an account, and has to accept terms.
    #[serde(default)]
    pub login: bool,
    /// Size of its weights in bytes, rounded.
    pub about_bytes: u64,
    /// The files that are taken, as patterns for people.
    pub files: Vec<String>,
    /// Pinned hashes by file; others are taken from the hub and locked on first use.
    #[serde(default)]
    pub sha256: std::collections::BTreeMap<String, String>,
}

impl Entry {
    /// Bytes to fetch for one of its quantisations: all of the published weights where it is made
    /// here, and the files themselves where they are ready.
    pub fn fetch_bytes(&self, quantisation: &EntryQuantisation) -> u64 {
        match (&self.converted, self.sources.first()) {
            (Some(_), Some(source)) => source.about_bytes,
            _ => quantisation.disk_bytes,
        }
    }
}

fn main() -> String {
    "main".into()
}

/// A quantisation, and the room that it takes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryQuantisation {
    /// Name of the scheme, such as `q4_k_m`.
    pub name: String,
    /// Size on the disk in bytes, with the vision part.
    pub disk_bytes: u64,
    /// Memory in bytes, rounded, for an answer about a full picture at a context of 8192 tokens.
    pub memory_bytes: u64,
}

/// What the room of every quantisation follows from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Converted {
    /// How many numbers the text model has.
    #[serde(default)]
    text_weights: u64,
    /// Bytes of the text model in some schemes, where they are not so many for each number: a small model
    /// has much of its numbers in the one matrix that is kept finer.
    #[serde(default)]
    text_bytes: std::collections::BTreeMap<String, u64>,
    /// Size of the vision part in bytes.
    vision_bytes: u64,
    /// What [`EntryQuantisation::memory_bytes`] has beside the weights.
    memory_beside_bytes: u64,
}

impl Converted {
    /// What a scheme takes, to the megabyte.
    fn quantisation(&self, scheme: QuantScheme) -> EntryQuantisation {
        let by_weights = self.text_weights as f64 * scheme.bits_per_weight() / 8.0;
        let text_bytes = self.text_bytes.get(scheme.name()).copied().unwrap_or(by_weights as u64);
        let disk_bytes = text_bytes + self.vision_bytes;
        let disk_bytes = (disk_bytes + 500_000) / 1_000_000 * 1_000_000;
        let memory_bytes = disk_bytes + self.memory_beside_bytes;
        EntryQuantisation { name: scheme.name().to_owned(), disk_bytes, memory_bytes }
    }
}

/// The known models, in the order in which they are shown.
///
/// # Errors
/// [`WeightsError::Manifest`] only when the program was built from a faulty catalogue.
pub fn entries() -> Result<Vec<Entry>, WeightsError> {
    FILES.iter().map(|(file, text)| parse(file, text)).collect()
}

/// Finds a model by name.
///
/// # Errors
/// The same as those of [`entries`].
pub fn find(name: &str) -> Result<Option<Entry>, WeightsError> {
    Ok(entries()?.into_iter().find(|entry| entry.name == name))
}

fn parse(file: &str, text: &str) -> Result<Entry, WeightsError> {
    let fault = |reason: String| WeightsError::Manifest { file: format!("models/{file}"), reason };
    let mut entry: Entry = toml::from_str(text).map_err(|error| fault(error.to_string()))?;
    for source in &entry.sources {
        RepoName::new(&source.repo)?;
        Revision::new(&source.revision)?;
    }
    if let Some(converted) = &entry.converted {
        let recommended = QuantScheme::default();
        let others = QuantScheme::OFFERED.into_iter().filter(|scheme| *scheme != recommended);
        let schemes = std::iter::once(recommended).chain(others);
        entry.quantisations.extend(schemes.map(|scheme| converted.quantisation(scheme)));
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sound() {
        let entries = entries().expect("every file parses");
        for entry in &entries {
            assert!(entry.built_in || !entry.sources.is_empty(), "{}", entry.name);
            let mut names: Vec<_> = entry.sources.iter().map(|source| &source.repo).collect();
            names.dedup();
            assert_eq!(names.len(), entry.sources.len());
        }
        assert_eq!(entries.iter().filter(|entry| entry.built_in).count(), 1);
        let pixtral = find("pixtral-12b").expect("parses").expect("is there");
        assert!(!pixtral.sources[0].login, "the first choice needs no account");
        let quantisations = &pixtral.quantisations;
        assert_eq!(quantisations[0].name, "q4_k_m", "what the window offers");
        assert_eq!(quantisations[0].disk_bytes, 7_941_000_000);
        assert_eq!(quantisations[0].memory_bytes, 9_953_000_000);
        assert_eq!(quantisations.len(), QuantScheme::OFFERED.len());
        assert_eq!(pixtral.fetch_bytes(&quantisations[0]), 25_365_000_000);
        let ready = find("pixtral-12b-gguf").expect("parses").expect("is there");
        assert_eq!(ready.fetch_bytes(&ready.quantisations[0]), 8_348_000_000);
        let offered = entries.iter().find(|entry| !entry.quantisations.is_empty());
        assert_eq!(offered.expect("one").name, "pixtral-12b-gguf", "the ready-made one is first");
    }

    #[test]
    fn every_file_of_the_folder_is_in_the_program() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let mut found: Vec<String> = fs_err::read_dir(folder)
            .expect("folder")
            .map(|entry| entry.expect("entry").file_name().into_string().expect("UTF-8"))
            .filter(|name| std::path::Path::new(name).extension().is_some_and(|e| e == "toml"))
            .collect();
        found.sort();
        let mut listed = FILES.map(|(name, _)| name.to_owned());
        listed.sort();
        assert_eq!(found, listed);
    }
}
