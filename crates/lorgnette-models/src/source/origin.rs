//! Where the files of a model are, on the hub or in a folder, behind one face.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Cursor, Read, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use lorgnette_gguf::safetensors::{Header, HeaderEntry, INDEX_NAME, header_len, shard_names};
use lorgnette_gguf::{GgufError, GgufFile, is_lfs_pointer};
use lorgnette_interrupt::Interrupted;
use lorgnette_pixtral::LoadError;
use lorgnette_weights::Hub;
use lorgnette_weights::WeightsError;
use lorgnette_weights::hub::{FileName, Repository};
use lorgnette_weights::recipe::{Piece, Source};

use crate::error::ModelsError;

/// Configurations and tokenizers are shorter.
const MAX_SMALL_BYTES: u64 = 100_000_000;

pub(crate) enum Origin {
    Hub { hub: Box<Hub>, repository: Repository },
    Folder(PathBuf),
}

/// A weights file and what its header says.
pub(crate) struct Shard {
    pub(crate) name: FileName,
    pub(crate) n_bytes: u64,
    pub(crate) tensors: Vec<HeaderEntry>,
}

/// `hf:OWNER/REPO@COMMIT`, or the folder's path.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub { repository, .. } => {
                write!(f, "hf:{}@{}", repository.name, repository.commit)
            }
            Self::Folder(dir) => write!(f, "{}", dir.display()),
        }
    }
}

impl Origin {
    pub(crate) fn hub_at(hub: Hub, repository: Repository) -> Self {
        Self::Hub { hub: Box::new(hub), repository }
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Hub { repository, .. } => repository.name.to_string(),
            Self::Folder(dir) => dir.display().to_string(),
        }
    }

    /// Its files with their sizes, by name.
    pub(crate) fn files(&self) -> Result<Vec<(FileName, u64)>, Interrupted<WeightsError>> {
        let mut files = match self {
            Self::Hub { repository, .. } => {
                repository.files.iter().map(|file| (file.name.clone(), file.n_bytes)).collect()
            }
            Self::Folder(dir) => local_files(dir)?,
        };
        files.sort();
        Ok(files)
    }

    /// A small file, whole and verified; `None` when it is not there.
    pub(crate) fn small(&self, name: &str) -> Result<Option<Vec<u8>>, Interrupted<WeightsError>> {
        match self {
            Self::Hub { hub, repository } => match repository.file(name) {
                Some(file) => {
                    let content = hub.small_file(repository, file)?;
                    self.not_a_pointer(name, content).map(Some)
                }
                None => Ok(None),
            },
            Self::Folder(dir) => {
                let path = dir.join(name);
                let n_bytes = path.metadata().map_or(0, |metadata| metadata.len());
                if !path.is_file() {
                    return Ok(None);
                }
                if n_bytes > MAX_SMALL_BYTES {
                    let reason = format!("{n_bytes} bytes are too many for it");
                    return Err(WeightsError::Header { file: name.into(), reason }.into());
                }
                let content = fs_err::read(path).map_err(WeightsError::Io)?;
                self.not_a_pointer(name, content).map(Some)
            }
        }
    }

    fn not_a_pointer(
        &self,
        name: &str,
        content: Vec<u8>,
    ) -> Result<Vec<u8>, Interrupted<WeightsError>> {
        if is_lfs_pointer(&content) { Err(self.pointer(name).into()) } else { Ok(content) }
    }

    /// The error for a file that Git LFS has elsewhere.
    fn pointer(&self, name: &str) -> WeightsError {
        match self {
            Self::Hub { hub, .. } => WeightsError::Answer {
                host: hub.settings().endpoint.host_str().unwrap_or("the hub").to_owned(),
                file: name.to_owned(),
                reason: "it sends a Git LFS pointer, which is not the file itself".into(),
            },
            Self::Folder(dir) => GgufError::LfsPointer { file: dir.join(name) }.into(),
        }
    }

    /// The error of a container, with advice that fits where its file is.
    fn container(&self, name: &str, error: GgufError) -> WeightsError {
        match error {
            GgufError::LfsPointer { .. } => self.pointer(name),
            error => error.into(),
        }
    }

    /// What errors call a file: its path, or its name on the hub.
    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        match self {
            Self::Hub { .. } => name.into(),
            Self::Folder(dir) => dir.join(name),
        }
    }

    fn range(
        &self,
        name: &FileName,
        range: Range<u64>,
    ) -> Result<Vec<u8>, Interrupted<WeightsError>> {
        match self {
            Self::Hub { hub, repository } => {
                let file =
                    repository.file(name.as_str()).ok_or_else(|| self.missing(name.as_str()))?;
                hub.range(repository, file, range)
            }
            Self::Folder(dir) => {
                Ok(read_range(&dir.join(name.as_str()), range).map_err(WeightsError::Io)?)
            }
        }
    }

    /// The error for a file that is not among the others.
    pub(crate) fn missing(&self, name: &str) -> WeightsError {
        let is_hub = matches!(self, Self::Hub { .. });
        WeightsError::Missing { file: name.to_owned(), place: self.name(), is_hub }
    }

    /// The header of a GGUF file, by a part of the file.
    pub(crate) fn gguf_header(
        &self,
        name: &FileName,
        n_bytes: u64,
    ) -> Result<GgufFile, Interrupted<ModelsError>> {
        let mut start = FileStart::new(self, name, n_bytes);
        let header = GgufFile::read_from(&self.path_of(name.as_str()), n_bytes, &mut start);
        if let Some(failure) = start.failure {
            return Err(failure.err_into());
        }
        match header {
            Err(GgufError::LfsPointer { .. }) => {
                Err(Interrupted::failed(self.pointer(name.as_str())))
            }
            header => header.map_err(LoadError::from).map_err(Interrupted::failed),
        }
    }

    /// The weights files and their headers: those that the index names, or the only one.
    pub(crate) fn shards(&self) -> Result<Vec<Shard>, Interrupted<WeightsError>> {
        let files = self.files()?;
        let size =
            |name: &str| files.iter().find(|(file, _)| file.as_str() == name).map(|(_, n)| *n);
        let mut names = BTreeSet::new();
        if size("consolidated.safetensors").is_some() && size("config.json").is_none() {
            names.insert(FileName::new("consolidated.safetensors")?);
        } else if let Some(index) = self.small(INDEX_NAME)? {
            let index_path = self.path_of(INDEX_NAME);
            for name in shard_names(&index_path, &index).map_err(WeightsError::from)? {
                names.insert(FileName::new(&name)?);
            }
        } else {
            names.insert(FileName::new("model.safetensors")?);
        }
        let mut shards = Vec::new();
        for name in names {
            let n_bytes = size(name.as_str()).ok_or_else(|| self.missing(name.as_str()))?;
            shards.push(self.shard(name, n_bytes)?);
        }
        Ok(shards)
    }

    fn shard(&self, name: FileName, n_bytes: u64) -> Result<Shard, Interrupted<WeightsError>> {
        let file = &self.path_of(name.as_str());
        if n_bytes < 8 {
            let reason = format!("it has {n_bytes} bytes, and no header");
            return Err(WeightsError::Header { file: file.display().to_string(), reason }.into());
        }
        let first = self.range(&name, 0..8)?;
        let first = <[u8; 8]>::try_from(first.as_slice()).unwrap_or_default();
        let fault = |error| self.container(name.as_str(), error);
        let n_header = header_len(file, first, n_bytes).map_err(fault)?;
        let header = Header::parse(file, &self.range(&name, 8..8 + n_header)?).map_err(fault)?;
        header.check_size(file, n_bytes).map_err(fault)?;
        Ok(Shard { name, n_bytes, tensors: header.entries })
    }

    /// The numbers of a tensor that is one number: FP8's scale.
    pub(crate) fn scalar(
        &self,
        shard: &Shard,
        tensor: &HeaderEntry,
    ) -> Result<Vec<u8>, Interrupted<WeightsError>> {
        self.range(&shard.name, tensor.bytes.clone())
    }

    /// A file as a source of a recipe.
    pub(crate) fn source(
        &self,
        name: &FileName,
        n_bytes: u64,
        pieces: Vec<Piece>,
    ) -> Result<Source, WeightsError> {
        match self {
            Self::Hub { hub, repository } => {
                let file =
                    repository.file(name.as_str()).ok_or_else(|| self.missing(name.as_str()))?;
                Source::of_hub(hub, repository, file, pieces)
            }
            Self::Folder(dir) => {
                Ok(Source::local(name.clone(), dir.join(name.as_str()), n_bytes, pieces))
            }
        }
    }

    /// Names of weights in folders of a repository, for messages.
    pub(crate) fn in_folders(&self) -> &[String] {
        match self {
            Self::Hub { repository, .. } => &repository.in_folders,
            Self::Folder(_) => &[],
        }
    }

    pub(crate) fn hub(&self) -> Option<&Hub> {
        match self {
            Self::Hub { hub, .. } => Some(hub),
            Self::Folder(_) => None,
        }
    }
}

