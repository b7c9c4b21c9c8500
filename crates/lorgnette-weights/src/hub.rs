//! The hub: its repositories, and their files.
//!
//! Sources: `huggingface_hub`'s `constants.py` (variables), `file_download.py` (addresses, cache),
//! `hf_api.py` (`model_info`).

mod cache;
mod names;
mod settings;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use lorgnette_interrupt::{Cancel, Interrupted};
use reqwest::Url;
use serde::Deserialize;
use tokio::runtime::Runtime;

pub use self::names::{FileName, RepoName, Revision};
pub use self::settings::HubSettings;
use crate::checksum::Checksum;
use crate::error::WeightsError;
use crate::fetch::{self, Pieces, RemoteFile};
use crate::http::{FetchOptions, Http};
use crate::report::Report;

/// The longest file that is read into memory: tokenizers, configurations, headers.
pub const MAX_SMALL_BYTES: u64 = 100_000_000;

/// A hub, and the threads that talk to it. Its calls block, so that async code must not make them.
#[derive(Debug)]
pub struct Hub {
    settings: HubSettings,
    http: Arc<Http>,
    runtime: Runtime,
}

/// The content of a repository at one commit.
#[derive(Debug, Clone)]
pub struct Repository {
    /// Owner and name.
    pub name: RepoName,
    /// The commit, 40 hexadecimal digits.
    pub commit: String,
    /// SPDX identifier of its licence, if it names one.
    pub licence: Option<String>,
    /// The files at its top. Those in folders, or with odd names, are left out.
    pub files: Vec<HubFile>,
}

/// A file of a repository.
#[derive(Debug, Clone)]
pub struct HubFile {
    /// Name in the repository.
    pub name: FileName,
    /// Size in bytes.
    pub n_bytes: u64,
    /// The published hash; `None` where there is none.
    pub checksum: Option<Checksum>,
    /// Path of a copy in the cache that other programs share.
    pub cached: Option<PathBuf>,
}

impl Repository {
    /// Finds a file by name.
    pub fn file(&self, name: &str) -> Option<&HubFile> {
        self.files.iter().find(|file| file.name.as_str() == name)
    }
}

