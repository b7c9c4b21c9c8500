//! The KV cache as a file: a chat goes on after a restart without being read again.
//!
//! A snapshot belongs to one network and one cache format. With another network, another format or
//! a single changed byte it is refused.

use std::io::{self, Read, Write};
use std::path::Path;

use fs_err::File;
use lorgnette_files::PartFile;
use lorgnette_pixtral::KvCache;
use sha2::{Digest as _, Sha256};

use crate::generator::Position;

const MAGIC: &[u8; 16] = b"lorgnette read 1";
/// How snapshots of every version begin.
const MAGIC_OF_ALL: &[u8] = b"lorgnette read ";

/// Whether a file that begins with these bytes is a snapshot, of this version or another one.
pub fn is_kv_snapshot(head: &[u8]) -> bool {
    head.starts_with(MAGIC_OF_ALL)
}

/// Why a snapshot was not written or not restored.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file could not be read or written; the source names it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is of another model or other settings, is longer than the session, or is damaged.
    #[error("the stored chat cannot be used: {reason}")]
    Unusable {
        /// What is wrong with the file, as the second half of the message.
        reason: &'static str,
    },
}

fn unusable<T>(reason: &'static str) -> Result<T, SnapshotError> {
    Err(SnapshotError::Unusable { reason })
}

/// Writes the cache and the positions that it holds; the file is there whole or not at all.
pub(crate) fn write(
    path: &Path,
    network: &[u8; 32],
    read: &[Position],
    cache: &KvCache,
) -> Result<(), SnapshotError> {
    let mut file = Hashing::new(PartFile::create_unique(path)?);
    file.write_all(MAGIC)?;
    file.write_all(network)?;
    file.write_all(cache.format_name().as_bytes())?;
    file.write_all(&(read.len() as u64).to_le_bytes())?;
    for position in read {
        file.write_all(&position.id.to_le_bytes())?;
        file.write_all(&[u8::from(position.picture.is_some())])?;
        file.write_all(&position.picture.unwrap_or_default())?;
    }
    cache.write_to(&mut file)?;
    let (mut file, check) = file.finish();
    file.write_all(&check)?;
    Ok(file.finish()?)
}

/// Fills the cache from a snapshot and returns its positions. After an error the cache is empty.
pub(crate) fn read(
    path: &Path,
    network: &[u8; 32],
    cache: &mut KvCache,
) -> Result<Vec<Position>, SnapshotError> {
    cache.truncate(0);
    let result = read_into(path, network, cache);
    if result.is_err() {
        cache.truncate(0);
    }
    result
}

fn read_into(
    path: &Path,
    network: &[u8; 32],
    cache: &mut KvCache,
) -> Result<Vec<Position>, SnapshotError> {
    let file = File::open(path)?;
    let n_bytes = file.metadata()?.len();
    let mut file = Hashing::new(io::BufReader::with_capacity(1 << 20, file));
    if file.array::<16>()? != *MAGIC {
        return unusable("it is not a stored chat");
    }
    if file.array::<32>()? != *network || file.array::<4>()? != cache.format_name().as_bytes() {
        return unusable("it is of another model or other settings");
    }
    let len = u64::from_le_bytes(file.array()?);
    if len > cache.capacity() as u64 {
        return unusable("it is longer than this session");
    }
    let positions_bytes = len * 37;
    let header_bytes = 16 + 32 + 4 + 8;
    if n_bytes != header_bytes + positions_bytes + cache.bytes_of(len as usize) + 32 {
        return unusable("it has another length than it should");
    }
    let mut positions = Vec::with_capacity(len as usize);
    for _ in 0..len {
        let id = u32::from_le_bytes(file.array()?);
        let [has_picture] = file.array()?;
        let picture = file.array::<32>()?;
        positions.push(Position { id, picture: (has_picture == 1).then_some(picture) });
    }
    cache.read_from(len as usize, &mut file)?;
    let (mut file, check) = file.finish();
    let mut stored = [0; 32];
    file.read_exact(&mut stored)?;
    if stored != check {
        return unusable("it is damaged");
    }
    Ok(positions)
}

/// Hashes the bytes that are read from or written to a file.
struct Hashing<F> {
    file: F,
    hash: Sha256,
}

impl<F> Hashing<F> {
    fn new(file: F) -> Self {
        Self { file, hash: Sha256::new() }
    }

    fn finish(self) -> (F, [u8; 32]) {
        (self.file, self.hash.finalize().into())
    }
}

impl<F: Read> Hashing<F> {
    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<F: Read> Read for Hashing<F> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(bytes)?;
        self.hash.update(&bytes[..n]);
        Ok(n)
    }
}

impl<F: Write> Write for Hashing<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.hash.update(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
