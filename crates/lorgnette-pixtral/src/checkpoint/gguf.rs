//! GGUF files on this machine: which of a folder is the text model.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use lorgnette_gguf::GgufFile;
use lorgnette_gguf::shards::ShardName;

use crate::error::LoadError;

/// What `general.architecture` says of vision parts.
pub(super) const VISION_ARCHITECTURE: &str = "clip";

/// The header of a text model with all its parts.
pub(super) fn text_file(path: &Path) -> Result<GgufFile, LoadError> {
    let text = header(path)?;
    if text.architecture() == VISION_ARCHITECTURE {
        return Err(LoadError::ProjectorAlone { file: path.to_owned() });
    }
    Ok(text)
}

/// The header of the one text model of a folder.
pub(super) fn text_model(dir: &Path) -> Result<GgufFile, LoadError> {
    let mut text: Option<GgufFile> = None;
    for path in models_in(dir)? {
        let file = match header(&path) {
            Ok(file) => file,
            // Whether it is needed is decided when the text model is known.
            Err(_) if is_called_projector(&path) => continue,
            Err(error) => return Err(error),
        };
        if file.architecture() == VISION_ARCHITECTURE {
            continue;
        }
        if let Some(first) = text {
            let (dir, first) = (dir.to_owned(), first.path().to_owned());
            return Err(LoadError::Ambiguous { dir, what: "model", first, second: path });
        }
        text = Some(file);
    }
    text.ok_or_else(|| LoadError::NoModel { dir: dir.to_owned() })
}

/// The header of a file and its other parts. A link that leads nowhere is named as one.
pub(super) fn header(path: &Path) -> Result<GgufFile, LoadError> {
    GgufFile::open_with_shards(path).map_err(|error| gone(path).unwrap_or_else(|| error.into()))
}

/// The GGUF files of a folder in order, of those in parts only the first that is there.
pub(super) fn models_in(dir: &Path) -> Result<Vec<PathBuf>, LoadError> {
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
    let mut sets = HashSet::new();
    files
        .retain(|path| ShardName::of_path(path).is_none_or(|part| sets.insert(part.renumbered(1))));
    Ok(files)
}

/// Whether the file's name says that it is a vision part, as llama.cpp has it.
pub(super) fn is_called_projector(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.to_ascii_lowercase().contains("mmproj")
}

/// The error for a link that leads nowhere; `None` for anything else.
pub(super) fn gone(path: &Path) -> Option<LoadError> {
    let target = fs_err::read_link(path).ok()?;
    (!path.exists()).then(|| LoadError::LinkGone { link: path.to_owned(), target })
}
