//! Which model answers when nobody names one.

use std::path::{Path, PathBuf};

use lorgnette_pixtral::{Checkpoint, LoadError};
use lorgnette_weights::WeightsError;
use serde::Serialize;

use crate::error::ModelsError;
use crate::library::{Library, name};

/// A model that may be better than the one that answers, and cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    pub name: String,
    pub path: PathBuf,
    /// Why it cannot be opened.
    pub reason: String,
}

/// The model that answers, and those that would have been better.
pub(crate) struct Best {
    /// `None` for the built-in one.
    pub(crate) path: Option<PathBuf>,
    pub(crate) passed_over: Vec<PassedOver>,
}

impl Library {
    /// The largest model in the folder that reads pictures, which is what all questions are about.
    pub(crate) fn best(&self) -> Best {
        let mut passed_over: Vec<(Option<u64>, PassedOver)> = Vec::new();
        let mut usable = Vec::new();
        if let Some(reason) = away(self.dir()) {
            let (name, path) = ("the models folder".into(), self.dir().to_owned());
            passed_over.push((None, PassedOver { name, path, reason }));
        }
        for path in self.paths() {
            match self.open(&path) {
                Ok(checkpoint) if checkpoint.config().vision.is_some() => {
                    usable.push((checkpoint.n_bytes(), path));
                }
                // A text model, or a folder of something else.
                Ok(_) | Err(ModelsError::Load(LoadError::NoModel { .. })) => {}
                Err(error) => {
                    let (name, reason) = (name(&path.display().to_string()), error.one_line());
                    let n_bytes = self.stated_bytes(&path);
                    passed_over.push((n_bytes, PassedOver { name, path, reason }));
                }
            }
        }
        let best = usable.into_iter().max();
        let n_best = best.as_ref().map_or(0, |(n_bytes, _)| *n_bytes);
        // Of one whose size nobody knows, nobody knows that it is not better.
        passed_over.retain(|(n_bytes, _)| n_bytes.is_none_or(|n_bytes| n_bytes > n_best));
        Best {
            path: best.map(|(_, path)| path),
            passed_over: passed_over.into_iter().map(|(_, model)| model).collect(),
        }
    }

    /// Opens the headers of a model in the folder, and looks whether all is there that it was made
    /// of: without its vision part, it would be another model.
    pub(crate) fn open(&self, path: &Path) -> Result<Checkpoint, ModelsError> {
        let manifest = self.store.manifest_in(path);
        for file in manifest.iter().flat_map(|manifest| &manifest.files) {
            // A link that leads nowhere is named below, with where it leads.
            if fs_err::symlink_metadata(path.join(&file.name)).is_err() {
                let (file, place) = (file.name.clone(), path.display().to_string());
                return Err(WeightsError::Missing { file, place, is_hub: false }.into());
            }
        }
        Ok(Checkpoint::open(path)?)
    }

    /// Bytes of a model's files when it was made; `None` for one that was not made here.
    fn stated_bytes(&self, path: &Path) -> Option<u64> {
        Some(self.store.manifest_in(path)?.n_bytes())
    }
}

/// Why the models folder is somewhere else than where it was: a link that leads nowhere, or a folder
/// of the variable on a drive that is not there. A folder that is not made yet is none of these.
fn away(models: &Path) -> Option<String> {
    if models.exists() {
        return None;
    }
    if let Ok(target) = fs_err::read_link(models) {
        return Some(format!("it leads to {}, which is not there", target.display()));
    }
    let is_chosen = std::env::var_os("LORGNETTE_MODELS").is_some_and(|chosen| !chosen.is_empty());
    let is_drive_gone = models.parent().is_some_and(|parent| !parent.exists());
    (is_chosen && is_drive_gone).then(|| format!("{} is not there", models.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pocket(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/pocket").join(name)
    }

    /// A folder with models of these files each.
    fn library(models: &[(&str, &[&str])]) -> (tempfile::TempDir, Library) {
        let dir = tempfile::tempdir().unwrap();
        for (name, files) in models {
            fs_err::create_dir(dir.path().join(name)).unwrap();
            for file in *files {
                fs_err::copy(pocket(file), dir.path().join(name).join(file)).unwrap();
            }
        }
        let library = Library::at(dir.path());
        (dir, library)
    }

    const PAIR: &[&str] = &["pocket-q8_0.gguf", "mmproj-pocket-q8_0.gguf"];

    #[test]
    fn a_model_without_a_vision_part_does_not_answer() {
        let (dir, library) = library(&[("text", &PAIR[..1])]);
        assert_eq!(library.best().path, None);
        fs_err::create_dir(dir.path().join("notes")).unwrap();
        assert!(library.best().passed_over.is_empty());
    }

    #[test]
    fn one_that_cannot_be_opened_is_named() {
        let (dir, library) = library(&[("cut", PAIR), ("whole", PAIR)]);
        let file = dir.path().join("cut").join(PAIR[1]);
        let bytes = fs_err::read(&file).unwrap();
        fs_err::write(&file, &bytes[..bytes.len() / 2]).unwrap();
        let best = library.best();
        assert_eq!(best.path, Some(dir.path().join("whole")));
        let [passed_over] = best.passed_over.as_slice() else { panic!("{:?}", best.passed_over) };
        assert_eq!(passed_over.name, "cut");
        assert!(passed_over.reason.contains("cut short"), "{}", passed_over.reason);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_named_with_where_it_leads() {
        let (dir, library) = library(&[]);
        let gone = Path::new("/media/no-such-drive/big");
        fs_err::os::unix::fs::symlink(gone, dir.path().join("big")).unwrap();
        let passed_over = library.best().passed_over;
        assert!(passed_over[0].reason.contains("/media/no-such-drive/big"), "{passed_over:?}");
        let link = dir.path().join("models");
        fs_err::os::unix::fs::symlink(gone, &link).unwrap();
        assert_eq!(Library::at(&link).best().passed_over.len(), 1);
        assert!(Library::at(&dir.path().join("not yet")).best().passed_over.is_empty());
    }
}