/// A file from its first byte on, in parts that grow.
struct FileStart<'a> {
    origin: &'a Origin,
    name: &'a FileName,
    n_bytes: u64,
    part: Cursor<Vec<u8>>,
    /// Where the next part begins.
    next: u64,
    /// Why the last part did not come.
    failure: Option<Interrupted<WeightsError>>,
}

/// A header without a vocabulary fits into it; one with that of Pixtral takes seven parts.
const FIRST_PART_BYTES: u64 = 256 << 10;
const MAX_PART_BYTES: u64 = 4 << 20;

impl<'a> FileStart<'a> {
    fn new(origin: &'a Origin, name: &'a FileName, n_bytes: u64) -> Self {
        Self { origin, name, n_bytes, part: Cursor::default(), next: 0, failure: None }
    }
}

impl Read for FileStart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.part.read(buffer)?;
        if n_read > 0 || buffer.is_empty() || self.next == self.n_bytes {
            return Ok(n_read);
        }
        // As much again as was read so far.
        let part_bytes = self.next.clamp(FIRST_PART_BYTES, MAX_PART_BYTES);
        let end = self.n_bytes.min(self.next + part_bytes);
        match self.origin.range(self.name, self.next..end) {
            Ok(part) => {
                (self.part, self.next) = (Cursor::new(part), end);
                self.part.read(buffer)
            }
            Err(failure) => {
                self.failure = Some(failure);
                Err(io::Error::other("the file's start did not come"))
            }
        }
    }
}

fn read_range(path: &Path, range: Range<u64>) -> io::Result<Vec<u8>> {
    let mut file = fs_err::File::open(path)?;
    file.seek(SeekFrom::Start(range.start))?;
    let mut bytes = vec![0; (range.end - range.start) as usize];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn local_files(dir: &Path) -> Result<Vec<(FileName, u64)>, WeightsError> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(dir)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if let (Ok(name), Ok(metadata)) = (FileName::new(name), path.metadata())
            && metadata.is_file()
        {
            files.push((name, metadata.len()));
        }
    }
    Ok(files)
}
