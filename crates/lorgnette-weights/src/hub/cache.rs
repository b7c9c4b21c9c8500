//! Files that other programs have fetched: `models--owner--name/snapshots/<commit>/…`.
//!
//! They are read, never written, and verified like files from the network.

use std::path::{Path, PathBuf};

use super::names::{FileName, RepoName, Revision};
use super::{HubFile, Repository};
use crate::checksum::Checksum;
use crate::error::WeightsError;

fn folder(cache: &Path, name: &RepoName) -> PathBuf {
    cache.join(format!("models--{}--{}", name.owner(), name.name()))
}

/// Finds a copy of a file, of its size.
pub(super) fn file(
    cache: &Path,
    repo: &RepoName,
    commit: &str,
    name: &FileName,
    n_bytes: u64,
) -> Option<PathBuf> {
    let path = folder(cache, repo).join("snapshots").join(commit).join(name.as_str());
    let metadata = std::fs::metadata(&path).ok()?; // through the link to the blob
    (metadata.is_file() && metadata.len() == n_bytes).then_some(path)
}

/// Reads the content of a repository from the cache; `None` when it is not there.
pub(super) fn repository(
    cache: &Path,
    repo: &RepoName,
    revision: &Revision,
) -> Result<Option<Repository>, WeightsError> {
    let folder = folder(cache, repo);
    let reference = folder.join("refs").join(revision.as_str());
    let commit = fs_err::read_to_string(reference).map(|commit| commit.trim().to_owned());
    let commit = commit.unwrap_or_else(|_| revision.as_str().to_owned());
    if Checksum::git_blob(&commit).is_none() {
        return Ok(None);
    }
    let Ok(entries) = fs_err::read_dir(folder.join("snapshots").join(&commit)) else {
        return Ok(None);
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (Ok(name), Ok(metadata)) = (FileName::new(name), std::fs::metadata(&path)) else {
            continue;
        };
        if !metadata.is_file() {
            continue;
        }
        // A blob is called by its hash; on systems without links there is only the copy.
        let blob = std::fs::read_link(&path).ok();
        let blob = blob.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
        let checksum =
            blob.and_then(|blob| Checksum::sha256(blob).or_else(|| Checksum::git_blob(blob)));
        files.push(HubFile { name, n_bytes: metadata.len(), checksum, cached: Some(path) });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let (name, in_folders) = (repo.clone(), Vec::new());
    Ok(Some(Repository { name, commit, licence: None, files, in_folders }))
}
