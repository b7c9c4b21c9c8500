//! Outputs of the vision encoder: a few in memory, more of them in a folder.
//!
//! A picture that comes again, in another chat or after a restart, is not encoded again. The cache
//! holds what comes before the projector: a fifth of the rows that the decoder reads, and the
//! projector is quick.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fs_err as fs;
use lorgnette_files::write_whole;
use sha2::{Digest as _, Sha256};

/// The most that stays in memory: some fifteen pictures of 1024 × 1024.
const MEMORY_BYTES: usize = 256 << 20;
/// Length of the SHA-256 at the end of a file.
const CHECK_BYTES: usize = 32;

/// Encoder outputs, found by network and picture.
pub(crate) struct EncoderCache {
    /// In the order of last use, the latest last.
    memory: VecDeque<(Key, Vec<f32>)>,
    folder: Option<(PathBuf, u64)>,
}

/// The network's fingerprint and the picture's hash.
pub(crate) type Key = ([u8; 32], [u8; 32]);

impl EncoderCache {
    pub(crate) fn new() -> Self {
        Self { memory: VecDeque::new(), folder: None }
    }

    /// From now on [`Self::persist`] writes to this folder, which grows to `limit_bytes`.
    pub(crate) fn set_folder(&mut self, folder: &Path, limit_bytes: u64) {
        self.folder = Some((folder.to_owned(), limit_bytes));
    }

    /// Empties the memory; the folder stays as it is.
    pub(crate) fn clear(&mut self) {
        self.memory.clear();
    }

    /// Adds an output of the encoder, in memory alone.
    pub(crate) fn insert(&mut self, key: Key, hidden: Vec<f32>) {
        self.memory.retain(|(known, _)| *known != key);
        self.memory.push_back((key, hidden));
        let mut n_bytes: usize = self.memory.iter().map(|(_, hidden)| 4 * hidden.len()).sum();
        while self.memory.len() > 1 && n_bytes > MEMORY_BYTES {
            n_bytes -= self.memory.pop_front().map_or(0, |(_, hidden)| 4 * hidden.len());
        }
    }

    /// The encoder's output for this picture, if it is here and has `len` numbers.
    pub(crate) fn get(&mut self, key: &Key, len: usize) -> Option<Vec<f32>> {
        if let Some(at) = self.memory.iter().position(|(known, _)| known == key) {
            let (key, hidden) = self.memory.remove(at)?;
            self.memory.push_back((key, hidden.clone()));
            return Some(hidden).filter(|hidden| hidden.len() == len);
        }
        let path = self.folder.as_ref()?.0.join(name(key));
        let bytes = fs::read(&path).ok()?;
        let Some(hidden) = checked(&bytes, len) else {
            // A damaged file is worth nothing.
            let _ = fs::remove_file(&path);
            return None;
        };
        // The order in which they are removed is that of their last use.
        if let Ok(file) = fs::OpenOptions::new().append(true).open(&path) {
            let _ = file.file().set_modified(SystemTime::now());
        }
        self.insert(*key, hidden.clone());
        Some(hidden)
    }

    /// Writes an output that is in memory to the folder, unless it is there already. A picture
    /// whose output cannot be written is encoded again another time.
    pub(crate) fn persist(&self, key: &Key) {
        let Some((folder, limit_bytes)) = &self.folder else { return };
        let Some((_, hidden)) = self.memory.iter().find(|(known, _)| known == key) else { return };
        let path = folder.join(name(key));
        if path.is_file() {
            return;
        }
        let mut bytes: Vec<u8> = hidden.iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes.extend(Sha256::digest(&bytes));
        let stored = write_whole(&path, &bytes).and_then(|()| make_room(folder, *limit_bytes));
        if let Err(error) = stored {
            tracing::warn!("cannot store an encoded picture: {error}");
        }
    }
}

fn name((network, picture): &Key) -> String {
    format!("{}{}.encoded", hex::encode(&network[..8]), hex::encode(picture))
}

fn checked(bytes: &[u8], len: usize) -> Option<Vec<f32>> {
    if bytes.len() != 4 * len + CHECK_BYTES {
        return None;
    }
    let (numbers, check) = bytes.split_at(4 * len);
    if Sha256::digest(numbers).as_slice() != check {
        return None;
    }
    Some(numbers.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect())
}

/// Removes those that were not used for the longest until the rest has at most `limit_bytes`.
fn make_room(folder: &Path, limit_bytes: u64) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        files.push((meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), meta.len(), entry.path()));
    }
    files.sort();
    let mut n_bytes: u64 = files.iter().map(|(_, len, _)| len).sum();
    for (_, len, path) in files {
        if n_bytes <= limit_bytes {
            break;
        }
        fs::remove_file(path)?;
        n_bytes -= len;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> Key {
        ([1; 32], [number; 32])
    }

    fn files(folder: &Path) -> usize {
        fs::read_dir(folder).map_or(0, Iterator::count)
    }

    #[test]
    fn what_was_inserted_is_found_and_only_what_was_persisted_is_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("encoded");
        let mut cache = EncoderCache::new();
        cache.set_folder(&folder, 1 << 20);
        cache.insert(key(1), vec![1.0, 2.0]);
        assert_eq!(cache.get(&key(1), 2), Some(vec![1.0, 2.0]));
        assert_eq!(cache.get(&key(1), 3), None);
        assert_eq!(files(&folder), 0);
        cache.persist(&key(1));
        let mut later = EncoderCache::new();
        assert_eq!(later.get(&key(1), 2), None);
        later.set_folder(&folder, 1 << 20);
        assert_eq!(later.get(&key(1), 2), Some(vec![1.0, 2.0]));
        assert_eq!(later.get(&([2; 32], [1; 32]), 2), None);
    }

    #[test]
    fn a_damaged_file_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = EncoderCache::new();
        cache.set_folder(folder.path(), 1 << 20);
        cache.insert(key(1), vec![1.0, 2.0]);
        cache.persist(&key(1));
        let path = folder.path().join(name(&key(1)));
        let mut bytes = fs::read(&path).unwrap();
        bytes[3] ^= 1;
        fs::write(&path, bytes).unwrap();
        cache.clear();
        assert_eq!(cache.get(&key(1), 2), None);
        assert_eq!(files(folder.path()), 0);
    }

    #[test]
    fn the_folder_has_a_limit_and_the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = EncoderCache::new();
        let of_two = 2 * (400 + CHECK_BYTES as u64);
        cache.set_folder(folder.path(), of_two);
        for number in 1..=2 {
            cache.insert(key(number), vec![0.5; 100]);
            cache.persist(&key(number));
            // Files of one moment would have no order.
            let path = folder.path().join(name(&key(number)));
            let file = fs::OpenOptions::new().append(true).open(path).unwrap();
            let past = SystemTime::now() - std::time::Duration::from_secs(100 - u64::from(number));
            file.file().set_modified(past).unwrap();
        }
        cache.clear();
        assert!(cache.get(&key(1), 100).is_some()); // used: now the latest
        cache.insert(key(3), vec![0.5; 100]);
        cache.persist(&key(3));
        cache.clear();
        let left: Vec<u8> = (1..=3).filter(|n| cache.get(&key(*n), 100).is_some()).collect();
        assert_eq!(left, [1, 3]);
    }
}