impl Hub {
    /// Starts the threads. Nothing is sent yet.
    ///
    /// # Errors
    /// [`WeightsError::Settings`] if a variable or option makes no sense.
    pub fn new(
        settings: HubSettings,
        options: FetchOptions,
        cancel: Cancel,
        report: Report,
    ) -> Result<Self, WeightsError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("network")
            .enable_all()
            .build()?;
        let (url, token) = (settings.endpoint.clone(), settings.token.clone());
        let http = Arc::new(Http::new(url, token, options, cancel, report)?);
        Ok(Self { settings, http, runtime })
    }

    /// The settings that the hub was opened with.
    pub fn settings(&self) -> &HubSettings {
        &self.settings
    }

    /// Asks for the content of a repository; offline, the cache is asked.
    ///
    /// # Errors
    /// [`Interrupted`] if it was cancelled, or if the hub does not give it.
    pub fn repository(
        &self,
        name: &RepoName,
        revision: &Revision,
    ) -> Result<Repository, Interrupted<WeightsError>> {
        if self.settings.offline {
            let found = cache::repository(&self.settings.cache, name, revision)?;
            return found.ok_or_else(|| WeightsError::Offline { what: name.to_string() }.into());
        }
        let mut url =
            self.url(&["api", "models", name.owner(), name.name(), "revision"], revision)?;
        url.set_query(Some("blobs=true"));
        let answer = self.runtime.block_on(self.http.text(&url, &name.to_string()))?;
        let info: ModelInfo = serde_json::from_slice(&answer).map_err(|error| {
            let host = crate::http::host_of(&url);
            let reason = format!("its list of files: {error}");
            WeightsError::Answer { host, file: name.to_string(), reason }
        })?;
        Ok(self.understand(name, info)?)
    }

    fn understand(&self, name: &RepoName, info: ModelInfo) -> Result<Repository, WeightsError> {
        let answer = |reason: &str| WeightsError::Answer {
            host: crate::http::host_of(&self.settings.endpoint),
            file: name.to_string(),
            reason: reason.to_owned(),
        };
        let commit = info.sha.filter(|sha| Checksum::git_blob(sha).is_some());
        let commit = commit.ok_or_else(|| answer("it names no commit"))?;
        let mut files = Vec::new();
        for sibling in info.siblings {
            // Anything else is none of ours: a name from the network never becomes a path.
            let Ok(file_name) = FileName::new(&sibling.rfilename) else { continue };
            let lfs = sibling.lfs.as_ref();
            let Some(n_bytes) = lfs.map(|lfs| lfs.size).or(sibling.size) else { continue };
            let checksum = match lfs {
                Some(lfs) => Checksum::sha256(&lfs.sha256),
                None => sibling.blob_id.as_deref().and_then(Checksum::git_blob),
            };
            let cached = cache::file(&self.settings.cache, name, &commit, &file_name, n_bytes);
            files.push(HubFile { name: file_name, n_bytes, checksum, cached });
        }
        let licence = info.card_data.and_then(|card| card.license);
        Ok(Repository { name: name.clone(), commit, licence, files })
    }

    /// Reads a small file and verifies it.
    ///
    /// # Errors
    /// [`Interrupted`], with [`WeightsError::WrongHash`] when it is not what was published.
    pub fn small_file(
        &self,
        repository: &Repository,
        file: &HubFile,
    ) -> Result<Vec<u8>, Interrupted<WeightsError>> {
        let content = self.range(repository, file, 0..file.n_bytes)?;
        match &file.checksum {
            Some(checksum) if !checksum.matches(&content) => {
                let (file, expected) = (file.name.to_string(), checksum.text().to_owned());
                Err(WeightsError::WrongHash { file, expected }.into())
            }
            _ => Ok(content),
        }
    }

    /// Reads a part of a file, from the cache or the network. It cannot be verified.
    ///
    /// # Errors
    /// [`Interrupted`] if it was cancelled, or if the hub does not give it.
    pub fn range(
        &self,
        repository: &Repository,
        file: &HubFile,
        range: Range<u64>,
    ) -> Result<Vec<u8>, Interrupted<WeightsError>> {
        if range.end - range.start > MAX_SMALL_BYTES {
            let reason = format!("{} bytes are too many for it", range.end - range.start);
            return Err(WeightsError::Header { file: file.name.to_string(), reason }.into());
        }
        if range.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(path) = &file.cached {
            return Ok(read_range(path, range)?);
        }
        let remote = self.remote(repository, file)?;
        self.runtime.block_on(fetch::range(&self.http, &remote, range))
    }

    /// Begins to fetch a file from a byte on, in the background.
    pub(crate) fn pieces(&self, file: RemoteFile, from: u64) -> Pieces {
        let _guard = self.runtime.enter();
        fetch::pieces(&self.http, file, from)
    }

    /// The address that a file is fetched from.
    ///
    /// # Errors
    /// [`WeightsError::Offline`] when nothing may be fetched.
    pub(crate) fn remote(
        &self,
        repository: &Repository,
        file: &HubFile,
    ) -> Result<RemoteFile, WeightsError> {
        let name = &repository.name;
        let called = format!("{name}: {}", file.name);
        if self.settings.offline {
            return Err(WeightsError::Offline { what: called });
        }
        let commit = Revision::new(&repository.commit)?;
        let mut url = self.url(&[name.owner(), name.name(), "resolve"], &commit)?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push(file.name.as_str());
        }
        Ok(RemoteFile { url, name: called, n_bytes: file.n_bytes })
    }

    /// Makes an address below the endpoint. Segments are escaped: a slash in a revision stays in it.
    fn url(&self, segments: &[&str], revision: &Revision) -> Result<Url, WeightsError> {
        let mut url = self.settings.endpoint.clone();
        let settings =
            || WeightsError::Settings { reason: "HF_ENDPOINT is not a web address".into() };
        let mut path = url.path_segments_mut().map_err(|()| settings())?;
        path.pop_if_empty().extend(segments).push(revision.as_str());
        drop(path);
        Ok(url)
    }
}

fn read_range(path: &std::path::Path, range: Range<u64>) -> Result<Vec<u8>, WeightsError> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut file = fs_err::File::open(path)?;
    file.seek(SeekFrom::Start(range.start))?;
    let mut bytes = vec![0; (range.end - range.start) as usize];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModelInfo {
    sha: Option<String>,
    #[serde(default)]
    siblings: Vec<Sibling>,
    #[serde(default)]
    card_data: Option<CardData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    size: u64,
    sha256: String,
}

#[derive(Deserialize)]
struct CardData {
    license: Option<String>,
}
