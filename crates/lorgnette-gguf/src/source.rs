//! What containers are read from, and where a tensor lies in one.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use fs_err::File;

use crate::format::NumberFormat;

/// A file on disk, or a file that is part of the program.
#[derive(Debug, Clone)]
pub struct Source {
    path: Arc<Path>,
    bytes: Option<&'static [u8]>,
}

impl Source {
    /// A file on disk.
    pub fn file(path: &Path) -> Self {
        Self { path: path.into(), bytes: None }
    }

    /// A file inside the program; its name is what errors call it.
    pub fn built_in(name: &str, bytes: &'static [u8]) -> Self {
        Self { path: Path::new(name).into(), bytes: Some(bytes) }
    }

    /// The file's path; for one inside the program, its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The content of a file inside the program; `None` for one on disk.
    pub fn built_in_bytes(&self) -> Option<&'static [u8]> {
        self.bytes
    }

    /// A reader at the start, and how many bytes there are.
    ///
    /// # Errors
    /// Those of the disk, with the path.
    pub fn open(&self) -> io::Result<(Box<dyn ReadSeek>, u64)> {
        if let Some(bytes) = self.bytes {
            return Ok((Box::new(Cursor::new(bytes)), bytes.len() as u64));
        }
        let file = File::open(&*self.path)?;
        let n_bytes = file.metadata()?.len();
        Ok((Box::new(file), n_bytes))
    }
}

/// A reader that can go to any byte.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// Where a tensor lies and what it is.
#[derive(Debug, Clone)]
pub struct StoredTensor {
    /// The file that holds it.
    pub source: Source,
    /// The number format of its rows.
    pub dtype: NumberFormat,
    /// Its sizes, rows first, as in PyTorch.
    pub shape: Vec<usize>,
    /// Its first byte in the file.
    pub offset: u64,
    /// Bytes of all its rows.
    pub n_bytes: u64,
}

impl StoredTensor {
    /// A tensor at `offset`, its bytes counted with checked arithmetic.
    ///
    /// # Errors
    /// What is wrong with the shape.
    pub fn new(
        source: &Source,
        dtype: NumberFormat,
        shape: Vec<usize>,
        offset: u64,
    ) -> Result<Self, String> {
        let n_bytes = dtype.tensor_bytes(&shape)?;
        Ok(Self { source: source.clone(), dtype, shape, offset, n_bytes })
    }

    /// Reads the tensor's bytes into `bytes`, which has their length.
    ///
    /// # Errors
    /// Those of the disk, also when the file became shorter since its header was read.
    pub fn read_into(&self, bytes: &mut [u8]) -> io::Result<()> {
        let (mut file, _) = self.source.open()?;
        file.seek(SeekFrom::Start(self.offset))?;
        file.read_exact(bytes)
    }
}
