//! The bytes of quantised matrices: read into memory, mapped, or part of the program.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use memmap2::{Mmap, MmapMut};

use lorgnette_gguf::{GgufError, StoredTensor};

use crate::device::machine_memory;
use crate::error::LoadError;

/// How quantised matrices get into memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LoadMode {
    /// Read, if the memory that is free holds them; else mapped.
    #[default]
    Auto,
    /// Mapped: ready at once, and the system reads what is used. Slow where it drops what it read.
    Map,
    /// Read into memory once.
    Read,
}

impl fmt::Display for LoadMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Map => "mmap",
            Self::Read => "read",
        })
    }
}

impl FromStr for LoadMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let modes = [Self::Auto, Self::Map, Self::Read];
        let mode = modes.into_iter().find(|mode| mode.to_string() == text);
        mode.ok_or_else(|| "use auto, mmap or read".into())
    }
}

/// Bytes of one matrix.
pub(super) enum Bytes {
    Read { memory: MmapMut, len: usize },
    Mapped { file: Arc<Mmap>, start: usize, len: usize },
    BuiltIn(&'static [u8]),
}

impl Bytes {
    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Read { memory, len } => &memory[..*len],
            Self::Mapped { file, start, len } => &file[*start..][..*len],
            Self::BuiltIn(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Read { .. } => "read",
            Self::Mapped { .. } => "mapped",
            Self::BuiltIn(_) => "built in",
        };
        write!(f, "{} bytes, {kind}", self.as_slice().len())
    }
}

/// Gets bytes of matrices, and keeps the files that are mapped.
pub(super) struct Files {
    mapped: bool,
    files: HashMap<PathBuf, Arc<Mmap>>,
}

impl Files {
    /// For a checkpoint of so many bytes.
    pub(super) fn new(mode: LoadMode, n_bytes: u64) -> Self {
        let mapped = match mode {
            LoadMode::Map => true,
            LoadMode::Read => false,
            LoadMode::Auto => {
                machine_memory().is_some_and(|memory| n_bytes + (1 << 30) > memory.free_bytes)
            }
        };
        Self { mapped, files: HashMap::new() }
    }

    pub(super) fn bytes(&mut self, stored: &StoredTensor) -> Result<Bytes, LoadError> {
        let (start, len) = (stored.offset as usize, stored.n_bytes as usize);
        if let Some(bytes) = stored.source.built_in_bytes() {
            return Ok(Bytes::BuiltIn(&bytes[start..][..len]));
        }
        if self.mapped {
            let file = self.map(stored)?;
            // The file may be shorter than when its header was read.
            if file.len() < start.saturating_add(len) {
                let needed_bytes = stored.offset + stored.n_bytes;
                let (file, found_bytes) = (stored.source.path().to_owned(), file.len() as u64);
                let error = GgufError::Truncated { file, needed_bytes, found_bytes };
                return Err(LoadError::Container(error));
            }
            return Ok(Bytes::Mapped { file, start, len });
        }
        let mut memory = MmapMut::map_anon(len.max(1))?;
        // Pages of 2 MiB: with those of 4 KiB, finding each takes a good part of reading it. The
        // system may refuse, and then it is only slower.
        #[cfg(target_os = "linux")]
        let _ = memory.advise(memmap2::Advice::HugePage);
        stored.read_into(&mut memory[..len])?;
        Ok(Bytes::Read { memory, len })
    }

    fn map(&mut self, stored: &StoredTensor) -> Result<Arc<Mmap>, LoadError> {
        let path = stored.source.path().to_owned();
        if let Some(file) = self.files.get(&path) {
            return Ok(Arc::clone(file));
        }
        let file = fs_err::File::open(&path)?;
        #[expect(unsafe_code, reason = "a file that others could change is mapped")]
        // SAFETY: read only. The bytes are numbers of any value, so that another program that
        // changes them changes answers and nothing else; one that cuts the file ends this program,
        // which `--load read` avoids.
        let map = Arc::new(unsafe { Mmap::map(file.file()) }?);
        self.files.insert(path, Arc::clone(&map));
        Ok(map)
    }
}
