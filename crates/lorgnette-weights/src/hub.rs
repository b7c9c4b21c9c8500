//! The hub: its repositories, and their files.
//!
//! Sources: `huggingface_hub`'s `constants.py` (variables), `file_download.py` (addresses, cache),
//! `hf_api.py` (`model_info`).

mod cache;
mod listing;
mod names;
mod settings;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use lorgnette_interrupt::{Cancel, Interrupted};
use reqwest::Url;
use tokio::runtime::Runtime;

use self::listing::{Listed, Listing};
pub use self::names::{FileName, RepoName, Revision};
pub use self::settings::HubSettings;
use crate::checksum::Checksum;
use crate::error::WeightsError;
use crate::fetch::{self, Pieces, RemoteFile};
use crate::http::{FetchOptions, Http};
use crate::report::Report;

/// The longest file that is read into memory: tokenizers, configurations, headers.
pub const MAX_SMALL_BYTES: u64 = 100_000_000;

/// Requests for sizes at the same time.
const N_SIZES: usize = 8;

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
    /// Names of weights in its folders, which are no paths and good for messages alone.
    pub in_folders: Vec<String>,
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
    /// [`WeightsError::Settings`] if a variable or option makes no sense, [`WeightsError::Token`] for
    /// a token that cannot be sent.
    pub fn new(
        settings: HubSettings,
        options: FetchOptions,
        cancel: Cancel,
        report: Report,
    ) -> Result<Self, WeightsError> {
        settings.check_token()?;
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
        let wrong = |reason: &str| WeightsError::Answer {
            host: crate::http::host_of(&self.settings.endpoint),
            file: name.to_string(),
            reason: reason.to_owned(),
        };
        let listing = Listing::read(&answer).ok_or_else(|| wrong("its list of files is none"))?;
        let commit = listing.commit.ok_or_else(|| wrong("it names no commit"))?;
        let Listing { licence, in_folders, .. } = listing;
        let (name, files) = (name.clone(), Vec::new());
        let mut repository = Repository { name, commit, licence, files, in_folders };
        repository.files = self.runtime.block_on(self.sized(&repository, listing.files))?;
        Ok(repository)
    }

    /// The files with their sizes. Mirrors may list names alone; then the files' own addresses are
    /// asked.
    async fn sized(
        &self,
        repository: &Repository,
        listed: Vec<Listed>,
    ) -> Result<Vec<HubFile>, Interrupted<WeightsError>> {
        let sized = listed.into_iter().map(|file| async move {
            let n_bytes = match file.n_bytes {
                Some(n_bytes) => n_bytes,
                None if !file.is_for_models() => return Ok(None),
                None => {
                    let url = self.address(repository, &file.name)?;
                    let called = format!("{}: {}", repository.name, file.name);
                    let Some(n_bytes) = self.http.size(&url, &called).await? else {
                        return Ok(None);
                    };
                    n_bytes
                }
            };
            let Listed { name, checksum, .. } = file;
            let (cache, commit) = (&self.settings.cache, &repository.commit);
            let cached = cache::file(cache, &repository.name, commit, &name, n_bytes);
            Ok::<_, Interrupted<WeightsError>>(Some(HubFile { name, n_bytes, checksum, cached }))
        });
        let mut sized = stream::iter(sized).buffered(N_SIZES);
        let mut files = Vec::new();
        while let Some(file) = sized.next().await {
            files.extend(file?);
        }
        Ok(files)
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
        let called = format!("{}: {}", repository.name, file.name);
        if self.settings.offline {
            return Err(WeightsError::Offline { what: called });
        }
        let url = self.address(repository, &file.name)?;
        Ok(RemoteFile { url, name: called, n_bytes: file.n_bytes })
    }

    fn address(&self, repository: &Repository, file: &FileName) -> Result<Url, WeightsError> {
        let name = &repository.name;
        let commit = Revision::new(&repository.commit)?;
        let mut url = self.url(&[name.owner(), name.name(), "resolve"], &commit)?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push(file.as_str());
        }
        Ok(url)
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

/// What a fuzzer gives to the reader of listings.
#[cfg(fuzzing)]
pub fn read_listing(json: &[u8]) {
    let _ = listing::Listing::read(json);
}
